"""How accounts change: plans, entitlements, add-ons, use of limits, renewals, referrals, talks."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from keepwell.base.time import DAY_US, day_to_date
from keepwell.simulation import offer, tuning
from keepwell.simulation.activity import Presence, steady_days
from keepwell.simulation.billing import moments_at
from keepwell.simulation.draws import NEVER, Floats, Ints, Words, words
from keepwell.simulation.fates import column
from keepwell.simulation.stage import Moments, Stage
from keepwell.simulation.tables import Table, table

YEAR_DAYS = 365
SECOND_DAYS = 1 / 86400
RENEWAL_PHASE_DAYS = 40  # nobody's first renewal falls into the first days of the history


def develop(stage: Stage, presence: Presence, rng: Generator) -> list[Table]:
    """All changes of accounts."""
    return [
        *_plans(stage),
        *_entitlements(stage, rng),
        *_addons(stage, rng),
        *_usage(stage, rng),
        *_renewals(stage),
        *_talks(stage, presence, rng),
    ]


def _objects(values: list[object]) -> Words:
    return words(values, np.arange(len(values)))


def _plans(stage: Stage) -> list[Table]:
    """A change of plan, and a second later the traits that come with it."""
    profiles = stage.profiles
    moved = moments_at(stage, np.arange(len(stage)), profiles.move_day)
    who = moved.customer.tolist()
    before, after = profiles.plan[moved.customer], profiles.move_to[moved.customer]
    mrr = _monthly(stage, who, after)
    traits, kept = stage.later(moved, np.full(len(moved), SECOND_DAYS), acting=False)
    new = list(zip(traits.customer.tolist(), after[kept].tolist(), traits.at.tolist(), strict=True))
    return [
        table(
            "plan_changed", "billing", moved, mrr=mrr, previous_mrr=_monthly(stage, who, before),
            **{name: words(offer.PLANS, plans) for name, plans in (("from", before), ("to", after))},
        ),
        table(
            "customer_updated", "platform", traits,
            plan=words(offer.PLANS, after[kept]), mrr=mrr[kept],
            plan_limits=_objects([limits(stage, each, plan) for each, plan, _ in new]),
            entitled_features=_objects([entitled_at(stage, each, at) for each, _, at in new]),
        ),
    ]  # fmt: skip


def _monthly(stage: Stage, customers: list[int], plans: Ints) -> Ints:
    pairs = zip(customers, plans.tolist(), strict=True)
    return np.array([stage.profiles.monthly(customer, plan) for customer, plan in pairs], np.int64)


def limits(stage: Stage, customer: int, plan: int) -> dict[str, int]:
    """The limits of a plan."""
    meter, values = offer.METERS[stage.profiles.segment_name(customer)]
    return {meter: values[plan]}


def entitled_at(stage: Stage, customer: int, at: int) -> list[str]:
    """The features a customer is entitled to at an instant."""
    day = (at - stage.spec.span.start_us) / DAY_US
    out = sum(release.day <= day for release in stage.market.releases)
    return offer.entitled(stage.profiles.segment_name(customer), stage.profiles.plan_on(customer, day), out)


def _entitlements(stage: Stage, rng: Generator) -> list[Table]:
    """A release is added to everybody's plan within the hour."""
    gone = np.minimum(column(stage.stories, "stop"), column(stage.stories, "cancel"))
    joined = column(stage.stories, "joined")
    tables = []
    for release in stage.market.releases:
        customers = np.flatnonzero((joined < release.day) & (gone > release.day))
        moments = moments_at(stage, customers, release.day + rng.uniform(0.001, 0.04, len(customers)))
        pairs = zip(moments.customer.tolist(), moments.at.tolist(), strict=True)
        features = _objects([entitled_at(stage, *pair) for pair in pairs])
        tables.append(table("customer_updated", "platform", moments, entitled_features=features))
    return tables


def _addons(stage: Stage, rng: Generator) -> list[Table]:
    """Those a customer had when the history begins are reported on its first day."""
    joined, stop = column(stage.stories, "joined"), column(stage.stories, "stop")
    rows: list[tuple[int, float, str]] = []
    for customer in range(len(stage)):
        keen = float(stage.profiles.temperament.growth[customer])
        begin = max(float(joined[customer]) + 0.02, float(rng.uniform(0.0, 0.9)))
        for addon in offer.ADDONS[stage.profiles.segment_name(customer)]:
            later = rng.random() < tuning.ADDONS_ADDED * keen * stage.days / YEAR_DAYS
            day = rng.uniform(begin, stage.days) if later else NEVER
            day = begin if rng.random() < tuning.ADDON_SHARE * keen else day
            if day < stop[customer]:
                rows.append((customer, day, addon))
    customers, days = np.array([row[0] for row in rows], np.int64), np.array([row[1] for row in rows], np.float64)
    kept = days < stage.days
    names = _objects([row[2] for row in rows])[kept]
    return [table("addon_added", "billing", moments_at(stage, customers[kept], days[kept]), addon=names)]


def _usage(stage: Stage, rng: Generator) -> list[Table]:
    """Reports of what is used of the plan's limit; with growth the use grows."""
    profiles = stage.profiles
    day = np.arange(stage.days)
    phase = rng.integers(tuning.USAGE_EVERY_DAYS, size=len(stage))
    due = ((day + phase[:, None]) % tuning.USAGE_EVERY_DAYS == 0) & stage.health.there
    reported = stage.happen(rng, due, machine=True)
    fit = tuning.FIT * np.exp(tuning.FIT_SPREAD * rng.standard_normal(len(stage)))
    keen = np.minimum(profiles.temperament.growth - 1, 1.0)[reported.customer]
    trend = 0.10 * keen * (reported.day / stage.days - 0.5)
    level = np.minimum(stage.health.level[reported.customer, reported.day], 1.3)
    limit = _limits_on(stage, reported)
    noise = np.exp(0.05 * rng.standard_normal(len(reported)))
    value = np.floor(limit * fit[reported.customer] * (1 + trend) * level * noise).astype(np.int64)
    meter = words([offer.METERS[segment][0] for segment in tuning.SEGMENTS], profiles.segment[reported.customer])
    return [table("usage_reported", "billing", reported, meter=meter, value=value)]


def _limits_on(stage: Stage, moments: Moments) -> Ints:
    profiles = stage.profiles
    moved = moments.day > profiles.move_day[moments.customer]
    plan = np.where(moved, profiles.move_to[moments.customer], profiles.plan[moments.customer])
    by_plan = np.array([offer.METERS[segment][1] for segment in tuning.SEGMENTS], np.int64)
    return by_plan[profiles.segment[moments.customer], plan]


def renewal_days(stage: Stage) -> Ints:
    """The day (since the start) of each contract's first renewal in or after the history."""
    joined = column(stage.stories, "joined")
    into = np.floor(-joined) % YEAR_DAYS
    first = np.where(joined < 0, YEAR_DAYS - into, np.floor(joined) + YEAR_DAYS)
    return np.where(first < RENEWAL_PHASE_DAYS, first + YEAR_DAYS, first).astype(np.int64)


def _renewals(stage: Stage) -> list[Table]:
    """A contract that runs out is renewed by whoever is still there, for a year."""
    gone = np.minimum(column(stage.stories, "stop"), column(stage.stories, "cancel"))
    first = renewal_days(stage)
    tables = []
    for year in range(stage.days // YEAR_DAYS + 1):
        day: Floats = first + np.float64(year * YEAR_DAYS + 0.5)
        customers = np.flatnonzero(stage.profiles.contract & (day < gone))
        renewed = moments_at(stage, customers, day[customers])
        following, _ = stage.later(renewed, np.full(len(renewed), SECOND_DAYS), acting=False)
        dates = [day_to_date(int(stage.spec.span.first + on + YEAR_DAYS)).isoformat() for on in following.day.tolist()]
        tables += [
            table("subscription_renewed", "billing", renewed),
            table("customer_updated", "platform", following, renewal_date=_objects([*dates])),
        ]
    return tables


def _talks(stage: Stage, presence: Presence, rng: Generator) -> list[Table]:
    """Referrals, talks about more, and a competitor seen now and then, mostly with those who drift away."""
    keen = stage.profiles.temperament.growth[:, None] * steady_days(stage, presence) / YEAR_DAYS
    referred = stage.happen(rng, rng.poisson(tuning.REFERRALS * keen))
    discussed = stage.happen(rng, rng.poisson(tuning.EXPANSION_TALKS * keen * (stage.health.mood > -0.5)))
    drifting = stage.health.there * np.clip(1 - stage.health.level, 0, 1) / 60 + 0.0002
    seen = stage.happen(rng, rng.poisson(drifting))
    return [
        table("referral_made", "crm", referred),
        table("expansion_discussed", "crm", discussed),
        table(
            "competitor_seen", "market", seen, competitor=words(offer.COMPETITORS, rng.integers(4, size=len(seen))),
            share=np.round(rng.uniform(0.05, 0.6, len(seen)), 2),
        ),
    ]  # fmt: skip
