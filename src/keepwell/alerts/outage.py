"""Outage or silence: whether it is the customer who went quiet, or the source, the chain or everybody.

Signals are pure readings of counts of the whole platform; `incident` folds them into incidents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec
import numpy as np

from keepwell.base.time import HOUR_US, SECOND_US
from keepwell.metrics.table import Floats, Ints

WEEKS = 4
WINDOWS_H = (2, 6, 24)
"""Hours over which the platform's counts are compared with the same hours of the weeks before."""
FELL_TO = 0.5
SIGMAS = 4.5
SPREAD = 0.06  # of hourly sums over many customers, as a share: variance = mean + SPREAD mean^2
LEAST_EXPECTED = 30.0  # events in a window below which nothing is concluded
QUIET_CHANCE = 1e-4
NIGHT = 0.2  # the quietest hours bring a fifth of the mean
LEAST_GAP_US = 30 * 60 * SECOND_US
JOIN_H = 6
FAILING_SHARE, FAILING_RISE = 0.3, 2.0
BREAKER_SHARE, BREAKER_LEAST, BREAKER_US = 0.2, 20, HOUR_US


class Kind(StrEnum):
    """What an incident is about."""

    SOURCE = "source"
    JOIN = "join"
    FLEET = "fleet"
    CHAIN = "chain"
    SEGMENT = "segment"
    BREAKER = "breaker"


class Signal(msgspec.Struct, frozen=True):
    """Something is the matter with more than one customer.

    Attributes:
        kind: what it is about.
        part: which source or chain; empty for all of the platform.
        because: why, in words.
        evidence: the numbers.
        since: when it began, in microseconds: before it was noticed.
    """

    kind: Kind
    part: str
    because: str
    evidence: tuple[tuple[str, str], ...] = ()
    since: int | None = None


@dataclass(frozen=True)
class SourcePulse:
    """What one source sent.

    Attributes:
        name: of the source.
        label: for people.
        last_at: when it last sent something, microseconds.
        hourly: events an hour over the weeks before, zeros included, [H].
    """

    name: str
    label: str
    last_at: int
    hourly: Ints


def silent_sources(sources: Sequence[SourcePulse], now: int) -> list[Signal]:
    """Sources that are silent for longer than their own pace explains."""
    return [_silent(each, now) for each in sources if _is_silent(each, now)]


def _is_silent(source: SourcePulse, now: int) -> bool:
    gap = now - source.last_at
    rate = float(source.hourly.mean()) if len(source.hourly) else 0.0
    expected = rate * NIGHT * gap / HOUR_US
    return gap >= LEAST_GAP_US and bool(np.exp(-expected) < QUIET_CHANCE)


def _silent(source: SourcePulse, now: int) -> Signal:
    hours, rate = (now - source.last_at) / HOUR_US, float(source.hourly.mean())
    told = (("Hours without an event", f"{hours:.1f}"), ("Usual events an hour", f"{rate:.1f}"))
    return Signal(
        Kind.SOURCE, source.name, f"{source.label} has sent nothing for {hours:.1f} hours", told, source.last_at
    )


@dataclass(frozen=True)
class Pulse:
    """One count of the platform, or of a part of it, by hour.

    Attributes:
        kind: what moved if this did.
        part: which one.
        label: for people.
        hourly: the count of each hour, the last one just over, [H].
        fresh: how many of the last hours are looked at; those of an outage that is over are not.
    """

    kind: Kind
    part: str
    label: str
    hourly: Ints
    fresh: int = 24 * 7


def fallen(pulses: Sequence[Pulse]) -> list[Signal]:
    """Parts of the platform whose activity fell to less than half of what these hours usually bring."""
    return [signal for each in pulses if (signal := _fallen(each)) is not None]


def _fallen(pulse: Pulse) -> Signal | None:
    for window in (each for each in WINDOWS_H if each <= pulse.fresh):
        if len(pulse.hourly) < window:
            return None
        seen, usual = _window(pulse.hourly, window)
        if len(usual) < 1:
            return None
        expected = float(np.median(usual))
        spread = np.sqrt(expected + SPREAD * expected**2)
        if expected >= LEAST_EXPECTED and seen < FELL_TO * expected and expected - seen > SIGMAS * spread * FELL_TO:
            told = (
                (f"Events in {window} hours", f"{seen:,.0f}"),
                ("Usual in these hours", f"{expected:,.0f}"),
            )
            return Signal(pulse.kind, pulse.part, f"{pulse.label} fell to {seen / expected:.0%} of what is usual", told)
    return None


def _window(hourly: Ints, window: int) -> tuple[float, Floats]:
    """The sum of the last hours, and of the same hours of the weeks before."""
    week = 24 * 7
    sums = [
        float(hourly[len(hourly) - window - week * back : len(hourly) - week * back].sum())
        for back in range(WEEKS + 1)
        if len(hourly) - window - week * back >= 0
    ]
    return sums[0], np.array(sums[1:])


@dataclass(frozen=True)
class Failing:
    """Attempts and failures of a part of the platform: in the last hours, and usually."""

    kind: Kind
    part: str
    label: str
    tried: int
    bad: int
    tried_before: int
    bad_before: int


def failing(parts: Sequence[Failing]) -> list[Signal]:
    """Parts of which many more attempts fail than usual, whoever makes them."""
    return [told(each) for each in parts if is_failing(each)]


def is_failing(each: Failing) -> bool:
    """Whether clearly more attempts fail than usual."""
    if each.tried < LEAST_EXPECTED or each.tried_before < LEAST_EXPECTED:
        return False
    share, usual = each.bad / each.tried, each.bad_before / each.tried_before
    spread = np.sqrt(usual * (1 - usual) / each.tried + 1 / each.tried**2)
    return bool(share >= FAILING_SHARE and share >= FAILING_RISE * usual and share - usual > SIGMAS * spread)


def told(each: Failing) -> Signal:
    """What is said of a part on which attempts fail."""
    share, usual = each.bad / max(each.tried, 1), each.bad_before / max(each.tried_before, 1)
    lines = (
        ("Attempts", f"{each.tried:,}"),
        ("Failed", f"{share:.0%}"),
        ("Usually", f"{usual:.0%}"),
    )
    return Signal(each.kind, each.part, f"{share:.0%} of the attempts on {each.label} fail, for everybody", lines)


def broken_join(accepted: Ints, counted: Ints) -> list[Signal]:
    """Events arrive as usual and no longer find their customers: a key, an id or a group call has changed.

    Args:
        accepted: events of live sources by hour, the last one just over, [H].
        counted: events of known customers in the same hours, [H].
    """
    came, found = int(accepted[-JOIN_H:].sum()), int(counted[-JOIN_H:].sum())
    came_before, found_before = int(accepted[:-JOIN_H].sum()), int(counted[:-JOIN_H].sum())
    if len(accepted) < 24 * 7 or came < LEAST_EXPECTED or came_before < LEAST_EXPECTED:
        return []
    share, usual = found / came, found_before / came_before
    if usual <= 0 or share >= FELL_TO * usual:
        return []
    lines = (("Events that arrived", f"{came:,}"), ("Of customers", f"{share:.0%}"), ("Usually", f"{usual:.0%}"))
    because = f"Only {share:.0%} of the events of {JOIN_H} hours belong to a customer, after {usual:.0%} before"
    return [Signal(Kind.JOIN, "", because, lines)]


def mass_change(customers: int, fell: int) -> list[Signal]:
    """Very many effective bands that fell within an hour: nobody is written to until a person has looked."""
    if fell < BREAKER_LEAST or fell <= BREAKER_SHARE * customers:
        return []
    told = (("Customers", f"{customers:,}"), ("Bands that fell within an hour", f"{fell:,}"))
    because = f"{fell:,} of {customers:,} customers fell into a lower band within an hour"
    return [Signal(Kind.BREAKER, "", because, told)]
