"""When will a meter or the seats reach their limit? Projection of a random walk with drift.

Between disjoint steps the value changes by m on average, with standard deviation s, both estimated from k changes.
After h more steps it lies at x + m h, with a standard error of s sqrt(h + h^2 / k): chance to come, and drift not
known exactly. Where the edge of that range reaches the limit L is the root of a quadratic in h,

    (m^2 - t^2 s^2 / k) h^2 - (2 (L - x) m + t^2 s^2) h + (L - x)^2 = 0,

the smaller root for the upper edge and the larger one for the lower. A walk that ends beyond the limit with chance q
has been there before with about 2 q (reflection), so the upper edge is taken at half the chance.

The values are levels that move by steps: seats in use, storage, a meter that counts up within its period. Steps may
be days or weeks; weeks are better where weekdays differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from keepwell.statistics.arrays import Floats, Ints, Mask, Numbers
from keepwell.statistics.special import student_quantile

LEAST_CHANGES: Final = 6
"""Changes without which nothing is said."""
HORIZON: Final = 26.0
"""Steps beyond which nothing is said; infinity stands there."""
_CHANCE: Final = 0.10
_STILL: Final = 1e-9  # of the way left: less a step is no movement


@dataclass(frozen=True)
class Reached:
    """Steps until the limit is reached, for each customer; 0 when it is, infinity beyond the horizon.

    Attributes:
        not_before: 19 of 20 customers reach it later.
        expected: when the line reaches it.
        likely_by: 19 of 20 lie beyond it by then.
        known: whether enough is known; where not, the others are NaN.
    """

    not_before: Floats
    expected: Floats
    likely_by: Floats
    known: Mask


def reached(values: Numbers, limit: Numbers, horizon: float = HORIZON) -> Reached:
    """When each of N customers reaches the limit.

    Args:
        values: [N, T] at equal steps, oldest first, NaN where not known; the last known one is that of now.
        limit: above 0, one or for each customer; NaN where there is none.
        horizon: steps looked ahead.
    """
    x, k, m, s = _changes(np.asarray(values, np.float64))
    left = np.broadcast_to(np.asarray(limit, np.float64), x.shape) - x
    known = (k >= LEAST_CHANGES) & ~np.isnan(left)
    left, number = np.where(known, left, 1.0), np.maximum(k, LEAST_CHANGES)
    m, s = (np.where(np.abs(each) < _STILL * np.abs(left), 0.0, each) for each in (m, s))
    early = student_quantile(number - 1, 1 - _CHANCE / 4)
    late = student_quantile(number - 1, 1 - _CHANCE / 2)
    expected = np.where(m > 0, left / np.where(m > 0, m, 1.0), np.inf)
    found = [_crossing(left, m, (early * s) ** 2, number, upper=True), expected]
    found.append(_crossing(left, m, (late * s) ** 2, number, upper=False))
    shown = [np.where(known, _shown(each, left, horizon), np.nan) for each in found]
    return Reached(shown[0], shown[1], shown[2], known)


def weekly(line: Ints, age: Ints, top: Ints, lines: int, weeks: int) -> Floats:
    """The highest value of each line in each week, [lines, weeks], oldest first; NaN where a week has none.

    Args:
        line: whose a report is, from 0.
        age: its age in days, at most `7 * weeks - 1`.
        top: what it says, 0 or more.
        lines: how many there are.
        weeks: how many are looked at.
    """
    values = np.full((lines, weeks), -1.0)
    np.maximum.at(values, (line, weeks - 1 - age // 7), top.astype(float))
    return np.where(values < 0, np.nan, values)


def _shown(steps: Floats, left: Floats, horizon: float) -> Floats:
    ahead = np.where(steps <= horizon, np.maximum(steps, 0.0), np.inf)
    return np.where(left <= 0, 0.0, ahead)


def _changes(values: Floats) -> tuple[Floats, Ints, Floats, Floats]:
    """The last known value, and number, mean and standard deviation of the changes between neighbouring ones."""
    steps = np.diff(values, axis=1)
    seen = ~np.isnan(steps)
    k = seen.sum(axis=1)
    filled = np.where(seen, steps, 0.0)
    m = filled.sum(axis=1) / np.maximum(k, 1)
    s = np.sqrt((np.where(seen, steps - m[:, None], 0.0) ** 2).sum(axis=1) / np.maximum(k - 1, 1))
    place = values.shape[1] - 1 - np.argmax(~np.isnan(values[:, ::-1]), axis=1)
    x = values[np.arange(len(values)), place]
    return x, k.astype(np.int64), m, s


def _crossing(left: Floats, m: Floats, noise: Floats, k: Ints, *, upper: bool) -> Floats:
    """The root at which one edge reaches the limit; infinity where it never does."""
    a = m**2 - noise / k
    b = 2 * left * m + noise
    inside = b**2 - 4 * a * left**2
    root = np.sqrt(np.maximum(inside, 0.0))
    if upper:  # in the form without cancellation
        ever = (inside >= 0) & (b + root > 0)
        return np.where(ever, 2 * left**2 / np.where(ever, b + root, 1.0), np.inf)
    rising = (m > 0) & (a > 0)
    return np.where(rising, (b + root) / np.where(rising, 2 * a, 1.0), np.inf)
