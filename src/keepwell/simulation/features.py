"""Which features and endpoints are used, and how new ones are taken up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from keepwell.simulation import offer, tuning
from keepwell.simulation.activity import Presence
from keepwell.simulation.draws import NEVER, Floats, Ints, Mask, counts
from keepwell.simulation.fates import column
from keepwell.simulation.offer import Feature
from keepwell.simulation.stage import Stage
from keepwell.simulation.tables import Table, table

TRIAL_DAYS = 8
TRIAL_CHANCE = 0.45


def use(stage: Stage, presence: Presence, rng: Generator) -> list[Table]:
    """Features used by those who use the application, endpoints called by those who program."""
    tables: list[Table] = []
    for code, segment in enumerate(tuning.SEGMENTS):
        members = np.flatnonzero(stage.profiles.segment == code)
        for feature, number in _used(stage, presence, members, segment, rng):
            tables += _record(stage, segment, feature, number, rng)
    return tables


def _used(
    stage: Stage, presence: Presence, members: Ints, segment: str, rng: Generator
) -> list[tuple[Feature, Ints | Mask]]:
    """Feature by feature, the days on which it was used, [customers, days]."""
    days = presence.active if segment == "developer" else presence.person
    menu = offer.MENUS[segment]
    chance = _habit(stage, members, menu, rng)
    found: list[tuple[Feature, Ints | Mask]] = []
    for place, feature in enumerate(menu):
        since = _available(stage, members, feature)
        daily = np.where(np.arange(stage.days) >= since[:, None], chance[:, place, None], 0.0)
        found.append((feature, _draw(stage, days, members, daily * _working(stage, segment, feature), rng)))
    for release in stage.market.releases:
        daily = _taken_up(stage, members, release.day, rng)
        found += [(release.feature, _draw(stage, days, members, daily, rng))]
    return found


def _draw(stage: Stage, days: Mask, members: Ints, daily: Floats, rng: Generator) -> Mask:
    level = np.minimum(stage.health.level[members], 1.2) ** 0.5
    used = np.zeros(days.shape, dtype=bool)
    used[members] = days[members] & (rng.random(daily.shape) < daily * level)
    return used


def _habit(stage: Stage, members: Ints, menu: Sequence[Feature], rng: Generator) -> Floats:
    """Daily chance per member and feature: some features are regular, some occasional, most are not used."""
    size = (len(members), len(menu))
    plan = np.maximum(stage.profiles.plan, stage.profiles.move_to)[members]
    entitled = plan[:, None] >= np.array([feature.plan for feature in menu])
    appeal = np.array([tuning.ADVANCED_APPEAL if feature.advanced else 1.0 for feature in menu])
    score = np.where(entitled, np.log(appeal) + 0.5 * rng.gumbel(size=size), -NEVER)
    rank = np.argsort(np.argsort(-score, axis=1), axis=1)
    breadth = stage.profiles.temperament.breadth[members] * entitled.sum(axis=1)
    regular = _about(tuning.REGULAR_SHARE * breadth, rng)[:, None]
    occasional = _about(tuning.OCCASIONAL_SHARE * breadth, rng)[:, None]
    chance = np.full(size, tuning.RARE_CHANCE)
    chance = np.where(rank < regular + occasional, rng.uniform(*tuning.OCCASIONAL_CHANCE, size), chance)
    chance = np.where(rank < regular, rng.uniform(*tuning.REGULAR_CHANCE, size), chance)
    return np.where(entitled, chance * _rhythm(stage, members)[:, None], 0.0)


def _about(mean: Floats, rng: Generator) -> Ints:
    """Whole numbers around a mean, at least 1."""
    return np.maximum(np.floor(mean + rng.random(len(mean))), 1).astype(np.int64)


def _rhythm(stage: Stage, members: Ints) -> Floats:
    """Who comes on fewer days does more on each."""
    return np.minimum(0.72 / np.maximum(stage.profiles.habit("presence")[members], 0.4), 1.5)


def _available(stage: Stage, members: Ints, feature: Feature) -> Floats:
    """The day from which a feature is in the plan."""
    profiles = stage.profiles
    at_first = profiles.plan[members] >= feature.plan
    later = profiles.move_to[members] >= feature.plan
    return np.where(at_first, -NEVER, np.where(later, profiles.move_day[members] + 1, NEVER))


def _working(stage: Stage, segment: str, feature: Feature) -> Floats:
    """0 on the days on which a release had broken the feature for the segment."""
    working = np.ones(stage.days)
    for incident in stage.market.of("broken_release"):
        if incident.segment == segment and incident.where == feature.name:
            working[incident.covers(stage.noons)] = 0.0
    return working


def _taken_up(stage: Stage, members: Ints, released: float, rng: Generator) -> Floats:
    """Daily chance of using a release: some try it in the first month, some later, some keep it."""
    size = len(members)
    curious = tuning.ADOPTION_SHARE * stage.profiles.temperament.curiosity[members]
    soon = rng.random(size) < np.minimum(curious, 0.95)
    late = ~soon & (rng.random(size) < tuning.LATE_ADOPTION_SHARE)
    here = np.maximum(released, column(stage.stories, "joined")[members])
    wait = np.where(soon, np.minimum(rng.exponential(tuning.ADOPTION_DAYS, size), 18.0), rng.uniform(35, 120, size))
    begun = np.where(soon | late, here + wait, NEVER)
    kept = rng.random(size)
    after = np.full(size, tuning.RARE_CHANCE)
    after[kept < tuning.KEEP_REGULAR + tuning.KEEP_OCCASIONAL] = np.mean(tuning.OCCASIONAL_CHANCE)
    after[kept < tuning.KEEP_REGULAR] = np.mean(tuning.REGULAR_CHANCE)
    since = np.arange(stage.days) - np.floor(begun)[:, None]
    daily = np.where(since < TRIAL_DAYS, TRIAL_CHANCE, after[:, None])
    return np.where(since >= 0, daily, 0.0)


def _record(stage: Stage, segment: str, feature: Feature, used: Ints | Mask, rng: Generator) -> list[Table]:
    moments = stage.happen(rng, used, machine=segment == "developer")
    name = np.full(len(moments), feature.name, dtype=object)
    if segment != "developer":
        mean = tuning.USES_PER_DAY * stage.profiles.temperament.depth[moments.customer]
        seat = (rng.random(len(moments)) * stage.profiles.seats[moments.customer]).astype(np.int64)
        number = 1 + counts(rng, mean, 0.2)
        return [table("feature_used", "application", moments, seat, feature=name, count=number)]
    calls = table("api_called", "api", moments, endpoint=name, **api_load(stage, moments.customer, moments.day, rng))
    if not feature.advanced and feature in offer.MENUS["developer"]:
        return [calls]
    flagged = table("feature_used", "application", moments, feature=name, count=np.ones(len(moments), np.int64))
    return [calls, flagged]  # the kit of a developer reports the feature as well


def api_load(stage: Stage, customer: Ints, day: Ints, rng: Generator) -> dict[str, Ints]:
    """How many calls one endpoint took on a day, how many failed, and how long they took."""
    profiles = stage.profiles
    mean = profiles.habit("calls")[customer] * profiles.temperament.size[customer] * stage.follows[customer, day]
    count = 1 + (mean * np.exp(tuning.CALLS_SPREAD * rng.standard_normal(len(customer)))).astype(np.int64)
    failing = tuning.API_ERRORS + tuning.API_ERRORS_TROUBLE * stage.health.faults[customer, day]
    latency = 90 * np.exp(0.3 * rng.standard_normal(len(customer))) * (1 + stage.health.faults[customer, day])
    return {"count": count, "errors": rng.binomial(count, failing), "latency_ms": latency.astype(np.int64)}


def integrate(stage: Stage, presence: Presence, rng: Generator) -> list[Table]:
    """API calls of customers whose features are not endpoints: traders' bots, institutions' back offices."""
    callers = rng.random(len(stage)) < stage.profiles.habit("api")
    endpoints = stage.profiles.habit("endpoints")
    tables = []
    for place, name in enumerate(("orders", "quotes")):
        calling = callers & (endpoints > place)
        number = presence.active & calling[:, None] & (rng.random(presence.active.shape) < 0.92)
        moments = stage.happen(rng, number, machine=True)
        endpoint = np.full(len(moments), name, dtype=object)
        load = api_load(stage, moments.customer, moments.day, rng)
        tables.append(table("api_called", "api", moments, endpoint=endpoint, **load))
    return tables


def released(stage: Stage, rng: Generator) -> list[Table]:
    """The platform says what is new; what was there before the history begins was announced long ago."""
    first = {feature.name: feature for menu in offer.MENUS.values() for feature in menu}
    ages = -np.sort(rng.uniform(240, 900, len(first)))[::-1]
    days = np.concatenate([ages, [release.day for release in stage.market.releases]])
    features = [*first.values(), *(release.feature for release in stage.market.releases)]
    return [
        Table(
            "feature_released", "platform", np.full(len(days), -1), stage.spec.span.instants(days),
            {
                "feature": np.array([feature.name for feature in features], dtype=object),
                "tier": np.array(["advanced" if feature.advanced else "basic" for feature in features], dtype=object),
            },
        )
    ]  # fmt: skip
