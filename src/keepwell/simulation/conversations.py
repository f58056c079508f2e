"""Messages between us and the customers, the community, calls."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from keepwell.simulation import tuning
from keepwell.simulation.activity import Presence, steady_days
from keepwell.simulation.draws import Ints, Words, words
from keepwell.simulation.stage import Moments, Stage
from keepwell.simulation.tables import Table, table

COMMUNITY = (("community_posted", 0.45), ("community_answered", 0.25), ("community_attended", 0.30))


def reach_out(stage: Stage, rng: Generator) -> list[Table]:
    """What we send, whatever the customer does: letters that ask for an answer, and some that do not."""
    asked = _sent(stage, rng, tuning.SENT_PER_90 / 90)
    told = _sent(stage, rng, 1 / tuning.NEWSLETTER_DAYS)
    return [
        table("message_sent", "crm", asked, conversation=_names("m", len(asked)), answerable=_flags(asked, value=True)),
        table("message_sent", "crm", told, conversation=_names("n", len(told)), answerable=_flags(told, value=False)),
    ]


def _sent(stage: Stage, rng: Generator, daily: float) -> Moments:
    """Working days and hours only; subscriptions that were cancelled get no letters."""
    weekday = stage.spec.span.weekdays < 5
    here = stage.health.there & weekday
    return stage.happen(rng, rng.random(here.shape) < here * daily * 7 / 5)


def _names(prefix: str, number: int) -> Words:
    return words([f"{prefix}-{place:x}" for place in range(number)], np.arange(number))


def _flags(moments: Moments, *, value: bool) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.full(len(moments), value)


def reply(stage: Stage, letters: Table, rng: Generator) -> list[Table]:
    """About half of the letters that ask are answered, mostly the same day."""
    day = (letters.at - stage.spec.span.start_us) // 86_400_000_000
    sent = Moments(letters.customer, day, letters.at)
    people = stage.profiles.temperament
    level = np.minimum(stage.health.level[sent.customer, day], 1.2)
    chance = np.minimum(tuning.REPLY_CHANCE * people.sociability[sent.customer] ** 0.6 * level**0.7, 0.95)
    wait = rng.exponential(tuning.REPLY_HOURS / 24, len(sent))
    answered, whose = stage.later(sent, np.where(rng.random(len(sent)) < chance, wait, 10_000.0))
    conversation = letters.columns["conversation"][whose]
    return [table("message_replied", "crm", answered, _first_seat(answered), conversation=conversation)]


def _first_seat(moments: Moments) -> Ints:
    return np.zeros(len(moments), np.int64)


def begin(stage: Stage, presence: Presence, rng: Generator) -> list[Table]:
    """Conversations that customers begin, complaints among them; calls with those who have a contract."""
    days = steady_days(stage, presence)
    rate = tuning.BEGAN_PER_28 / 28 * stage.profiles.temperament.sociability[:, None] * days
    began = stage.happen(rng, rng.poisson(rate))
    cross = stage.health.there * np.clip(-stage.health.mood - 0.8, 0, 2) / 60
    complaints = stage.happen(rng, rng.poisson(cross))
    calls = stage.happen(rng, rng.random(days.shape) < days * stage.profiles.contract[:, None] / 75)
    return [
        *(
            table(
                "message_received", "crm", each, _first_seat(each), conversation=_names(prefix, len(each)),
                started_by=np.full(len(each), who, dtype=object),
            )
            for prefix, who, each in (("c", "customer", began), ("x", "complaint", complaints))
        ),
        table("call_held", "crm", calls),
    ]  # fmt: skip


def gather(stage: Stage, presence: Presence, rng: Generator) -> list[Table]:
    """Posts, answers and events attended."""
    days = steady_days(stage, presence)
    rate = tuning.COMMUNITY_PER_90 / 90 * stage.profiles.temperament.sociability[:, None] ** 1.3 * days
    tables = []
    for event, share in COMMUNITY:
        done = stage.happen(rng, rng.poisson(rate * share))
        tables.append(table(event, "community", done, _first_seat(done)))
    return tables
