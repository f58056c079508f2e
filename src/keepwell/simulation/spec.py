"""What world is asked for, and the days it spans."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from keepwell.base.errors import KeepwellError
from keepwell.base.time import DAY_US
from keepwell.simulation.draws import Floats, Ints
from keepwell.simulation.tuning import DIFFICULTIES, MOST_CELLS, SHORTEST_DAYS


class Unbuildable(KeepwellError):
    """A world that cannot be: too short, empty, or ending in the middle of a day."""


@dataclass(frozen=True, kw_only=True)
class WorldSpec:
    """The world asked for. Equal specs give equal worlds, row for row.

    Attributes:
        until: the UTC midnight (microseconds) just before which the history ends.
        customers: those the platform has at the end, the few that just left among them.
        days: how long the history is.
        seed: which of all such worlds.
        disengaged_share: share of customers that do not fare well at the end, leavers included.
        churned_share: share of customers that left within the last 120 days.
        former: also those who left earlier, at the same pace, in addition to `customers`.
        difficulty: how much noise hides the truth: easy, normal or hard.
    """

    until: int
    customers: int = 200
    days: int = 365
    seed: int = 1
    disengaged_share: float = 0.10
    churned_share: float = 0.02
    former: bool = False
    difficulty: str = "normal"

    def __post_init__(self) -> None:
        for holds, otherwise in self._conditions():
            if not holds:
                raise Unbuildable(otherwise)

    def _conditions(self) -> tuple[tuple[bool, str], ...]:
        cells = self.customers * self.days
        return (
            (self.until % DAY_US == 0, "until must be a midnight, UTC"),
            (self.days >= SHORTEST_DAYS, f"a world needs at least {SHORTEST_DAYS} days"),
            (self.customers >= 1, "a world needs at least one customer"),
            (self.seed >= 0, "the seed must not be negative"),
            (cells <= MOST_CELLS, f"customers x days must not exceed {MOST_CELLS}"),
            (
                0 <= self.churned_share <= self.disengaged_share <= 1,
                "0 <= churned_share <= disengaged_share <= 1 must hold",
            ),
            (self.difficulty in DIFFICULTIES, f"difficulty is one of {', '.join(DIFFICULTIES)}"),
        )

    @property
    def span(self) -> Span:
        return Span(self.until // DAY_US - self.days, self.days)


@dataclass(frozen=True)
class Span:
    """The days of a history: `first` is a day number, times inside are days since its midnight."""

    first: int
    days: int

    @property
    def start_us(self) -> int:
        return self.first * DAY_US

    @property
    def until_us(self) -> int:
        return (self.first + self.days) * DAY_US

    @property
    def weekdays(self) -> Ints:
        """Monday is 0; 1970-01-01 was a Thursday."""
        return (np.arange(self.first, self.first + self.days) + 3) % 7

    def instants(self, days: Floats) -> Ints:
        """Instants (microseconds) of times in days since the start; never and before become the ends of time."""
        bounded = np.clip(days, -40_000, 40_000)
        return self.start_us + np.floor(bounded * DAY_US).astype(np.int64)

    def instant(self, days: float) -> int:
        """The instant of one time in days since the start."""
        return int(self.instants(np.array([days]))[0])
