"""What happened to customers and no playbook has heard of yet: rows of an inbox.

They are written in the transaction in which it happened. A cursor over moments would not do: an alert may open at a
moment before that of another that was taken already.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from keepwell.base.time import DAY_US
from keepwell.interventions.playbook import AlertEnded, AlertOpened, BandEntered, EventHappened, Happening
from keepwell.scores.bands import Band
from keepwell.store.database import Session

_KINDS = {"band": BandEntered, "opened": AlertOpened, "ended": AlertEnded, "event": EventHappened}
_NAMES = {kind: name for name, kind in _KINDS.items()}
FRESH_US = DAY_US
"""What is found out later than this after it happened, as in a past that is made anew, is no reason to act."""
Found = tuple[int, Happening]
"""Number of a customer, and what happened to it."""


def put(session: Session, found: Iterable[Found]) -> None:
    """Let playbooks hear of it."""
    session.many(
        "INSERT INTO happening (customer, at, kind, what, was) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (customer, at, kind, what) DO NOTHING",
        [(customer, each.at, _NAMES[type(each)], *_words(each)) for customer, each in found],
    )


def take(session: Session, limit: int) -> list[Found]:
    """The first rows, the oldest first; all of a customer's or none."""
    oldest = [int(who) for (who,) in session.run(
        "SELECT customer FROM happening GROUP BY customer ORDER BY MIN(at), customer LIMIT ?", (limit,)
    )]  # fmt: skip
    return [each for start in range(0, len(oldest), 500) for each in _of(session, oldest[start : start + 500])]


def _of(session: Session, customers: Sequence[int]) -> list[Found]:
    marks = ", ".join("?" for _ in customers)
    rows = session.run(
        f"SELECT customer, at, kind, what, was FROM happening WHERE customer IN ({marks}) ORDER BY at, kind, what",
        customers,
    )
    return [(int(customer), _read(str(kind), int(at), str(what), str(was))) for customer, at, kind, what, was in rows]


def forget(session: Session, found: Iterable[Found]) -> None:
    """They were heard."""
    session.many(
        "DELETE FROM happening WHERE customer = ? AND at = ? AND kind = ? AND what = ?",
        [(customer, each.at, _NAMES[type(each)], _words(each)[0]) for customer, each in found],
    )


def _words(happening: Happening) -> tuple[str, str]:
    match happening:
        case BandEntered(end=end, start=start):
            return str(end), str(start or "")
        case AlertOpened(rule=rule) | AlertEnded(rule=rule):
            return rule, ""
        case EventHappened(event=event):
            return event, ""


def _read(kind: str, at: int, what: str, was: str) -> Happening:
    if kind == "band":
        return BandEntered(at, Band(what), Band(was) if was else None)
    if kind == "opened":
        return AlertOpened(at, what)
    return AlertEnded(at, what) if kind == "ended" else EventHappened(at, what)
