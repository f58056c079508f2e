"""How unlikely is it that nothing has happened for so long? The predictive distribution of a gap.

Gaps are exponential with a rate that is not known exactly. With n own gaps of sum `total` and a gamma prior worth two
gaps of the base, the next gap is Lomax:

    P(gap > g) = (1 + g / S)^-(n + 2),   S = total + 2 base

Which gaps: those between ACTIVE DAYS, and not between events. Events come in bursts, a session is ten of them, and
the mean gap between events would call every night unlikely. So n counts active days, whatever the volume.

- Below 1.5 events a day the gaps are what was seen, from active day to active day.
- From 1.5 events a day on nearly all of these are one day long: they measure the calendar and not the customer, and
  fire too late. There the mean gap comes from the counts: the exponential that is as silent for a day as a negative
  binomial with this mean, a rate of ln(1 + a rate) / a a day; but not faster than days were seen to be silent, -ln of
  their share, one silent day of two added, which keeps those who never work at the weekend honest.

All functions take and give arrays; times are in days.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from keepwell.statistics.arrays import Floats, Ints, Numbers

MOST_GAPS: Final = 40
LEAST_GAPS: Final = 4
"""Own gaps without which silence is not judged."""
COUNTED_FROM: Final = 1.5
"""Events a day from which the rate comes from counts."""
EDGES: Final = (0.2, 0.5, 1.5)
P: Final = (0.01, 0.01, 0.01, 0.002)
"""The p of an alarm in each rate class, so that at most 5 % of the customers that stay the same alarm in 30 days.

Measured, below .2 events a day, to .5, to 1.5, and from there, at these values: plain negative-binomial streams 1.1,
3.9, 2.6 and 1.2 %, where 72 hours alarm 100, 100, 90 and 18 %; sign-ins of steady customers of a simulated world 0, 0,
2.7 and 1.8 %; all their own activity 3.1 % in the last class; a hard world 4.8 % at most; orders of a wholesaler 0 %.
Where use comes in bursts and decays, as among the traders of Bitcoin Alpha, it is 6, 16 and 31 to 40 % (364, 166 and 39
customers): `calibrated` takes p from a segment's own past, and found 3.6 instead of 10.7 % in the second class on
months it had not seen."""
_PRIOR_GAPS: Final = 2.0
_POOLED: Final = 20.0  # gaps of everybody that a segment's own are added to
_DISPERSION: Final = 0.4
_CALIBRATED: Final = 100.0


@dataclass(frozen=True)
class Rhythm:
    """How often each customer is active.

    Attributes:
        n: own gaps, at most 40.
        total: their sum in days.
        rate: events a day.
    """

    n: Ints
    total: Floats
    rate: Floats


def chance(gap: Numbers, n: Numbers, total: Numbers, base: Numbers) -> Floats:
    """P(a gap is longer than this one), from own gaps and the base gap. 1 where there is no gap and no base."""
    gaps, shape = np.maximum(np.asarray(gap, np.float64), 0), np.asarray(n, np.float64) + _PRIOR_GAPS
    scale = np.maximum(_scale(total, base), 1e-12)
    return np.asarray(np.exp(-shape * np.log1p(gaps / scale)))


def limit(p: Numbers, n: Numbers, total: Numbers, base: Numbers) -> Floats:
    """The gap in days at which `chance` falls to p: S (p^(-1 / (n + 2)) - 1)."""
    shape = np.asarray(n, np.float64) + _PRIOR_GAPS
    return np.asarray(_scale(total, base) * np.expm1(-np.log(np.asarray(p, np.float64)) / shape))


def _scale(total: Numbers, base: Numbers) -> Floats:
    return np.asarray(np.asarray(total, np.float64) + _PRIOR_GAPS * np.asarray(base, np.float64))


def rhythm(counts: Numbers, first: Numbers = 0) -> Rhythm:
    """The own gaps of N customers.

    Args:
        counts: events a day, [N, D]. The last column is today and not over: it ends a gap, and is no silent day.
        first: the column of each customer's first day.
    """
    y = np.asarray(counts)
    active = y > 0
    known = np.maximum(y.shape[1] - np.broadcast_to(np.asarray(first, np.int64), y.shape[:1]), 1)
    whole = np.maximum(known - 1, 1)  # days that are over
    rate = y[:, :-1].sum(axis=1) / whole
    n, total = _between_days(active)
    silent = (whole + 1 - active[:, :-1].sum(axis=1)) / (whole + 2)
    speed = np.minimum(np.log1p(_DISPERSION * rate) / _DISPERSION, -np.log(silent))
    return Rhythm(n, np.where(rate >= COUNTED_FROM, n / np.maximum(speed, 1e-9), total), rate)


def _between_days(active: Numbers) -> tuple[Ints, Floats]:
    """How many gaps lie between the last 41 active days, and how long they are together."""
    days = np.asarray(active)
    width = days.shape[1]
    after = np.cumsum(days[:, ::-1], axis=1)[:, ::-1]  # active days from here on
    last = width - 1 - np.argmax(days[:, ::-1], axis=1)
    used = days & (after <= MOST_GAPS + 1)
    start = np.argmax(used, axis=1)
    n = np.maximum(used.sum(axis=1) - 1, 0)
    return n.astype(np.int64), np.where(n > 0, last - start, 0).astype(np.float64)


def base_gap(rhythms: Rhythm, segment: Ints, segments: int, usual: float = 7.0) -> Floats:
    """The base gap of each segment, [S]: its median of mean gaps, drawn towards that of everybody.

    Segment and everybody are each pooled with the level above by the weight of 20 customers; above everybody is
    `usual`. Customers without a gap say nothing.
    """
    mean = rhythms.total / np.maximum(rhythms.n, 1)
    seen = rhythms.n > 0
    everybody = _pooled(mean[seen], usual)
    return np.array([_pooled(mean[seen & (segment == each)], everybody) for each in range(segments)])


def _pooled(gaps: Floats, above: float) -> float:
    own = float(np.median(gaps)) if gaps.size else above
    return (gaps.size * own + _POOLED * above) / (gaps.size + _POOLED)


def allowed(rate: Numbers) -> Floats:
    """The p below which a gap is an alarm, for customers of so many events a day."""
    return np.asarray(P)[np.digitize(np.asarray(rate, np.float64), EDGES)]


def lowest(counts: Numbers, segment: Ints, segments: int, first: Numbers = 0, days: int = 30) -> Floats:
    """The smallest chance each customer met in the last days, [N], as it would have been told on each of them.

    For the calibration of p: who is active again now was well, however small a chance that was. NaN where there were
    not enough gaps.

    Args:
        counts: [N, D], D larger than `days` by the days on which a rhythm is to rest; whole days.
        segment: 0 to S - 1 for each customer, [N].
        segments: S.
        first: the column of each customer's first day.
        days: how far back.
    """
    y = np.asarray(counts)
    width = y.shape[1] - days
    gaps = _open_gaps(y)
    found = np.full(len(y), np.nan)
    for back in range(days):
        span = y[:, back : back + width + 1].copy()
        span[:, -1] = 0
        own = rhythm(span, np.maximum(np.asarray(first) - back, 0))
        base = base_gap(own, segment, segments)[segment]
        met = chance(gaps[:, back + width], own.n, own.total, base)
        found = np.fmin(found, np.where(own.n >= LEAST_GAPS, met, np.nan))
    return found


def _open_gaps(counts: Numbers) -> Floats:
    """The gap that ends, or is open, on each day, [N, D]; 0 where there was no active day before.

    Of r events spread over a day the first is expected after 1 / (r + 1) of it and the last that much before its end,
    so that the gap is shorter than the days between by (r - 1) / (r + 1).
    """
    y = np.asarray(counts)
    active = y > 0
    days = np.arange(y.shape[1], dtype=np.float64)
    usual = np.maximum(y.sum(axis=1) / np.maximum(active.sum(axis=1), 1), 1)[:, None]
    last = np.maximum.accumulate(np.where(active, days, -np.inf), axis=1)
    before = np.concatenate([np.full((len(active), 1), -np.inf), last[:, :-1]], axis=1)
    return np.where(np.isfinite(before), days - before - (usual - 1) / (usual + 1), 0.0)


def calibrated(met: Floats, rate: Numbers, share: float = 0.05) -> Floats:
    """The p of each rate class at which `share` of healthy customers would have alarmed.

    The quantile of what they met, drawn on the scale of logarithms towards the shipped p by the weight of 100
    customers, and never above 5 %.

    Args:
        met: what `lowest` found, of customers that are known to be well; NaN is left out.
        rate: their events a day.
        share: of them that may alarm.
    """
    classes = np.digitize(np.asarray(rate, np.float64), EDGES)
    found = np.log(np.asarray(P))
    for each in range(len(P)):
        own = met[(classes == each) & ~np.isnan(met)]
        if own.size:
            quantile = np.log(max(float(np.quantile(own, share)), 1e-9))
            found[each] += (quantile - found[each]) * own.size / (own.size + _CALIBRATED)
    return np.asarray(np.minimum(np.exp(found), 0.05))
