"""What befalls all customers alike: prices, the market's mood, releases, and incidents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from keepwell.simulation import offer, tuning
from keepwell.simulation.draws import Floats, Ints, Mask, wander
from keepwell.simulation.spec import WorldSpec


@dataclass(frozen=True)
class Incident:
    """Something that went wrong for many at once. Times are days since the start, half-open.

    `where` is a chain, a feed or a feature; `segment` is set when only one segment was hit.
    """

    kind: str
    where: str
    begins: float
    ends: float
    segment: str | None = None

    def covers(self, day: Floats) -> Mask:
        return (day >= self.begins) & (day < self.ends)


@dataclass(frozen=True)
class Release:
    """A feature that became available to everybody on a day."""

    feature: offer.Feature
    day: float


@dataclass(frozen=True)
class Market:
    """The common world.

    Attributes:
        prices: USD, [assets, days + 1], at midnights.
        mood: factor on trading, [days].
        releases: those of the history, oldest first.
        incidents: chain incidents, the outage of a feed, the broken release, the crash.
    """

    prices: Floats
    mood: Floats
    releases: tuple[Release, ...]
    incidents: tuple[Incident, ...]

    def of(self, kind: str) -> list[Incident]:
        return [incident for incident in self.incidents if incident.kind == kind]

    def price(self, asset: Ints, day: Floats) -> Floats:
        """Prices between midnights."""
        whole = np.clip(day.astype(np.int64), 0, self.prices.shape[1] - 2)
        part = day - whole
        return self.prices[asset, whole] * (1 - part) + self.prices[asset, whole + 1] * part


def open_market(spec: WorldSpec, rng: Generator) -> Market:
    """Draw the common world of a history."""
    crash = float(rng.uniform(0.25, 0.6) * spec.days)
    releases = _releases(spec, rng)
    return Market(
        prices=_prices(spec.days, int(crash), rng),
        mood=_mood(spec.days, int(crash), rng),
        releases=releases,
        incidents=(*_chain_incidents(spec, rng), *_others(spec, releases, crash, rng)),
    )


def _prices(days: int, crash: int, rng: Generator) -> Floats:
    """Random walks with a common factor, and one crash in which everything falls that is no dollar."""
    volatility = np.array(offer.VOLATILITY)[:, None]
    common, own = rng.standard_normal((1, days)), rng.standard_normal((len(offer.ASSETS), days))
    steps = volatility * (0.75 * common + 0.66 * own) - volatility**2 / 2
    steps[1:, crash] += tuning.CRASH * rng.uniform(0.8, 1.2, len(offer.ASSETS) - 1)
    steps[1:, min(crash + 1, days - 1)] += tuning.CRASH / 4
    paths = np.exp(np.cumsum(np.pad(steps, ((0, 0), (1, 0))), axis=1))
    prices: Floats = np.array(offer.PRICES)[:, None] * paths
    return prices


def _mood(days: int, crash: int, rng: Generator) -> Floats:
    """Trading follows a slow common walk; it is hectic for some days after a crash."""
    calm = tuning.MARKET_SPREAD * wander(rng, 1, days, 12.0)[0]
    since = np.arange(days) - crash
    mood: Floats = np.exp(calm + 0.3 * np.where(since >= 0, np.exp(-since / 4.0), 0.0))
    return mood


def _releases(spec: WorldSpec, rng: Generator) -> tuple[Release, ...]:
    found: list[Release] = []
    day = float(rng.uniform(1, 6))
    while day < spec.days - 1:
        found.append(Release(offer.release(len(found)), int(day) + float(rng.uniform(0.4, 0.6))))
        day += rng.uniform(*tuning.RELEASE_GAP_DAYS)
    return tuple(found)


def _chain_incidents(spec: WorldSpec, rng: Generator) -> list[Incident]:
    found = []
    for _ in range(tuning.CHAIN_INCIDENTS):
        begins = rng.uniform(0.1, 0.97) * spec.days
        chain = offer.CHAINS[rng.choice(4, p=(0.5, 0.2, 0.15, 0.15))]
        found.append(Incident("chain_incident", chain, begins, begins + rng.uniform(*tuning.CHAIN_INCIDENT_HOURS) / 24))
    return found


def _others(spec: WorldSpec, releases: tuple[Release, ...], crash: float, rng: Generator) -> list[Incident]:
    outage = rng.uniform(0.3, 0.95) * spec.days
    bad = releases[int(rng.integers(len(releases)))].day
    return [
        Incident("feed_outage", "application", outage, outage + tuning.OUTAGE_HOURS / 24),
        Incident("broken_release", "orders", bad, bad + tuning.BROKEN_DAYS, "trader"),
        Incident("price_crash", "market", float(int(crash)), float(int(crash) + 1)),
    ]
