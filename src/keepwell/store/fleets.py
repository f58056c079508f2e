"""What was usual among all customers, as it was frozen day by day; the rows of a week are kept."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from keepwell.alerts.fleet import Fleet
from keepwell.customers.profile import FOREVER
from keepwell.store import lines
from keepwell.store.database import Session

_KEPT_DAYS = 7


def at(session: Session, day: int) -> Fleet:
    """The newest fleet that was frozen by a day; one that knows nothing before the first."""
    found = session.one("SELECT doc FROM fleet WHERE day <= ? ORDER BY day DESC LIMIT 1", (day,))
    return msgspec.structs.replace(_read(found), day=day) if isinstance(found, str) else Fleet(day)


def lately(session: Session, day: int) -> Fleet | None:
    """The newest fleet that was frozen on a day or the day before, if one was."""
    found = session.one("SELECT doc FROM fleet WHERE day IN (?, ?) ORDER BY day DESC LIMIT 1", (day - 1, day))
    return _read(found) if isinstance(found, str) else None


def _read(doc: str) -> Fleet:
    return msgspec.json.decode(doc, type=Fleet)


def remember(session: Session, fleet: Fleet) -> None:
    """Keep what is usual as a dated row."""
    session.run(
        "INSERT INTO fleet (day, doc) VALUES (?, ?) ON CONFLICT (day) DO UPDATE SET doc = excluded.doc",
        (fleet.day, msgspec.json.encode(fleet).decode()),
    )
    session.run("DELETE FROM fleet WHERE day < ?", (fleet.day - _KEPT_DAYS,))


def segment_names(session: Session, segments: Sequence[int]) -> dict[int, str]:
    """The names of segments, as profiles give them."""
    found: dict[int, str] = {}
    for segment in segments:
        doc = session.one("SELECT doc FROM profile WHERE segment_id = ? AND until = ? LIMIT 1", (segment, FOREVER))
        found[segment] = lines.words(doc).segment if isinstance(doc, str) else ""
    return found
