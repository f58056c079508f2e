"""The newest events of everybody: out of the hot rows while these are enough, on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest

from keepwell.base.time import DAY_US, HOUR_US
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Raw
from keepwell.runtime import events
from keepwell.runtime.receive import Parcel, receive
from tests.histories import NOW, house, put


@pytest.fixture(params=["sqlite", "postgresql"])
def space(request):
    url = request.getfixturevalue("clean_postgres")() if request.param == "postgresql" else None
    with house(url) as workspace:
        yield workspace


def event(name: str, at: int, known: int | None = None, customer: str = "ada"):
    raw = Raw(customer, "signed_in", at, {}, message_id=name, received_at=known or at)
    return accept(raw, Receipt(NOW))


def arrive(space, *happened) -> None:
    for each in happened:
        receive(space, [Parcel("one", [each])], NOW)


def newest(space, limit: int) -> list[str]:
    return [line.message_id for line in events.newest(space, None, limit, NOW + 1)]


@pytest.fixture
def no_engine(monkeypatch):
    def asked(*_):
        raise AssertionError

    return lambda: monkeypatch.setattr(events.engine, "events_of", asked)


def test_enough_hot_rows_are_read_alone(space, no_engine):
    put(space, [event("old", NOW - DAY_US)])
    arrive(space, *(event(f"m{n}", NOW - 100 + n, customer=f"c{n}") for n in range(9)))
    slow = newest(space, 10)
    no_engine()

    assert newest(space, 5) == slow[:5] == ["m8", "m7", "m6", "m5", "m4"]
    assert [line.customer_id for line in events.newest(space, None, 2, NOW + 1)] == ["c8", "c7"]


def test_what_arrived_late_is_among_them_where_it_happened(space):
    arrive(space, event("a", NOW - 50), event("b", NOW - 40), event("late", NOW - 5 * HOUR_US, NOW - 30))

    assert newest(space, 3) == ["b", "a", "late"]
    assert newest(space, 2) == ["b", "late"]


def test_too_few_hot_rows_are_not_everything(space):
    put(space, [event(f"old{n}", NOW - n * DAY_US) for n in range(1, 4)])
    arrive(space, event("m", NOW - 100))

    assert newest(space, 3) == ["m", "old1", "old2"]


def test_a_file_that_knows_newer_ones_is_read(space):
    arrive(space, event("a", NOW - 50), event("b", NOW - 40))
    put(space, [event("imported", NOW - 10)])

    assert newest(space, 2) == ["imported", "b"]
