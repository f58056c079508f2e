"""Coming and going: active days, sessions, sign-ins, pages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from keepwell.base.time import DAY_US, SECOND_US
from keepwell.simulation import tuning
from keepwell.simulation.draws import Floats, Ints, Mask, counts, lognormal
from keepwell.simulation.fates import Kind
from keepwell.simulation.stage import Stage
from keepwell.simulation.tables import Table, table

LIVELY_DAYS = 14  # of the 28 before a sudden stop


@dataclass(frozen=True)
class Presence:
    """On which days a customer is active at all, and on which a person comes to the application."""

    active: Mask
    person: Mask


def attend(stage: Stage, rng: Generator) -> Presence:
    """Draw the active days."""
    habits, people = stage.profiles, stage.profiles.temperament
    weekend = stage.spec.span.weekdays >= 5
    usual = np.where(weekend, habits.habit("weekend")[:, None], habits.habit("weekday")[:, None])
    power = np.where(stage.machine, tuning.DAYS_FOLLOW[True], tuning.DAYS_FOLLOW[False])[:, None]
    vigour = np.where(stage.machine, 1.0, people.vigour)[:, None]
    chance = np.minimum(usual * vigour * stage.health.level**power, 0.985)
    active = (rng.random(chance.shape) < chance) & stage.health.there
    _enliven(stage, active, rng)
    level = np.minimum(stage.health.level, 1.2) ** 0.5
    person = active & (
        rng.random(chance.shape) < np.where(stage.machine[:, None], level, 1.0) * habits.habit("presence")[:, None]
    )
    return Presence(active, person)


def _enliven(stage: Stage, active: Mask, rng: Generator) -> None:
    """Whoever stops without a sign was there on at least half of the 28 days before."""
    for customer, story in enumerate(stage.stories):
        if story.kind is Kind.SUDDEN_CHURN:
            window = np.arange(max(int(story.stop) - 28, 0), int(story.stop))
            idle = window[~active[customer, window]]
            missing = LIVELY_DAYS - (len(window) - len(idle))
            if missing > 0:
                active[customer, rng.choice(idle, min(missing, len(idle)), replace=False)] = True


def visits(stage: Stage, presence: Presence, rng: Generator) -> list[Table]:
    """Sessions, and the sign-ins with which most of them begin."""
    profiles = stage.profiles
    chance = np.minimum(profiles.habit("seat_presence")[:, None] * np.minimum(stage.health.level, 1.1) ** 0.3, 1.0)
    here = np.maximum(rng.binomial(profiles.seats[:, None], chance), 1) * presence.person
    sessions = here + rng.poisson(tuning.EXTRA_SESSIONS * profiles.temperament.attention[:, None] ** 2 * here)
    began = stage.happen(rng, sessions)
    seat = _seat(profiles.seats[began.customer], rng)
    signed = np.flatnonzero(rng.random(len(began)) < tuning.SIGN_IN_PER_SESSION)
    own = profiles.temperament.attention[began.customer]
    seconds = own * tuning.SESSION_MINUTES * 60 * lognormal(rng, 0.7, len(began))
    actions = 1 + counts(rng, own * tuning.SESSION_ACTIONS * np.minimum(seconds / 600, 4) ** 0.4, 0.25)
    ended, whose = stage.later(began, seconds / DAY_US * SECOND_US)
    same_day = ended.day == began.day[whose]
    ended, whose = ended.where(same_day), whose[same_day]
    return [
        table("signed_in", "application", began.where(signed), seat[signed]),
        table(
            "session_ended", "application", ended, seat[whose],
            duration_s=np.maximum(seconds[whose].astype(np.int64), 5), actions=actions[whose],
        ),
    ]  # fmt: skip


def _seat(seats: Ints, rng: Generator) -> Ints:
    return (rng.random(len(seats)) * seats).astype(np.int64)


_PATHS = {
    "app": ("portfolio", "orders", "activity", "settings", "workers", "keys"),
    "docs": ("quickstart", "errors", "limits", "webhooks", "fees", "proofs"),
    "forum": ("announcements", "ideas", "support", "show-and-tell"),
    "education": ("first-steps", "risk-basics", "bridging", "yield", "proving"),
}


def pages(stage: Stage, presence: Presence, rng: Generator) -> list[Table]:
    """Pages viewed: the application on days a person comes, the rest by interest."""
    people = stage.profiles.temperament
    rates: dict[str, Floats] = {
        "app": np.full(len(stage), tuning.PAGES_PER_DAY),
        "docs": tuning.DOCS_DAYS * people.learning,
        "forum": tuning.FORUM_DAYS * people.sociability,
        "education": tuning.EDUCATION_DAYS * people.learning,
    }
    days = _days_at_screen(stage, presence)
    return [_views(stage, area, rate[:, None] * days, rng) for area, rate in rates.items()]


def _days_at_screen(stage: Stage, presence: Presence) -> Floats:
    """Days with a person count whole; machines have people behind them who read without signing in."""
    behind = np.where(stage.machine[:, None], 0.6 * presence.active, 0.0)
    level = np.minimum(stage.health.level, 1.2) ** 0.5
    return np.maximum(presence.person, behind) * level


def _views(stage: Stage, area: str, rate: Floats, rng: Generator) -> Table:
    number = (
        rng.poisson(rate) if area == "app" else (rng.random(rate.shape) < rate) * (1 + rng.poisson(0.7, rate.shape))
    )
    seen = stage.happen(rng, number)
    paths = np.array([f"/{area}/{name}" for name in _PATHS[area]], dtype=object)
    area_column = np.full(len(seen), area, dtype=object)
    return table("page_viewed", "application", seen, area=area_column, path=rng.choice(paths, len(seen)))


def content(stage: Stage, presence: Presence, rng: Generator) -> list[Table]:
    """Learning content completed."""
    rate = tuning.CONTENT_PER_90 / 90 * stage.profiles.temperament.learning[:, None] * steady_days(stage, presence)
    done = stage.happen(rng, rng.poisson(rate))
    items = np.array(["first-steps", "risk-basics", "bridging-safely", "reading-proofs", "tax-season"], dtype=object)
    return [table("content_completed", "application", done, item=rng.choice(items, len(done)))]


def steady_days(stage: Stage, presence: Presence) -> Floats:
    """Active days, weighted so that all segments have as many in a healthy month."""
    usual = (5 * stage.profiles.habit("weekday") + 2 * stage.profiles.habit("weekend")) / 7
    return presence.active * np.minimum(stage.health.level, 1.2) ** 0.5 / usual[:, None]
