"""Profiles: the versions folded from state events, as integers for the metrics and as a document for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict

import msgspec
import pyarrow as pa

from keepwell.customers.profile import Profile, numbered_set_id, versions
from keepwell.events.catalog import STREAM_OF, Stream
from keepwell.events.event import Event
from keepwell.metrics.aggregates import PROFILE_COLUMNS
from keepwell.store import batch
from keepwell.store.database import Session
from keepwell.store.schema import EVENT_COLUMNS

SegmentId = Callable[[str | None], int]

_INSERT_STATE = (
    f"INSERT INTO state_event ({', '.join(EVENT_COLUMNS)}) VALUES ({', '.join('?' for _ in EVENT_COLUMNS)})"
    " ON CONFLICT DO NOTHING"
)
_COLUMNS = ("customer", "known_at", "until", *PROFILE_COLUMNS, "doc")
_INSERT_PROFILE = f"INSERT INTO profile ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' for _ in _COLUMNS)})"
_INSERT_ITEM = "INSERT INTO set_item (set_id, item, number) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"


def add_states(session: Session, events: pa.Table, segment_id: SegmentId) -> None:
    """Remember state events (rows of the log) and make the profiles of their customers anew."""
    if not len(events):
        return
    session.many(_INSERT_STATE, batch.rows(events))
    refresh(session, {number for number in events.column("customer").unique().to_pylist() if number}, segment_id)


def fold_states(session: Session, above: int, upto: int, segment_id: SegmentId) -> None:
    """Take hot state events with numbers in (above, upto] into the profiles."""
    names = ", ".join(EVENT_COLUMNS)
    kinds = ", ".join(str(kind) for kind, stream in STREAM_OF.items() if stream is Stream.STATE)
    chosen = f"FROM event WHERE id > ? AND id <= ? AND kind IN ({kinds})"
    session.run(f"INSERT INTO state_event ({names}) SELECT {names} {chosen} ON CONFLICT DO NOTHING", (above, upto))
    rows = session.run(f"SELECT customer {chosen}", (above, upto))  # distinct here: a DISTINCT would scan by customer
    refresh(session, {int(customer) for (customer,) in rows if customer}, segment_id)


def refresh(session: Session, customers: Iterable[int], segment_id: SegmentId) -> None:
    """Make all versions of these customers' profiles anew."""
    items: dict[tuple[int, str], int] = {}
    rows: list[tuple[object, ...]] = []
    for customer in sorted(customers):
        for version in versions(_states(session, customer)):
            rows.append(_row(customer, version, segment_id))
            _collect(items, version)
    session.many("DELETE FROM profile WHERE customer = ?", [(each,) for each in customers])
    session.many(_INSERT_PROFILE, rows)
    session.many(_INSERT_ITEM, [(identity, item, number) for (identity, item), number in items.items()])


def _collect(items: dict[tuple[int, str], int], version: Profile) -> None:
    for numbered in (version.entitled_after, version.limits):
        identity = numbered_set_id(numbered)
        for item, number in numbered.items():
            items[identity, item] = number


def _row(customer: int, version: Profile, segment_id: SegmentId) -> tuple[object, ...]:
    segment = version.traits.get("segment")
    numbers = version.numbers(segment_id(segment if isinstance(segment, str) else None))
    doc = msgspec.json.encode({**asdict(version), "addons": sorted(version.addons)}).decode()
    return (customer, version.known_at, version.until, *(numbers[name] for name in PROFILE_COLUMNS), doc)


_EVENT_FIELDS = tuple(name for name in EVENT_COLUMNS if name not in ("customer", "source", "day", "known_day"))


def _states(session: Session, customer: int) -> list[Event]:
    rows = session.run(f"SELECT {', '.join(_EVENT_FIELDS)} FROM state_event WHERE customer = ?", (customer,))
    return [to_event(dict(zip(_EVENT_FIELDS, row, strict=True))) for row in rows]


def to_event(row: Mapping[str, object], customer_id: str = "") -> Event:
    """A row of the log as an event."""
    return msgspec.convert({"hour": 0, **row, "customer_id": customer_id}, Event)


def at(session: Session, customer: int, moment: int) -> Profile:
    """The profile of a customer as it was known before a moment."""
    found = session.one(
        "SELECT doc FROM profile WHERE customer = ? AND known_at < ? AND until >= ?",
        (customer, moment, moment),
    )
    return msgspec.json.decode(found, type=Profile) if isinstance(found, str) else Profile()


def numbers_at(session: Session, customer: int, moment: int) -> dict[str, int]:
    """The integers of that profile."""
    rows = session.run(
        f"SELECT {', '.join(PROFILE_COLUMNS)} FROM profile WHERE customer = ? AND known_at < ? AND until >= ?",
        (customer, moment, moment),
    )
    values = rows[0] if rows else [0] * len(PROFILE_COLUMNS)
    return dict(zip(PROFILE_COLUMNS, values, strict=True))


def all_at(session: Session, moment: int) -> dict[int, Profile]:
    """Every customer's profile as it was known before a moment."""
    rows = session.run("SELECT customer, doc FROM profile WHERE known_at < ? AND until >= ?", (moment, moment))
    decode = msgspec.json.Decoder(Profile).decode
    return {int(customer): decode(doc) for customer, doc in rows}
