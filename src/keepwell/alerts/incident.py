"""Incidents: one for each thing that is the matter, however many customers it touches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from keepwell.alerts.outage import Kind, Signal
from keepwell.base.decision import Decision
from keepwell.base.time import HOUR_US

CALM_US = HOUR_US  # without a signal for so long it is over
BREAKER_HOLDS_US = 4 * HOUR_US

Part = tuple[Kind, str]


class Incident(msgspec.Struct, frozen=True):
    """An open incident: since when, and when the signal was last seen."""

    opened_at: int
    seen_at: int


class Noticed(msgspec.Struct, frozen=True, order=True):
    """A fact: these signals were seen at a moment; the others were looked for and not found."""

    at: int
    signals: tuple[Signal, ...] = ()


class Began(msgspec.Struct, frozen=True):
    """An intent: open an incident, and tell staff once."""

    at: int
    signal: Signal

    @property
    def because(self) -> str:
        return self.signal.because


class Ended(msgspec.Struct, frozen=True):
    """An intent: close an incident, and let go what it held."""

    at: int
    kind: Kind
    part: str
    because: str


Intent = Began | Ended
State = Mapping[str, Incident]
"""Open incidents by `name_of` their kind and part."""


def name_of(kind: Kind, part: str) -> str:
    return f"{kind.value} {part}".strip()


def decide(state: State | None, facts: Sequence[Noticed], now: int) -> Decision[State, Intent]:
    """Fold signals into incidents: one opens with its first signal and ends when it was not seen for an hour."""
    open_: dict[str, Incident] = dict(state or {})
    intents: list[Intent] = []
    for fact in sorted(facts, key=lambda each: (each.at, [msgspec.structs.astuple(one) for one in each.signals])):
        intents += _ended(open_, fact.at)
        for signal in fact.signals:
            name = name_of(signal.kind, signal.part)
            if name not in open_:
                intents.append(Began(fact.at, signal))
            since = open_[name].opened_at if name in open_ else fact.at
            open_[name] = Incident(since, fact.at)
    intents += _ended(open_, now)
    due = min((_ends_at(name, each) for name, each in open_.items()), default=None)
    return Decision(open_, tuple(intents), due)


def _ends_at(name: str, incident: Incident) -> int:
    calm = BREAKER_HOLDS_US if name.startswith(Kind.BREAKER) else CALM_US
    return incident.seen_at + calm


def _ended(open_: dict[str, Incident], now: int) -> list[Intent]:
    over = sorted(name for name, each in open_.items() if _ends_at(name, each) <= now)
    found: list[Intent] = []
    for name in over:
        incident = open_.pop(name)
        kind, _, part = name.partition(" ")
        lasted = (incident.seen_at - incident.opened_at) / HOUR_US
        found.append(Ended(_ends_at(name, incident), Kind(kind), part, f"Back to normal after {lasted:.1f} hours"))
    return found
