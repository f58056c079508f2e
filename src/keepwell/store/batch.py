"""Accepted events as columns: what both the hot table and the segments are written from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from keepwell.base.time import DAY_US
from keepwell.events.event import Event
from keepwell.store.schema import EVENT_COLUMNS, EVENT_INTS

SCHEMA = pa.schema([pa.field(name, pa.int64() if name in EVENT_INTS else pa.string()) for name in EVENT_COLUMNS])
"""Columns of an event, in the order of the hot table."""

_FROM_EVENT = tuple(name for name in EVENT_COLUMNS if name not in ("customer", "source", "day", "known_day"))


def rows(events: Sequence[Event], ids: Mapping[str, int], source: int) -> list[tuple[object, ...]]:
    """Events as rows in the order of `EVENT_COLUMNS`. Events about the platform belong to customer 0."""
    return list(zip(*_columns(events, ids, source).values(), strict=True))


def table(events: Sequence[Event], ids: Mapping[str, int], source: int) -> pa.Table:
    """Events as an Arrow table."""
    columns = _columns(events, ids, source)
    return pa.table([pa.array(columns[field.name], field.type) for field in SCHEMA], schema=SCHEMA)


def _columns(events: Sequence[Event], ids: Mapping[str, int], source: int) -> dict[str, list[object]]:
    columns: dict[str, list[object]] = {name: [getattr(event, name) for event in events] for name in _FROM_EVENT}
    columns["customer"] = [ids[event.customer_id] if event.customer_id else 0 for event in events]
    columns["source"] = [source] * len(events)
    columns["day"] = [event.occurred_at // DAY_US for event in events]
    columns["known_day"] = [event.known_at // DAY_US for event in events]
    return {name: columns[name] for name in EVENT_COLUMNS}
