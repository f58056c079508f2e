"""The port of findings: the fake that pages are tested with, and the real one on both databases, told the same."""

from __future__ import annotations

import pytest

from keepwell.base.time import DAY_US, HOUR_US
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Raw
from keepwell.expert.episode import decide
from keepwell.expert.finding import Finding
from keepwell.expert.knowledge import Certainty, Severity
from keepwell.expert.scope import Topic
from keepwell.runtime.findings import StoredFindings
from keepwell.runtime.history import refresh
from keepwell.runtime.ports.findings import Wanted
from keepwell.store import findings
from keepwell.store.customers import number_of
from keepwell.store.findings import Settled
from tests import histories
from tests.expert.diagnoses import told
from tests.histories import house, put
from tests.web import people
from tests.web.fake_findings import ENTRIES, FakeFindings
from tests.web.fakes import FakeBook

NAMED = FakeBook(60).lines
QUIET = "nobody-has-anything"


def stored(space, fake):
    """The real book, told what the fake says."""
    shift = histories.NOW - people.NOW
    raws = [
        Raw(each.id, "customer_updated", histories.NOW - 90 * DAY_US, {"name": each.name}, message_id=each.id)
        for each in NAMED
    ]
    put(space, [accept(each, Receipt(histories.NOW - 89 * DAY_US)) for each in raws])
    refresh(space, histories.NOW)
    by_moment = {}
    for _, line in fake.lines:
        by_moment.setdefault(line.episode.since, []).append(line)
    with space.database.write() as session:
        for since, lines in sorted(by_moment.items()):
            for name in dict.fromkeys(each.customer_id for each in lines):
                number = number_of(session, name)
                before = findings.open_episodes(session, [number])[number]
                said = [
                    _finding(each) for _, each in fake.lines if each.customer_id == name and each.episode.since <= since
                ]
                changes = decide(before, [told(since + shift, *said)], since + shift).intents
                findings.write(session, {number: changes})
        numbers = [number_of(session, each.id) for each in NAMED]
        findings.call(session, numbers, histories.NOW - DAY_US)
        done = [Settled(each, histories.NOW - 5_000_000, histories.NOW + HOUR_US, 1) for each in numbers]
        findings.settle(session, done)
        findings.call(session, numbers[:3], histories.NOW - 1)
    return StoredFindings(space, lambda: histories.NOW)


def _finding(line):
    episode, said = line.episode, line.episode.said
    return Finding(
        episode.entry, said.title, said.domain, said.severity, said.certainty, said.scope, said.sentence, (), (), (),
        (), topic=Topic(episode.topic) if episode.topic else None, confidential=not said.may_tell_customer,
    )  # fmt: skip


@pytest.fixture(params=["fake", "sqlite", "postgresql"])
def book(request):
    fake = FakeFindings(NAMED)
    if request.param == "fake":
        yield fake
        return
    url = request.getfixturevalue("clean_postgres")() if request.param == "postgresql" else None
    with house(url) as workspace, workspace.writing():
        yield stored(workspace, fake)


def test_the_fleet_is_counted_and_comes_worst_first(book):
    fleet = book.fleet()
    rows = [(each.entry, each.topic, each.severity, each.everybody, each.customers) for each in fleet.groups]

    assert (fleet.diagnosed, fleet.waiting) == (60, 3)
    assert rows == [
        ("TX-04", "", Severity.CRITICAL, False, 9), ("SEC-02", "", Severity.CRITICAL, False, 7),
        ("TX-04", "", Severity.WARN, False, 51), ("META-02", "transactions", Severity.WARN, True, 20),
        ("META-01", "calls", Severity.WARN, False, 15), ("LP-03", "", Severity.INFO, False, 12),
    ]  # fmt: skip
    assert all(each.first <= each.last for each in fleet.groups)
    assert fleet.last - fleet.groups[0].last > 0


def test_what_is_asked_for_narrows_the_fleet(book):
    groups = book.fleet().groups

    def entries(*asked):
        return [each.entry for each in Wanted(*asked).among(groups)]

    assert len(entries()) == 6
    assert entries("security") == ["SEC-02"]
    assert entries(None, Severity.CRITICAL) == ["TX-04", "SEC-02"]
    assert entries(None, Severity.WARN, Certainty.INFERRED) == ["META-02", "META-01"]
    assert entries("security", Severity.WARN) == []


@pytest.mark.parametrize("entry", ["TX-04", "SEC-02", "META-02"])
def test_parts_put_together_are_the_whole_list(book, entry):
    whole = book.part(entry, None, 500)
    parts, after = [], None
    while (part := book.part(entry, after, 7)) and part.next:
        parts += part.lines
        after = part.next
    parts += part.lines

    assert parts == whole.lines
    assert whole.next is None
    assert len({each.customer_id for each in parts}) == len(parts) == whole.customers
    order = [(-tuple(Severity).index(each.episode.said.severity), each.episode.since) for each in parts]
    assert order == sorted(order)


def test_a_line_says_who_and_what(book):
    fake = {each.customer_id: each for each in FakeFindings(NAMED).part("SEC-02", None, 99).lines}
    found = book.part("SEC-02", None, 99)

    assert {each.customer_id for each in found.lines} == set(fake)
    for each in found.lines:
        assert each.customer_name == fake[each.customer_id].customer_name
        assert each.episode.said.scope == fake[each.customer_id].episode.said.scope
        assert each.episode.said.may_tell_customer is False
        assert fake[each.customer_id].episode.said.sentence in each.episode.said.sentence


def test_an_entry_of_nobody_is_an_empty_list_and_an_unknown_one_none(book):
    found = book.part("TX-09", None, 50)

    assert (found.customers, found.lines, found.next) == (0, [], None)
    assert found.title
    assert found.domain == ENTRIES["TX-09"][1]
    for unknown in ("TX-99999", "", "\x00", "'; DROP TABLE finding; --"):
        assert book.part(unknown, None, 50) is None
