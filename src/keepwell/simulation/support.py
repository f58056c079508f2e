"""Help pages and tickets: opened, raised, escalated, solved, rated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from keepwell.events.catalog import SEVERITIES, TOPICS
from keepwell.simulation import tuning, voices
from keepwell.simulation.activity import Presence, steady_days
from keepwell.simulation.draws import Floats, Ints, Mask, Words, pick, words
from keepwell.simulation.stage import Moments, Stage
from keepwell.simulation.tables import Column, Table, table


@dataclass(frozen=True)
class Tickets:
    """Tickets as they were opened."""

    moments: Moments
    name: Words
    severity: Ints
    faults: Floats
    mood: Floats

    def where(self, chosen: Ints | Mask) -> Tickets:
        return Tickets(
            self.moments.where(chosen), self.name[chosen], self.severity[chosen], self.faults[chosen], self.mood[chosen]
        )

    def __len__(self) -> int:
        return len(self.moments)


def ask(stage: Stage, presence: Presence, rng: Generator) -> list[Table]:
    """Help pages read, and everything about tickets."""
    tickets, opened = _open(stage, presence, rng)
    return [
        *_help(stage, presence, tickets, rng),
        opened,
        *_course(stage, tickets, rng),
    ]


def _open(stage: Stage, presence: Presence, rng: Generator) -> tuple[Tickets, Table]:
    health, profiles = stage.health, stage.profiles
    rate = tuning.TICKETS * profiles.temperament.grumbling * profiles.seats**0.15
    pressed = 1 + tuning.TICKETS_TROUBLE * health.faults + 0.8 * health.strain + 0.5 * (health.mood < -0.8)
    moments = stage.happen(rng, rng.poisson(rate[:, None] * pressed * _broken(stage) * _asking(stage, presence)))
    faults = health.faults[moments.customer, moments.day]
    severity = pick(rng, np.where(faults[:, None] > 0.5, tuning.SEVERITY_TROUBLE, tuning.SEVERITY))
    name = words([f"T-{number}" for number in rng.permutation(len(moments)).tolist()], np.arange(len(moments)))
    tickets = Tickets(moments, name, severity, faults, stage.mood(moments))
    tone = voices.tones(tickets.mood - 0.5 * (severity > 1), rng)
    return tickets, table(
        "ticket_opened", "support", moments, ticket=name, severity=words(SEVERITIES, severity),
        topic=words(TOPICS, _topic(stage, moments, rng)), text=voices.write("ticket", tone, rng),
    )  # fmt: skip


def _asking(stage: Stage, presence: Presence) -> Floats:
    """People with machines ask as often as others: about 20 days in 28 count."""
    return np.where(stage.machine[:, None], 0.76 * presence.active, presence.active)


def _topic(stage: Stage, moments: Moments, rng: Generator) -> Ints:
    strain = stage.health.strain[moments.customer, moments.day][:, None]
    return pick(rng, np.where(strain > 0, (0.25, 0.5, 0.25), tuning.TOPIC))


def _broken(stage: Stage) -> Floats:
    """A broken release makes its segment ask more often."""
    factor = np.ones((len(stage), stage.days))
    for incident in stage.market.of("broken_release"):
        segment = np.array(tuning.SEGMENTS)[stage.profiles.segment]
        hit = (segment == incident.segment)[:, None] & incident.covers(stage.noons)
        factor[hit] = tuning.BROKEN_TICKETS
    return factor


def _help(stage: Stage, presence: Presence, tickets: Tickets, rng: Generator) -> list[Table]:
    """Help is read for its own sake, and before some of the tickets."""
    rate = tuning.HELP_DAYS * stage.profiles.temperament.learning[:, None] ** 0.5 * steady_days(stage, presence) * 0.76
    read = stage.happen(rng, rng.random(rate.shape) < rate)
    before = tickets.moments.where(rng.random(len(tickets)) < tuning.TICKETS_AFTER_HELP)
    minutes, _ = stage.later(before, -rng.uniform(3, 40, len(before)) / 1440)
    topics = np.array(["limits", "errors", "billing", "keys", "bridging"], dtype=object)
    return [table("help_viewed", "application", each, topic=rng.choice(topics, len(each))) for each in (read, minutes)]


def _course(stage: Stage, tickets: Tickets, rng: Generator) -> list[Table]:
    """Some tickets become worse or go to a specialist, and then they are solved, the urgent first."""
    median = np.array(tuning.SOLVE_HOURS)[tickets.severity] / 24 * (1 + 2 * tickets.faults)
    open_days = median * np.exp(0.7 * rng.standard_normal(len(tickets)))
    worse = np.flatnonzero((rng.random(len(tickets)) < tuning.RAISED) & (tickets.severity < 3))
    chance = tuning.ESCALATED + tuning.ESCALATED_TROUBLE * tickets.faults
    serious = np.flatnonzero(rng.random(len(tickets)) < chance)
    raised, of_worse = stage.later(tickets.moments.where(worse), 0.6 * open_days[worse], acting=False)
    escalated, of_serious = stage.later(tickets.moments.where(serious), 0.4 * open_days[serious], acting=False)
    solved, of_all = stage.later(tickets.moments, open_days, acting=False)
    worse, serious = worse[of_worse], serious[of_serious]
    return [
        table(
            "ticket_updated", "support", raised, ticket=tickets.name[worse],
            severity=words(SEVERITIES, tickets.severity[worse] + 1),
        ),
        table("ticket_escalated", "support", escalated, ticket=tickets.name[serious]),
        table("ticket_solved", "support", solved, ticket=tickets.name[of_all]),
        *_rated(stage, solved, tickets.where(of_all), rng),
    ]  # fmt: skip


def _rated(stage: Stage, solved: Moments, closed: Tickets, rng: Generator) -> list[Table]:
    """More than half of what is solved is rated, some of it with a sentence."""
    asked = np.flatnonzero(rng.random(len(closed)) < tuning.RATED)
    rated, which = stage.later(solved.where(asked), rng.exponential(0.25, len(asked)))
    ticket = closed.where(asked[which])
    score = tuning.RATING + 0.5 * ticket.mood + 0.7 * rng.standard_normal(len(ticket))
    stars: Ints = np.clip(np.round(score), 1, 5).astype(np.int64)
    text = voices.write("rating", _tone_of(stars), rng)
    wordy = rng.random(len(ticket)) < 0.4
    columns: dict[str, Column] = {"ticket": ticket.name, "score": stars, "text": text}
    with_text = {name: values[wordy] for name, values in columns.items()}
    without = {name: values[~wordy] for name, values in columns.items() if name != "text"}
    return [
        table("ticket_rated", "support", rated.where(wordy), **with_text),
        table("ticket_rated", "support", rated.where(~wordy), **without),
    ]


def _tone_of(score: Ints) -> Ints:
    return np.where(score >= 4, voices.FRIENDLY, np.where(score == 3, voices.PLAIN, voices.CROSS))
