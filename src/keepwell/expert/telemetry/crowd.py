"""The crowd: what other customers did, put together, and how one customer compares with it.

What everybody has is told by two things. The sums of the others must be worse than before; and many of the others,
counted as customers, must be. Sums alone are moved by a few busy customers in trouble of their own, and then everybody
would be told of an incident that there is not, while the trouble of those few would be taken for part of it. And a
customer is worse than others only if it is so by more than they differ among each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Final

import numpy as np

from keepwell.expert.scope import RATES, Standing, Topic, of_failures, of_work
from keepwell.expert.telemetry.domain import Tally
from keepwell.expert.telemetry.observe import Observed, compared, usual
from keepwell.statistics import failures, work
from keepwell.statistics.failures import Counts
from keepwell.statistics.work import Amounts

LEAST_TRIALS: Final = 5
"""Trials of a customer in the window, below which it is not asked whether it is worse than before."""


@dataclass(frozen=True, slots=True)
class Together:
    """One topic of a crowd.

    Attributes:
        now, past: sums of all.
        breadth: chance that so many of the customers or more are worse than their own past, if nothing changed.
        spread: how the shares of customers differ in the window; None when that is not known. Those in trouble of their
            own are left out, unless most are worse than before.
    """

    now: Counts | Amounts
    past: Counts | Amounts
    breadth: float
    spread: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Crowd:
    """Some customers together: by topic, and the slippage that is usual among them, in basis points."""

    topics: Mapping[Topic, Together]
    slippage: float | None = None


def gather(others: Sequence[Observed]) -> Crowd:
    """Puts customers together."""
    slippage = usual(others)
    told = [compared(each, slippage) for each in others]
    return Crowd(
        {topic: together(topic, tallies) for topic in Topic if (tallies := [x[topic] for x in told if topic in x])},
        slippage,
    )


def together(topic: Topic, tallies: Sequence[Tally]) -> Together:
    """One topic of at least one customer."""
    rows = np.array([[*astuple(each.now), *astuple(each.past)] for each in tallies], np.float64).T
    sort = Counts if topic in RATES else Amounts
    now, past = sort(*rows[:2]), sort(*rows[2:])
    if topic in RATES:
        p, asked = failures.against_past(now, past), (rows[1] >= LEAST_TRIALS) & (rows[3] > 0)  # type: ignore[arg-type]
    else:
        p, asked = work.fell(now, past), rows[2] > 0  # type: ignore[arg-type]
    sums = rows.sum(axis=1).tolist()
    breadth = failures.breadth(p[asked])
    alone = p >= failures.ALERT if breadth >= failures.WATCH else asked
    spread = failures.between(Counts(*rows[:2, asked & alone])) if topic in RATES else None
    return Together(sort(*sums[:2]), sort(*sums[2:]), breadth, spread)


def standings(own: Observed, crowd: Crowd) -> dict[Topic, Standing]:
    """How a customer's counts compare with its own past and with others, of whom it is none."""
    return {topic: _standing(topic, tally, crowd) for topic, tally in compared(own, crowd.slippage).items()}


def _standing(topic: Topic, own: Tally, crowd: Crowd) -> Standing:
    others = crowd.topics.get(topic)
    now, past = own.now, own.past
    if isinstance(now, Counts) and isinstance(past, Counts):
        found = of_failures(now, past, *_rates(others))[0]
    elif isinstance(now, Amounts) and isinstance(past, Amounts):
        found = of_work(now, past, *_amounts(others))[0]
    else:
        found = Standing()
    return replace(tempered(found, own, others), cusum=own.drift)


def tempered(found: Standing, own: Tally, others: Together | None) -> Standing:
    """What the sums say, as far as the customers of which they are the sums do not contradict it."""
    if isinstance(own.now, Counts):
        peer = _peer(found.p_peer, own.now, others)
    else:
        peer = _fell_more(found.p_peer, own, others)
    return replace(found, p_peer=peer, p_net=_net(found.p_net, others))


def _net(pooled: float | None, others: Together | None) -> float | None:
    """Worse than before together, and many of them: what contradicts this stands in the sum's place."""
    if pooled is None or others is None or others.breadth < failures.WATCH:
        return pooled
    return max(pooled, others.breadth)


def _rates(others: Together | None) -> tuple[Counts, Counts]:
    if others is None or not (isinstance(others.now, Counts) and isinstance(others.past, Counts)):
        return Counts(0, 0), Counts(0, 0)
    return others.now, others.past


def _amounts(others: Together | None) -> tuple[Amounts, Amounts]:
    if others is None or not (isinstance(others.now, Amounts) and isinstance(others.past, Amounts)):
        return Amounts(0, 0), Amounts(0, 1)
    return others.now, others.past


def _peer(pooled: float | None, own: Counts, others: Together | None) -> float | None:
    """Worse than all others together, and than one of them would be by the way in which they differ."""
    if pooled is None or others is None or others.spread is None:
        return pooled
    return max(pooled, failures.against_each(own, others.spread))


def _fell_more(pooled: float | None, own: Tally, others: Together | None) -> float | None:
    """Less than the own past promises, by more than others have less than theirs, and differ: sizes are their own."""
    if pooled is None or others is None:
        return pooled
    mine, theirs = _promised(own), _promised(others)
    if mine is None or theirs is None:
        return None
    return float(work.fell(mine, theirs, failures.OVERDISPERSION))


def _promised(of: Tally | Together) -> Amounts | None:
    """What came now, against what the past's rate makes of the same exposure; None without a past."""
    now, past = of.now, of.past
    if not (isinstance(now, Amounts) and isinstance(past, Amounts)):
        return None
    expected = float(past.count) / float(past.exposure) * float(now.exposure)  # type: ignore[arg-type]
    return Amounts(now.count, expected) if expected > 0 else None
