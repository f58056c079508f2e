"""Stories of one alert: facts at steps of ten minutes in, who hears what out."""

import msgspec

from keepwell.alerts.alert import Acknowledged, Alert, Ended, Fired, Held, Noted, Released, Resolved, Snoozed, Verdict
from keepwell.alerts.life import decider
from keepwell.alerts.rule import Severity
from tests.alerts.lives import STEP


def fired(step, severity=Severity.HIGH):
    return Fired(step * STEP, severity, 0.5, "no sign-in for 73 hours")


def ended(step):
    return Ended(step * STEP, "signed in")


def acknowledged(step):
    return Acknowledged(step * STEP, "ada")


def snoozed(step, until):
    return Snoozed(step * STEP, "ada", until * STEP, "on holiday")


def resolved(step, verdict=Verdict.USEFUL):
    return Resolved(step * STEP, "ada", verdict, "called them")


def held(step, incident="outage"):
    return Held(step * STEP, incident)


def released(step, incident="outage"):
    return Released(step * STEP, incident)


def live(given_terms, facts, until):
    """The state in the end and all intents, with the state going through JSON after every step."""
    decide, state, intents = decider(given_terms), None, []
    for step in range(until + 1):
        now = step * STEP
        decision = decide(state, [fact for fact in facts if fact.at == now], now)
        state = msgspec.json.decode(msgspec.json.encode(decision.state), type=Alert | None)
        intents += decision.intents
    return state, intents


def story(given_terms, facts, until):
    """Who hears what, and when, as `3 opened` and `3 > owner`."""
    _, intents = live(given_terms, facts, until)
    return [
        f"{intent.at // STEP} {intent.deed}" if isinstance(intent, Noted) else f"{intent.at // STEP} > {intent.role}"
        for intent in intents
    ]
