"""Diagnosing: a customer's telemetry out of the log, what others did beside it, and what the Expert makes of both."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, replace

import msgspec

from keepwell.base.ids import hash63
from keepwell.base.time import DAY_US, HOUR_US, last_day_before
from keepwell.config.expert import load_knowledge, shipped_names
from keepwell.config.expert_tables import load_tables
from keepwell.engines import duckdb as engine
from keepwell.events.catalog import key_of, number
from keepwell.expert.diagnose import diagnose
from keepwell.expert.scope import Standing, Topic, of_failures, of_work
from keepwell.expert.telemetry.domain import Tally
from keepwell.expert.telemetry.observe import KINDS, Observed, case, observe
from keepwell.expert.telemetry.record import NOW_US, PAST_US, Occurrence, Span
from keepwell.runtime.ports.expert import Diagnosed
from keepwell.runtime.scoring import look
from keepwell.runtime.workspace import Workspace
from keepwell.statistics.failures import Counts
from keepwell.statistics.work import Amounts
from keepwell.store.customers import number_of

PEERS = 200
"""Customers that one is compared with: the tests of scope need some dozens, and reading more takes seconds."""
PLATFORM = 0  # as the customer of an event: it is of the platform itself
LASTING = ("approval_granted", "authority_changed", "bridge_message", "kyc_expiring", "screening_hit")
"""Events that hold until something else is said."""
LASTING_US = 365 * DAY_US
OWN = "knowledge.toml"
"""The installation's own numbers, in the data folder."""
AT_MOST = 1_000_000
"""Telemetry events that are read at once; of more, the newest."""

_decode = msgspec.json.Decoder(dict[str, object]).decode


Crowd = Mapping[int, Mapping[Topic, Tally]]
"""What other customers did: the tallies of each of them, by number."""


class StoredExpert:
    """Implements the `Expert` port. The crowd is that of the hour's beginning: nothing later than asked is in it."""

    def __init__(self, workspace: Workspace, clock: Callable[[], int]) -> None:
        self._workspace = workspace
        self._clock = clock
        self._guard = threading.Lock()
        self._crowd: tuple[int, Crowd] | None = None

    def diagnose(self, customer_id: str, as_of: int | None) -> Diagnosed | None:
        at = self._clock() if as_of is None else as_of
        return diagnosed(self._workspace, customer_id, at, lambda: self._crowd_at(at))

    def _crowd_at(self, at: int) -> Crowd:
        hour = at // HOUR_US
        with self._guard:
            if self._crowd is None or self._crowd[0] != hour:
                self._crowd = hour, crowd(self._workspace, hour * HOUR_US)
            return self._crowd[1]


def diagnosed(
    workspace: Workspace, customer_id: str, at: int, beside: Callable[[], Crowd] | None = None
) -> Diagnosed | None:
    """Diagnose one customer as known before a moment, beside a crowd that is looked at when none is given."""
    with workspace.database.read() as session:
        customer = number_of(session, customer_id)
    if customer is None:
        return None
    others = crowd(workspace, at) if beside is None else beside()
    sent = occurrences(workspace, [customer, PLATFORM], at)
    found = sent.get(customer, [])
    knowledge = load_knowledge(workspace.folder / OWN, shipped_names())
    observed = observe([*found, *sent.get(PLATFORM, [])], Span(at), load_tables())
    peers = [tallies for each, tallies in others.items() if each != customer]
    looked_at = case(observed, standings(observed, peers), at)
    return Diagnosed(customer_id, diagnose(looked_at, knowledge), knowledge, len(found), len(peers))


def crowd(workspace: Workspace, at: int) -> Crowd:
    """Some of those who sent telemetry before a moment, chosen by a hash of the day: others on another day."""
    log = look(workspace, (at, at), [])
    day = last_day_before(at)
    sending = engine.customers_with(log, _sent(at))
    chosen = sorted(sending, key=lambda each: hash63(f"{day}:{each}".encode()))[:PEERS]
    tables = load_tables()
    found = occurrences(workspace, chosen, at)
    return {each: observe(several, Span(at), tables).tallies for each, several in found.items()}


def occurrences(workspace: Workspace, customers: Sequence[int], at: int) -> dict[int, list[Occurrence]]:
    """Telemetry of some customers as known before a moment, oldest first, by number."""
    listed = ", ".join(map(str, customers)) or "NULL"
    rows = engine.events_of(look(workspace, (at, at), []), f"{_sent(at)} AND customer IN ({listed})", AT_MOST)
    found: dict[int, list[Occurrence]] = defaultdict(list)
    for row in reversed(rows.select(["customer", "kind", "name", "occurred_at", "properties"]).to_pylist()):
        kind = key_of(row["kind"], row["name"])
        found[row["customer"]].append(Occurrence(kind, row["occurred_at"], _decode(row["properties"])))
    return found


def _sent(at: int) -> str:
    """A condition on the log: telemetry of the span that is looked at, known before a moment."""
    kinds, lasting = (", ".join(str(number(each)) for each in sorted(some)) for some in (KINDS, LASTING))
    lately = f"(kind IN ({kinds}) AND occurred_at >= {at - NOW_US - PAST_US})"
    longer = f"(kind IN ({lasting}) AND occurred_at >= {at - LASTING_US})"
    return f"known_at < {at} AND ({lately} OR {longer})"


def standings(own: Observed, others: Sequence[Mapping[Topic, Tally]]) -> dict[Topic, Standing]:
    """How a customer's counts compare with its own past and with others."""
    return {
        topic: _standing(tally, [each[topic] for each in others if topic in each])
        for topic, tally in own.tallies.items()
    }


def _standing(own: Tally, others: Sequence[Tally]) -> Standing:
    now, past = _sum([each.now for each in others]), _sum([each.past for each in others])
    if isinstance(own.now, Counts) and isinstance(own.past, Counts):
        (found,) = of_failures(own.now, own.past, Counts(*now), Counts(*past))
    elif isinstance(own.now, Amounts) and isinstance(own.past, Amounts):
        (found,) = of_work(own.now, own.past, Amounts(*now), Amounts(*past))
    else:
        found = Standing()
    return replace(found, cusum=own.drift)


def _sum(parts: Sequence[Counts | Amounts]) -> tuple[float, float]:
    """What several counted together."""
    rows = [astuple(each) for each in parts]
    return sum(row[0] for row in rows), sum(row[1] for row in rows)
