"""Who the customers are: segment, plan, size, temperament, chains, plan moves. Fixed before anything happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from keepwell.simulation import offer, people, tuning
from keepwell.simulation.draws import NEVER, Floats, Ints, Mask, portion
from keepwell.simulation.fates import Story, column
from keepwell.simulation.spec import WorldSpec

ZONES: tuple[tuple[str, float], ...] = (  # with the hour (UTC) of their early afternoon
    ("Europe/Berlin", 13.0), ("Europe/London", 14.0), ("America/New_York", 18.5), ("America/Los_Angeles", 21.5),
    ("Asia/Singapore", 6.5), ("Asia/Tokyo", 5.5), ("America/Sao_Paulo", 17.0), ("Asia/Dubai", 10.5),
)  # fmt: skip
ZONE_SHARES = (0.22, 0.16, 0.24, 0.12, 0.11, 0.07, 0.04, 0.04)


@dataclass(frozen=True)
class Temperament:
    """Lasting differences between customers: factors with a mean near 1, except `contentment`, which is added."""

    vigour: Floats
    size: Floats
    breadth: Floats
    curiosity: Floats
    depth: Floats
    attention: Floats
    sociability: Floats
    learning: Floats
    defi: Floats
    grumbling: Floats
    growth: Floats
    contentment: Floats


@dataclass(frozen=True)
class Profiles:
    """Arrays with one entry per customer.

    `move_day` and `move_to` are a customer's change of plan (never, for most).
    """

    ids: list[str]
    names: list[str]
    segment: Ints
    plan: Ints
    move_day: Floats
    move_to: Ints
    seats: Ints
    users: list[list[str]]
    contract: Mask
    card: Mask
    discount: Floats
    zone: Ints
    chains: Floats  # [customers, chains]: how transactions divide
    temperament: Temperament

    def __len__(self) -> int:
        return len(self.ids)

    def segment_name(self, customer: int) -> str:
        return tuning.SEGMENTS[int(self.segment[customer])]

    def habit(self, name: str) -> Floats:
        """A habit of each customer's segment."""
        return tuning.by_segment(name)[self.segment]

    def plan_on(self, customer: int, day: float) -> int:
        """The plan a customer has on a day."""
        return int(self.move_to[customer] if day >= self.move_day[customer] else self.plan[customer])

    def monthly(self, customer: int, plan: int) -> int:
        """What a customer pays a month on a plan, in whole USD."""
        return round(offer.MONTHLY[self.segment_name(customer)][plan] * float(self.discount[customer]))


def introduce(spec: WorldSpec, stories: Sequence[Story], rng: Generator) -> Profiles:
    """Draw the customers to whom the stories will happen."""
    total = len(stories)
    segment = _segments(total, rng)
    names = [tuning.SEGMENTS[code] for code in segment.tolist()]
    plan = rng.choice(len(offer.PLANS), total, p=offer.PLAN_SHARES)
    move_day, move_to = _moves(spec, stories, plan, rng)
    seats = _seats(segment, plan, rng)
    contract = rng.random(total) < tuning.by_segment("contract")[segment]
    return Profiles(
        ids=people.identifiers("cus_", total, rng),
        names=people.companies(names, rng),
        segment=segment,
        plan=plan,
        move_day=move_day,
        move_to=move_to,
        seats=seats,
        users=_users(seats, rng),
        contract=contract,
        card=~contract & (rng.random(total) < tuning.CARD_SHARE),
        discount=rng.choice([1.0, 1.0, 1.0, 0.95, 0.9, 1.1, 1.25], total),
        zone=rng.choice(len(ZONES), total, p=ZONE_SHARES),
        chains=_chains(names, rng),
        temperament=_temperament(total, rng),
    )


def _segments(total: int, rng: Generator) -> Ints:
    shares = {code: habits.share for code, habits in enumerate(tuning.HABITS.values())}
    split = portion(total, shares)
    return rng.permutation(np.repeat(list(split), list(split.values()))).astype(np.int64)


def _moves(spec: WorldSpec, stories: Sequence[Story], plan: Ints, rng: Generator) -> tuple[Floats, Ints]:
    """At most one change of plan each: up by growth, down now and then, more often in a decline."""
    total, years = len(stories), spec.days / 365
    onset = column(stories, "onset")
    up = (rng.random(total) < tuning.UPGRADES * years) & (plan < 2) & ~np.isfinite(onset)
    down = (rng.random(total) < tuning.DOWNGRADES * years) & (plan > 0) & ~up
    give_up = (rng.random(total) < tuning.DOWNGRADES_DECLINE) & np.isfinite(onset) & (plan > 0)
    joined = np.maximum(column(stories, "joined"), 0.0)
    day = rng.uniform(joined + 20, np.maximum(spec.days - 1.0, joined + 21))
    day = np.where(give_up, onset + rng.uniform(10, 30, total), day)
    moves = up | down | give_up
    moves &= (day > joined + 1) & (day < column(stories, "stop"))
    return np.where(moves, day, NEVER), np.where(moves, plan + np.where(up & ~give_up, 1, -1), plan)


def _seats(segment: Ints, plan: Ints, rng: Generator) -> Ints:
    median = tuning.by_segment("seats")[segment] * np.array([0.7, 1.0, 1.6])[plan]
    seats: Floats = np.round(median * np.exp(0.35 * rng.standard_normal(len(plan))))
    return np.clip(seats, 1, 30).astype(np.int64)


def _users(seats: Ints, rng: Generator) -> list[list[str]]:
    ids = iter(people.identifiers("usr_", int(seats.sum()), rng))
    return [[next(ids) for _ in range(number)] for number in seats.tolist()]


def _chains(segments: list[str], rng: Generator) -> Floats:
    """A first, second and third chain by appeal; some customers keep to one."""
    appeal = np.array([offer.CHAIN_APPEAL[segment] for segment in segments])
    with np.errstate(divide="ignore"):
        score = np.log(appeal) + rng.gumbel(size=appeal.shape)
    rank = np.argsort(np.argsort(-score, axis=1), axis=1)
    weights = np.array([*tuning.CHAIN_WEIGHTS, 0.0, 0.0])[rank] * np.exp(0.3 * rng.standard_normal(appeal.shape))
    single = rng.random(len(segments)) < tuning.SINGLE_CHAIN_SHARE
    weights[single[:, None] & (rank > 0)] = 0.0
    weights[appeal == 0] = 0.0
    shares: Floats = weights / weights.sum(axis=1, keepdims=True)
    return shares


def _temperament(total: int, rng: Generator) -> Temperament:
    warmth = rng.standard_normal(total)

    def trait(loading: float) -> Floats:
        own: Floats = rng.standard_normal(total)
        mixed: Floats = loading * warmth + (1 - loading * loading) ** 0.5 * own
        return mixed

    def factor(spread: float, loading: float = tuning.WARMTH_LOADING) -> Floats:
        found: Floats = np.exp(spread * trait(loading) - spread * spread / 2)
        return np.clip(found, *tuning.FACTORS)

    return Temperament(
        vigour=factor(tuning.VIGOUR_SPREAD),
        size=factor(tuning.SIZE_SPREAD, 0.2),
        breadth=factor(tuning.BREADTH_SPREAD),
        curiosity=factor(tuning.INTEREST_SPREAD),
        depth=factor(tuning.USES_SPREAD),
        attention=factor(tuning.SESSION_SPREAD),
        sociability=factor(tuning.INTEREST_SPREAD),
        learning=factor(tuning.INTEREST_SPREAD),
        defi=factor(tuning.INTEREST_SPREAD / 2),
        grumbling=factor(tuning.INTEREST_SPREAD, -0.3),
        growth=factor(tuning.INTEREST_SPREAD),
        contentment=tuning.CONTENTMENT_SPREAD * trait(tuning.WARMTH_LOADING),
    )
