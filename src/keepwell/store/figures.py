"""Figures of the whole base, one row a finished day: made once out of its snapshots, and kept."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from keepwell.base.time import DAY_US
from keepwell.scores.bands import EDGES
from keepwell.scores.lifecycle import STAGES, Lifecycle
from keepwell.store.database import Session
from keepwell.store.log import mark, set_mark

_CHURNED = STAGES.index(Lifecycle.CHURNED)
_, _RISKY_BELOW, _HEALTHY_FROM = EDGES
_FROM, _TIMES = "history_outdated_from", "history_outdated_times"


class Figure(NamedTuple):
    """The base at the end of a day, without those churned then.

    Attributes:
        total: the sum of the scores.
        healthy: how many were at 80 or more.
        at_risk_mrr: what those below 60 paid a month, in cents, as it was known at the end of the day.
    """

    day: int
    customers: int
    total: float
    healthy: int
    at_risk_mrr: int

    @property
    def average(self) -> float | None:
        return self.total / self.customers if self.customers else None

    @property
    def healthy_share(self) -> float | None:
        return self.healthy / self.customers if self.customers else None


class Outdated(NamedTuple):
    """The first day of which more is known than is kept, and how often that was said."""

    day: int
    times: int


def kept(session: Session, first: int, last: int) -> dict[int, Figure]:
    """The kept figures of a span of days."""
    names = ", ".join(Figure._fields)
    rows = session.run(f"SELECT {names} FROM figure WHERE day BETWEEN ? AND ?", (first, last))
    return {int(day): Figure(int(day), int(n), float(total), int(h), int(mrr)) for day, n, total, h, mrr in rows}


def days_with_scores(session: Session, first: int, last: int) -> list[int]:
    """Days of a span that have snapshots."""
    return [
        day
        for day in range(first, last + 1)
        if session.one("SELECT 1 FROM snapshot WHERE day = ? LIMIT 1", (day,)) is not None
    ]


def make(session: Session, day: int) -> Figure:
    """The figure of a day out of its snapshots."""
    scores = [
        float(score)
        for (score,) in session.run("SELECT score FROM snapshot WHERE day = ? AND lifecycle <> ?", (day, _CHURNED))
    ]
    end = (day + 1) * DAY_US
    mrr = session.one(
        "SELECT SUM(p.mrr) FROM snapshot s"
        " JOIN profile p ON p.customer = s.customer AND p.known_at < ? AND p.until >= ?"
        " WHERE s.day = ? AND s.lifecycle <> ? AND s.score < ?",
        (end, end, day, _CHURNED, _RISKY_BELOW),
    )
    return Figure(day, len(scores), math.fsum(scores), sum(score >= _HEALTHY_FROM for score in scores), int(mrr or 0))


def keep(session: Session, figures: Iterable[Figure]) -> None:
    """Keep figures; one that is there stays."""
    names = ", ".join(Figure._fields)
    session.many(f"INSERT INTO figure ({names}) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", list(figures))


def forget(session: Session, since_day: int) -> None:
    """Drop figures of days that now know more, and tell readers that the past has changed."""
    session.run("DELETE FROM figure WHERE day >= ?", (since_day,))
    set_mark(session, "history_changes", changes(session) + 1)


def outdate(session: Session, day: int) -> None:
    """From a day on the past knows more than what is kept of it; that stays and is shown until it is made again."""
    known = outdated(session)
    set_mark(session, _FROM, day if known is None else min(day, known.day))
    set_mark(session, _TIMES, mark(session, _TIMES) + 1)


def outdated(session: Session) -> Outdated | None:
    """What is kept of the past and knows too little; None when it knows everything."""
    times = mark(session, _TIMES)
    return Outdated(mark(session, _FROM), times) if times else None


def made_again(session: Session, done: Outdated) -> None:
    """The past was made again: readers are told, figures follow the scores. What came meanwhile is still to do."""
    forget(session, done.day)
    if outdated(session) == done:
        set_mark(session, _TIMES, 0)


def changes(session: Session) -> int:
    """How often the past has changed."""
    return mark(session, "history_changes")
