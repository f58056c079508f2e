"""Taking live events in: the ingest transaction of the log, many senders at once.

Statements carry many rows each, so that other threads are let in once a statement and not once a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from keepwell.base.time import DAY_US
from keepwell.events.event import Event
from keepwell.store import batch
from keepwell.store.customers import CustomerIds
from keepwell.store.database import Session
from keepwell.store.log import Origin, mark, set_mark
from keepwell.store.seen import all_fresh, fresh_places, known_body

_ORDER = tuple(name for name in Event.__struct_fields__ if name not in ("customer_id", "hour"))
_COLUMNS = ("id", "source", "customer", "day", "known_day", *_ORDER)
_HOUR = Event.__struct_fields__.index("hour")
_ROWS_AT_ONCE = (1000, 100, 10, 1)  # few different statements, so that each is compiled once
_ROW = f"({', '.join('?' for _ in _COLUMNS)})"
_INSERT = {
    rows: f"INSERT INTO event ({', '.join(_COLUMNS)}) VALUES {', '.join([_ROW] * rows)}" for rows in _ROWS_AT_ONCE
}


@dataclass(frozen=True)
class Taken:
    """What became of the events of a transaction, each list holding their places.

    Attributes:
        fresh: new, and in the log now.
        repeated: counted before, with the same content.
        conflicts: their message id was used before for another content; the first one stands.
    """

    fresh: Sequence[int]
    repeated: Sequence[int]
    conflicts: Sequence[int]


def take_in(
    session: Session, events: Sequence[Event], origins: Sequence[Origin], ids: CustomerIds
) -> tuple[Taken, dict[str, int]]:
    """Write the new ones of some events to the hot table; what became of each, and the customers' numbers.

    `origins` are where they come from, one an event. Everything belongs to the caller's transaction.
    """
    bodies = [event.key if event.message_id is None else batch.content(event) for event in events]
    marks = [
        (origin.repeats, event.hour, event.key, body)
        for origin, event, body in zip(origins, events, bodies, strict=True)
    ]
    named = [event.message_id is not None and not origin.alike for origin, event in zip(origins, events, strict=True)]
    taken = _told_apart(session, named, marks)
    numbers = ids.resolve(session, {events[place].customer_id for place in taken.fresh})
    _write(session, [(events[place], origins[place].source) for place in taken.fresh], numbers)
    return taken, numbers


def _told_apart(session: Session, named: Sequence[bool], marks: list[tuple[int, int, int, int]]) -> Taken:
    """`named` says whose ids may be used twice, for different contents."""
    everything = range(len(marks))
    if len({each[:3] for each in marks}) == len(marks) and all_fresh(session, marks):
        return Taken(everything, (), ())
    fresh = fresh_places(session, marks)
    repeated = [place for place in everything if place not in fresh]
    conflicts = [place for place in repeated if named[place] and known_body(session, marks[place]) != marks[place][3]]
    odd = set(conflicts)
    return Taken(sorted(fresh), [place for place in repeated if place not in odd], conflicts)


def _write(session: Session, events: Sequence[tuple[Event, int]], numbers: dict[str, int]) -> None:
    """New rows with numbers above all that were ever given."""
    if not events:
        return
    start = max(int(session.one("SELECT COALESCE(MAX(id), 0) FROM event") or 0), mark(session, "rolled_to")) + 1
    place = 0
    for size in _sizes(len(events)):
        values: list[object] = []
        for event, source in events[place : place + size]:
            values += _row(start + place, event, source, numbers)
            place += 1
        session.run(_INSERT[size], values)
    set_mark(session, "watermark", mark(session, "watermark") + len(events))


def _row(number: int, event: Event, source: int, numbers: dict[str, int]) -> tuple[object, ...]:
    fields = msgspec.structs.astuple(event)
    customer = numbers[event.customer_id] if event.customer_id else 0
    days = (event.occurred_at // DAY_US, event.known_at // DAY_US)
    return (number, source, customer, *days, *fields[1:_HOUR], *fields[_HOUR + 1 :])


def _sizes(total: int) -> Iterator[int]:
    for size in _ROWS_AT_ONCE:
        while total >= size:
            yield size
            total -= size
