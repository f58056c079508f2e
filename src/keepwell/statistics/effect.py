"""What contact brought: customers who were to get it against those held out, counted as assigned.

A customer counts in the arm it was assigned to, whatever happened afterwards (intention to treat): leaving out who
was not reached, or counting a call to somebody held out on the other side, would compare different kinds of people.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import ceil, hypot, sqrt
from typing import Final

from keepwell.statistics.shares import Z95, wilson
from keepwell.statistics.special import binomial, normal, normal_quantile

MISMATCH: Final = 0.001
"""Below this chance of so uneven arms, assignment or counting is broken, and nothing is said of the effect."""
POWER: Final = 0.8
ALPHA: Final = 0.05


@dataclass(frozen=True)
class Arm:
    """Customers assigned alike.

    Attributes:
        hits: for how many it came out well; 0 to `number`.
        number: all of them.
    """

    hits: int
    number: int

    @property
    def share(self) -> float:
        """The share for whom it came out well; 0 without anybody."""
        return self.hits / self.number if self.number else 0.0


class Finding(StrEnum):
    """What may be said."""

    BETTER = "better"  # the only one that may be called a success
    WORSE = "worse"
    NOTHING = "no effect shown"
    MISMATCH = "the arms are not as they were assigned"


@dataclass(frozen=True)
class Effect:
    """The difference between two arms.

    Attributes:
        treated, held_out: the arms.
        difference: of their shares, treated minus held out.
        low, high: its 95 % interval.
        mismatch: chance of arms at least as uneven, if they were assigned with the share that was meant.
        finding: what may be said.
    """

    treated: Arm
    held_out: Arm
    difference: float
    low: float
    high: float
    mismatch: float
    finding: Finding

    @property
    def is_success(self) -> bool:
        """Whether the word may be used: the interval lies above zero, and the arms are as assigned."""
        return self.finding is Finding.BETTER


def effect(treated: Arm, held_out: Arm, share: float) -> Effect:
    """The effect of being assigned to contact, when this share was to be held out, 0 to 1."""
    low, high = difference_interval(treated, held_out)
    mismatch = mismatch_chance(held_out.number, treated.number + held_out.number, share)
    if mismatch < MISMATCH:
        finding = Finding.MISMATCH
    elif low > 0:
        finding = Finding.BETTER
    else:
        finding = Finding.WORSE if high < 0 else Finding.NOTHING
    return Effect(treated, held_out, treated.share - held_out.share, low, high, mismatch, finding)


def difference_interval(one: Arm, other: Arm, z: float = Z95) -> tuple[float, float]:
    """The interval of a difference of two independent shares, from their score intervals, 95 % by default.

    Newcombe 1998, Statistics in Medicine 17, 873-890, method 10: the lower limit is
    d - sqrt((p1 - l1)^2 + (u2 - p2)^2), the upper one d + sqrt((u1 - p1)^2 + (p2 - l2)^2). Without anybody in an arm
    it says nothing: -1 to 1.
    """
    if not (one.number and other.number):
        return -1.0, 1.0
    low, high = wilson(one.hits, one.number, z)
    other_low, other_high = wilson(other.hits, other.number, z)
    found = one.share - other.share
    return (
        found - hypot(one.share - low, other_high - other.share),
        found + hypot(high - one.share, other.share - other_low),
    )


def mismatch_chance(held_out: int, everybody: int, share: float) -> float:
    """P(a number of held out customers at least as far in its tail), if each was held out with this share.

    Exact and two-sided: twice the smaller tail of the binomial, at most 1.
    """
    if not 0 < share < 1:
        return float(held_out == round(share * everybody))
    upper = 1.0 - float(binomial(held_out - 1, everybody, share)) if held_out else 1.0
    return min(1.0, 2 * min(float(binomial(held_out, everybody, share)), upper))


def needed(base: float, other: float, ratio: float = 1.0, power: float = POWER) -> tuple[int, int]:
    """Customers needed, treated and held out, to see a share `base` become `other`; two-sided at 5 %.

    Chow, Shao and Wang 2008, Sample Size Calculations in Clinical Research, 4.2: the smaller arm needs
    (z_a/2 + z_b)^2 (p1 q1 / r + p2 q2) / (p1 - p2)^2, the larger one r times as many, with the variances not pooled.

    >>> needed(0.20, 0.15)
    (903, 903)

    Args:
        base: the share among the held out, 0 to 1.
        other: the share among the treated.
        ratio: treated customers for each that is held out; 9 for a hold-out of 10 %.
        power: the chance to see it.

    Raises:
        ValueError: the shares are equal, so no number is enough.
    """
    if base == other:
        msg = "a difference of zero cannot be seen"
        raise ValueError(msg)
    z = float(normal_quantile(1 - ALPHA / 2)) + float(normal_quantile(power))
    held_out = ceil(z * z * (other * (1 - other) / ratio + base * (1 - base)) / (base - other) ** 2)
    return ceil(ratio * held_out), held_out


def power_of(base: float, other: float, treated: int, held_out: int) -> float:
    """The chance to see a share `base` become `other` with arms of this size: the same formula, turned round."""
    spread = sqrt(other * (1 - other) / treated + base * (1 - base) / held_out) if treated and held_out else 0.0
    return float(normal(abs(base - other) / spread - float(normal_quantile(1 - ALPHA / 2)))) if spread else 0.0
