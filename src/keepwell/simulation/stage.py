"""Everything that the events of a world are drawn from, and the questions all of them ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.random import Generator

from keepwell.base.time import DAY_US
from keepwell.simulation import tuning
from keepwell.simulation.draws import Floats, Ints, Mask, cells
from keepwell.simulation.fates import Story, column
from keepwell.simulation.health import Health
from keepwell.simulation.market import Market
from keepwell.simulation.profiles import ZONES, Profiles
from keepwell.simulation.spec import WorldSpec

_ZONE_NOON = np.array([hour for _, hour in ZONES])


@dataclass(frozen=True)
class Moments:
    """When something happened to whom: customer, day since the start, and the instant in microseconds."""

    customer: Ints
    day: Ints
    at: Ints

    def __len__(self) -> int:
        return len(self.customer)

    def where(self, chosen: Mask | Ints) -> Moments:
        return Moments(self.customer[chosen], self.day[chosen], self.at[chosen])


@dataclass(frozen=True)
class Stage:
    """A world before its events."""

    spec: WorldSpec
    stories: Sequence[Story]
    profiles: Profiles
    market: Market
    health: Health

    def __len__(self) -> int:
        return len(self.stories)

    @property
    def days(self) -> int:
        return self.spec.days

    @property
    def noons(self) -> Floats:
        """The middle of each day."""
        return np.arange(self.days) + np.float64(0.5)

    @cached_property
    def joined(self) -> Ints:
        return self.spec.span.instants(column(self.stories, "joined"))

    @cached_property
    def stopped(self) -> Ints:
        """The instant after which a customer does nothing more."""
        return self.spec.span.instants(column(self.stories, "stop"))

    @cached_property
    def machine(self) -> Mask:
        return self.profiles.habit("machine") > 0

    @cached_property
    def follows(self) -> Floats:
        """How the number of things done on an active day follows engagement."""
        power = np.where(self.machine, tuning.COUNTS_FOLLOW[True], tuning.COUNTS_FOLLOW[False])
        return self.health.level ** power[:, None]

    def acting(self, customer: Ints, at: Ints) -> Mask:
        """Whether the customer can do something at that instant."""
        return (at >= self.joined[customer]) & (at < self.stopped[customer])

    def happen(self, rng: Generator, number: Ints | Mask, *, machine: bool = False) -> Moments:
        """Instants for what customers do on their days, [customers, days]; what comes after a stop is gone.

        People keep to their hours, machines do not. A day is a UTC day, so that activity of one
        evening never spills over into the next.
        """
        customer, day = cells(number)
        part = rng.random(len(customer)) if machine else self._hours(rng, customer) / 24.0
        at = self.spec.span.start_us + day * DAY_US + (part * DAY_US).astype(np.int64)
        chosen = self.acting(customer, at)
        return Moments(customer[chosen], day[chosen], at[chosen])

    def _hours(self, rng: Generator, customer: Ints) -> Floats:
        noon = _ZONE_NOON[self.profiles.zone[customer]]
        return (noon + tuning.LATE_HOURS_SD * rng.standard_normal(len(customer))) % 24.0

    def later(self, moments: Moments, days: Floats, *, acting: bool = True) -> tuple[Moments, Ints]:
        """What follows each moment after some time, and of which moment; unless the customer has stopped by then."""
        at = moments.at + (days * DAY_US).astype(np.int64)
        kept = at < self.spec.until
        if acting:
            kept &= self.acting(moments.customer, at)
        day = (at - self.spec.span.start_us) // DAY_US
        return Moments(moments.customer, day, at).where(kept), np.flatnonzero(kept)

    def mood(self, moments: Moments) -> Floats:
        return self.health.mood[moments.customer, moments.day]
