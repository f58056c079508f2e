"""Alerts over the API: what is listed, what is done, and what is said of it."""

import pytest

from keepwell.base.time import to_rfc3339
from tests.web.api.test_routes import ask, problem
from tests.web.people import NOW


def listed(client, **asked):
    """All that match, part by part."""
    found, cursor = [], None
    while True:
        query = "&".join(f"{name}={value}" for name, value in {**asked, "cursor": cursor, "limit": 7}.items() if value)
        answer = ask(client, "GET", f"/alerts?{query}").json()
        found += answer["alerts"]
        cursor = answer["next"]
        if cursor is None:
            assert answer["total"] == len(found)
            return found


def test_the_parts_of_a_list_are_the_whole_of_it(client, desk):
    found = listed(client)

    assert sorted(each["id"] for each in found) == sorted(desk.alerts.kept)
    worst = ["critical", "high", "normal", "low"]
    assert [worst.index(each["severity"]) for each in found] == sorted(worst.index(each["severity"]) for each in found)


@pytest.mark.parametrize(
    ("name", "value"), [("state", "open"), ("severity", "high"), ("rule", "band_fell"), ("customer_id", "c005")]
)
def test_a_list_is_narrowed(client, desk, name, value):
    found = listed(client, **{name: value})

    assert {each[name] for each in found} == {value}
    assert len(found) == sum(getattr(line, name) == value for line in desk.alerts.kept.values())


def test_what_is_held_back_is_listed_when_asked_for(client, desk):
    found = listed(client, shown="false")

    assert {each["id"] for each in found} == {line.id for line in desk.alerts.kept.values() if line.suppressed}
    assert all(each["suppressed"] for each in found)


def test_a_cursor_is_good_for_its_own_list_only(client):
    cursor = ask(client, "GET", "/alerts?limit=2").json()["next"]

    assert problem(ask(client, "GET", f"/alerts?limit=2&state=open&cursor={cursor}")).status == 422


def test_one_alert_tells_its_moments_its_evidence_and_its_history(client, desk):
    line = desk.alerts.kept[1]
    found = ask(client, "GET", "/alerts/1").json()

    assert found["alert"]["opened_at"] == to_rfc3339(line.opened_at)
    assert found["alert"]["mrr_cents"] == 420_000
    assert found["alert"]["evidence"][0] == {"label": "Own rhythm", "value": "every 2 days"}
    assert found["ends"] == "It is over"
    assert [each["kind"] for each in found["changes"]] == ["opened", "escalated"]


@pytest.mark.parametrize(
    ("deed", "body", "state"),
    [
        ("acknowledge", None, "acknowledged"),
        ("snooze", {"until": "2026-11-25T09:00:00+01:00", "reason": "holiday"}, "snoozed"),
        ("resolve", {"verdict": "false", "note": "a test"}, "resolved"),
    ],
)
def test_a_deed_is_done_by_whom_asked_and_told_back(client, desk, deed, body, state):
    found = ask(client, "POST", f"/alerts/2/{deed}", body, x_test_visitor="csm").json()
    ((numbers, done),) = desk.alerts.deeds

    assert (found["changed"], found["alert"]["state"]) == (True, state)
    assert (numbers, done.by, done.kind) == ([2], "carl", deed)
    assert found["alert"]["snoozed_until"] == ("2026-11-25T08:00:00Z" if deed == "snooze" else None)


def test_what_is_over_is_not_changed_and_that_is_said(client):
    ask(client, "POST", "/alerts/2/resolve", {"verdict": "useful"})
    again = ask(client, "POST", "/alerts/2/resolve", {"verdict": "false"}).json()

    assert (again["changed"], again["alert"]["verdict"]) == (False, "useful")


@pytest.mark.parametrize(
    ("deed", "body"),
    [
        ("snooze", {"until": to_rfc3339(NOW - 1), "reason": "r"}),
        ("snooze", {"until": "2199-01-01T00:00:00Z", "reason": "r"}),
        ("snooze", {"until": "2026-11-25T09:00:00Z", "reason": "  "}),
        ("snooze", {"until": "2026-11-25T09:00:00", "reason": "r"}),
        ("snooze", {"until": "0001-01-01T00:00:00+14:00", "reason": "r"}),
        ("snooze", {}),
        ("resolve", {"verdict": "fine"}),
        ("resolve", {"verdict": "useful", "note": "n" * 501}),
        ("resolve", {"verdict": "useful", "SECRET": 1}),
    ],
)
def test_a_refused_deed_changes_nothing(client, desk, deed, body):
    before = dict(desk.alerts.kept)
    answer = ask(client, "POST", f"/alerts/2/{deed}", body)

    assert problem(answer).status == 422
    assert "SECRET" not in answer.text
    assert desk.alerts.kept == before


def test_incidents_are_listed_open_ones_first(client):
    found = ask(client, "GET", "/incidents").json()["incidents"]

    assert [each["ended_at"] is None for each in found] == [True, False]
    assert found[0]["held"] == 3
    assert len(ask(client, "GET", "/incidents?limit=1").json()["incidents"]) == 1
