"""Do more requests fail than usual, and for whom? Exact tests for small counts.

All counts are of one window and one kind of request. "Own past" is the customer's baseline, some weeks before the
window; "others" are all other customers. The share of failures of the past is not known exactly: with x of m failed
it is beta(x + 1/2, m - x + 1/2), and how many fail now is beta-binomial. A past of 3 in 12 does not make 5 of 5
suspicious (p = .003), one of 15 in 100 does.

The scope needs all three tests, because a common fault makes every customer's own test fail. Its two levels are
`ALERT` for what must be shown and `WATCH`, its root, for what must be shown not to contradict.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from keepwell.statistics import special, tails
from keepwell.statistics.arrays import Floats, Ints, Numbers, Singles

ALERT: Final = 0.001
WATCH: Final = ALERT**0.5
OVERDISPERSION: Final = 20.0
"""Customers differ, so that the others' past says as much as a twentieth of its count."""
LEAST_OTHERS: Final = 20
"""Requests of others in the window without which nothing is said of the network."""


class Scope(IntEnum):
    """Whose failures they are."""

    NORMAL = 0
    CUSTOMER = 1
    NETWORK = 2
    BOTH = 3
    UNKNOWN = 4


@dataclass(frozen=True)
class Counts:
    """Failed requests among all, of N customers or of all of them."""

    failed: Numbers
    trials: Numbers

    def without(self, other: Counts) -> Counts:
        """What remains of these without those: the others, from everybody and the own; at least nothing."""
        failed, trials = (
            np.maximum(np.subtract(np.asarray(mine), np.asarray(theirs)), 0)
            for mine, theirs in ((self.failed, other.failed), (self.trials, other.trials))
        )
        return Counts(np.minimum(failed, trials), trials)


@dataclass(frozen=True)
class Evidence:
    """Three p-values of each customer.

    Attributes:
        own: worse than this customer usually is.
        peer: worse than all others now.
        network: all others worse than they usually are.
        reach: the smallest `own` that this window could have shown, had everything failed.
    """

    own: Floats
    peer: Floats
    network: Floats
    reach: Floats


def against_past(now: Counts, past: Counts, overdispersion: float = 1.0) -> Floats:
    """P(so many failures or more), predicted from the past, whose own uncertainty is included."""
    failed, trials = (np.asarray(each, np.float64) for each in (past.failed, past.trials))
    a, b = failed / overdispersion + 0.5, (trials - failed) / overdispersion + 0.5
    return tails.beta_binomial(now.failed, now.trials, a, b)


def against_others(own: Counts, others: Counts) -> Floats:
    """P(so many of all failures are the own ones, or more): Fisher's exact test, one-sided."""
    mine, theirs = np.asarray(own.trials, np.float64), np.asarray(others.trials, np.float64)
    bad = np.asarray(own.failed, np.float64) + np.asarray(others.failed, np.float64)
    return tails.hypergeometric(own.failed, mine, bad, mine + theirs)


EVEN: Final = 0.5
OWN_TROUBLE: Final = 0.2
"""Share of customers who may be in trouble of their own on the same day, at most."""
ENOUGH: Final = 10
"""Customers without whom it is not known how much customers differ."""


def breadth(p: Floats) -> float:
    """How likely so many of N customers are worse than their own past, by their p-values, with no cause in common.

    The smaller of two: most are worse, each being as likely worse as not; or more than a fifth are conspicuous, which
    is more than get into trouble of their own on one day. An incident of some hours hits those who were active then.
    Of so few that no number could reach `WATCH` none may be an exception.
    """
    among, worse, plain = len(p), int((p < EVEN).sum()), int((p < WATCH).sum())
    if EVEN**among > WATCH:
        return 0.0 if among and worse == among else 1.0
    most = float(special.binomial(among - worse, among, EVEN))
    return min(most, float(special.binomial(among - plain, among, 1 - OWN_TROUBLE)))


def many(now: Counts, past: Counts) -> float:
    """How likely so many of N customers fail more than was to be expected of them; 1 while most do not.

    Of each it is known how likely that is: with two trials and one failure in fifty it happens in one of 25 windows,
    with twenty and one in five in 37 of 100. Their number follows from it exactly (Poisson binomial). Where most are
    even conspicuous, that is less likely still.
    """
    expected = np.asarray(now.trials) * smoothed(past)
    worse = np.asarray(now.failed) > expected
    among = len(worse)
    if 2 * worse.sum() < max(among, 1):
        return 1.0
    number = np.ones(1)
    for chance in against_past(Counts(np.floor(expected) + 1, now.trials), past).tolist():
        number = np.convolve(number, (1 - chance, chance))
    plain = int((against_past(now, past) < WATCH).sum())
    most = float(special.binomial(among - plain, among, 1 - WATCH)) if 2 * plain >= among else 1.0
    return min(float(number[int(worse.sum()) :].sum()), most)


def worse_still(now: Counts, past: Counts, added: Numbers) -> Floats:
    """P(so many failures or more) of N customers by their own past, had as large a share been added as to others."""
    share = np.clip(smoothed(past) + np.maximum(np.asarray(added, np.float64), 0.0), 0.0, 1 - 1e-9)
    weight = np.minimum(np.asarray(past.trials, np.float64) + 1, OVERDISPERSION)
    return tails.beta_binomial(now.failed, now.trials, share * weight, (1 - share) * weight)


def smoothed(of: Counts) -> Floats:
    """Shares of failures, with half a failure and half a success more, so that none is 0 or 1."""
    return (np.asarray(of.failed, np.float64) + 0.5) / (np.asarray(of.trials, np.float64) + 1.0)


def between(of: Counts, expected: Numbers | None = None) -> float | None:
    """How little the shares of N customers differ: a + b of their beta; None where by chance alone, and of nobody.

    Moments of a share with unequal numbers of trials (Kleinman, 1973). Too few are taken to differ as much as a share
    that was seen in twenty trials.

    Args:
        of: of each, [N].
        expected: the share of each had nobody differed, as in its hours, [N]; by default that of all together.
    """
    failed, trials = (np.asarray(each, np.float64) for each in (of.failed, of.trials))
    if not len(trials):
        return None
    if len(trials) < ENOUGH:
        return OVERDISPERSION
    total = trials.sum()
    mean = smoothed(Counts(failed.sum(), total)) if expected is None else np.asarray(expected, np.float64)
    varies = (trials * (failed / trials - mean) ** 2 / (mean * (1 - mean))).sum() - (len(trials) - 1)
    alike = float(varies / (total - (trials**2).sum() / total - (len(trials) - 1)))
    return 1 / alike - 1 if 0 < alike < 1 else None


def against_each(own: Counts, mean: Numbers, weight: Numbers) -> Floats:
    """P(so many failures or more) of N customers like others whose share is `mean`, and who differ by `between`."""
    share, both = np.asarray(mean, np.float64), np.asarray(weight, np.float64)
    return tails.beta_binomial(own.failed, own.trials, share * both, (1 - share) * both)


def evidence(
    now: Counts, past: Counts, others_now: Counts, others_past: Counts, alike: Counts | None = None
) -> Evidence:
    """All tests, for N customers; `alike` are the others as they are to be compared with, where that is not `now`."""
    everything = Counts(now.trials, now.trials)
    own, peer, network, reach = np.broadcast_arrays(
        against_past(now, past),
        against_others(now, alike or others_now),
        against_past(others_now, others_past, OVERDISPERSION),
        against_past(everything, past),
    )
    return Evidence(own, peer, network, reach)


def scopes(found: Evidence, others_trials: Numbers) -> Ints:
    """A `Scope` for each customer.

    Unknown is who could not have been found: too few requests to be conspicuous even if all had failed, or failures
    out of the ordinary and next to nobody to compare with.
    """
    compared = np.asarray(others_trials) >= LEAST_OTHERS
    spread = compared & (found.network < ALERT)
    mine = compared & (found.own < ALERT) & (found.peer < WATCH)
    theirs = (found.own < WATCH) & spread & ~mine
    alone = ~compared & (found.own < ALERT)
    chosen = [found.reach >= WATCH, mine & spread, mine, theirs, alone]
    named = [Scope.UNKNOWN, Scope.BOTH, Scope.CUSTOMER, Scope.NETWORK, Scope.UNKNOWN]
    return np.select(chosen, [np.int64(each) for each in named], np.int64(Scope.NORMAL)).astype(np.int64)


LIKE_ALL: Final = 20.0


@dataclass(frozen=True)
class Drift:
    """A Bernoulli CUSUM: evidence, request by request, that the share of failures rose from p0 to p1.

    With p0 .10, p1 .35 and h 5 there is one false alarm in about 1,650 requests, and half of the rises are found
    within 18; with .05 and .20 one in 2,600, and 27. The first number is exact, by the Markov chain of the chart.
    """

    p0: float = 0.10
    p1: float = 0.35
    h: float = 5.0

    @property
    def failed(self) -> float:
        """What a failure adds."""
        return float(np.log(self.p1 / self.p0))

    @property
    def fine(self) -> float:
        """What a success adds: less than nothing."""
        return float(np.log((1 - self.p1) / (1 - self.p0)))


def chart(past: Counts) -> Drift:
    """The chart of a customer by its own past: its odds rise as much as from .10 to .35.

    A past of nothing is taken for .10, and counts as twenty requests beside the own ones.
    """
    usual = Drift()
    p0 = (float(past.failed) + LIKE_ALL * usual.p0) / (float(past.trials) + LIKE_ALL)  # type: ignore[arg-type]
    odds = p0 / (1 - p0) * (usual.p1 / (1 - usual.p1)) / (usual.p0 / (1 - usual.p0))
    return Drift(p0, odds / (1 + odds))


def drift(value: Numbers, failed: Numbers, parameters: Drift) -> Singles:
    """The evidence after one more request of each of N customers; an alarm where it exceeds h."""
    gain = np.where(np.asarray(failed, np.bool_), parameters.failed, parameters.fine)
    return np.maximum(np.asarray(value, np.float32) + gain, 0).astype(np.float32)
