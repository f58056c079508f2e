"""Observing one customer: events of telemetry in, what the Expert looks at out. It is pure.

What is not in the events is left out, and stays unknown. An event whose kind no domain knows changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from keepwell.expert.case import Case, Seen, gathered
from keepwell.expert.features import Value
from keepwell.expert.reading.tables import Tables
from keepwell.expert.scope import Standing, Topic
from keepwell.expert.telemetry.access import KEYS, SIGN_INS, WITHDRAWALS
from keepwell.expert.telemetry.bridges import BRIDGES
from keepwell.expert.telemetry.calls import CALLS
from keepwell.expert.telemetry.compliance import IDENTITY, SCREENING, TRAVEL_RULE
from keepwell.expert.telemetry.domain import Domain
from keepwell.expert.telemetry.hardware import HARDWARE
from keepwell.expert.telemetry.loans import LOANS
from keepwell.expert.telemetry.network import NETWORK
from keepwell.expert.telemetry.positions import POSITIONS
from keepwell.expert.telemetry.proofs import PROOFS
from keepwell.expert.telemetry.record import Occurrence, Span, record
from keepwell.expert.telemetry.security import APPROVALS, AUTHORITY, TRANSFERS
from keepwell.expert.telemetry.swaps import SWAPS, Fills, fills
from keepwell.expert.telemetry.tally import Tally
from keepwell.expert.telemetry.transactions import TRANSACTIONS
from keepwell.expert.telemetry.values import middle
from keepwell.expert.telemetry.work import WORK

DOMAINS: Final[tuple[Domain[Any], ...]] = (
    TRANSACTIONS, CALLS, NETWORK, SWAPS, WORK, PROOFS, HARDWARE, POSITIONS, LOANS, BRIDGES, APPROVALS, AUTHORITY,
    TRANSFERS, SIGN_INS, KEYS, WITHDRAWALS, SCREENING, IDENTITY, TRAVEL_RULE,
)  # fmt: skip
KINDS: Final = frozenset(kind for domain in DOMAINS for kind in domain.kinds) | {"signed_in"}
"""Events that are looked at: what must be fetched for a customer, and of the platform itself."""
NOT_FROM_EVENTS: Final[Mapping[str, str]] = dict.fromkeys(
    ("stat.p_own", "stat.p_peer", "stat.p_net", "stat.n", "stat.cusum"),
    "asked of a topic's standing, which compares tallies of this customer with those of all others",
)
"""Features that no single customer's events tell, and why."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What the events of one customer say.

    Attributes:
        features: by the names of the knowledge base; what is not known is absent.
        readings: what was seen in the window, one of each with its count.
        tallies: of each topic that could be counted.
        objects: what features are of, in the sender's words.
        fills: of swaps, of which counts come only with `compared`.
    """

    features: Mapping[str, Value] = field(default_factory=dict)
    readings: tuple[Seen, ...] = ()
    tallies: Mapping[Topic, Tally] = field(default_factory=dict)
    fills: Fills | None = None
    objects: Mapping[str, str] = field(default_factory=dict)


def observe(occurrences: Iterable[Occurrence], span: Span, tables: Tables) -> Observed:
    """What the Expert looks at, from a customer's events and those of the platform itself, in any order.

    Events from `span.now` on did not happen yet. What holds until something else is said (approvals, identity checks,
    screenings, messages of bridges) is taken from all events that are given, everything else from the two windows.
    """
    kept = record((each for each in occurrences if each.kind in KINDS), span)
    looks = [look for domain in DOMAINS if (look := domain.look(kept, tables)) is not None]
    seen = gathered(each for look in looks for each in look.readings)
    return Observed(
        features={name: value for look in looks for name, value in look.features.items()},
        readings=tuple(each for same in seen.values() for each in same),
        tallies={topic: tally for look in looks for topic, tally in look.tallies.items()},
        fills=fills(kept),
        objects={name: said for look in looks for name, said in look.objects.items()},
    )


def usual(crowd: Iterable[Observed]) -> float | None:
    """The median slippage of some customers, in basis points: of their own medians, so that nobody sets it alone."""
    return middle(each.fills.usual for each in crowd if each.fills is not None)


def compared(observed: Observed, usual_slippage: float | None) -> dict[Topic, Tally]:
    """The tallies of a customer, with those that depend on what is usual among others, where that is known."""
    if observed.fills is None or usual_slippage is None:
        return dict(observed.tallies)
    return {**observed.tallies, Topic.SLIPPAGE: observed.fills.worse(usual_slippage)}


def case(observed: Observed, standings: Mapping[Topic, Standing], now: int) -> Case:
    """The case of a customer, once its tallies were compared with those of others."""
    return Case(now, observed.features, observed.readings, standings, observed.objects)
