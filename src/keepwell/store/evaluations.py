"""Who has to be evaluated: touched customers at once, everybody before the limit of their band has passed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from keepwell.base.time import DAY_US, SECOND_US
from keepwell.store.database import Session

RETRY_US, RETRY_LATER_US = 5 * 60 * SECOND_US, DAY_US

_TOUCH = "INSERT INTO dirty (customer, since) VALUES (?, ?) ON CONFLICT DO NOTHING"
_FREE = (
    "customer NOT IN (SELECT customer FROM quarantine"
    " WHERE last_at > CASE WHEN failures < 3 THEN CAST(? AS BIGINT) ELSE CAST(? AS BIGINT) END)"
)
"""Not in quarantine. Who failed is tried again after five minutes, after the third time once a day."""


def touch(session: Session, customers: Iterable[int], since: int) -> None:
    """These customers need a new score since a moment; an earlier mark stands."""
    session.many(_TOUCH, [(each, since) for each in sorted(customers)])


def _held(now: int) -> tuple[int, int]:
    return now - RETRY_US, now - RETRY_LATER_US


def touched(session: Session, now: int, limit: int) -> list[tuple[int, int]]:
    """Customers that wait for a new score and since when, who waits longest first."""
    rows = session.run(
        f"SELECT customer, since FROM dirty WHERE {_FREE} ORDER BY since, customer LIMIT ?", (*_held(now), limit)
    )
    return [(int(customer), int(since)) for customer, since in rows]


def due(session: Session, now: int, limit: int) -> list[int]:
    """Customers whose score was not looked at for nearly as long as their band allows, the latest first."""
    rows = session.run(
        f"SELECT customer FROM score WHERE due_at <= ? AND {_FREE} ORDER BY due_at LIMIT ?", (now, *_held(now), limit)
    )
    return [int(customer) for (customer,) in rows]


def settle(session: Session, customers: Sequence[int]) -> None:
    """These customers have their new score; who was in quarantine is well again."""
    session.many("DELETE FROM dirty WHERE customer = ?", [(each,) for each in customers])
    if session.one("SELECT 1 FROM quarantine LIMIT 1"):
        session.many("DELETE FROM quarantine WHERE customer = ?", [(each,) for each in customers])


@dataclass(frozen=True)
class Coverage:
    """Who is watched as promised.

    Attributes:
        customers: everybody with a score or waiting for the first one.
        late: numbers of customers that were not evaluated within the limit of their band, at most 1,000.
        quarantined: how many are left out because evaluating them failed.
    """

    customers: int
    late: Sequence[int]
    quarantined: int

    @property
    def share(self) -> float:
        """Share of customers evaluated within their limit, 0-1."""
        return 1.0 - len(self.late) / self.customers if self.customers else 1.0


LATE_AT_MOST = 1000


def coverage(session: Session, now: int, waiting_since: int) -> Coverage:
    """Coverage at a moment. Who has waited for a new score since before `waiting_since` is late too."""
    scored = int(session.one("SELECT COUNT(*) FROM score") or 0)
    unscored = "SELECT COUNT(*) FROM dirty WHERE customer NOT IN (SELECT customer FROM score)"
    late = session.run(
        "SELECT customer FROM score WHERE due_at <= ? AND late_at < ?"
        " UNION SELECT customer FROM dirty WHERE since < ? ORDER BY customer LIMIT ?",
        (now, now, waiting_since, LATE_AT_MOST),
    )
    held = int(session.one("SELECT COUNT(*) FROM quarantine") or 0)
    return Coverage(scored + int(session.one(unscored) or 0), [int(each) for (each,) in late], held)


def quarantine(session: Session, customer: int, now: int, reason: str) -> int:
    """Remember that evaluating a customer failed; how often that was."""
    session.run(
        "INSERT INTO quarantine (customer, failures, since, last_at, reason) VALUES (?, 1, ?, ?, ?)"
        " ON CONFLICT (customer) DO UPDATE SET failures = quarantine.failures + 1,"
        " last_at = excluded.last_at, reason = excluded.reason",
        (customer, now, now, reason),
    )
    return int(session.one("SELECT failures FROM quarantine WHERE customer = ?", (customer,)) or 0)


@dataclass(frozen=True)
class Held:
    """A customer that is not evaluated because it failed."""

    customer: int
    failures: int
    since: int
    last_at: int
    reason: str


def quarantined(session: Session) -> list[Held]:
    """Everybody in quarantine, the newest first."""
    rows = session.run("SELECT customer, failures, since, last_at, reason FROM quarantine ORDER BY last_at DESC")
    return [
        Held(int(customer), int(failures), int(since), int(last), str(why))
        for customer, failures, since, last, why in rows
    ]
