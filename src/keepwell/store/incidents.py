"""Incidents as they are remembered: the state of the fold, and one row an incident."""

from __future__ import annotations

import msgspec

from keepwell.alerts.alarms import Explaining
from keepwell.alerts.incident import Began, Ended, Incident, name_of
from keepwell.alerts.outage import Kind, Signal
from keepwell.alerts.segments import NO_SEGMENT
from keepwell.base.time import HOUR_US
from keepwell.customers.profile import FOREVER
from keepwell.metrics.rollups import CHAIN, ON_CHAIN
from keepwell.scores.scorecard import segment_id
from keepwell.store.database import Session
from keepwell.store.log import set_mark

_STATE = "incidents"
UNHEARD = (Kind.SOURCE, Kind.JOIN, Kind.FLEET)
LONG_AGO_H = 24 * 366
_NO_HOURS = (str(Kind.BREAKER), str(Kind.SEGMENT))
"""Kinds of incidents that say nothing of single hours."""


class Row(msgspec.Struct, frozen=True):
    """One incident."""

    id: int
    kind: str
    part: str
    opened_at: int
    ended_at: int | None
    because: str
    evidence: str
    began_at: int

    @property
    def name(self) -> str:
        return name_of(Kind(self.kind), self.part)


_COLUMNS = ", ".join(Row.__struct_fields__)


def state(session: Session) -> dict[str, Incident]:
    """Open incidents by name."""
    found = session.one("SELECT value FROM setting WHERE name = ?", (_STATE,))
    return msgspec.json.decode(found, type=dict[str, Incident]) if isinstance(found, str) else {}


def save(session: Session, found: dict[str, Incident]) -> None:
    """Write the state."""
    set_mark(session, _STATE, msgspec.json.encode(found).decode())


def begin(session: Session, began: Began) -> int:
    """Open an incident; its number."""
    number = int(session.one("SELECT COALESCE(MAX(id), 0) FROM incident") or 0) + 1
    signal: Signal = began.signal
    session.run(
        f"INSERT INTO incident ({_COLUMNS}) VALUES (?, ?, ?, ?, NULL, ?, ?, ?)",
        (
            number, str(signal.kind), signal.part, began.at, signal.because,
            msgspec.json.encode(signal.evidence).decode(), began.at if signal.since is None else signal.since,
        ),
    )  # fmt: skip
    return number


def end(session: Session, ended: Ended) -> None:
    """Close an incident."""
    session.run(
        "UPDATE incident SET ended_at = ? WHERE kind = ? AND part = ? AND ended_at IS NULL",
        (ended.at, str(ended.kind), ended.part),
    )


def open_ones(session: Session) -> list[Row]:
    """All that are open."""
    rows = session.run(f"SELECT {_COLUMNS} FROM incident WHERE ended_at IS NULL ORDER BY id")
    return [Row(*each) for each in rows]


def listed(session: Session, limit: int) -> list[Row]:
    """The newest incidents."""
    return [Row(*each) for each in session.run(f"SELECT {_COLUMNS} FROM incident ORDER BY id DESC LIMIT ?", (limit,))]


def unheard(session: Session, now: int) -> list[tuple[int, int]]:
    """Spans in which nobody was heard, as known at a moment: from beginning to end, or until now."""
    rows = session.run(
        "SELECT began_at, ended_at FROM incident WHERE kind IN (?, ?, ?) AND opened_at < ? ORDER BY began_at",
        (*(str(each) for each in UNHEARD), now),
    )
    return [(int(began), now if ended is None else min(int(ended), now)) for began, ended in rows]


def any_within(session: Session, start: int, end: int) -> bool:
    """Whether anything was the matter with a source, a chain or everybody between two moments."""
    found = session.one(
        "SELECT 1 FROM incident WHERE kind NOT IN (?, ?) AND began_at < ? AND (ended_at IS NULL OR ended_at > ?)",
        (*_NO_HOURS, end, start),
    )
    return found is not None


def hours_since_last(session: Session, now: int) -> int:
    """Whole hours since an incident ended; very many when none did, or while one is open."""
    ended = session.one("SELECT MAX(ended_at) FROM incident WHERE kind NOT IN (?, ?)", _NO_HOURS)
    return LONG_AGO_H if ended is None or open_ones(session) else (now - int(ended)) // HOUR_US


def row(session: Session, number: int) -> Row | None:
    """One incident by its number."""
    rows = session.run(f"SELECT {_COLUMNS} FROM incident WHERE id = ?", (number,))
    return Row(*rows[0]) if rows else None


def explaining(session: Session) -> list[Explaining]:
    """Open incidents, with the customers they may explain something of."""
    return [Explaining(each.name, each.id, _concerned(session, each)) for each in open_ones(session)]


def _concerned(session: Session, incident: Row) -> frozenset[int] | None:
    if incident.kind == Kind.CHAIN:
        part = incident.part.removeprefix(ON_CHAIN)
        rows = session.run("SELECT DISTINCT customer FROM day_part WHERE kind = ? AND part = ?", (CHAIN, part))
        return frozenset(int(each) for (each,) in rows)
    if incident.kind == Kind.SEGMENT and incident.part:
        segment = segment_id("" if incident.part == NO_SEGMENT else incident.part)
        rows = session.run("SELECT customer FROM profile WHERE segment_id = ? AND until = ?", (segment, FOREVER))
        return frozenset(int(each) for (each,) in rows)
    return None
