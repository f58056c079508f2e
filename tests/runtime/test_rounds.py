"""Rounds of the Expert: who sent something is diagnosed, what began and ended is remembered, and alerts follow."""

from __future__ import annotations

import pytest

from keepwell.alerts.alert import Status
from keepwell.base.time import DAY_US, HOUR_US, SECOND_US
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Raw
from keepwell.runtime import cycle, rounds
from keepwell.runtime.diagnosing import CrowdOfTheHour
from keepwell.runtime.receive import Parcel, receive
from keepwell.store import alerts, findings
from keepwell.store.customers import number_of
from tests.histories import NOW, house, put


@pytest.fixture(params=["sqlite", "postgresql"])
def space(request):
    url = request.getfixturevalue("clean_postgres")() if request.param == "postgresql" else None
    with house(url) as workspace, workspace.writing():
        yield workspace


def raw(customer: str, kind: str, at: int, properties):
    return Raw(customer, kind, at, properties, message_id=f"{customer} {kind} {at}")


def live(space, customer, kind, at, **properties):
    """One event as a server takes it in."""
    event = accept(raw(customer, kind, at, properties), Receipt(at, live=True))
    receive(space, [Parcel("key:1", [event])], at)


def handed_over(space, customer="ada", at=NOW):
    live(space, customer, "authority_changed", at, what="system_assign")


def go(space, now):
    return rounds.go_round(space, CrowdOfTheHour(space), now)


def held(space, customer="ada", at=None):
    with space.database.read() as session:
        return [each.episode.entry for each in findings.holding(session, [number_of(session, customer)], at)]


def test_who_sent_something_is_diagnosed_once(space):
    handed_over(space)
    first, second = go(space, NOW + SECOND_US), go(space, NOW + 2 * SECOND_US)

    assert (first.customers, len(first.changed)) == (1, 1)
    assert (second.customers, second.changed) == (0, [])
    assert held(space) == ["SEC-02"]
    assert held(space, at=NOW + SECOND_US) == []


def test_what_is_no_telemetry_calls_nobody(space):
    live(space, "ada", "page_viewed", NOW)

    assert go(space, NOW + SECOND_US).customers == 0


def test_what_arrives_while_a_round_is_under_way_is_for_the_next_one(space):
    handed_over(space)
    handed_over(space, "bob", NOW + 2 * SECOND_US)

    assert go(space, NOW + SECOND_US).customers == 1
    assert go(space, NOW + 3 * SECOND_US).customers == 1
    assert held(space, "bob") == ["SEC-02"]


def test_a_finding_ends_by_itself_when_its_window_has_passed(space):
    handed_over(space)
    go(space, NOW + SECOND_US)
    later = NOW + 400 * DAY_US

    assert go(space, NOW + HOUR_US + 2 * SECOND_US).customers == 1
    assert go(space, later).changed
    assert held(space) == []
    assert held(space, at=NOW + DAY_US) == ["SEC-02"]


def test_what_was_imported_is_diagnosed_once_everybody_is_called(space):
    put(space, [accept(raw("ada", "authority_changed", NOW - DAY_US, {"what": "system_assign"}), Receipt(NOW - 1))])

    assert go(space, NOW).customers == 0
    with space.database.write() as session:
        rounds.diagnose_everybody(session)
    assert rounds.catch_up(space, NOW) == 1
    assert held(space) == ["SEC-02"]
    assert rounds.catch_up(space, NOW) == 0


def test_one_who_cannot_be_diagnosed_holds_up_nobody(space, monkeypatch, caplog):
    for name in ("ada", "bob", "cyd", "dan", "eve"):
        handed_over(space, name)
    with space.database.read() as session:
        poor = number_of(session, "cyd")
    real = rounds.diagnose_all

    def failing(sent, customers, at, beside):
        if poor in customers:
            raise ZeroDivisionError
        return real(sent, customers, at, beside)

    monkeypatch.setattr(rounds, "diagnose_all", failing)
    done = go(space, NOW + SECOND_US)

    assert (done.customers, len(done.changed)) == (5, 4)
    assert [held(space, name) for name in ("bob", "cyd", "dan")] == [["SEC-02"], [], ["SEC-02"]]
    assert go(space, NOW + 2 * SECOND_US).customers == 0
    monkeypatch.setattr(rounds, "diagnose_all", real)
    go(space, NOW + HOUR_US + 2 * SECOND_US)
    assert held(space, "cyd") == ["SEC-02"]


def test_a_finding_opens_an_alert_with_the_next_score_and_its_end_lets_it_end(space):
    handed_over(space)
    cycle.turn(space, NOW + SECOND_US)
    assert statuses(space) == {}
    go(space, NOW + 2 * SECOND_US)
    cycle.turn(space, NOW + 3 * SECOND_US)

    assert statuses(space) == {"security_concern": Status.OPEN}
    with space.database.read() as session:
        (row,) = alerts.listed(session, alerts.Wanted(), 10)
    assert row.because == "Account ownership handed over"
    assert row.lines()[0][0] == "SEC-02"
    go(space, NOW + 400 * DAY_US)
    cycle.turn(space, NOW + 400 * DAY_US + SECOND_US)
    with space.database.read() as session:
        (state,) = alerts.all_states(session, ["security_concern"]).values()
    assert state.untrue_since == NOW + 400 * DAY_US + SECOND_US  # it ends once it was calm for as long as the rule asks


def statuses(space):
    with space.database.read() as session:
        rows = session.run("SELECT rule, status FROM alert_state WHERE rule = 'security_concern'")
    return {rule: Status(status) for rule, status in rows}
