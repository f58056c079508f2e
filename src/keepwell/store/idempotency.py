"""Answers that were given to requests with an idempotency key, sealed, until they expire."""

from __future__ import annotations

import msgspec

from keepwell.store.database import Session


class Kept(msgspec.Struct, frozen=True):
    """An answer as it is kept.

    Attributes:
        name: digest of who asked and the key that was sent.
        request: digest of what was asked.
        sealed: the body of the answer, encrypted, in base64.
        expires_at: when it is forgotten, in microseconds.
    """

    name: str
    request: str
    status: int
    sealed: str
    expires_at: int


_FIELDS = Kept.__struct_fields__


def find(session: Session, name: str, now: int) -> Kept | None:
    """The answer kept under a name, unless it has expired."""
    rows = session.run(f"SELECT {', '.join(_FIELDS)} FROM idempotency WHERE name = ? AND expires_at > ?", (name, now))
    return Kept(*rows[0]) if rows else None


def keep(session: Session, kept: Kept, now: int) -> None:
    """Keep an answer, and forget those that have expired."""
    session.run("DELETE FROM idempotency WHERE expires_at <= ?", (now,))
    marks = ", ".join("?" for _ in _FIELDS)
    session.run(f"INSERT INTO idempotency ({', '.join(_FIELDS)}) VALUES ({marks})", msgspec.structs.astuple(kept))
