"""The log: accepted events, counted once, in the hot table or straight in sealed segments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from keepwell.store import batch, seen
from keepwell.store.database import Session
from keepwell.store.schema import EVENT_COLUMNS, EVENT_INTS


@dataclass(frozen=True)
class Counted:
    """What happened to a batch of accepted events (tables of `batch.ACCEPTED`).

    Attributes:
        fresh: the events that are new.
        duplicates: how many were counted before.
        conflicts: events whose message id was already used for another content; the first one stands.
        places: where in the batch the conflicts were, in order, counted from 0.
    """

    fresh: pa.Table
    duplicates: int
    conflicts: pa.Table
    places: Sequence[int] = ()


def source_id(session: Session, name: str) -> int:
    """The number of a source of events; given on first use."""
    found = session.one("SELECT id FROM source WHERE name = ?", (name,))
    if found is None:
        session.run("INSERT INTO source (id, name) SELECT COALESCE(MAX(id), 0) + 1, ? FROM source", (name,))
        found = session.one("SELECT id FROM source WHERE name = ?", (name,))
    return int(found)


TOGETHER: Mapping[str, str] = {
    "hook:helius": "hook:helius",
    "poll:solana": "hook:helius",
    "answers": "answers",
}
"""Sources that tell of the same things, and the one under which their repeats are told apart: a transaction is one
event, whoever brought it first, and so is a mail. Each words it in its own way, so the id alone decides."""


@dataclass(frozen=True)
class Origin:
    """Where events come from.

    Attributes:
        source: the number of the source.
        repeats: the number of the source under which its repeats are told apart.
        alike: whether an id decides alone, also when the content differs.
    """

    source: int
    repeats: int
    alike: bool = False


def origin(session: Session, name: str) -> Origin:
    """The origin of what a source sends."""
    together = TOGETHER.get(name)
    number = source_id(session, name)
    return Origin(number, number if together is None else source_id(session, together), alike=together is not None)


def count_once(session: Session, events: pa.Table, source: int, *, alike: bool = False) -> Counted:
    """Tell new events (a table of `batch.ACCEPTED`) from repeated ones, and remember the new ones as seen."""
    names = np.stack([events.column(name).to_numpy() for name in ("hour", "key")], axis=1)
    columns = (names[:, 0].tolist(), names[:, 1].tolist(), events.column("body").to_pylist())
    marks = list(zip(repeat(source), *columns, strict=False))
    if _distinct(names) and seen.all_fresh(session, marks):
        return Counted(events, 0, events.slice(0, 0))
    fresh = seen.fresh_places(session, marks)
    named = pc.is_valid(events.column("message_id")).to_pylist()
    repeated = [place for place in range(len(marks)) if place not in fresh]
    conflicts = [
        place
        for place in repeated
        if not alike and named[place] and seen.known_body(session, marks[place]) != marks[place][3]
    ]
    chosen = [events.take(pa.array(places, pa.int64())) for places in (sorted(fresh), conflicts)]
    return Counted(chosen[0], len(repeated) - len(conflicts), chosen[1], conflicts)


def _distinct(names: NDArray[np.int64]) -> bool:
    """Whether no two rows of a batch go by the same hour and key."""
    ordered = names[np.lexsort((names[:, 1], names[:, 0]))]
    return not (ordered[1:] == ordered[:-1]).all(axis=1).any()


def is_empty(session: Session) -> bool:
    """Whether nothing was ever written."""
    return all(session.one(f"SELECT 1 FROM {table} LIMIT 1") is None for table in ("event", "segment"))


def mark(session: Session, name: str) -> int:
    """A whole-number mark of the log, 0 when it was never set."""
    found = session.one("SELECT value FROM setting WHERE name = ?", (name,))
    return int(found) if isinstance(found, str) else 0


def set_mark(session: Session, name: str, value: int | str) -> None:
    """Set a mark."""
    session.run(
        "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, str(value)),
    )


def hot(session: Session, where: str = "1 = 1", parameters: Sequence[object] = ()) -> pa.Table:
    """Hot rows that are not sealed yet, as an Arrow table."""
    columns = session.columns(
        f"SELECT {', '.join(EVENT_COLUMNS)} FROM event WHERE known_at >= ? AND {where}",
        (mark(session, "sealed_to"), *parameters),
    )
    arrays = [pa.array(columns[name], pa.int64() if name in EVENT_INTS else pa.string()) for name in EVENT_COLUMNS]
    return pa.table(arrays, schema=batch.SCHEMA)


def unknown_names(session: Session, limit: int) -> list[tuple[str, int, int]]:
    """Names that the plan does not know among the rows that arrived last: name, how often, and last when."""
    return session.run(
        "SELECT name, COUNT(*), MAX(known_at)"
        " FROM (SELECT kind, name, known_at FROM event ORDER BY id DESC LIMIT ?) AS latest"
        " WHERE kind = 0 AND name IS NOT NULL GROUP BY name ORDER BY COUNT(*) DESC, name",
        (limit,),
    )


def last_hot(session: Session, limit: int) -> list[dict[str, Any]]:
    """The hot rows that arrived last, the last one first."""
    rows = session.run(f"SELECT {', '.join(EVENT_COLUMNS)} FROM event ORDER BY id DESC LIMIT ?", (limit,))
    return [dict(zip(EVENT_COLUMNS, row, strict=True)) for row in rows]
