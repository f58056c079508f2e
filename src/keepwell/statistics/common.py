"""Did it happen to one customer, or to a whole segment the same day? What is common is removed first.

How unusual a day is, is put on one scale for all customers: its place u in the negative binomial that was expected,
half of the own probability counted (a mid-p value), and the normal quantile z of that place. Nobody's z is comparable
otherwise: with two events expected a day without any is z = -1.5 by the standard deviation and happens to one in
four.

The mean of u is 1/2 on an ordinary day, whatever the volumes. A shift moves u by 1/2 at most, so 2 |mean u - 1/2| is a
lower bound of the share of customers that shifted, and less two of its standard errors it is safe from chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from keepwell.statistics.arrays import Floats, Ints, Mask, Numbers
from keepwell.statistics.special import beta_share, normal_quantile

INCIDENT: Final = 0.20
"""Share of a segment above which a shift is an incident of the platform and not of its customers."""
_EDGE: Final = 1e-12


@dataclass(frozen=True)
class Common:
    """What a segment has in common on each day; all arrays are [S, D].

    Attributes:
        median: of z; 0 where nobody was judged.
        share: of customers that shifted, at least; negative when they went down.
        incident: whether that is more than a fifth.
    """

    median: Floats
    share: Floats
    incident: Mask


def place(y: Numbers, expected: Numbers, a: Numbers) -> Floats:
    """The mid-p place of counts among those expected, 0 to 1; NaN where the expectation is 0 or NaN."""
    counts, mean = np.asarray(y, np.float64), np.asarray(expected, np.float64)
    judged = mean > 0
    size = 1 / np.asarray(a, np.float64)
    chance = size / (size + np.where(judged, mean, 1.0))
    below = np.where(counts > 0, beta_share(size, np.maximum(counts, 1e-9), chance), 0.0)
    until = beta_share(size, counts + 1, chance)
    return np.where(judged, (below + until) / 2, np.nan)


def scaled(places: Floats) -> Floats:
    """The z of a place: its normal quantile."""
    return normal_quantile(np.clip(places, _EDGE, 1 - _EDGE))


def shared(places: Floats, segment: Ints, segments: int) -> Common:
    """What the segments have in common.

    Args:
        places: u of each customer and day, [N, D], NaN for whom is not judged.
        segment: 0 to S - 1 for each customer, [N].
        segments: S.
    """
    member = np.eye(segments)[segment].T
    known = ~np.isnan(places)
    number = member @ known
    mean = member @ np.where(known, places, 0.5) - member @ ~known * 0.5
    off = mean / np.maximum(number, 1) - np.where(number > 0, 0.5, 0.0)
    chance = 2 * 2 * np.sqrt(1 / 12 / np.maximum(number, 1))
    share = np.sign(off) * np.maximum(2 * np.abs(off) - chance, 0.0)
    median = np.stack([_median(places[segment == each]) for each in range(segments)])
    return Common(np.where(number > 0, scaled(median), 0.0), share, np.abs(share) > INCIDENT)


def removed(places: Floats, common: Common, segment: Ints) -> Floats:
    """The z of each customer and day, less the median of the segment."""
    return scaled(places) - common.median[segment]


def _median(values: Floats) -> Floats:
    """The median of each column, NaN left out; 1/2 where nothing is left."""
    if not len(values):
        return np.full(values.shape[1], 0.5)
    ordered = np.sort(values, axis=0)  # NaN last
    number = np.sum(~np.isnan(ordered), axis=0)
    middle = [
        np.take_along_axis(ordered, np.maximum(each, 0)[None], axis=0)[0] for each in ((number - 1) // 2, number // 2)
    ]
    return np.where(number > 0, (middle[0] + np.where(number > 0, middle[1], 0.0)) / 2, 0.5)
