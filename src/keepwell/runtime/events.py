"""Lists of events, the newest first, cut into parts by when they occurred."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pyarrow as pa

from keepwell.base.time import DAY_US, last_day_before
from keepwell.engines import duckdb as engine
from keepwell.events.catalog import key_of
from keepwell.metrics.rollups import DAY_WINDOW, FACT_WINDOW
from keepwell.runtime import explain as explaining
from keepwell.runtime.ports.book import EventLine, EventPlace, EventsAsked, EventsPart
from keepwell.runtime.scoring import look
from keepwell.runtime.workspace import Workspace
from keepwell.store import log
from keepwell.store.customers import ids_of, number_of
from keepwell.store.database import Session
from keepwell.store.segments import FIRST


def part(workspace: Workspace, asked: EventsAsked, after: EventPlace | None, at: tuple[int, int]) -> EventsPart | None:
    """At most so many events that occurred before a place; None for an unknown customer.

    Args:
        workspace: the log.
        asked: which events.
        after: where the last part ended.
        at: how many, and the present.
    """
    limit, now = at
    number = None
    if asked.customer_id is not None:
        with workspace.database.read() as session:
            number = number_of(session, asked.customer_id)
        if number is None:
            return None
    tops = (now, asked.until or now, after.occurred_at if after else now)
    table = _newest(workspace, _where(asked, number, after), limit + 1, max(min(tops), 1))
    rows = table.to_pylist()
    names = _names(workspace, {int(row["customer"]) for row in rows})
    shown = rows[:limit]
    last = shown[-1] if len(rows) > limit else None
    return EventsPart(
        [line(row, names[row["customer"]]) for row in shown],
        last and EventPlace(last["occurred_at"], last["key"], last["source"]),
    )


def newest(workspace: Workspace, customer_id: str | None, limit: int, now: int) -> list[EventLine]:
    """At most so many events, those that happened last first.

    Of everybody's events those that arrived last are shown, as long as the hot rows hold enough of them.
    """
    number = 0
    with workspace.database.read() as session:
        rows = _hot(session, limit) if customer_id is None else []
        if customer_id is not None:
            number = number_of(session, customer_id) or -1
    if not rows:
        where = "1 = 1" if customer_id is None else f"customer = {number:d}"
        table = engine.events_of(look(workspace, (now, now), []), where, limit)
        if len(table) < limit:  # older than any window: the whole log is asked
            table = engine.events_of(look(workspace, (1, now), []), where, limit)
        rows = table.to_pylist()
    names = _names(workspace, {int(row["customer"]) for row in rows})
    return [line(row, names[row["customer"]]) for row in rows]


def _hot(session: Session, limit: int) -> list[dict[str, Any]]:
    """The rows that arrived last; none when there are too few, or when a segment knows of something as new."""
    rows = log.last_hot(session, limit)
    sealed = session.one("SELECT MAX(max_known) FROM segment WHERE retired = 0 AND stream <> ?", (FIRST,))
    if len(rows) < limit or min(int(row["known_at"]) for row in rows) <= (sealed or 0):
        return []
    return sorted(rows, key=lambda row: (row["occurred_at"], row["key"], row["source"]), reverse=True)


def _where(asked: EventsAsked, number: int | None, after: EventPlace | None) -> str:
    """A condition on the log; every value in it is a whole number."""
    conditions = ["1 = 1"]
    if number is not None:
        conditions.append(f"customer = {number:d}")
    if asked.since is not None:
        conditions.append(f"occurred_at >= {asked.since:d}")
    if asked.until is not None:
        conditions.append(f"occurred_at < {asked.until:d}")
    if after is not None:
        at, key, source = after.occurred_at, after.key, after.source
        conditions.append(
            f"(occurred_at < {at:d} OR (occurred_at = {at:d} AND (key < {key:d} OR (key = {key:d}"
            f" AND source < {source:d}))))"
        )
    return " AND ".join(conditions)


def _newest(workspace: Workspace, where: str, limit: int, top: int) -> pa.Table:
    """The newest events up to a moment: from recent segments, or all of the log when they hold too few.

    Recent segments hold all that became known since `sure`, so all that occurred since.
    """
    sure = max(last_day_before(top) - min(DAY_WINDOW, FACT_WINDOW) + 1, 0) * DAY_US
    table = engine.events_of(look(workspace, (top, top), []), where, limit)
    if len(table) == limit and int(table.column("occurred_at")[limit - 1].as_py()) >= sure:
        return table
    return engine.events_of(look(workspace, (1, top), []), where, limit)


def _names(workspace: Workspace, numbers: set[int]) -> Mapping[int, str]:
    """The ids of some customers; the platform has none."""
    with workspace.database.read() as session:
        return {0: "", **ids_of(session, sorted(numbers))}


def line(row: Mapping[str, Any], customer_id: str) -> EventLine:
    """A row of the log as lists show it."""
    kind, key = int(row["kind"]), int(row["key"])
    name = row["name"] if isinstance(row["name"], str) else None
    given = row["message_id"] if isinstance(row["message_id"], str) else None
    return EventLine(
        message_id=explaining.message_id(given, key),
        customer_id=customer_id,
        event=key_of(kind, name),
        occurred_at=int(row["occurred_at"]),
        received_at=int(row["known_at"]),
        properties=msgspec.json.decode(str(row["properties"])),
    )
