"""Whose failures they are: the customer's, everybody's, both, or nobody's out of the ordinary.

Topics are asked one by one, because the same customer can be unlucky with transactions and fine with proofs. For rates
of failures the tests are those of `keepwell.statistics.failures`, for work those of `keepwell.statistics.work`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np

from keepwell.statistics import failures, work
from keepwell.statistics.arrays import Floats, Numbers
from keepwell.statistics.failures import ALERT, LEAST_OTHERS, Counts, Evidence
from keepwell.statistics.work import Amounts


class Topic(StrEnum):
    """What is counted."""

    TRANSACTIONS = "transactions"  # failed among landed
    LANDING = "landing"  # not landed among sent
    SLIPPAGE = "slippage"  # swaps worse than the others' median among swaps
    CALLS = "calls"  # answered with HTTP 5xx among requests
    DELIVERY = "delivery"  # work accepted against what the reported rate implies
    WORK = "work"  # work accepted against the own 28 days
    STALE = "stale"  # stale among shares
    INVALID = "invalid"  # below the target or malformed among shares


class Whose(StrEnum):
    """Where a cause lies."""

    NORMAL = "normal"
    CUSTOMER = "customer"
    NETWORK = "network"
    BOTH = "both"
    UNKNOWN = "unknown"


RATES: Final = frozenset(Topic) - {Topic.DELIVERY, Topic.WORK}
"""Topics of which shares are compared; with too few trials there is no share."""
CHAIN: Final = frozenset({"solana_tx", "solana_dex"})
GOVERNS: Final[Mapping[Topic, frozenset[str]]] = {
    Topic.TRANSACTIONS: CHAIN,
    Topic.LANDING: CHAIN,
    Topic.SLIPPAGE: frozenset({"solana_dex"}),
    Topic.CALLS: frozenset({"rpc_api"}),
    Topic.DELIVERY: frozenset({"zkpow"}),
    Topic.WORK: frozenset({"zkpow"}),
    Topic.STALE: frozenset({"zkpow"}),
    Topic.INVALID: frozenset({"zkpow"}),
}
"""Domains in which nobody is blamed while everybody has the same trouble with the topic."""


class Plain(NamedTuple):
    """Trials as they were counted: failed and all of the window, and of the past; since when they fail more often."""

    failed: int
    trials: int
    failed_before: int
    trials_before: int
    since: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How the counts of one topic compare; None is what could not be asked.

    Attributes:
        p_own: chance of counts as bad as these or worse, given the own past.
        p_peer: the same, given all others in the same window.
        p_net: the same for all others, given their own past.
        n: trials in the window.
        cusum: evidence, trial by trial, that failures became more frequent.
        reach: the smallest `p_own` this window could have shown.
        among: what is used by those others to whom `p_peer` and `p_net` refer; empty of all others.
        others: how many these are; None of all others.
        plain: the trials as they were counted; None of amounts.
    """

    p_own: float | None = None
    p_peer: float | None = None
    p_net: float | None = None
    n: float | None = None
    cusum: float | None = None
    reach: float = 0.0
    among: str = ""
    others: int | None = None
    plain: Plain | None = None


def of_failures(
    now: Counts, past: Counts, others_now: Counts, others_past: Counts, alike: Counts | None = None
) -> list[Standing]:
    """The standing of N customers by their failures; without enough others there is nobody to compare with.

    Args:
        now, past: of each.
        others_now, others_past: of all others.
        alike: the others of now as they would be in the hours of each customer; by default as they are.
    """
    found = failures.evidence(now, past, others_now, others_past, alike)
    trials, crowd = _alike(found.own, now.trials), _alike(found.own, others_now.trials)
    compared = crowd >= LEAST_OTHERS
    rows = zip(found.own, found.peer, found.network, found.reach, trials, compared, strict=True)
    return [
        Standing(float(own), *_others(peer, net, known=bool(known)), n=float(n), reach=float(reach))
        for own, peer, net, reach, n, known in rows
    ]


def of_work(now: Amounts, past: Amounts, others_now: Amounts, others_past: Amounts) -> list[Standing]:
    """The standing of N customers by what they produced; `n` stays open, as work is no trial."""
    tests = (
        work.fell(now, past),
        work.fell(now, others_now),
        work.fell(others_now, others_past, failures.OVERDISPERSION),
    )
    own, peer, net = np.broadcast_arrays(*(np.atleast_1d(each) for each in tests))
    compared = _alike(own, others_now.count) >= LEAST_OTHERS
    return [
        Standing(float(mine), *_others(theirs, all_, known=bool(known)))
        for mine, theirs, all_, known in zip(own, peer, net, compared, strict=True)
    ]


def _alike(shape: Floats, values: Numbers) -> Floats:
    return np.broadcast_to(np.asarray(values, np.float64), shape.shape)


def _others(peer: float, net: float, *, known: bool) -> tuple[float | None, float | None]:
    return (float(peer), float(net)) if known else (None, None)


def verdict(standing: Standing) -> Whose:
    """What the tests say together; unknown where one of them could not be asked and would decide."""
    if standing.p_own is None:
        return Whose.UNKNOWN
    compared = standing.p_peer is not None and standing.p_net is not None
    if not compared and standing.p_own < ALERT:
        return Whose.UNKNOWN
    given = (standing.p_own, standing.p_peer, standing.p_net, standing.reach)
    row = [np.array([np.nan if each is None else each]) for each in given]
    return _NAMED[failures.Scope(int(failures.scopes(Evidence(*row), LEAST_OTHERS * compared)[0]))]


_NAMED: Final = {each: Whose(each.name.lower()) for each in failures.Scope}
