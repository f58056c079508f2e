"""Sources of events: how much came from each, hour by hour."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from keepwell.base.time import HOUR_US
from keepwell.metrics.table import Ints
from keepwell.store.database import Session

KEPT_HOURS = 24 * 30


@dataclass(frozen=True)
class Arrived:
    """What came from a source in one transaction."""

    source: int
    at: int
    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0


@dataclass(frozen=True)
class SourceHealth:
    """A source at a glance: its last event, and the sums of the last hour and the last 24."""

    name: str
    last_at: int | None
    accepted_hour: int
    accepted_day: int
    duplicates_day: int
    rejected_day: int


def arrived(session: Session, several: Iterable[Arrived]) -> None:
    """Add to the hours of some sources."""
    session.many(
        "INSERT INTO source_hour (source, hour, accepted, duplicates, rejected, last_at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (source, hour) DO UPDATE SET accepted = source_hour.accepted + excluded.accepted,"
        " duplicates = source_hour.duplicates + excluded.duplicates,"
        " rejected = source_hour.rejected + excluded.rejected, last_at = excluded.last_at",
        [(each.source, each.at // HOUR_US, each.accepted, each.duplicates, each.rejected, each.at) for each in several],
    )


def health(session: Session, now: int) -> list[SourceHealth]:
    """All sources, who was heard last first. The last hour is the current one and the one before."""
    hour = now // HOUR_US
    rows = session.run(
        "SELECT s.name, MAX(h.last_at), SUM(CASE WHEN h.hour >= ? THEN h.accepted ELSE 0 END),"
        " SUM(CASE WHEN h.hour > ? THEN h.accepted ELSE 0 END),"
        " SUM(CASE WHEN h.hour > ? THEN h.duplicates ELSE 0 END),"
        " SUM(CASE WHEN h.hour > ? THEN h.rejected ELSE 0 END)"
        " FROM source s LEFT JOIN source_hour h ON h.source = s.id GROUP BY s.name"
        " ORDER BY MAX(h.last_at) IS NULL, MAX(h.last_at) DESC, s.name",
        (hour - 1, hour - 24, hour - 24, hour - 24),
    )
    return [
        SourceHealth(str(name), None if last is None else int(last), *(int(each or 0) for each in sums))
        for name, last, *sums in rows
    ]


def hourly(session: Session, now: int) -> dict[str, Ints]:
    """Accepted events by hour of each source, zeros included, from its first known hour to the last that is over."""
    last = now // HOUR_US - 1
    rows = session.run(
        "SELECT s.name, h.hour, h.accepted FROM source_hour h JOIN source s ON s.id = h.source"
        " WHERE h.hour <= ? ORDER BY s.name, h.hour",
        (last,),
    )
    found: dict[str, Ints] = {}
    start: dict[str, int] = {}
    for name, hour, accepted in rows:
        if name not in found:
            start[name], found[name] = int(hour), np.zeros(last - int(hour) + 1, np.int64)
        found[name][int(hour) - start[name]] += int(accepted)
    return found


def forget_old(session: Session, now: int) -> None:
    """Drop hours that nothing shows any more."""
    session.run("DELETE FROM source_hour WHERE hour < ?", (now // HOUR_US - KEPT_HOURS,))
