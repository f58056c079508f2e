"""Accepted events as columns: what both the hot table and the segments are written from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from zlib import crc32

import pyarrow as pa

from keepwell.base.time import DAY_US
from keepwell.events.event import Event
from keepwell.store.schema import EVENT_COLUMNS, EVENT_INTS

SCHEMA = pa.schema([pa.field(name, pa.int64() if name in EVENT_INTS else pa.string()) for name in EVENT_COLUMNS])
"""Columns of an event in the log, in the order of the hot table."""

_GIVEN = tuple(name for name in EVENT_COLUMNS if name not in ("customer", "source", "day", "known_day"))
_ALL = ("customer_id", "hour", *_GIVEN)
_values = attrgetter(*_ALL)

ACCEPTED = pa.schema(
    [
        pa.field("customer_id", pa.string()),
        pa.field("hour", pa.int64()),
        *(SCHEMA.field(name) for name in (*_GIVEN, "day", "known_day")),
        pa.field("body", pa.int64()),
    ]
)
"""Columns of accepted events before they are counted: with the customer's own id, and what tells repeats apart."""


def accepted(events: Sequence[Event]) -> pa.Table:
    """Events as a table of `ACCEPTED`. `body` is the identity of the content, to notice an id used twice."""
    columns = dict(zip(_ALL, zip(*map(_values, events), strict=True), strict=True)) if events else {}
    found: dict[str, Sequence[object]] = {name: columns.get(name, ()) for name in _ALL}
    found["day"] = [event.occurred_at // DAY_US for event in events]
    found["known_day"] = [event.known_at // DAY_US for event in events]
    found["body"] = [event.key if event.message_id is None else content(event) for event in events]
    return pa.table([pa.array(found[field.name], field.type) for field in ACCEPTED], schema=ACCEPTED)


def content(event: Event) -> int:
    """Tells contents apart that came under one message id: 32 bits, since nothing but a warning rests on it.

    A user stands for the account: the same request sent again may find another one, once the user belongs to a group.
    """
    text = f"{event.user_id or event.customer_id}\x1f{event.kind}\x1f{event.name}\x1f{event.properties}"
    return crc32(text.encode("utf-8", "surrogatepass"))


def logged(events: pa.Table, ids: Mapping[str, int], source: int) -> pa.Table:
    """Accepted events as rows of the log. Events about the platform belong to customer 0."""
    names = events.column("customer_id").combine_chunks().dictionary_encode()
    numbers = pa.array([ids[name] if name else 0 for name in names.dictionary.to_pylist()], pa.int64())
    columns = {
        "customer": numbers.take(names.indices),
        "source": pa.repeat(pa.scalar(source, pa.int64()), len(events)),
    }
    return pa.table([columns[name] if name in columns else events[name] for name in EVENT_COLUMNS], schema=SCHEMA)


def rows(table: pa.Table) -> list[tuple[object, ...]]:
    """Rows of a table, for the relational store."""
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def customers(events: pa.Table) -> set[str]:
    """The customers' own ids in accepted events; the platform is none."""
    return {name for name in events.column("customer_id").unique().to_pylist() if name}
