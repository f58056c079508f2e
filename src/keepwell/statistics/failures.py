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

from keepwell.statistics import tails
from keepwell.statistics.arrays import Floats, Ints, Mask, Numbers, Singles

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


def evidence(now: Counts, past: Counts, others_now: Counts, others_past: Counts) -> Evidence:
    """All tests, for N customers."""
    everything = Counts(now.trials, now.trials)
    own, peer, network, reach = np.broadcast_arrays(
        against_past(now, past),
        against_others(now, others_now),
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


def drift(value: Numbers, failed: Numbers, parameters: Drift) -> Singles:
    """The evidence after one more request of each of N customers; an alarm where it exceeds h."""
    gain = np.where(np.asarray(failed, np.bool_), parameters.failed, parameters.fine)
    return np.maximum(np.asarray(value, np.float32) + gain, 0).astype(np.float32)


def drifted(value: Numbers, parameters: Drift) -> Mask:
    """Whose share of failures rose."""
    return np.asarray(np.asarray(value) > parameters.h)
