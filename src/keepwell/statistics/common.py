"""Did it happen to one customer or to a whole segment: what many did on the same day is nobody's own doing.

How unusual a day is, is put on one scale for all customers: its place u in the negative binomial that was expected,
half of the own probability counted (a mid-p value). Nobody's day is comparable otherwise: with two events expected a
day without any is 1.5 standard deviations below and happens to one in four.

The mean of u is 1/2 on an ordinary day, whatever the volumes. A shift moves u by 1/2 at most, so 2 |mean u - 1/2| is a
lower bound of the share of customers that shifted, and less two of its standard errors it is safe from chance.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from keepwell.statistics.arrays import Floats, Ints, Numbers
from keepwell.statistics.special import beta_share

INCIDENT: Final = 0.20
"""Share of a segment above which a shift is an incident of the platform and not of its customers."""
LEAST: Final = 10
"""Judged customers without which nothing is said of a segment."""
USUAL: Final = (21, 7)
"""Days before the last one whose median share is what is usual: a slow decline is its customers', and not sudden."""


def place(y: Numbers, expected: Numbers, a: Numbers) -> Floats:
    """The mid-p place of counts among those expected, 0 to 1; NaN where the expectation is 0 or NaN."""
    counts, mean = np.asarray(y, np.float64), np.asarray(expected, np.float64)
    judged = mean > 0
    size = 1 / np.asarray(a, np.float64)
    chance = size / (size + np.where(judged, mean, 1.0))
    below = np.where(counts > 0, beta_share(size, np.maximum(counts, 1e-9), chance), 0.0)
    until = beta_share(size, counts + 1, chance)
    return np.where(judged, (below + until) / 2, np.nan)


def shared(places: Floats, segment: Ints, segments: int) -> Floats:
    """The share of each segment that shifted on each day, at least, [S, D]; negative when they went down.

    Args:
        places: u of each customer and day, [N, D], NaN for whom is not judged.
        segment: 0 to S - 1 for each customer, [N].
        segments: S.

    0 where fewer than 10 customers are judged.
    """
    member = np.eye(segments)[segment].T
    known = ~np.isnan(places)
    number = member @ known
    mean = member @ np.where(known, places, 0.0) / np.maximum(number, 1)
    off = np.where(number >= LEAST, mean - 0.5, 0.0)
    chance = 2 * 2 * np.sqrt(1 / 12 / np.maximum(number, 1))
    return np.asarray(np.sign(off) * np.maximum(2 * np.abs(off) - chance, 0.0))


def fell(share: Floats) -> bool:
    """Whether suddenly a fifth more of a segment did less on the last day than they usually do; share is [D]."""
    since, until = USUAL
    usual = float(np.median(share[-1 - since : -1 - until])) if len(share) > since else 0.0
    return bool(len(share)) and bool(share[-1] - min(usual, 0.0) < -INCIDENT)
