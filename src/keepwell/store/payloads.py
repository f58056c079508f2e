"""Raw payloads of webhooks, kept as they came so that they can be read again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keepwell.base.time import DAY_US
from keepwell.store.database import Session

KEPT_DAYS = 30


@dataclass(frozen=True)
class Payload:
    """Headers as JSON text, and the body, byte for byte."""

    headers: str
    body: bytes


def keep(session: Session, several: Sequence[tuple[int, int, Payload]]) -> None:
    """Keep payloads: source, when, what."""
    if not several:
        return
    start = int(session.one("SELECT COALESCE(MAX(id), 0) FROM payload") or 0)
    session.many(
        "INSERT INTO payload (id, source, received_at, headers, body) VALUES (?, ?, ?, ?, ?)",
        [(start + place, source, at, each.headers, each.body) for place, (source, at, each) in enumerate(several, 1)],
    )


def forget_old(session: Session, now: int) -> None:
    """Drop payloads older than 30 days."""
    session.run("DELETE FROM payload WHERE received_at < ?", (now - KEPT_DAYS * DAY_US,))
