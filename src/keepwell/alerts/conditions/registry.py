"""The register of conditions: one for each rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from keepwell.alerts.seen import Seen
from keepwell.base import shares
from keepwell.metrics.table import Floats, Mask

Params = Mapping[str, float]
Line = tuple[str, str]
"""A number of the evidence: what it is, and its value in words."""


@dataclass(frozen=True)
class Found:
    """What a condition found of N customers.

    Attributes:
        holds: whether it holds.
        measure: the number that is compared, NaN when it cannot be told.
        threshold: what it is compared with.
        unit: of both: days, percent, points, ...
        because: why it holds, in words, for one row.
        evidence: the numbers behind, for one row.
        severe: rows that are one step worse than the rule's severity.
    """

    holds: Mask
    measure: Floats
    threshold: Floats
    unit: str
    because: Callable[[int], str]
    evidence: Callable[[int], Sequence[Line]]
    severe: Mask | None = None


Condition = Callable[[Seen, Params], Found]


@dataclass(frozen=True)
class Entry:
    """A condition, and the kinds of events that it rests on: nothing is said while none was ever sent."""

    read: Condition
    kinds: tuple[str, ...]


CONDITIONS: dict[str, Entry] = {}


def condition(rule: str, *kinds: str) -> Callable[[Condition], Condition]:
    """Register the condition of a rule."""

    def added(read: Condition) -> Condition:
        CONDITIONS[rule] = Entry(read, kinds)
        return read

    return added


def filled(seen: Seen, value: float) -> Floats:
    """A threshold that is the same for everybody."""
    return np.full(len(seen), value)


def percent(share: float) -> str:
    """A share in words, also one that is not known."""
    return "not known" if np.isnan(share) else shares.percent(share)
