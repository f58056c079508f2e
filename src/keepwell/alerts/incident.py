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
    """An open incident: since when, when its signal was last seen, and since when it was looked for in vain."""

    opened_at: int
    seen_at: int
    missed_since: int | None = None


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
    """Fold signals into incidents: one opens with its first signal, and ends an hour after it was first missed."""
    open_: dict[str, Incident] = dict(state or {})
    intents: list[Intent] = []
    for fact in sorted(facts, key=_order):
        intents += _take(open_, fact)
    intents += _ended(open_, now)
    return Decision(open_, tuple(intents), min(_ends(open_).values(), default=None))


def _order(fact: Noticed) -> tuple[int, list[tuple[object, ...]]]:
    return fact.at, [msgspec.structs.astuple(each) for each in fact.signals]


def _take(open_: dict[str, Incident], fact: Noticed) -> list[Intent]:
    """Begin what is new, note what goes on, and what was looked for in vain."""
    found: list[Intent] = []
    named = {name_of(each.kind, each.part): each for each in fact.signals}
    for name in sorted(open_.keys() - named.keys()):
        if open_[name].missed_since is None:
            open_[name] = msgspec.structs.replace(open_[name], missed_since=fact.at)
    found += _ended(open_, fact.at)
    for name, signal in named.items():
        if name not in open_:
            found.append(Began(fact.at, signal))
        since = open_[name].opened_at if name in open_ else fact.at
        open_[name] = Incident(since, fact.at)
    return found


def _ends(open_: Mapping[str, Incident]) -> dict[str, int]:
    """When incidents end if nothing more is seen of them, of those that were looked for in vain."""
    return {
        name: each.missed_since + (BREAKER_HOLDS_US if name.startswith(Kind.BREAKER) else CALM_US)
        for name, each in open_.items()
        if each.missed_since is not None
    }


def _ended(open_: dict[str, Incident], now: int) -> list[Intent]:
    ends = _ends(open_)
    found: list[Intent] = []
    for name in sorted(name for name, at in ends.items() if at <= now):
        incident = open_.pop(name)
        kind, _, part = name.partition(" ")
        lasted = (incident.seen_at - incident.opened_at) / HOUR_US
        found.append(Ended(ends[name], Kind(kind), part, f"Back to normal after {lasted:.1f} hours"))
    return found
