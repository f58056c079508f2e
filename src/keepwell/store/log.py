"""The log: accepted events, counted once, in the hot table or straight in sealed segments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec
import pyarrow as pa

from keepwell.base.ids import hash63
from keepwell.events.event import Event
from keepwell.store import batch
from keepwell.store.database import Session
from keepwell.store.schema import EVENT_COLUMNS, EVENT_INTS

_SEEN_PER_STATEMENT = 2000
_IDS_PER_STATEMENT = 5000
_INSERT_EVENT = (
    f"INSERT INTO event (id, {', '.join(EVENT_COLUMNS)}) VALUES (?, {', '.join('?' for _ in EVENT_COLUMNS)})"
)


class Counted(msgspec.Struct, frozen=True):
    """What happened to a batch of accepted rows.

    Attributes:
        fresh: the events that are new.
        duplicates: rows whose message was already counted.
        conflicts: events whose message id was already used for another content; the first one stands.
    """

    fresh: list[Event]
    duplicates: int
    conflicts: list[Event]


def source_id(session: Session, name: str) -> int:
    """The number of a source of events; given on first use."""
    found = session.one("SELECT id FROM source WHERE name = ?", (name,))
    if found is None:
        session.run("INSERT INTO source (id, name) SELECT COALESCE(MAX(id), 0) + 1, ? FROM source", (name,))
        found = session.one("SELECT id FROM source WHERE name = ?", (name,))
    return int(found)


def count_once(session: Session, events: Sequence[Event], source: int) -> Counted:
    """Tell new events from repeated ones, and remember the new ones as seen."""
    first: dict[tuple[int, int], Event] = {}
    repeated = [event for event in events if first.setdefault((event.hour, event.key), event) is not event]
    fresh_keys = _remember(session, list(first.values()), source)
    fresh = [event for key, event in first.items() if key in fresh_keys]
    repeated += [event for key, event in first.items() if key not in fresh_keys]
    conflicts = _conflicting(session, repeated, source)
    return Counted(fresh, len(repeated) - len(conflicts), conflicts)


def _body(event: Event) -> int:
    """The identity of an event's content, to notice an id that is used twice."""
    if event.message_id is None:
        return event.key
    content = f"{event.customer_id}\x1f{event.kind}\x1f{event.name}\x1f{event.user_id}\x1f{event.properties}"
    return hash63(content.encode("utf-8", "surrogatepass"))


def _remember(session: Session, events: Sequence[Event], source: int) -> set[tuple[int, int]]:
    fresh: set[tuple[int, int]] = set()
    for start in range(0, len(events), _SEEN_PER_STATEMENT):
        part = events[start : start + _SEEN_PER_STATEMENT]
        marks = ",".join(["(?,?,?,?)"] * len(part))
        values = [value for event in part for value in (source, event.hour, event.key, _body(event))]
        statement = (
            f"INSERT INTO seen (source, hour, key, body) VALUES {marks} ON CONFLICT DO NOTHING RETURNING hour, key"
        )
        fresh.update(session.run(statement, values))
    return fresh


def _conflicting(session: Session, repeated: Sequence[Event], source: int) -> list[Event]:
    conflicts = []
    for event in repeated:
        if event.message_id is None:
            continue
        known = session.one(
            "SELECT body FROM seen WHERE source = ? AND hour = ? AND key = ?", (source, event.hour, event.key)
        )
        if known != _body(event):
            conflicts.append(event)
    return conflicts


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


def append(session: Session, events: Sequence[Event], ids: dict[str, int], source: int) -> None:
    """Write events to the hot table and mark their customers dirty."""
    if not events:
        return
    start = int(session.one("SELECT COALESCE(MAX(id), 0) FROM event") or 0)
    start = max(start, mark(session, "rolled_to"))
    rows = [(start + place, *row) for place, row in enumerate(batch.rows(events, ids, source), 1)]
    session.many(_INSERT_EVENT, rows)
    mark_dirty(session, {ids[event.customer_id] for event in events if event.customer_id})


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
