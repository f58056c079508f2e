"""A world of telemetry: customers of several trades, what they send, and the technical causes planted among them.

It is apart from the other worlds, so that their figures do not move: nothing here counts as use of anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import cycle

import numpy as np
from numpy.random import Generator, SeedSequence

from keepwell.base.time import DAY_US, HOUR_US
from keepwell.simulation.causes import CAUSES, COMMON, Cause, Planted, Trade, told
from keepwell.simulation.holdings import HOLDING, papers
from keepwell.simulation.telemetry import DOING, TYPICAL_FEE, Customer, Sent

SHARES: Mapping[Trade, int] = {
    Trade.SWAPS: 5, Trade.CALLS: 3, Trade.MINING: 3, Trade.PROVING: 2, Trade.LIQUIDITY: 1, Trade.BORROWING: 1,
    Trade.BRIDGING: 1,
}  # fmt: skip
"""How customers divide."""
DAILY = (4.0, 90.0)
"""Transactions, calls or proofs a day are about 18, and between these."""
VENUES = 4
"""Pools and endpoints to choose from."""
VENUE = 0.25
"""Share of those who use the first of them, where no incident is confined to it."""
HIT = 0
"""The one to which an incident is confined."""
HOLDS_DAYS = 3
NODE_HOURS = 1


@dataclass(frozen=True, kw_only=True)
class TechnicalSpec:
    """The world asked for; equal specs give equal worlds.

    Attributes:
        until: the moment before which everything happens, a midnight, microseconds.
        well: customers without trouble of their own.
        each: customers with each of the causes.
        common: the cause that hits everybody on the last day, by name; empty for none.
        days: how long the history is.
        seed: which of all such worlds.
        lasting: hours before the end at which a customer's trouble begins, at the least and at the most.
        outage: the same of what hits everybody.
        confined: share of the customers of a trade who use the one pool or endpoint that it hits; 1 hits everybody.
    """

    until: int
    well: int = 100
    each: int = 1
    common: str = ""
    days: int = 30
    seed: int = 1
    lasting: tuple[float, float] = (24.0, 48.0)
    outage: tuple[float, float] = (14.0, 24.0)
    confined: float = 1.0


@dataclass(frozen=True)
class TechnicalWorld:
    """Customers with their telemetry, and the truth, which is written into no event."""

    spec: TechnicalSpec
    customers: Sequence[Customer]

    @cached_property
    def truth(self) -> dict[str, object]:
        """Which cause befell whom, from when to when."""
        return {"simulated": True, "causes": told(each for one in self.customers for each in one.planted)}

    def sent(self, place: int) -> list[Sent]:
        """The telemetry of one customer, in order of time; the same whatever happens to others."""
        one = self.customers[place]
        rng = np.random.default_rng(SeedSequence(self.spec.seed, spawn_key=(1, place)))
        first, last = self._days
        rows = list(papers(one, first, last, rng))
        for day in range(first, last + 1):
            rows += _TELLS[one.trade](one, day, rng)
        return sorted((row for row in rows if row.at < self.spec.until), key=lambda row: row.at)

    def nodes(self) -> list[Sent]:
        """What a node of the platform saw of the chain."""
        first, last = self._days
        hours = range(first * 24, (last + 1) * 24, NODE_HOURS)
        told = {"prio_fee_p75": TYPICAL_FEE, "health_ok": True, "slots_behind": 0, "tps": 3100}
        return [Sent("node_reported", hour * HOUR_US, dict(told)) for hour in hours]

    @property
    def _days(self) -> tuple[int, int]:
        last = self.spec.until // DAY_US - 1
        return last - self.spec.days + 1, last


_TELLS = {**DOING, **HOLDING}


def technical(spec: TechnicalSpec) -> TechnicalWorld:
    """Make a world. The same spec gives the same world."""
    rng = np.random.default_rng(SeedSequence(spec.seed, spawn_key=(0,)))
    fate = np.random.default_rng(SeedSequence(spec.seed, spawn_key=(2,)))  # its own: an incident reshuffles nobody
    common = tuple(_planted(spec, each, None, fate) for each in COMMON if each.name == spec.common)
    well = zip(range(spec.well), cycle(_trades()), strict=False)
    customers = [_customer(f"well-{place}", trade, rng) for place, trade in well]
    for cause in CAUSES:
        for place in range(spec.each):
            one = _customer(f"{cause.name} {place}", cause.trade or Trade.SWAPS, rng)
            customers.append(replace(one, planted=(_planted(spec, cause, one.id, rng),)))
    customers = _placed(spec, customers)
    hit = [common if spec.confined == 1.0 or one.venue == HIT else () for one in customers]
    both = zip(customers, hit, strict=True)
    return TechnicalWorld(spec, [replace(one, planted=one.planted + found) for one, found in both])


def _placed(spec: TechnicalSpec, customers: Sequence[Customer]) -> list[Customer]:
    """With the pool or endpoint that each one uses, drawn apart, so that it changes nothing else of the world."""
    rng = np.random.default_rng(SeedSequence(spec.seed, spawn_key=(3,)))
    first = VENUE if spec.confined == 1.0 else spec.confined
    venues = np.empty(len(customers), np.int64)
    for trade in Trade:
        places = rng.permutation([place for place, one in enumerate(customers) if one.trade is trade])
        ranks = np.arange(len(places))
        others = 1 + ranks % (VENUES - 1)
        venues[places.astype(np.int64)] = np.where(ranks < round(first * len(places)), HIT, others)
    return [replace(one, venue=int(each)) for one, each in zip(customers, venues, strict=True)]


def _trades() -> Iterator[Trade]:
    """The trades in turn, so that the first customers already divide as all of them."""
    for turn in range(max(SHARES.values())):
        yield from (trade for trade, share in SHARES.items() if share > turn)


def _customer(name: str, trade: Trade, rng: Generator) -> Customer:
    """Customers differ: in what they do, in how much of it fails, and in when."""
    return Customer(
        id=name,
        trade=trade,
        daily=float(np.clip(rng.lognormal(np.log(18), 0.8), *DAILY)),
        failing=float(rng.beta(2, 18)),
        losing=float(rng.beta(1.5, 100)),
        noon=float(rng.uniform(0, 24)),
    )


def _planted(spec: TechnicalSpec, cause: Cause, customer: str | None, rng: Generator) -> Planted:
    """States hold for days, what changes began within the last day."""
    low, high = spec.lasting if cause.trade else spec.outage
    hours = HOLDS_DAYS * 24.0 if cause.holds else rng.uniform(low, high)
    return Planted(cause, customer, spec.until - int(hours * HOUR_US), spec.until)
