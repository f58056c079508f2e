"""Why a score moved: a telescope of stages, each changing one thing, so that the parts always add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from keepwell.metrics.catalog import INDICATORS
from keepwell.metrics.table import Floats


class Cause(StrEnum):
    """The named parts of a change, in the order in which they are applied."""

    CONFIGURATION = "configuration"
    REFERENCES = "references"
    TRAITS = "traits"
    LATE_DATA = "late_data"
    ROLL_OFF = "roll_off"
    FORECAST = "forecast"
    BEHAVIOUR = "behaviour"
    COVERAGE = "coverage"
    CAP = "cap"


BY_INDICATOR = (Cause.LATE_DATA, Cause.ROLL_OFF, Cause.BEHAVIOUR)
"""Causes that are told apart by indicator; what remains of them is re-weighting."""


@dataclass(frozen=True)
class Stage:
    """One step of the telescope: the score as it would be with everything up to `cause` changed."""

    cause: Cause
    points: Floats  # [36], NaN without data
    contributions: Floats  # [36]
    uncapped: float


@dataclass(frozen=True)
class Part:
    """Points by which one cause moved the score; `name` is an indicator, or the cause again."""

    cause: Cause
    name: str
    points: float


def attribute(start: Stage, stages: Sequence[Stage], caps: tuple[float, float]) -> list[Part]:
    """Split the change of the capped score from `start` to the last stage.

    `caps` are the points a cap took away before and after (score - uncapped, 0 or below). The sum of
    the parts equals the change up to rounding of 1e-12.
    """
    parts: list[Part] = []
    reweighted = 0.0
    for stage in stages:
        moved = stage.uncapped - start.uncapped
        if stage.cause in BY_INDICATOR:
            by_indicator = _moves(start, stage)
            reweighted += moved - sum(part.points for part in by_indicator)
            parts += by_indicator
        else:
            parts.append(Part(stage.cause, stage.cause.value, moved))
        start = stage
    parts.append(Part(Cause.COVERAGE, Cause.COVERAGE.value, reweighted))
    parts.append(Part(Cause.CAP, Cause.CAP.value, caps[1] - caps[0]))
    return [part for part in parts if abs(part.points) > 1e-12]


def _moves(start: Stage, stage: Stage) -> list[Part]:
    """What each indicator with data on both sides moved, at its weight before."""
    both = ~np.isnan(start.points) & ~np.isnan(stage.points) & (start.points != stage.points)
    parts = []
    for place in np.flatnonzero(both).tolist():
        weight = _weight(start, stage, place)
        parts.append(Part(stage.cause, INDICATORS[place], float(weight * (stage.points[place] - start.points[place]))))
    return parts


def _weight(start: Stage, stage: Stage, place: int) -> float:
    """Share of the score an indicator has; read from whichever side earned points."""
    for side in (start, stage):
        if side.points[place] > 0:
            return float(side.contributions[place] / side.points[place])
    return 0.0
