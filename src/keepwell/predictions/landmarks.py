"""Training rows: customers at past days, and whether nothing came of them afterwards.

A row of landmark l and horizon h is used for a forecast at T only when its window [l + lead, l + lead + h) had closed
by T, so no model sees what was not known yet (an embargo as long as the horizon).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from keepwell.predictions.contracts import under_contract
from keepwell.predictions.diary import Diary
from keepwell.predictions.features import Seen, features
from keepwell.predictions.forecast import Outcome
from keepwell.statistics.arrays import Floats, Ints, Mask

LEAST_DAYS: Final = 28
"""Days of log before the first landmark."""
MOST: Final = 30
"""Landmarks at most: the newest ones."""
WEIGHT: Final = 2.0
"""A customer counts for at most this many rows."""
_GRID: Final = 6
_SPACING: Final = (7, 30)


@dataclass(frozen=True)
class Question:
    """What is asked: P(nothing, or the end of the contract, in [T + lead, T + lead + horizon)) for each horizon.

    Attributes:
        horizons: days, ascending.
        lead: days.
        outcome: what is forecast.
    """

    horizons: tuple[int, ...]
    lead: int = 0
    outcome: Outcome = Outcome.INACTIVITY

    @property
    def longest(self) -> int:
        """The longest horizon."""
        return self.horizons[-1]

    @property
    def rises(self) -> bool:
        """Whether the forecast gets likelier with the horizon: an end of a contract does, silence does not."""
        return self.outcome is Outcome.CANCELLATION

    @property
    def closes(self) -> int:
        """Days until the last window has closed."""
        return self.lead + self.longest

    @property
    def grid(self) -> tuple[int, ...]:
        """Horizons a model of all horizons is trained on: those asked for, and steps between."""
        steps = {max(round(self.longest * step / _GRID), 1) for step in range(1, _GRID + 1)}
        return tuple(sorted(steps | set(self.horizons)))


@dataclass(frozen=True)
class Landmark:
    """Customers at one past day, and what became of them.

    Attributes:
        seen: who they are and their features.
        wait: days from the day plus lead until the next active day, or the end of the contract, shape (rows,).
        outcome: what is forecast.
    """

    seen: Seen
    wait: Ints
    outcome: Outcome = Outcome.INACTIVITY

    def happened(self, horizon: int) -> Mask:
        """Whether what is forecast came within a horizon: nothing of its own, or the end of the contract."""
        silent = self.outcome is Outcome.INACTIVITY
        found: Mask = self.wait >= horizon if silent else self.wait < horizon
        return found

    def active(self, within: int) -> Landmark:
        """Those who were active within so many days before."""
        return self.among(np.flatnonzero(self.seen.column("recency") <= within))

    def among(self, rows: Ints) -> Landmark:
        """Some of them."""
        return Landmark(self.seen.among(rows), self.wait[rows], self.outcome)


def days(first: int, last: int) -> list[int]:
    """Landmarks from the first day of the log to the last one whose shortest window has closed, newest first."""
    span = last - first - LEAST_DAYS
    if span < 0:
        return []
    spacing = int(np.clip(span // 24, *_SPACING))
    return list(range(last, first + LEAST_DAYS - 1, -spacing))[:MOST]


def seen_at(diary: Diary, day: int, outcome: Outcome, median_gap: float | None = None) -> Seen:
    """Everybody of whom something is forecast: active before a day, and for contracts, under one then."""
    seen = features(diary, day, median_gap)
    return seen if outcome is Outcome.INACTIVITY else under_contract(diary, seen)


def label(diary: Diary, seen: Seen, question: Question) -> Landmark:
    """What became of customers, as far as the diary knows: it must hold what is known at the time, and no more."""
    begins = seen.day + question.lead
    rows = diary.own if question.outcome is Outcome.INACTIVITY else diary.ended["cancellations"]
    wait = rows.at(begins).next_from(begins)[seen.place] - begins
    return Landmark(seen, wait, question.outcome)


def fair(customer: Ints, most: float = WEIGHT) -> Floats:
    """Weights of rows under which no customer counts for more than so many."""
    _, place, number = np.unique(customer, return_inverse=True, return_counts=True)
    found: Floats = np.minimum(1.0, most / number)[place]
    return found
