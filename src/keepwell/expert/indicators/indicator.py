"""What an indicator is: one thing to know of a customer, and the ways in which a week of telemetry can tell it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from keepwell.expert.indicators.week import Week


class Group(StrEnum):
    """What an indicator is about."""

    ZKPOW = "zkPoW performance"
    DEX = "Solana DEX integration"
    DEFI = "DeFi engagement"


class Unit(StrEnum):
    """What a value counts in: a share has the value 0.5 where a half is meant."""

    SHARE = "share"
    COUNT = "count"


class Better(StrEnum):
    """Which direction is good."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Part:
    """A figure or an answer beside a value, to make it clear.

    Attributes:
        name: what it is, in words.
        value: in its unit; yes or no where something is in order or not.
        confidential: whether it must never be said to the customer.
    """

    name: str
    value: float | bool
    unit: Unit = Unit.SHARE
    confidential: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """What one week says.

    Attributes:
        value: in the unit of the way it was read.
        n: how many of the way's `counted` it rests on; at least 1.
        parts: figures beside it.
    """

    value: float
    n: int
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """One way to read an indicator out of a week.

    Attributes:
        title: what is read.
        unit: of the value.
        better: the direction that is good.
        says: what the value is, in one sentence.
        source: the formula, and where it comes from.
        counted: what `n` of a week counts, in the plural.
        needs: events, each with the properties without which the value is not known.
        read: the value of a week; None where it is not known.
        low, high: a value is never outside.
    """

    title: str
    unit: Unit
    better: Better
    says: str
    source: str
    counted: str
    needs: tuple[str, ...]
    read: Callable[[Week], Point | None]
    low: float = 0.0
    high: float = math.inf

    def point(self, week: Week) -> Point | None:
        """What a week says, held to the range: the last digit of a sum of shares may stand beyond it."""
        found = self.read(week)
        if found is None or found.n < 1 or not math.isfinite(found.value):
            return None
        return Point(min(max(found.value, self.low), self.high), found.n, found.parts)


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator.

    Attributes:
        id: as the API calls it.
        group: what it is about.
        title: a few words.
        ways: how it can be read, the best first. Of one customer all weeks are read the same way: the first that is
            known of any week.
    """

    id: str
    group: Group
    title: str
    ways: tuple[Way, ...]

    @property
    def needs(self) -> tuple[str, ...]:
        """What would make it known."""
        return tuple(need for way in self.ways for need in way.needs)
