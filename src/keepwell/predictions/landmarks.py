"""Training rows: customers at past days, and whether nothing came of them afterwards.

A row of a landmark and a horizon is used for a forecast at T only when its window had closed by T, so no model sees
what was not known yet (an embargo as long as the window is away).
"""

from __future__ import annotations

from collections.abc import Mapping
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
QUIET: Final = 30
"""Days without anything by which a departure is known."""
_GAPS: Final = 3
_RHYTHM: Final = (14, 90)
_GRID: Final = 6
_SPACING: Final = (7, 30)


@dataclass(frozen=True)
class Question:
    """What is asked, of each horizon h: what comes in a window of days after T.

    Inactivity: nothing of its own in [T + lead, T + lead + h). Departure: nothing in [T + lead + h, T + lead + h +
    quiet), so who is gone by then may have been busy before. Cancellation: the end of the contract in [T + lead, T +
    lead + h).

    Attributes:
        horizons: days, ascending.
        lead: days.
        outcome: what is forecast.
        quiet: days without anything by which a departure is known.
    """

    horizons: tuple[int, ...]
    lead: int = 0
    outcome: Outcome = Outcome.INACTIVITY
    quiet: int = QUIET

    @property
    def longest(self) -> int:
        """The longest horizon."""
        return self.horizons[-1]

    @property
    def judged(self) -> int:
        """The horizon by which models are tried: the longest, but of departures the shortest, which shows itself most.

        Of who leaves in the third month little can be seen yet, whoever looks.
        """
        return self.horizons[0] if self.outcome is Outcome.DEPARTURE else self.longest

    @property
    def place(self) -> int:
        """Which of the horizons that is."""
        return self.horizons.index(self.judged)

    @property
    def rises(self) -> bool:
        """Whether the forecast gets likelier with the horizon: leaving does, a silence that has begun does not."""
        return self.outcome is not Outcome.INACTIVITY

    def begins(self, horizon: int) -> int:
        """Days until the window of a horizon begins."""
        return self.lead + (horizon if self.outcome is Outcome.DEPARTURE else 0)

    def lasts(self, horizon: int) -> int:
        """How many days the window of a horizon has."""
        return self.quiet if self.outcome is Outcome.DEPARTURE else horizon

    def ends(self, horizon: int) -> int:
        """Days until the window of a horizon has closed."""
        return self.begins(horizon) + self.lasts(horizon)

    @property
    def quiet_days(self) -> int:
        """Days without anything by which a departure is known; 0 where nothing of the kind is asked."""
        return self.quiet if self.outcome is Outcome.DEPARTURE else 0

    @property
    def closes(self) -> int:
        """Days until the last window has closed."""
        return self.ends(self.longest)

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
        waits: days from the beginning of a window until the next active day, or the end of the contract, shape
            (rows,), by how many days after the landmark it begins.
        question: what is asked.
    """

    seen: Seen
    waits: Mapping[int, Ints]
    question: Question

    def happened(self, horizon: int) -> Mask:
        """Whether what is forecast came with a horizon."""
        came: Mask = self.waits[self.question.begins(horizon)] < self.question.lasts(horizon)
        return came if self.question.outcome is Outcome.CANCELLATION else ~came

    def active(self, within: int) -> Landmark:
        """Those who were active within so many days before."""
        return self.among(np.flatnonzero(self.seen.column("recency") <= within))

    def present(self) -> Landmark:
        """Those of whom there is anything to foretell."""
        return self.among(np.flatnonzero(present(self.seen, self.question.outcome)))

    def among(self, rows: Ints) -> Landmark:
        """Some of them."""
        return Landmark(
            self.seen.among(rows), {begins: wait[rows] for begins, wait in self.waits.items()}, self.question
        )


def present(seen: Seen, outcome: Outcome) -> Mask:
    """Of whom there is anything to foretell.

    Of silence: who was active within 90 days, as in the literature. Of departures: who was active within the own
    rhythm, three times its usual gap, between two weeks and 90 days; who has been silent for longer is an easy crowd,
    and a model that tells them from the others has foretold nothing. Of contracts: everybody who is under one.
    """
    if outcome is Outcome.CANCELLATION:
        return np.ones(len(seen), bool)
    within = np.clip(_GAPS * seen.own_gap, *_RHYTHM) if outcome is Outcome.DEPARTURE else _RHYTHM[1]
    found: Mask = seen.column("recency") <= within
    return found


def leaving(median_gap: float) -> Outcome:
    """What is forecast of a base whose customers come back after such a gap.

    Where they come every few days, a silence that is to last shows itself at once: there it is asked who will have
    gone. Where weeks lie between, a silence is the first that is seen of leaving.
    """
    return Outcome.DEPARTURE if _GAPS * median_gap <= QUIET else Outcome.INACTIVITY


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
    return under_contract(diary, seen) if outcome is Outcome.CANCELLATION else seen


def label(diary: Diary, seen: Seen, question: Question) -> Landmark:
    """What became of customers, as far as the diary knows: it must hold what is known at the time, and no more."""
    rows = diary.ended["cancellations"] if question.outcome is Outcome.CANCELLATION else diary.own
    waits = {}
    for begins in {question.begins(horizon) for horizon in question.grid}:
        day = seen.day + begins
        waits[begins] = rows.at(day).next_from(day)[seen.place] - day
    return Landmark(seen, waits, question)


def fair(customer: Ints, most: float = WEIGHT) -> Floats:
    """One weight for all rows, under which no customer counts for more than so many.

    Not one of each customer: who has left has few rows, each of which would count for more than those of who stayed,
    and most in the oldest landmarks; measured, so a forecast expects too many at first and too few in the end.
    """
    rows = np.unique(customer, return_counts=True)[1].max(initial=1)
    return np.full(len(customer), min(1.0, most / rows))
