"""Versions of the scorecards, dated: a past score is computed under the cards that were in force then."""

from __future__ import annotations

from keepwell.scores.scorecard import Deck, decode_deck, encode_deck
from keepwell.store.database import Session


def publish(session: Session, deck: Deck, now: int) -> bool:
    """Put a deck in force from `now` on; False when it is the one in force already."""
    newest = session.one("SELECT version FROM scorecard ORDER BY published_at DESC LIMIT 1")
    if newest == deck.version:
        return False
    session.run(
        "INSERT INTO scorecard (published_at, version, doc) VALUES (?, ?, ?)",
        (now, deck.version, encode_deck(deck)),
    )
    return True


def in_force(session: Session, moment: int) -> Deck | None:
    """The deck in force before a moment; before the first one was published, the first one."""
    found = session.one(
        "SELECT doc FROM scorecard WHERE published_at < ? ORDER BY published_at DESC LIMIT 1", (moment,)
    ) or session.one("SELECT doc FROM scorecard ORDER BY published_at LIMIT 1")
    return decode_deck(found) if isinstance(found, str) else None


def published(session: Session) -> list[tuple[int, str]]:
    """When each version was published, oldest first."""
    rows = session.run("SELECT published_at, version FROM scorecard ORDER BY published_at")
    return [(int(at), str(version)) for at, version in rows]
