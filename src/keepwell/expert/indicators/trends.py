"""An indicator over weeks: its values, what they rest on, and whether they go anywhere.

The direction is that of the slope of Theil and Sen, and is only told when its interval leaves out "no change". Where
nothing changes that happens in at most 2 of 100 trends, and a trend of fewer than five known weeks is not judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from keepwell.expert.indicators.indicator import Better, Indicator, Point, Way
from keepwell.expert.indicators.registry import INDICATORS
from keepwell.expert.indicators.week import WEEKS, Background, Week, weeks_of
from keepwell.expert.telemetry.record import Occurrence
from keepwell.statistics.trend import slope

CONFIDENCE: Final = 0.98
"""Twelve trends are looked at together: at .90 more than half of all customers would have one by chance."""


class Direction(StrEnum):
    """Where the values go, by the test."""

    RISING = "rising"
    FALLING = "falling"
    NONE = "no direction"
    TOO_LITTLE = "too little to judge"


@dataclass(frozen=True, slots=True)
class Slope:
    """Change per week, in the unit of the value, with the interval that was tested."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Weekly:
    """One week: its ends in microseconds, and what it says; None where nothing was observed, which is not 0."""

    start: int
    end: int
    point: Point | None


@dataclass(frozen=True, slots=True)
class Trend:
    """One indicator of one customer.

    Attributes:
        indicator: which.
        way: how all weeks were read; of an indicator that is not known the first way.
        weeks: the oldest first.
        direction: as tested.
        slope: None where it was too little to judge.
    """

    indicator: Indicator
    way: Way
    weeks: tuple[Weekly, ...]
    direction: Direction
    slope: Slope | None

    @property
    def known(self) -> tuple[Weekly, ...]:
        """Weeks in which something was observed."""
        return tuple(week for week in self.weeks if week.point is not None)

    @property
    def latest(self) -> Point | None:
        """What the newest known week says."""
        return self.known[-1].point if self.known else None

    @property
    def change(self) -> float | None:
        """From the first known week to the newest; None with fewer than two."""
        values = [week.point.value for week in self.weeks if week.point is not None]
        return values[-1] - values[0] if len(values) > 1 else None

    @property
    def good(self) -> bool | None:
        """Whether the tested direction is the good one; None where there is none."""
        if self.direction not in (Direction.RISING, Direction.FALLING):
            return None
        return (self.direction is Direction.RISING) == (self.way.better is Better.UP)


def indicators(
    occurrences: Iterable[Occurrence], now: int, background: Background, weeks: int = WEEKS
) -> tuple[Trend, ...]:
    """All indicators of one customer over the weeks before a moment, in the order of the registry.

    What happens from `now` on did not happen yet. The order of events does not matter.
    """
    spans = weeks_of(occurrences, now, background, weeks)
    read = [_read(each, spans) for each in INDICATORS]
    return tuple(
        Trend(indicator, way, points, *tested)
        for indicator, (way, points), tested in zip(
            INDICATORS, read, _tested([points for _, points in read]), strict=True
        )
    )


def _read(indicator: Indicator, weeks: Sequence[Week]) -> tuple[Way, tuple[Weekly, ...]]:
    """All weeks by the first way that any of them knows: values read in different ways are not compared."""
    for way in indicator.ways:
        found = tuple(Weekly(week.start, week.end, way.point(week)) for week in weeks)
        if any(each.point is not None for each in found):
            return way, found
    return indicator.ways[0], tuple(Weekly(week.start, week.end, None) for week in weeks)


def _tested(read: Sequence[Sequence[Weekly]]) -> list[tuple[Direction, Slope | None]]:
    values = [[np.nan if week.point is None else week.point.value for week in weeks] for weeks in read]
    found = slope(np.array(values, np.float64), CONFIDENCE)
    rows = zip(found.value.tolist(), found.low.tolist(), found.high.tolist(), strict=True)
    return [_direction(Slope(*each)) for each in rows]


def _direction(found: Slope) -> tuple[Direction, Slope | None]:
    if np.isnan(found.value):
        return Direction.TOO_LITTLE, None
    if found.low > 0:
        return Direction.RISING, found
    return Direction.FALLING if found.high < 0 else Direction.NONE, found
