"""Findings over the API: everybody's diagnoses, and the customers of one."""

import msgspec
import pytest

from keepwell.base.time import SECOND_US, to_rfc3339
from keepwell.web.api import cursors
from tests.web.api.test_routes import ask, problem
from tests.web.people import NOW


def test_groups_say_of_how_many_since_when_and_whose(client, desk):
    found = ask(client, "GET", "/findings").json()
    first, group = found["groups"][0], desk.findings.fleet().groups[0]

    assert (found["diagnosed"], found["waiting"]) == (desk.findings.diagnosed, 3)
    assert found["last_diagnosed_at"] == to_rfc3339(NOW - 5 * SECOND_US)
    assert [each["entry"] for each in found["groups"]] == [each.entry for each in desk.findings.fleet().groups]
    assert first == {
        "entry": group.entry, "topic": group.topic, "title": group.title, "domain": group.domain,
        "severity": group.severity, "certainty": group.certainty, "everybody": False, "customers": group.customers,
        "first_since": to_rfc3339(group.first), "last_since": to_rfc3339(group.last),
    }  # fmt: skip
    assert [each["entry"] for each in found["groups"] if each["everybody"]] == ["META-02"]


@pytest.mark.parametrize(
    ("asked", "entries"),
    [
        ("domain=security", ["SEC-02"]),
        ("certainty=hint", ["LP-03"]),
        ("severity=warn&certainty=inferred", ["META-02", "META-01"]),
        ("domain=nothing", []),
    ],
)
def test_groups_are_narrowed(client, asked, entries):
    found = ask(client, "GET", f"/findings?{asked}").json()

    assert [each["entry"] for each in found["groups"]] == entries
    assert found["diagnosed"] == 40


def test_before_the_first_round_there_is_no_moment(client, desk):
    desk.findings.diagnosed, desk.findings.lines = 0, []

    assert ask(client, "GET", "/findings").json() == {
        "diagnosed": 0, "last_diagnosed_at": None, "waiting": 3, "groups": [],
    }  # fmt: skip


@pytest.mark.parametrize("limit", [1, 7, 40, 100])
def test_the_parts_of_a_list_are_the_whole_of_it(client, desk, limit):
    whole, found, cursor = desk.findings.part("TX-04", None, 500), [], ""
    while cursor is not None:
        answer = ask(client, "GET", f"/findings/TX-04?limit={limit}{f'&cursor={cursor}' if cursor else ''}").json()
        found += answer["customers"]
        cursor = answer["next"]
        assert (answer["total"], answer["title"], answer["domain"]) == (40, whole.title, whole.domain)

    assert [each["customer_id"] for each in found] == [each.customer_id for each in whole.lines]
    assert [each["sentence"] for each in found] == [each.episode.said.sentence for each in whole.lines]
    assert found[0]["since"] == to_rfc3339(whole.lines[0].episode.since)


def test_what_is_not_for_the_customer_is_marked(client):
    found = ask(client, "GET", "/findings/SEC-02").json()

    assert {each["may_tell_customer"] for each in found["customers"]} == {False}


def test_an_id_may_be_written_with_percent_signs(client):
    assert ask(client, "GET", "/findings/TX%2D04").json()["entry"] == "TX-04"


@pytest.mark.parametrize(
    "place",
    [(2**63, 0, 0, ""), (0, -1, 0, ""), (0, 0, 10**30, ""), (0, 0, 0, "\x00"), (0, 0, 0, "x" * 41), (0, 0, 0), "x"],
)
def test_a_made_up_place_is_refused(client, place):
    cursor = cursors.write(msgspec.json.decode(msgspec.json.encode(place)), "TX-04")

    assert problem(ask(client, "GET", f"/findings/TX-04?cursor={cursor}")).status == 422


def test_a_cursor_is_good_for_its_own_list_only(client):
    cursor = ask(client, "GET", "/findings/TX-04?limit=2").json()["next"]

    assert ask(client, "GET", f"/findings/TX-04?limit=2&cursor={cursor}").status_code == 200
    assert problem(ask(client, "GET", f"/findings/SEC-02?cursor={cursor}")).status == 422


def test_an_id_may_be_written_in_small_letters(client):
    assert ask(client, "GET", "/findings/sec-02").json() == ask(client, "GET", "/findings/SEC-02").json()
