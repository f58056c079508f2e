"""Has less been produced than expected? Exact tests for counts of shares, solutions and proofs.

Such counts are Poisson: work is found by chance, at a rate. Against an expectation that is known the chance is the
lower tail; against another count, given the exposure of both, the share of one in the sum is binomial (the conditional
test of Przyborowski and Wilenski, 1940). Windows must be long enough: to see a fall to one half at p < .001 in nine
of ten cases takes 60 expected events, to 90 % it takes 1840, and below 7 nothing can be concluded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from keepwell.statistics.arrays import Floats, Numbers
from keepwell.statistics.special import binomial, poisson

USUAL_VARIATION: Final = 2.0
"""How many times more than chance alone the counts of days vary, as long as little is known of a customer."""
LIKE_DAYS: Final = 4
"""As many days this counts for beside the own ones."""


@dataclass(frozen=True)
class Amounts:
    """What was produced, of N customers or of all of them.

    Attributes:
        count: accepted shares, solutions or proofs.
        exposure: what the count is in proportion to, as hours or expected shares; above 0.
    """

    count: Numbers
    exposure: Numbers


def variation(weeks: Numbers) -> float:
    """How many times more than chance alone the counts of days vary; at least 1 (quasi-Poisson, Pearson's estimate).

    Args:
        weeks: counts of the seven days of each week, [W, 7]; NaN where a day is not known. Each is held against the
            mean of its own weekday, as weekends differ from weekdays without any trouble.
    """
    counts = np.asarray(weeks, np.float64).reshape(-1, 7)
    known = np.isfinite(counts)
    mean = np.where(known, counts, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    told = known & (mean > 0)
    squares = np.where(told, (counts - mean) ** 2 / np.where(mean > 0, mean, 1.0), 0.0).sum()
    free = np.maximum(told.sum(axis=0) - 1, 0).sum()
    return max(1.0, float((squares + LIKE_DAYS * USUAL_VARIATION) / (free + LIKE_DAYS)))


def short(count: Numbers, expected: Numbers) -> Floats:
    """P(so few or fewer) when the expectation is known; 1 where nothing is expected."""
    return poisson(count, expected)


def fell(now: Amounts, before: Amounts, overdispersion: float = 1.0) -> Floats:
    """P(so small a share of both counts is of now, or a smaller one), had the rate stayed the same.

    Args:
        now, before: the two counts; `before` may also be those of others.
        overdispersion: both counts are divided by it, where customers differ more than chance explains.
    """
    each = (now.count, now.exposure, before.count, before.exposure)
    count, exposure, other, other_exposure = (np.asarray(value, np.float64) for value in each)
    mine = np.floor(count / overdispersion)
    total = mine + np.floor(other / overdispersion)
    both = exposure + other_exposure
    return binomial(mine, total, np.divide(exposure, both, out=np.zeros(both.shape), where=both > 0))
