"""Latent health: how engaged, how content and how troubled each customer is on each day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from keepwell.simulation import tuning
from keepwell.simulation.draws import Floats, Mask, wander
from keepwell.simulation.fates import Story, column
from keepwell.simulation.spec import WorldSpec


@dataclass(frozen=True)
class Health:
    """Matrices [customers, days].

    Attributes:
        there: joined, and not gone for good.
        level: engagement, 1 is the customer's own normal.
        mood: contentment, 0 is ordinary.
        faults: how much of the technology fails, 0-1.
        strain: whether payments fail, 0-1.
    """

    there: Mask
    level: Floats
    mood: Floats
    faults: Floats
    strain: Floats


def feel(spec: WorldSpec, stories: Sequence[Story], contentment: Floats, rng: Generator) -> Health:
    """Draw the health of all customers over all days."""
    size = (len(stories), spec.days)
    noise = tuning.DIFFICULTIES[spec.difficulty]
    noon: Floats = np.arange(spec.days) + np.float64(0.5)
    joined, stop = column(stories, "joined")[:, None], column(stories, "stop")[:, None]
    engaged = _engagement(stories, noon)
    faults = _since(column(stories, "faults"), noon, 4.0)
    strain = _since(column(stories, "strain"), noon, 0.5)
    age = np.clip((noon - joined) / tuning.ONBOARDING_DAYS, 0, 1)
    onboarding = tuning.ONBOARDING_LEVEL + (1 - tuning.ONBOARDING_LEVEL) * age
    drift = tuning.WANDER_SPREAD * noise * wander(rng, *size, tuning.WANDER_HALF_LIFE_DAYS)
    mood = (
        contentment[:, None]
        + tuning.MOOD_SPREAD * noise * wander(rng, *size, tuning.WANDER_HALF_LIFE_DAYS)
        - tuning.MOOD_OF_DISTANCE * (1 - engaged)
        - tuning.MOOD_OF_FAULTS * faults
        - tuning.MOOD_OF_STRAIN * strain
    )
    there = (noon + 0.5 > joined) & (noon - 0.5 < stop)
    return Health(there, engaged * onboarding * np.exp(drift), mood, faults, strain)


def _engagement(stories: Sequence[Story], noon: Floats) -> Floats:
    """Down from the onset to the bottom and up from the turn, evenly on the scale of logarithms."""
    onset, bottom = column(stories, "onset"), column(stories, "bottom")
    turn, settled = column(stories, "turn"), column(stories, "settled")
    sunk = _ramp(onset, bottom, noon) - _ramp(turn, settled, noon)
    return np.exp(np.log(column(stories, "depth"))[:, None] * sunk)


def _ramp(begin: Floats, end: Floats, noon: Floats) -> Floats:
    """0 before `begin`, 1 after `end`; 0 for ever where it never ends."""
    never = ~np.isfinite(begin) | ~np.isfinite(end)
    first, last = np.where(never, 0.0, begin), np.where(never, 1.0, end)
    rising = np.clip((noon - first[:, None]) / np.maximum(last - first, 0.5)[:, None], 0, 1)
    return np.where(never[:, None], 0.0, rising)


def _since(begin: Floats, noon: Floats, days: float) -> Floats:
    return _ramp(begin, begin + days, noon)
