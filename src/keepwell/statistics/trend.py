"""What eight weeks of counts, or a handful of scores, say about the direction.

Counts: a negative-binomial regression on time, log mean = level + slope x week, over disjoint weeks, so that weeks
can be taken for independent. The slope has a weak normal prior (standard deviation ln 4 over the whole span), without
which a customer that stops has no finite estimate; p is that of the likelihood ratio, which holds for few events too.

Scores and shares: the slope of Theil and Sen, the median of the slopes of all pairs, with the interval of Sen (1968).
And not least squares, because scores jump: one bad week at the end turns a least-squares line and leaves this one
alone, and no standard deviation has to be believed. It wants values of disjoint spans, as one a week.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from keepwell.statistics.arrays import Floats, Mask, Numbers
from keepwell.statistics.special import normal, normal_quantile

WEEKS: Final = 8
DISPERSION: Final = 0.1
"""Of the count of a week: a day's of .4 and some change from week to week."""
PRIOR: Final = float(np.log(4.0))
"""Standard deviation of the change over the whole span, on the scale of logarithms."""
_STEPS: Final = 30
_ROWS: Final = 20_000


@dataclass(frozen=True)
class Fall:
    """By how much the counts of each customer fell from the first to the last week.

    Attributes:
        share: .3 is a fall by 30 %, -1 a doubling.
        low, high: the interval of the share.
        p: of the counts having fallen so clearly by chance, one-sided.
    """

    share: Floats
    low: Floats
    high: Floats
    p: Floats


def fall(weeks: Numbers, a: Numbers = DISPERSION, confidence: float = 0.90) -> Fall:
    """The trend of weekly counts.

    Args:
        weeks: [N, W], oldest first; W at least 3.
        a: dispersion of weekly counts, one or for each customer, above 0.
        confidence: of the interval.
    """
    y = np.asarray(weeks, np.float64)
    spread = np.broadcast_to(np.asarray(a, np.float64), y.shape[:1])[:, None]
    time = np.linspace(-0.5, 0.5, y.shape[1])
    level, change, error = _fit(y, time, spread)
    mean = np.maximum(y.mean(axis=1, keepdims=True), 1e-9)
    gained = _likelihood(y, np.exp(level + change * time), spread) - _likelihood(y, mean, spread)
    root = np.sign(change[:, 0]) * np.sqrt(np.maximum(2 * gained, 0))
    half = normal_quantile(0.5 + confidence / 2) * error
    middle = change[:, 0]
    share, low, high = (-np.expm1(np.clip(each, -50, 50)) for each in (middle, middle + half, middle - half))
    return Fall(share, low, high, normal(root))


def _fit(y: Floats, time: Floats, a: Floats) -> tuple[Floats, Floats, Floats]:
    """Level [N, 1], change over the span [N, 1] and its standard error [N], by Fisher scoring."""
    level = np.log(np.maximum(y.mean(axis=1, keepdims=True), 1e-3))
    change = np.zeros_like(level)
    precision = 1 / PRIOR**2
    error = np.full(len(y), PRIOR)
    for _ in range(_STEPS):
        mean = np.exp(np.clip(level + change * time, -30, 40))
        weight = mean / (1 + a * mean)
        residual = (y - mean) / (1 + a * mean)
        score0 = residual.sum(axis=1) - 1e-6 * level[:, 0]
        score1 = (residual * time).sum(axis=1) - precision * change[:, 0]
        i00, i01 = weight.sum(axis=1) + 1e-6, (weight * time).sum(axis=1)
        i11 = (weight * time**2).sum(axis=1) + precision
        determinant = np.maximum(i00 * i11 - i01**2, 1e-300)
        level += np.clip((i11 * score0 - i01 * score1) / determinant, -2, 2)[:, None]
        change += np.clip((i00 * score1 - i01 * score0) / determinant, -2, 2)[:, None]
        error = np.sqrt(i00 / determinant)
    return level, change, error


def _likelihood(y: Floats, mean: Floats, a: Floats) -> Floats:
    """Log-likelihood, up to what does not depend on the mean."""
    with np.errstate(divide="ignore"):
        own = np.where(y > 0, y * (np.log(a * mean) - np.log1p(a * mean)), 0.0)
    return np.asarray((own - np.log1p(a * mean) / a).sum(axis=1))


def adjusted(p: Numbers) -> Floats:
    """Benjamini and Hochberg: for each p the smallest false discovery rate at which it is a discovery; NaN stays."""
    values = np.asarray(p, np.float64)
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known], kind="stable")]
    scaled = values[order] * len(order) / np.arange(1, len(order) + 1)
    found = np.full(values.shape, np.nan)
    found[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return found


def discoveries(p: Numbers, rate: float = 0.10) -> Mask:
    """Which of many tests to believe, if `rate` of those believed may be wrong."""
    return np.asarray(adjusted(p) <= rate)


@dataclass(frozen=True)
class Slope:
    """Change per step of each customer's values, with its interval; NaN where fewer than `LEAST` are known."""

    value: Floats
    low: Floats
    high: Floats


LEAST: Final = 5


def slope(values: Numbers, confidence: float = 0.90) -> Slope:
    """The slope of Theil and Sen.

    Args:
        values: [N, T] at equal steps, oldest first, NaN where not known.
        confidence: of the interval.
    """
    given = np.asarray(values, np.float64)
    parts = [_slope(given[start : start + _ROWS], confidence) for start in range(0, len(given), _ROWS)]
    if not parts:
        return Slope(*(np.zeros(0) for _ in range(3)))
    return Slope(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _slope(values: Floats, confidence: float) -> tuple[Floats, Floats, Floats]:
    early, late = np.triu_indices(values.shape[1], 1)
    slopes = np.sort((values[:, late] - values[:, early]) / (late - early), axis=1)  # NaN last
    known = np.sum(~np.isnan(values), axis=1)
    pairs = known * (known - 1) // 2
    reach = normal_quantile(0.5 + confidence / 2) * np.sqrt(known * (known - 1) * (2 * known + 5) / 18)
    enough = known >= LEAST
    low = np.floor((pairs - reach) / 2)
    ranks = ((pairs - 1) / 2, low - 1, pairs - low)
    picked = [np.where(enough, _ranked(slopes, rank, pairs), np.nan) for rank in ranks]
    return picked[0], picked[1], picked[2]


def _ranked(ordered: Floats, rank: Floats, number: Floats) -> Floats:
    """The value of a rank from 0, halfway between two where the rank is."""
    if ordered.shape[1] == 0:
        return np.full(len(ordered), np.nan)
    last = np.maximum(number - 1, 0)
    ends = [np.clip(edge(rank), 0, last).astype(np.int64)[:, None] for edge in (np.floor, np.ceil)]
    return np.asarray(sum(np.take_along_axis(ordered, each, axis=1)[:, 0] for each in ends) / 2)
