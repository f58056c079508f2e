"""What the forms on the pages of alerts do, for whom, and what is said afterwards."""

import html
import re

import pytest

from keepwell.base.time import DAY_US
from keepwell.runtime.ports.access import Role
from keepwell.web.views import words
from tests.web.people import NOW, TODAY
from tests.web.test_alerts import kept, rows, seen_as, text

__all__ = ["kept", "seen_as"]

SNOOZE = {"deed": "snooze", "reason": "on holiday", "span": "3"}


@pytest.mark.parametrize(
    ("sent", "kind", "verdict"),
    [
        ({"deed": "acknowledge"}, "acknowledge", "useful"),
        ({"deed": "useful", "note": "we called"}, "resolve", "useful"),
        ({"deed": "false"}, "resolve", "false"),
        ({"deed": "expected"}, "resolve", "expected"),
        ({"deed": "unsnooze"}, "unsnooze", "useful"),
        ({"deed": "reassign", "owner": "bob"}, "reassign", "useful"),
    ],
)
def test_a_form_does_one_thing_to_all_that_are_selected(client, desk, sent, kind, verdict):
    answer = client.post("/alerts/act", data={**sent, "ids": [1, 2], "back": "/alerts?severity=high"})
    ((numbers, deed),) = desk.alerts.deeds

    assert answer.status_code == 303
    assert answer.headers["location"] == f"/alerts?severity=high&done={kind}&changed=2"
    assert (numbers, deed.kind, deed.verdict, deed.by) == ([1, 2], kind, verdict, "Jennifer")
    assert "2 alerts " in text(client.get(answer.headers["location"]).text)


@pytest.mark.parametrize(
    ("span", "until", "ends"),
    [
        ("1", "", NOW + DAY_US),
        ("3", "2026-12-05", (TODAY + 15) * DAY_US),
        ("1", " 2026-12-05", (TODAY + 15) * DAY_US),
        ("", "2026-12-05", (TODAY + 15) * DAY_US),
        ("7", "", NOW + 7 * DAY_US),
        ("date", "2026-12-05", (TODAY + 15) * DAY_US),
    ],
)
def test_a_snooze_ends_when_it_was_asked_to(client, desk, span, until, ends):
    asked = {**SNOOZE, "ids": [1], "span": span, "until": until}
    for back in ("/alerts", "/alerts/1"):
        answer = client.post("/alerts/act", data={**asked, "back": back})
        assert f"1 alert snoozed until {words.moment(ends)}." in text(client.get(answer.headers["location"]).text)

    assert desk.alerts.deeds[0][1].until == ends


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": " "},
        {"reason": "x" * 501},
        {"deed": "useful", "note": "x" * 501},
        {"span": "date"},
        {"span": "date", "until": "soon"},
        {"span": "3", "until": "soon"},
        {"span": "date", "until": "2026-11-19"},
        {"span": "date", "until": "9999-12-31"},
        {"deed": "dance"},
        {"deed": "reassign", "owner": "stranger"},
    ],
)
@pytest.mark.parametrize("back", ["/alerts?severity=high", "/alerts/2"])
def test_a_refusal_is_said_where_the_form_was_and_keeps_what_was_typed(client, kept, wrong, back):
    before = dict(kept)
    sent = {**SNOOZE, **wrong}
    answer = client.post("/alerts/act", data={**sent, "ids": [2], "back": back})

    assert answer.status_code == 422
    assert kept == before
    assert "Not done: " in answer.text
    assert f'name="reason" value="{html.escape(sent["reason"])}"' in answer.text
    if back == "/alerts/2":
        assert 'id="h-alert"' in answer.text
    else:
        assert 'value="high" selected' in answer.text


def test_what_was_ticked_stays_ticked_after_a_refusal(client):
    number = rows(client.get("/alerts").text)[0]
    page = client.post("/alerts/act", data={**SNOOZE, "reason": "", "ids": [number]}).text

    assert re.search(rf'value="{number}" form="act"[^>]* checked', page)
    assert page.count(" checked>") == 1


def test_nothing_selected_is_said(client, desk):
    answer = client.post("/alerts/act", data={"deed": "acknowledge"})

    assert answer.status_code == 422
    assert "nothing is selected" in answer.text
    assert desk.alerts.deeds == []


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/customers", "/\\evil"])
def test_a_form_leads_back_to_alerts_only(client, back):
    answer = client.post("/alerts/act", data={"deed": "acknowledge", "ids": [1], "back": back})

    assert answer.headers["location"].startswith("/alerts?done=")


@pytest.mark.parametrize("path", ["/alerts", "/alerts/1"])
@pytest.mark.parametrize("until", ["-1", "9" * 18, "soon"])
def test_a_moment_that_cannot_be_written_is_refused(client, path, until):
    assert client.get(f"{path}?done=snooze&changed=1&until={until}").status_code == 400


@pytest.mark.parametrize("query", ["done=dance&changed=1", "done=acknowledge", "changed=3"])
def test_an_address_cannot_make_up_what_was_done(client, query):
    assert 'role="status">' not in client.get(f"/alerts?{query}").text.replace("data-stream", "")


def test_another_site_and_a_stranger_change_nothing(client, stranger, desk):
    sent = {"deed": "acknowledge", "ids": [1]}
    assert client.post("/alerts/act", data=sent, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    stranger.cookies.clear()
    assert stranger.post("/alerts/act", data=sent).status_code == 401
    assert desk.alerts.deeds == []


@pytest.mark.parametrize(("role", "may"), [(Role.VIEWER, False), (Role.CSM, True), (Role.ADMIN, True)])
def test_who_may_not_act_sees_no_form(seen_as, desk, role, may):
    client = seen_as(role)

    for path in ("/alerts", "/alerts/2"):
        assert ('action="/alerts/act"' in client.get(path).text) is may
        assert ('name="ids"' in client.get(path).text) is may
    answer = client.post("/alerts/act", data={"deed": "acknowledge", "ids": [2]})
    assert answer.status_code == (303 if may else 403)
    assert bool(desk.alerts.deeds) is may
