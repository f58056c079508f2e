"""Findings as remembered on SQLite and on PostgreSQL, and who is due."""

from __future__ import annotations

import pytest

from keepwell.base.time import HOUR_US
from keepwell.events.accept import Receipt, accept
from keepwell.events.catalog import number
from keepwell.events.event import Raw
from keepwell.expert.episode import decide
from keepwell.expert.knowledge import Severity
from keepwell.expert.scope import Whose
from keepwell.store import findings
from keepwell.store.findings import HOLDS, Settled
from tests.expert.diagnoses import finding, told
from tests.histories import NOW, house, put

KINDS = {number("transaction")}


@pytest.fixture(params=["sqlite", "postgresql"])
def space(request):
    url = request.getfixturevalue("clean_postgres")() if request.param == "postgresql" else None
    with house(url) as workspace:
        yield workspace


def tell(space, customer, now, *said):
    """Write what a diagnosis of a customer changes."""
    with space.database.write() as session:
        before = findings.open_episodes(session, [customer])[customer]
        findings.write(session, {customer: decide(before, [told(now, *said)], now).intents})


def held(space, *customers, at=None):
    with space.database.read() as session:
        return findings.holding(session, customers, at)


def test_what_is_written_is_read_as_it_was(space):
    tell(space, 1, NOW, finding(), finding(("SEC-01", None), severity=Severity.CRITICAL, confidential=True))
    found = held(space, 1, 2)

    assert [(each.customer, each.episode.entry, each.until) for each in found] == [
        (1, "SEC-01", HOLDS), (1, "TX-01", HOLDS),
    ]  # fmt: skip
    assert found[0].episode.said.severity is Severity.CRITICAL
    assert not found[0].episode.said.may_tell_customer


def test_the_past_stays_what_it_was(space):
    tell(space, 1, NOW, finding())
    tell(space, 1, NOW + 10)
    tell(space, 1, NOW + 20, finding())

    assert [len(held(space, 1, at=NOW + moment)) for moment in (0, 1, 10, 11, 20, 21)] == [0, 1, 1, 0, 0, 1]
    assert [each.episode.since for each in held(space, 1)] == [NOW + 20]


def test_a_worse_one_replaces_what_was_said(space):
    tell(space, 1, NOW, finding())
    tell(space, 1, NOW + 1, finding(severity=Severity.CRITICAL, value=7))
    (only,) = held(space, 1)

    assert only.episode.said.severity is Severity.CRITICAL
    assert only.episode.since == NOW
    assert "7" in only.episode.said.sentence


def test_the_fleet_is_counted_by_entry_and_by_whose_trouble_it_is(space):
    for customer in (1, 2, 3):
        tell(space, customer, NOW + customer, finding(), finding(("TX-02", None), explained_by="TX-01"))
    tell(space, 4, NOW, finding(scope=Whose.NETWORK))
    tell(space, 3, NOW + 9)
    with space.database.read() as session:
        groups = findings.groups(session)
        some = findings.having(session, "TX-01", 2)
        rest = findings.having(session, "TX-01", 2, after=some[-1].customer)

    assert [(each.entry, each.scope, each.customers, each.first) for each in groups] == [
        ("TX-01", Whose.CUSTOMER, 2, NOW + 1), ("TX-01", Whose.NETWORK, 1, NOW),
    ]  # fmt: skip
    assert [each.customer for each in (*some, *rest)] == [1, 2, 4]


def sent(space, *rows):
    """Live events of some customers, known one microsecond after the other."""
    return put(
        space,
        [
            accept(Raw(name, kind, NOW, {"status": "succeeded"}, message_id=f"{place}"), Receipt(NOW + place))
            for place, (name, kind) in enumerate(rows)
        ],
    )


def due(space, now, limit=10):
    with space.database.write() as session:
        findings.note(session, KINDS, now)
        return findings.due(session, now, limit)


def settle(space, customer, now):
    with space.database.write() as session:
        findings.settle(session, [Settled(customer, now, now + HOUR_US, 1)])


def test_who_was_called_is_due_and_then_not_before_the_hour_is_over(space):
    with space.database.write() as session:
        findings.call(session, [2, 1], NOW)

    assert due(space, NOW) == []
    assert sorted(due(space, NOW + 1)) == [1, 2]
    settle(space, 1, NOW + 1)
    assert due(space, NOW + HOUR_US + 1) == [2]
    assert sorted(due(space, NOW + HOUR_US + 2)) == [1, 2]
    with space.database.read() as session:
        assert findings.coverage(session) == (1, NOW + 1)
        assert findings.waiting(session, NOW + 2) == 1


def test_who_is_called_while_being_diagnosed_is_due_again(space):
    with space.database.write() as session:
        findings.call(session, [1], NOW)
    assert due(space, NOW + 5) == [1]
    settle(space, 1, NOW + 5)
    with space.database.write() as session:
        findings.call(session, [1], NOW + 6)

    assert due(space, NOW + 7) == [1]
