"""Findings as remembered on SQLite and on PostgreSQL, and who is due."""

from __future__ import annotations

import pytest

from keepwell.base.time import HOUR_US
from keepwell.events.accept import Receipt, accept
from keepwell.events.catalog import number
from keepwell.events.event import Raw
from keepwell.expert.episode import decide
from keepwell.expert.knowledge import Severity
from keepwell.expert.scope import Topic, Whose
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
        groups = sorted(findings.groups(session), key=lambda each: each.scope)
        named = findings.named(session, "TX-01"), findings.named(session, "TX-02")
        count = findings.count_having(session, "TX-01")

    assert [(each.entry, each.scope, each.customers, each.first, each.last) for each in groups] == [
        ("TX-01", Whose.CUSTOMER, 2, NOW + 1, NOW + 2), ("TX-01", Whose.NETWORK, 1, NOW, NOW),
    ]  # fmt: skip
    assert named == (("TX-01", "solana_tx"), None)
    assert count == 3


def test_customers_of_an_entry_come_worst_first_then_longest_first_part_by_part(space):
    for customer, severity, since in ((1, "warn", 5), (2, "critical", 9), (3, "warn", 2), (4, "critical", 9)):
        tell(space, customer, NOW + since, finding(severity=Severity(severity)))
    tell(space, 5, NOW, *(finding(("TX-01", topic)) for topic in (Topic.CALLS, Topic.LANDING)))
    tell(space, 6, NOW, finding(explained_by="TX-02"), finding(("TX-02", None)))
    whole, parts, after = [], [], None
    with space.database.read() as session:
        whole = findings.having(session, "TX-01", None, 99)
        while part := findings.having(session, "TX-01", after, 2):
            after = findings.place_of(part[-1])
            parts += part

    assert [(each.customer, each.episode.topic) for each in whole] == [
        (2, ""), (4, ""), (5, "calls"), (5, "landing"), (3, ""), (1, ""),
    ]  # fmt: skip
    assert parts == whole


def test_the_fleet_is_counted_in_the_index_alone():
    with house() as workspace:
        tell(workspace, 1, NOW, finding())
        with workspace.database.read() as session:
            asked = []
            session.run, run = lambda sql, values=(): asked.append((sql, values)) or run(sql, values), session.run
            findings.groups(session)
            findings.coverage(session)
            plans = [str(run(f"EXPLAIN QUERY PLAN {sql}", values)) for sql, values in asked]

    assert "COVERING INDEX finding_by_end" in plans[0]
    assert "TEMP B-TREE" not in plans[0]
    assert "SCAN diagnosis" not in plans[1].replace("SCAN diagnosis USING COVERING INDEX", "")


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
