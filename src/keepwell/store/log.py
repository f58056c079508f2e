"""The log: accepted events, counted once, in the hot table or straight in sealed segments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from keepwell.store import batch
from keepwell.store.database import Session
from keepwell.store.schema import EVENT_COLUMNS, EVENT_INTS

_SEEN_PER_STATEMENT = 2000
_IDS_PER_STATEMENT = 5000
_INSERT_EVENT = (
    f"INSERT INTO event (id, {', '.join(EVENT_COLUMNS)}) VALUES (?, {', '.join('?' for _ in EVENT_COLUMNS)})"
)


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


def count_once(session: Session, events: pa.Table, source: int) -> Counted:
    """Tell new events (a table of `batch.ACCEPTED`) from repeated ones, and remember the new ones as seen."""
    marks = np.stack([events.column(name).to_numpy() for name in ("hour", "key", "body")], axis=1)
    if _distinct(marks) and _all_fresh(session, marks.tolist(), source):
        return Counted(events, 0, events.slice(0, 0))
    return _told_apart(session, events, marks.tolist(), source)


def _distinct(marks: NDArray[np.int64]) -> bool:
    """Whether no two rows of a batch go by the same hour and key."""
    ordered = marks[np.lexsort((marks[:, 1], marks[:, 0]))]
    return not (ordered[1:, :2] == ordered[:-1, :2]).all(axis=1).any()


def _all_fresh(session: Session, marks: list[list[int]], source: int) -> bool:
    """Remember marks as seen, if none of them was; else nothing."""
    session.run("SAVEPOINT fresh")
    for part in _pieces(marks):
        session.run(*_seen(part, source))
        if session.changed != len(part):
            session.run("ROLLBACK TO SAVEPOINT fresh")
            session.run("RELEASE SAVEPOINT fresh")
            return False
    session.run("RELEASE SAVEPOINT fresh")
    return True


def _told_apart(session: Session, events: pa.Table, marks: list[list[int]], source: int) -> Counted:
    """The slow way, when something was there before."""
    first: dict[tuple[int, int], int] = {}
    repeated = [place for place, (hour, key, _) in enumerate(marks) if first.setdefault((hour, key), place) != place]
    fresh: set[tuple[int, int]] = set()
    for part in _pieces([marks[place] for place in first.values()]):
        statement, values = _seen(part, source)
        fresh.update(session.run(f"{statement} RETURNING hour, key", values))
    repeated += [place for name, place in first.items() if name not in fresh]
    named = [place for place in sorted(repeated) if events["message_id"][place].is_valid]
    conflicts = _conflicting(session, {place: marks[place] for place in named}, source)
    new = events.take(pa.array([place for name, place in first.items() if name in fresh], pa.int64()))
    found = events.take(pa.array(conflicts, pa.int64()))
    return Counted(new, len(repeated) - len(conflicts), found, conflicts)


def _pieces(marks: list[list[int]]) -> Iterator[list[list[int]]]:
    for start in range(0, len(marks), _SEEN_PER_STATEMENT):
        yield marks[start : start + _SEEN_PER_STATEMENT]


def _seen(marks: list[list[int]], source: int) -> tuple[str, list[int]]:
    """A statement that remembers marks, and its values."""
    rows = ",".join(["(?,?,?,?)"] * len(marks))
    values = [value for mark in marks for value in (source, *mark)]
    return f"INSERT INTO seen (source, hour, key, body) VALUES {rows} ON CONFLICT DO NOTHING", values


def _conflicting(session: Session, repeated: Mapping[int, list[int]], source: int) -> list[int]:
    """Places of repeated events whose content is not the one that was counted, given their marks."""
    known = "SELECT body FROM seen WHERE source = ? AND hour = ? AND key = ?"
    return [place for place, (hour, key, body) in repeated.items() if session.one(known, (source, hour, key)) != body]


@dataclass
class CustomerIds:
    """External ids to integers, remembered between transactions of one writer."""

    known: dict[str, int] = field(default_factory=dict)

    def resolve(self, session: Session, names: Iterable[str]) -> dict[str, int]:
        """The numbers of customers, given to those never seen before."""
        wanted = {name for name in names if name}
        missing = sorted(wanted - self.known.keys())
        found: dict[str, int] = {}
        for start in range(0, len(missing), _IDS_PER_STATEMENT):
            part = missing[start : start + _IDS_PER_STATEMENT]
            marks = ",".join("?" for _ in part)
            rows = session.run(f"SELECT external_id, id FROM customer WHERE external_id IN ({marks})", part)
            found.update(rows)
        fresh = [name for name in missing if name not in found]
        if fresh:
            start = int(session.one("SELECT COALESCE(MAX(id), 0) FROM customer") or 0) + 1
            numbered = [(start + place, name) for place, name in enumerate(fresh)]
            session.many("INSERT INTO customer (id, external_id) VALUES (?, ?)", numbered)
            found.update((name, number) for number, name in numbered)
        return {name: self.known[name] if name in self.known else found[name] for name in wanted}

    def commit(self, resolved: dict[str, int]) -> None:
        """Keep what a committed transaction resolved."""
        self.known.update(resolved)


def append(session: Session, events: pa.Table, ids: dict[str, int], source: int) -> None:
    """Write new events to the hot table and mark their customers dirty."""
    if not len(events):
        return
    start = int(session.one("SELECT COALESCE(MAX(id), 0) FROM event") or 0)
    start = max(start, mark(session, "rolled_to"))
    rows = [(start + place, *row) for place, row in enumerate(batch.rows(batch.logged(events, ids, source)), 1)]
    session.many(_INSERT_EVENT, rows)
    mark_dirty(session, {ids[name] for name in batch.customers(events)})


def mark_dirty(session: Session, customers: Iterable[int]) -> None:
    """These customers need a new score."""
    session.many(
        "INSERT INTO dirty (customer) VALUES (?) ON CONFLICT DO NOTHING",
        [(each,) for each in sorted(customers)],
    )


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
