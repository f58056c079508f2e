"""Alerts in the cycle: what conditions found becomes facts, facts change states, and states are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from keepwell.alerts.alarms import Alarms
from keepwell.alerts.alert import Alert, Deed, Ended, Fact, Fired, Held, Noted, Paged, Status, Terms
from keepwell.alerts.conditions import CONDITIONS, Found
from keepwell.alerts.life import decider
from keepwell.alerts.rota import Rota
from keepwell.alerts.rule import Rule, Severity
from keepwell.alerts.seen import Seen
from keepwell.interventions.playbook import AlertEnded, AlertOpened, Happening
from keepwell.store import alerts, happenings, lines
from keepwell.store.alerts import Name, Reading
from keepwell.store.database import Session

SEVERITIES = tuple(Severity)
_BEGINS = (Deed.OPENED, Deed.REOPENED, Deed.RELEASED)
AGAIN_US = 3_600_000_000  # a condition that goes on unchanged is noted this often


@dataclass
class Outcome:
    """What a turn of alerts did.

    Attributes:
        opened: numbers of alerts that opened or opened again.
        pages: letters to be written: the alert's number, and whom to tell.
        states: what became of each state, and when it changes by itself.
    """

    opened: list[int] = field(default_factory=list)
    pages: list[tuple[int, Name, Paged]] = field(default_factory=list)
    states: dict[Name, tuple[Alert, int | None]] = field(default_factory=dict)


Page = Callable[[Session, Alarms, Outcome, int], object]
"""Writes the letters of a turn, in its transaction."""


@dataclass(frozen=True)
class Told:
    """Facts about states, and what was read when they were found."""

    facts: dict[Name, list[Fact]] = field(default_factory=dict)
    readings: dict[Name, Reading] = field(default_factory=dict)


def look(seen: Seen, alarms: Alarms, rules: Sequence[Rule], states: Mapping[Name, Alert], now: int) -> Told:
    """What the conditions of some rules say of customers, as facts about their states."""
    told = Told()
    customers = seen.view.scope("customer")
    for rule in rules:
        found = CONDITIONS[rule.id].read(seen, rule.params)
        for row in np.flatnonzero(found.holds).tolist():
            _fired(told, alarms, (rule, int(customers[row]), states), (found, row), now)
        _ended(told, rule, set(customers[~found.holds].tolist()), states, now)
    return told


def _fired(
    told: Told, alarms: Alarms, about: tuple[Rule, int, Mapping[Name, Alert]], read: tuple[Found, int], now: int
) -> None:
    rule, customer, states = about
    found, row = read
    name, because = (customer, rule.id), found.because(row)
    severity = _severity(rule, severe=found.severe is not None and bool(found.severe[row]))
    state = states.get(name)
    explained = [each.name for each in alarms.incidents if rule.quiet and each.concerns(customer)]
    fresh = [each for each in explained if state is None or each not in state.held_by]
    measure = float(found.measure[row]) if np.isfinite(found.measure[row]) else 0.0
    more = rule.counts and state is not None and measure != state.measure
    if state is not None and not fresh and not more and _is_known(state, severity, because, now):
        return
    facts: list[Fact] = [Held(now, each) for each in fresh]
    told.facts[name] = [*facts, Fired(now, severity, measure, because)]
    told.readings[name] = _reading(found, row)


def _is_known(state: Alert, severity: Severity, because: str, now: int) -> bool:
    """Whether saying it again would change nothing worth writing."""
    if state.status in (Status.PENDING, Status.RESOLVED) and not state.latched:
        return False
    if state.untrue_since is not None or SEVERITIES.index(severity) > SEVERITIES.index(state.severity):
        return False
    return because == state.because or now - (state.last_true_at or 0) < AGAIN_US


def _ended(told: Told, rule: Rule, fine: set[int], states: Mapping[Name, Alert], now: int) -> None:
    for name, state in states.items():
        if name[1] == rule.id and name[0] in fine and _may_end(state):
            told.facts[name] = [Ended(now, rule.ends)]


def _may_end(state: Alert) -> bool:
    return state.untrue_since is None and (state.status is not Status.RESOLVED or state.latched)


def _severity(rule: Rule, *, severe: bool) -> Severity:
    place = SEVERITIES.index(rule.severity) + severe
    return SEVERITIES[min(place, len(SEVERITIES) - 1)]


def _reading(found: Found, row: int) -> Reading:
    numbers = [float(each[row]) for each in (found.measure, found.threshold)]
    measure, threshold = (each if np.isfinite(each) else None for each in numbers)
    return Reading(measure, threshold, found.unit, list(found.evidence(row)))


def apply(session: Session, alarms: Alarms, told: Told, states: Mapping[Name, Alert], now: int) -> Outcome:
    """Let facts change states, in the caller's transaction; what is due by now happens too."""
    outcome = Outcome()
    owners = owners_of(session, sorted({customer for customer, _ in told.facts}))
    for name, facts in told.facts.items():
        rule = alarms.rules.get(name[1])
        if rule is None:
            continue
        terms = terms_of(alarms, rule, owners.get(name[0], ""))
        decision = decider(terms)(states.get(name), facts, now)
        if decision.state is None:
            continue
        notes = [each for each in decision.intents if isinstance(each, Noted)]
        number = alerts.record(session, name, decision.state, notes, told.readings.get(name))
        outcome.states[name] = decision.state, decision.due
        if number is None:
            continue
        recent = [note for note in notes if note.at > now - happenings.FRESH_US]
        happenings.put(session, [each for note in recent for each in _heard(note, name, decision.state)])
        if any(note.start is not note.end and note.end is Status.OPEN for note in notes):
            outcome.opened.append(number)
        outcome.pages += [(number, name, each) for each in decision.intents if isinstance(each, Paged)]
    alerts.save_states(session, outcome.states)
    return outcome


def _heard(note: Noted, name: Name, state: Alert) -> Iterator[tuple[int, Happening]]:
    """What playbooks hear of it. An incident explains what it holds: nobody is written to because of everybody's."""
    customer, rule = name
    if note.deed is Deed.RESOLVED:
        yield customer, AlertEnded(note.at, rule)
    elif note.deed in _BEGINS and not state.held_by and state.status is Status.OPEN:
        yield customer, AlertOpened(note.at, rule)


def terms_of(alarms: Alarms, rule: Rule, owner: str) -> Terms:
    """What the life of an alert depends on."""
    person = person_of(alarms.rota, owner)
    calendar = None if person is None else alarms.rota.people[person].hours
    return Terms(rule, calendar, alarms.rota.levels)


def person_of(rota: Rota, owner: str) -> str | None:
    """The key of a member of the staff, given as a customer's data names them; the first one for nobody known."""
    plain = owner.strip().lower()
    for key, person in rota.people.items():
        if plain and plain in (key.lower(), person.name.lower(), person.email.lower()):
            return key
    return next(iter(rota.people), None)


def owners_of(session: Session, customers: Sequence[int]) -> dict[int, str]:
    """The owners of customers, as their data names them."""
    return {number: lines.words(document).owner for number, document in lines.documents(session, customers)}
