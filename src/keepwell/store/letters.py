"""Letters that customers read inside of the product: which they are, and which were read."""

from __future__ import annotations

from collections.abc import Sequence

from keepwell.store.database import Session

IN_APP = "in_app"
"""The channel of letters that a customer's own platform fetches."""


def mark_read(session: Session, message: int, at: int) -> bool:
    """A message was read; False when it was read before: the first time stands."""
    session.run("INSERT INTO read_message (message, at) VALUES (?, ?) ON CONFLICT (message) DO NOTHING", (message, at))
    return session.changed == 1


def read_at(session: Session, messages: Sequence[int]) -> dict[int, int]:
    """When messages were read, by their numbers; those that were not are left out."""
    marks = ", ".join("?" for _ in messages) or "NULL"
    rows = session.run(f"SELECT message, at FROM read_message WHERE message IN ({marks})", messages)
    return {int(message): int(at) for message, at in rows}


def arrived(session: Session, customer: int, limit: int) -> list[str]:
    """Tokens of a customer's letters inside of the product, the newest first."""
    rows = session.run(
        "SELECT token FROM message WHERE customer = ? AND channel = ? AND state IN ('sent', 'uncertain')"
        " ORDER BY ended_at DESC, id DESC LIMIT ?",
        (customer, IN_APP, limit),
    )
    return [str(token) for (token,) in rows]
