"""The score of a customer at the end of an earlier day, with what it was made under."""

from __future__ import annotations

import msgspec

from keepwell.store.database import Session


class Earlier(msgspec.Struct, frozen=True):
    """A snapshot: the score, the stage as its place, and the name of the scorecard."""

    score: float
    lifecycle: int
    scorecard: str


def at_end_of(session: Session, customer: int, day: int) -> Earlier | None:
    """The snapshot of a day, if there is one."""
    rows = session.run(
        "SELECT score, lifecycle, scorecard FROM snapshot WHERE customer = ? AND day = ?", (customer, day)
    )
    return Earlier(float(rows[0][0]), int(rows[0][1]), str(rows[0][2])) if rows else None
