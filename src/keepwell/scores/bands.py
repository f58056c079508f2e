"""Bands, and the effective band as a fold over the history of a score."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from keepwell.base.decision import Decision
from keepwell.base.time import SECOND_US


class Band(StrEnum):
    """The four ranges of health, the lowest first."""

    CRITICAL = "critical"
    AT_RISK = "at_risk"
    STABLE = "stable"
    HEALTHY = "healthy"


BANDS: tuple[Band, ...] = tuple(Band)
EDGES = (40.0, 60.0, 80.0)
"""Lower edges of at_risk, stable and healthy: bands are half-open, [40, 60) and so on."""

PATIENCE_US = 30 * 60 * SECOND_US  # continuously below an edge for this long moves the band down
PLUNGE = 3.0  # this far below an edge moves it down at once
CLIMB = 2.0  # this far above an edge moves it up


def band_of(score: float) -> Band:
    """The raw band of a score.

    >>> band_of(79.99), band_of(80.0)
    (<Band.STABLE: 'stable'>, <Band.HEALTHY: 'healthy'>)
    """
    return BANDS[sum(score >= edge for edge in EDGES)]


class Standing(msgspec.Struct, frozen=True):
    """The state of the fold: effective band, last score, and since when it is below its band's edge."""

    band: Band
    score: float
    below_since: int | None = None
    seen: int = 0  # the instant of the last score


class Scored(msgspec.Struct, frozen=True, order=True):
    """A fact: the score had this value from `at` on."""

    at: int
    score: float


class BandChanged(msgspec.Struct, frozen=True):
    """An intent: record that the effective band moved."""

    at: int
    start: Band
    end: Band
    score: float
    because: str


def decide(state: Standing | None, facts: Sequence[Scored], now: int) -> Decision[Standing | None, BandChanged]:
    """Fold new scores (at or before `now`, none seen before) into the effective band."""
    changes: list[BandChanged] = []
    for fact in sorted(facts):
        if state is None:
            state = Standing(band_of(fact.score), fact.score, None, fact.at)
        state = _elapse(state, fact.at, changes)
        state = _follow(state, fact, changes)
    if state is None:
        return Decision(None)
    state = _elapse(state, now, changes)
    due = None if state.below_since is None else state.below_since + PATIENCE_US
    return Decision(state, tuple(changes), due)


def _edge(band: Band) -> float | None:
    place = BANDS.index(band)
    return EDGES[place - 1] if place else None


def _elapse(state: Standing, now: int, changes: list[BandChanged]) -> Standing:
    """Patience that ran out by `now`."""
    if state.below_since is None or now < state.below_since + PATIENCE_US:
        return state
    at = state.below_since + PATIENCE_US
    lower = BANDS[BANDS.index(state.band) - 1]
    changes.append(BandChanged(at, state.band, lower, state.score, "below the edge for 30 minutes"))
    return msgspec.structs.replace(state, band=lower, below_since=None)


def _follow(state: Standing, fact: Scored, changes: list[BandChanged]) -> Standing:
    """A new score: plunge, climb, or start and stop waiting."""
    band = state.band
    while (edge := _edge(band)) is not None and fact.score <= edge - PLUNGE:
        band = BANDS[BANDS.index(band) - 1]
    if band is state.band:
        while band is not Band.HEALTHY and fact.score >= EDGES[BANDS.index(band)] + CLIMB:
            band = BANDS[BANDS.index(band) + 1]
    if band is not state.band:
        because = (
            "3 points below the edge" if BANDS.index(band) < BANDS.index(state.band) else "2 points above the edge"
        )
        changes.append(BandChanged(fact.at, state.band, band, fact.score, because))
    edge = _edge(band)
    below = edge is not None and fact.score < edge
    waiting = state.below_since if band is state.band and state.below_since is not None else fact.at
    return Standing(band, fact.score, waiting if below else None, fact.at)
