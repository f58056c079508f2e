"""What the API reads of the book, on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest

from keepwell.base.time import DAY_US, day_of
from keepwell.runtime.book import StoredBook
from keepwell.runtime.history import refresh
from keepwell.runtime.ports.book import EventsAsked, Wanted
from keepwell.runtime.receive import Parcel, receive
from tests.histories import NOW, house, put
from tests.ports.test_store import event


@pytest.fixture(params=["sqlite", "postgresql"])
def book(request):
    url = request.getfixturevalue("clean_postgres")() if request.param == "postgresql" else None
    with house(url) as space, space.writing():
        put(space, [event(n, at=NOW - n * DAY_US) for n in range(1, 31)])
        receive(space, [Parcel("one", [event(99, customer="bob")])], NOW)
        refresh(space, NOW)
        yield StoredBook(space, lambda: NOW + 1)


def test_a_customer_is_read_by_its_id(book):
    line, score = book.line("ada"), book.score("ada", None)

    assert line is not None
    assert score is not None
    assert (line.score, line.band) == (score.score, score.band)
    assert book.score("ada", score.as_of).score == score.score
    assert book.score("ada", NOW - 90 * DAY_US).score is None
    assert [line.id for line in book.customers_part(Wanted(sort="id"), None, 9).lines] == ["ada", "bob"]


def test_days_are_those_of_the_span(book):
    today = day_of(NOW)
    found = book.days("ada", today - 9, today - 3)

    assert found is not None
    assert [each.day for each in found.days] == list(range(today - 9, today - 2))


def test_events_go_on_after_a_place(book):
    first = book.events_part(EventsAsked("ada"), None, 12)
    second = book.events_part(EventsAsked("ada"), first.next, 12)
    third = book.events_part(EventsAsked("ada"), second.next, 12)
    ids = [line.message_id for part in (first, second, third) for line in part.lines]

    assert ids == [f"m{n}" for n in range(1, 31)]
    assert third.next is None


@pytest.mark.parametrize("customer_id", ["nobody", "", "a\x00b", "'; --"])
def test_an_unknown_id_gives_nothing(book, customer_id):
    assert book.line(customer_id) is None
    assert book.score(customer_id, None) is None
    assert book.score(customer_id, NOW) is None
    assert book.days(customer_id, 0, 9) is None
    assert book.events_part(EventsAsked(customer_id), None, 5) is None
