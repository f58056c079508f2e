"""One suite for verdicts on findings: the fake, SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from keepwell.base.time import DAY_US, HOUR_US, day_of
from keepwell.config.expert import shipped_knowledge, shipped_names
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Raw
from keepwell.expert.judging import LONGEST_NOTE, Verdict, digest
from keepwell.expert.knowledge import Certainty
from keepwell.runtime.diagnosing import OWN, StoredExpert
from keepwell.runtime.history import refresh
from keepwell.runtime.knowing import Shelf, StoredKnowledge
from keepwell.runtime.ports.knowledge import Judged, VerdictRefusedError
from tests.histories import NOW, house, put
from tests.web.fake_expert import FakeExpert
from tests.web.fake_knowledge import FakeKnowledge

RIGHT, WRONG = Verdict
FOUND = Judged("ada", "RPC-01", "", "jen")


@dataclass
class Line:
    id: str


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture(scope="module", params=["fake", "sqlite", "postgresql"])
def folder(request):
    if request.param == "fake":
        yield None
        return
    url = request.getfixturevalue("clean_postgres")() if request.param == "postgresql" else None
    with house(url) as space, space.writing():
        signed_in = [Raw(each, "signed_in", NOW - HOUR_US, {}, message_id=each) for each in ("ada", "bob")]
        put(space, [accept(each, Receipt(NOW)) for each in signed_in])
        refresh(space, NOW)
        yield space


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def book(folder, clock):
    expert = FakeExpert([Line("ada"), Line("bob")])
    if folder is None:
        return FakeKnowledge(expert, clock)
    with folder.database.write() as session:
        session.run("DELETE FROM verdict")
    return StoredKnowledge(folder, clock, expert)


def counted(book):
    found = book.accuracies().overall
    return found.right, found.wrong


def test_what_was_said_is_kept_with_what_was_told(book):
    line = book.judge(FOUND, RIGHT, " they  asked for it ", NOW - HOUR_US)
    entry = shipped_knowledge(shipped_names()).entries["RPC-01"]

    assert (line.customer_id, line.entry, line.topic, line.person) == ("ada", "RPC-01", "", "jen")
    assert (line.day, line.at, line.verdict, line.note) == (day_of(NOW), NOW, RIGHT, "they asked for it")
    assert (line.certainty, line.digest) == (Certainty.ENTAILED, digest(entry))
    assert line.told.startswith(entry.diagnosis)
    assert "40 times" in line.told
    assert list(book.of_customer("ada")) == list(book.of_entry("RPC-01", 9)) == [line]
    assert not book.of_customer("bob")
    assert not book.of_entry("TX-01", 9)


def test_said_again_on_the_same_day_it_is_replaced_and_on_the_next_day_added(book, clock):
    book.judge(FOUND, RIGHT, "", None)
    clock.now += HOUR_US
    book.judge(FOUND, WRONG, "no", None)
    assert counted(book) == (0, 1)
    clock.now += DAY_US
    book.judge(FOUND, WRONG, "still", None)

    assert counted(book) == (0, 2)
    assert [each.note for each in book.of_customer("ada")] == ["still", "no"]
    assert [each.note for each in book.of_entry("RPC-01", 1)] == ["still"]


@pytest.mark.parametrize("other", [{"person": "bob"}, {"customer_id": "bob"}])
def test_others_and_other_customers_have_their_own(book, other):
    book.judge(FOUND, RIGHT, "", None)
    book.judge(replace(FOUND, **other), WRONG, "", None)

    assert counted(book) == (1, 1)
    assert book.accuracies().of("RPC-01").judged == 2


def test_it_can_be_taken_back_by_whom_and_for_the_day_it_was_said(book, clock):
    book.judge(FOUND, RIGHT, "", None)
    today = day_of(clock.now)
    for judged, day in (
        (replace(FOUND, person="bob"), today), (replace(FOUND, topic="calls"), today), (FOUND, today - 1),
        (replace(FOUND, customer_id="nobody"), today), (replace(FOUND, entry="\x00"), today),
        (replace(FOUND, topic="\ud800"), today), (replace(FOUND, customer_id="\x00"), today),
    ):  # fmt: skip
        assert not book.withdraw(judged, day)
    assert counted(book) == (1, 0)

    assert book.withdraw(FOUND, today)
    assert not book.withdraw(FOUND, today)
    assert counted(book) == (0, 0)


@pytest.mark.parametrize("judged", [
    replace(FOUND, entry="TX-01"), replace(FOUND, topic="calls"), replace(FOUND, entry="no such"),
    replace(FOUND, entry="\x00"),
])  # fmt: skip
def test_what_the_diagnosis_does_not_say_cannot_be_judged(book, judged):
    with pytest.raises(VerdictRefusedError):
        book.judge(judged, RIGHT, "", None)
    assert counted(book) == (0, 0)


@pytest.mark.parametrize("note", ["x" * (LONGEST_NOTE + 1), "a\x00b", "\ud800"])
def test_a_note_that_cannot_be_kept_is_refused(book, note):
    with pytest.raises(VerdictRefusedError):
        book.judge(FOUND, RIGHT, note, None)


def test_a_note_may_be_as_long_as_promised(book):
    assert book.judge(FOUND, RIGHT, "\N{CRAB}" * LONGEST_NOTE, None).note == "\N{CRAB}" * LONGEST_NOTE


@pytest.mark.parametrize("as_of", [NOW + 1, 0, -1])
def test_a_diagnosis_of_no_past_moment_cannot_be_judged(book, as_of):
    with pytest.raises(VerdictRefusedError):
        book.judge(FOUND, RIGHT, "", as_of)


@pytest.mark.parametrize("customer", ["nobody", "\x00"])
def test_of_nobody_nothing_is_said(book, customer):
    assert book.judge(replace(FOUND, customer_id=customer), RIGHT, "", None) is None
    assert not book.of_customer(customer)


def test_what_was_told_stays_what_it_was_when_the_diagnosis_changes():
    with house() as space, space.writing():
        sent = [
            Raw("ada", "api_called", NOW - HOUR_US * 2 + place, {"http_status": 429 if place < 40 else 200},
                message_id=f"m{place}")
            for place in range(100)
        ]  # fmt: skip
        put(space, [accept(each, Receipt(NOW)) for each in sent])
        refresh(space, NOW)
        book = StoredKnowledge(space, lambda: NOW + DAY_US * 3, StoredExpert(space, lambda: NOW))
        line = book.judge(FOUND, WRONG, "", NOW)

        assert "40 times" in line.told
        assert list(book.of_customer("ada")) == [line]


def test_the_library_follows_the_file_and_keeps_what_ships_when_it_is_refused(tmp_path):
    shelf, own = Shelf(tmp_path), tmp_path / OWN
    first = shelf.library()
    assert shelf.library() is first
    assert first.knowledge is first.shipped

    own.write_text('[LP-01]\nwhy = "wide pools"\n[LP-01.when]\n"lp.in_range_share <" = 0.33\n')
    changed = shelf.library()
    assert changed.refused == ""
    assert digest(changed.knowledge.entries["LP-01"]) != digest(changed.shipped.entries["LP-01"])
    assert [each.id for each in changed.index.search("LP-01").entries] == ["LP-01"]

    own.write_text("[NO-99]\n")
    refused = shelf.library()
    assert "there is no entry `NO-99`" in refused.refused
    assert refused.knowledge is refused.shipped
    own.unlink()
    assert shelf.library().refused == ""
