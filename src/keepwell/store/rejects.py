"""Rejected rows: kept with their reason, and replayable."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from keepwell.store.database import Session

MAX_RAW = 64 * 1024


class Reject(msgspec.Struct, frozen=True):
    """A row that was refused. `raw` is its JSON text; a truncated one cannot be replayed."""

    id: int
    source: str
    file: str
    row: int
    reason: str
    detail: str
    raw: str
    truncated: int
    recorded_at: int
    replayed_at: int | None


Refused = tuple[str, str, int, str, str, str, int]
"""Source, file, row, reason, detail, raw text, when it was recorded."""


def add(session: Session, rejects: Sequence[Refused]) -> None:
    """Keep refused rows."""
    start = int(session.one("SELECT COALESCE(MAX(id), 0) FROM reject") or 0)
    rows = [
        (
            start + place,
            source,
            file,
            row,
            reason,
            detail,
            raw[:MAX_RAW].replace("\x00", "\\u0000"),
            int(len(raw) >= MAX_RAW),
            at,
        )
        for place, (source, file, row, reason, detail, raw, at) in enumerate(rejects, 1)
    ]
    session.many(
        "INSERT INTO reject (id, source, file, row, reason, detail, raw, truncated, recorded_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )


def listed(session: Session, *, open_only: bool = True, limit: int = 1000) -> list[Reject]:
    """Refused rows, oldest first."""
    where = "WHERE replayed_at IS NULL" if open_only else ""
    rows = session.run(
        f"SELECT {', '.join(Reject.__struct_fields__)} FROM reject {where} ORDER BY id LIMIT ?",
        (limit,),
    )
    return [Reject(*row) for row in rows]


def mark_replayed(session: Session, ids: Sequence[int], now: int) -> None:
    """These rows have been accepted since."""
    session.many("UPDATE reject SET replayed_at = ? WHERE id = ?", [(now, each) for each in ids])


def after(session: Session, last: int, limit: int) -> list[Reject]:
    """Open refused rows that came after one, oldest first."""
    rows = session.run(
        f"SELECT {', '.join(Reject.__struct_fields__)} FROM reject"
        " WHERE replayed_at IS NULL AND id > ? ORDER BY id LIMIT ?",
        (last, limit),
    )
    return [Reject(*row) for row in rows]
