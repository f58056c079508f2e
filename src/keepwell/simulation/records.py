"""The customers as records, as they were when they joined or when the history began; and the truth about them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.random import Generator

from keepwell.base.time import day_to_date, to_rfc3339
from keepwell.simulation import offer, people
from keepwell.simulation.fates import HEALTHY, Story
from keepwell.simulation.growth import entitled_at, limits, renewal_days
from keepwell.simulation.hazard import chance_of_leaving
from keepwell.simulation.profiles import ZONES
from keepwell.simulation.stage import Stage

CONTACTS = 4


def records(stage: Stage, rng: Generator, ways: Generator) -> list[dict[str, Any]]:
    """One record per customer. What changed later comes as `customer_updated` events.

    `ways` draws how their contacts are reached, apart from everything else.
    """
    renewals = renewal_days(stage)
    found = [_record(stage, customer, int(renewals[customer]), rng) for customer in range(len(stage))]
    for record in found:
        zone = record["timezone"]
        several = enumerate(record["contacts"])
        record["contacts"] = [people.reach(each, zone, primary=not place, rng=ways) for place, each in several]
    return found


def _record(stage: Stage, customer: int, renewal: int, rng: Generator) -> dict[str, Any]:
    profiles, span = stage.profiles, stage.spec.span
    segment, plan = profiles.segment_name(customer), int(profiles.plan[customer])
    contract = bool(profiles.contract[customer])
    created = span.instant(stage.stories[customer].joined)
    chains = [offer.CHAINS[chain] for chain in np.flatnonzero(profiles.chains[customer]).tolist()]
    return {
        "customer_id": profiles.ids[customer],
        "name": profiles.names[customer],
        "segment": segment,
        "plan": offer.PLANS[plan],
        "mrr": profiles.monthly(customer, plan),
        "currency": "USD",
        "seats": int(profiles.seats[customer]),
        "owner": offer.OWNERS[int(rng.integers(len(offer.OWNERS)))],
        "created_at": to_rfc3339(created // 1_000_000 * 1_000_000),
        "contract": contract,
        "renewal_date": day_to_date(span.first + renewal).isoformat() if contract else None,
        "timezone": ZONES[profiles.zone[customer]][0],
        "entitled_features": entitled_at(stage, customer, max(created, span.start_us)),
        "plan_limits": limits(stage, customer, plan),
        "offered_addons": list(offer.ADDONS[segment]),
        "contacts": people.contacts(profiles.users[customer][:CONTACTS], profiles.names[customer], rng),
        "wallets": people.wallets(chains, rng),
    }


def truth(stage: Stage) -> dict[str, Any]:
    """What only the world knows: stories, incidents, and the chance of leaving month by month."""
    spec, span = stage.spec, stage.spec.span
    return {
        "simulated": True,
        "from": to_rfc3339(span.start_us),
        "until": to_rfc3339(spec.until),
        "customers": {
            customer_id: _told(stage, story)
            for customer_id, story in zip(stage.profiles.ids, stage.stories, strict=True)
        },
        "incidents": [
            {
                "kind": incident.kind,
                "where": incident.where,
                "segment": incident.segment,
                "from": _time(stage, incident.begins),
                "to": _time(stage, incident.ends),
            }
            for incident in stage.market.incidents
        ],
    }


_TURNS: Mapping[str, str] = {
    "joined_at": "joined",
    "onset_at": "begins",
    "turned_at": "turn",
    "settled_at": "settled",
    "faults_since": "faults",
    "payments_fail_since": "strain",
    "churn_at": "stop",
    "cancelled_at": "cancel",
}


def _told(stage: Stage, story: Story) -> dict[str, Any]:
    times = {name: _time(stage, getattr(story, field)) for name, field in _TURNS.items()}
    return {
        "kind": str(story.kind),
        "healthy_at_end": story.kind in HEALTHY,
        **times,
        "churn_30d": [
            {"at": _time(stage, float(day)), "probability": chance_of_leaving(stage.spec, story, day, 30.0)}
            for day in range(0, stage.days, 30)
        ],
    }


def _time(stage: Stage, day: float) -> str | None:
    """A time as text; None for never and for what lies beyond the end."""
    if math.isinf(day) or day >= stage.days:
        return None
    return to_rfc3339(stage.spec.span.instant(day))
