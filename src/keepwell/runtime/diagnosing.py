"""Diagnosing: customers' telemetry out of the log, what others did beside it, and what the Expert makes of both."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from keepwell.base.ids import hash63
from keepwell.base.time import HOUR_US, last_day_before
from keepwell.config.expert import OWN, in_use, load_knowledge, shipped_names
from keepwell.config.expert_tables import load_tables
from keepwell.engines import duckdb as engine
from keepwell.events.catalog import Stream, number
from keepwell.expert.crowd import Crowd, gather, standings
from keepwell.expert.diagnose import Diagnosis, diagnose
from keepwell.expert.knowledge import Knowledge
from keepwell.expert.telemetry.observe import KINDS, case, compared, observe
from keepwell.expert.telemetry.record import NOW_US, PAST_US, Span
from keepwell.runtime.indicating import indicated
from keepwell.runtime.ports.expert import Diagnosed, Indicated
from keepwell.runtime.scoring import look
from keepwell.runtime.sent import Sent
from keepwell.runtime.workspace import Workspace
from keepwell.store.customers import number_of

PEERS = 200
"""Customers that one is compared with: the tests of scope need some dozens, and reading more takes seconds."""
PLATFORM = 0  # as the customer of an event: it is of the platform itself
LASTING = ("approval_granted", "authority_changed", "bridge_message", "kyc_expiring", "screening_hit")
"""Events that hold until something else is said."""
WINDOWS: Mapping[str, int] = {Stream.ACTIVITY: 60, Stream.FACT: 365}
"""Days of each stream that are looked at: a bridge's message that says nothing for so long is given up."""
AT_MOST = 20_000
"""Events of one customer that are looked at; of more, the newest."""
FEW = 1000  # up to this many customers are picked out while reading


class CrowdOfTheHour:
    """The crowd of the hour's beginning, so that nothing later than what is asked is in it; made once an hour."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._guard = threading.Lock()
        self._known: dict[int, Crowd] = {}

    def at(self, moment: int) -> Crowd:
        """The crowd of a moment's hour; two are kept, as a page of the hour before may still be open."""
        hour = moment // HOUR_US
        with self._guard:
            if hour not in self._known:
                self._known = dict(sorted(self._known.items())[-1:])
                self._known[hour] = crowd(self._workspace, hour * HOUR_US)
            return self._known[hour]


class StoredExpert:
    """Implements the `Expert` port."""

    def __init__(self, workspace: Workspace, clock: Callable[[], int], crowds: CrowdOfTheHour | None = None) -> None:
        self._workspace = workspace
        self._clock = clock
        self._crowds = crowds or CrowdOfTheHour(workspace)

    def _knowledge(self) -> Knowledge:
        return in_use(self._workspace.folder / OWN)[0]

    def diagnose(self, customer_id: str, as_of: int | None) -> Diagnosed | None:
        at = self._clock() if as_of is None else as_of
        return diagnosed(self._workspace, customer_id, at, lambda: Beside(self._crowds.at(at), self._knowledge()))

    def indicators(self, customer_id: str, as_of: int | None) -> Indicated | None:
        return indicated(self._workspace, customer_id, self._clock() if as_of is None else as_of, self._knowledge())


def diagnosed(
    workspace: Workspace, customer_id: str, at: int, given: Callable[[], Beside] | None = None
) -> Diagnosed | None:
    """Diagnose one customer as known before a moment; what it rests on besides is looked up when it is not given.

    Raises:
        FileRefusedError: nothing was given, and the installation's own numbers are malformed.
    """
    with workspace.database.read() as session:
        customer = number_of(session, customer_id)
    if customer is None:
        return None
    if given is None:
        beside = Beside(crowd(workspace, at), load_knowledge(workspace.folder / OWN, shipped_names()))
    else:
        beside = given()
    sent = telemetry(workspace, [customer], at)
    (found,) = diagnose_all(sent, [customer], at, beside)
    return Diagnosed(customer_id, found.diagnosis, beside.knowledge, found.events, beside.crowd.beside(customer))


@dataclass(frozen=True)
class Beside:
    """What every diagnosis of a moment rests on besides the customer's own telemetry."""

    crowd: Crowd
    knowledge: Knowledge


@dataclass(frozen=True)
class Known:
    """A diagnosis of a customer, by number, and how many events it rests on."""

    customer: int
    diagnosis: Diagnosis
    events: int


def diagnose_all(sent: Sent, customers: Sequence[int], at: int, beside: Beside) -> list[Known]:
    """Diagnose some customers by what they sent, read as known before the same moment; in the order given."""
    platform, span, tables = sent.of(PLATFORM), Span(at), load_tables()
    own = [sent.of(each) for each in customers]
    seen = [observe([*found, *platform], span, tables) for found in own]
    usual_slippage = beside.crowd.slippage
    owned = [(each, compared(had, usual_slippage)) for each, had in zip(customers, seen, strict=True)]
    return [
        Known(each, diagnose(case(had, whose, at), beside.knowledge), len(found))
        for each, had, whose, found in zip(customers, seen, standings(owned, beside.crowd), own, strict=True)
    ]


def crowd(workspace: Workspace, at: int) -> Crowd:
    """Some of those who sent telemetry before a moment, chosen by a hash of the day: others on another day."""
    day = last_day_before(at)
    chosen = sorted(senders(workspace, at), key=lambda each: hash63(f"{day}:{each}".encode()))[:PEERS]
    sent, span, tables = telemetry(workspace, chosen, at), Span(at), load_tables()
    seen = {each: observe(sent.of(each), span, tables) for each in chosen}
    return gather(seen)


def senders(workspace: Workspace, at: int) -> list[int]:
    """Customers who sent telemetry in the span that is looked at, in no order."""
    return engine.customers_with(look(workspace, (at, at), [], WINDOWS), _sent(at))


def telemetry(workspace: Workspace, customers: Sequence[int], at: int) -> Sent:
    """Telemetry of some customers and of the platform, as known before a moment."""
    whose = [f"customer = {PLATFORM}"]
    if len(customers) > FEW:
        whose.append(f"customer BETWEEN {min(customers)} AND {max(customers)}")
    elif len(customers) > 1:
        whose.append(f"customer IN ({', '.join(map(str, customers))})")
    elif customers:
        whose.append(f"customer = {customers[0]}")
    return Sent(look(workspace, (at, at), [], WINDOWS), [f"{_sent(at)} AND {each}" for each in whose], AT_MOST)


def _sent(at: int) -> str:
    """A condition on the log: telemetry of the span that is looked at, known before a moment."""
    kinds, lasting = (", ".join(str(number(each)) for each in sorted(some)) for some in (KINDS, LASTING))
    return (
        f"known_at < {at} AND (kind IN ({lasting}) OR (kind IN ({kinds}) AND occurred_at >= {at - NOW_US - PAST_US}))"
    )
