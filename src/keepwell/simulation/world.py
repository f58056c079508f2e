"""A whole made-up platform: customers, everything that happened, and the truth behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from numpy.random import Generator

from keepwell.base.ids import hash63
from keepwell.base.time import DAY_US
from keepwell.events.event import Raw
from keepwell.simulation import (
    activity,
    billing,
    causes,
    conversations,
    delivery,
    fates,
    features,
    growth,
    hazard,
    health,
    instruments,
    market,
    profiles,
    records,
    satisfaction,
    support,
    trading,
)
from keepwell.simulation.causes import Planted
from keepwell.simulation.draws import generators, streams
from keepwell.simulation.spec import WorldSpec
from keepwell.simulation.stage import Stage
from keepwell.simulation.tables import Rendering, Table
from keepwell.simulation.telemetry import Customer

LATENT = ("fates", "profiles", "health", "market", "records", "ways")
OBSERVED = (
    "attendance", "visits", "pages", "content", "features", "integration", "releases", "trading", "proving",
    "support", "replies", "conversations", "community", "satisfaction", "billing", "growth", "delivery",
)  # fmt: skip
TELEMETRY = ("senders", "measures", "arrivals")


class World:
    """One simulated world. `customers` and `truth` are known at once, `rows()` draws the events.

    Attributes:
        customers: a record per customer, as of joining or of the first day of the history.
        truth: per customer kind, onset, churn and the mechanism's own probabilities; the incidents.
    """

    def __init__(self, spec: WorldSpec) -> None:
        self.spec = spec
        latent = generators(streams(spec.seed).latent, LATENT)
        self._stage = _set(spec, latent)
        self.customers: Sequence[dict[str, Any]] = records.records(self._stage, latent["records"], latent["ways"])

    @cached_property
    def truth(self) -> dict[str, Any]:
        return records.truth(self._stage) | {"causes": causes.told(self.planted)}

    @property
    def planted(self) -> list[Planted]:
        """Technical causes, which show in telemetry only."""
        return [each for one in self._senders.values() for each in one.planted]

    @cached_property
    def _senders(self) -> dict[int, Customer]:
        return instruments.senders(self._stage, generators(streams(self.spec.seed).telemetry, TELEMETRY)["senders"])

    def chances(self, at: int, horizon_days: float) -> Mapping[str, float]:
        """P(leaves within the horizon) of everybody who is a customer at an instant.

        It knows the regime each customer is in and since when, but not how the story ends: the
        ceiling for every model. It is calibrated where leavers are in the base: in the last 120
        days, and with `former` earlier as well.
        """
        day = (at - self.spec.span.start_us) / DAY_US
        found = {}
        for customer_id, story in zip(self._stage.profiles.ids, self._stage.stories, strict=True):
            chance = hazard.chance_of_leaving(self.spec, story, day, horizon_days)
            if chance is not None:
                found[customer_id] = chance
        return found

    def rows(self) -> Iterator[list[Raw]]:
        """The events, some thousand rows at a time, in the order in which they became known."""
        fresh = streams(self.spec.seed)
        observed = generators(fresh.observed, OBSERVED)
        (treatment,) = generators(fresh.treatment, ("outreach",)).values()
        tables = _happen(self._stage, observed, treatment)
        arrivals = delivery.arrive(self.spec, tables, self._stage.market.of("feed_outage"), observed["delivery"])
        rng = generators(fresh.telemetry, TELEMETRY)
        told, added = instruments.measure(self._stage, tables, self._senders, rng["measures"])
        later = delivery.arrive(self.spec, added, (), rng["arrivals"])
        arrivals, tables = delivery.together(arrivals, later, len(tables)), [*told, *added]
        rendering = Rendering(self._tag, self._stage.profiles.ids, self._stage.profiles.users)
        return delivery.chunks(tables, arrivals, rendering)

    @property
    def _tag(self) -> str:
        """Keeps message ids of different worlds apart."""
        return f"{hash63(repr(self.spec).encode()) & 0xFFFFFF:06x}"


def simulate(spec: WorldSpec) -> World:
    """Make a world. The same spec gives the same world."""
    return World(spec)


def _set(spec: WorldSpec, latent: Mapping[str, Generator]) -> Stage:
    stories = fates.draw(spec, latent["fates"])
    introduced = profiles.introduce(spec, stories, latent["profiles"])
    feeling = health.feel(spec, stories, introduced.temperament.contentment, latent["health"])
    return Stage(spec, stories, introduced, market.open_market(spec, latent["market"]), feeling)


def _happen(stage: Stage, rng: Mapping[str, Generator], treatment: Generator) -> list[Table]:
    presence = activity.attend(stage, rng["attendance"])
    letters = conversations.reach_out(stage, treatment)
    return [
        *features.released(stage, rng["releases"]),
        *activity.visits(stage, presence, rng["visits"]),
        *activity.pages(stage, presence, rng["pages"]),
        *activity.content(stage, presence, rng["content"]),
        *features.use(stage, presence, rng["features"]),
        *features.integrate(stage, presence, rng["integration"]),
        *trading.trade(stage, presence, rng["trading"]),
        *trading.prove(stage, presence, rng["proving"]),
        *support.ask(stage, presence, rng["support"]),
        *letters,
        *conversations.reply(stage, letters[0], rng["replies"]),
        *conversations.begin(stage, presence, rng["conversations"]),
        *conversations.gather(stage, presence, rng["community"]),
        *satisfaction.answer(stage, presence, rng["satisfaction"]),
        *billing.charge(stage, rng["billing"]),
        *growth.develop(stage, presence, rng["growth"]),
    ]
