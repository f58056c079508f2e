"""Telemetry of a world's last weeks: what some customers' own logs add to what they did, and what they hold.

It is drawn from its own stream and only adds: properties to events that there are, and events that count as nobody's
activity. So a world is the same with it and without, but for what the Expert sees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import cycle
from typing import Any

import numpy as np
from numpy.random import Generator

from keepwell.base.time import DAY_US
from keepwell.simulation import causes, evidence
from keepwell.simulation.causes import CAUSES, Planted, Trade
from keepwell.simulation.draws import Ints, Mask
from keepwell.simulation.evidence import Failure
from keepwell.simulation.fates import Kind
from keepwell.simulation.holdings import HOLDING, papers
from keepwell.simulation.stage import Stage
from keepwell.simulation.tables import Table
from keepwell.simulation.telemetry import Customer, Sent, violations

DAYS = 35
SHARE = 0.5
"""Of the customers, who send telemetry."""
HOLDERS: Mapping[str, tuple[Trade, ...]] = {
    "trader": (Trade.LIQUIDITY, Trade.BORROWING, Trade.BRIDGING),
    "institution": (Trade.BORROWING,),
}
"""What customers of a segment hold, in turn."""
TROUBLES = (causes.OUT_OF_RANGE, causes.LIQUIDATION, causes.KYC, causes.APPROVAL, causes.UNREDEEMED)
"""Planted once each, where somebody holds such a thing."""
HOLDS_DAYS = 4
FEED = "telemetry"


def senders(stage: Stage, rng: Generator) -> dict[int, Customer]:
    """Some customers, by their place, with what they hold and what is planted on them."""
    return _holders(stage, np.flatnonzero(_sending(stage, rng)).tolist(), rng)


def measure(
    stage: Stage, tables: Sequence[Table], sending: Mapping[int, Customer], rng: Generator
) -> tuple[list[Table], list[Table]]:
    """The tables of a world with what telemetry adds to their rows of the last weeks; and new tables."""
    chosen = np.isin(np.arange(len(stage)), list(sending))
    told = [_told(stage, each, chosen, rng) for each in tables]
    first = stage.spec.span.first + max(stage.days - DAYS, 0)
    rows = [(place, row) for place, one in sending.items() for row in _rows(stage, one, first, rng)]
    return told, _tables(rows)


def _sending(stage: Stage, rng: Generator) -> Mask:
    """Some of those who are there to the end; all whom the technology fails."""
    there = stage.stopped >= stage.spec.until
    failing = np.array([story.kind is Kind.TECHNICAL_TROUBLE for story in stage.stories])
    return there & (stage.joined < stage.spec.until - DAYS * DAY_US) & (failing | (rng.random(len(stage)) < SHARE))


def _holders(stage: Stage, sending: Sequence[int], rng: Generator) -> dict[int, Customer]:
    """Who holds what; of each trouble the first who can have it does."""
    turns = {segment: cycle(trades) for segment, trades in HOLDERS.items()}
    left = {each.name: each for each in CAUSES if each.name in TROUBLES}
    found: dict[int, Customer] = {}
    for place in sending:
        segment = stage.profiles.segment_name(place)
        trade = next(turns[segment]) if segment in turns else Trade.CALLS
        fitting = next((name for name, each in left.items() if trade is each.trade or _anybody(name, segment)), None)
        begins = stage.spec.until - HOLDS_DAYS * DAY_US
        who = stage.profiles.ids[place]
        own = () if fitting is None else (Planted(left.pop(fitting), who, begins, stage.spec.until),)
        found[place] = Customer(who, trade, 0.0, 0.0, 0.0, float(rng.uniform(0, 24)), own)
    return found


def _anybody(cause: str, segment: str) -> bool:
    """Approvals are granted by whoever trades."""
    return cause == causes.APPROVAL and segment in HOLDERS


def _rows(stage: Stage, one: Customer, first: int, rng: Generator) -> Iterator[Sent]:
    last = stage.spec.until // DAY_US - 1
    found = list(papers(one, first, last, rng))
    if one.trade in HOLDING:
        for day in range(first, last + 1):
            found += HOLDING[one.trade](one, day, rng)
    return (row for row in found if row.at < stage.spec.until)


def _tables(rows: Sequence[tuple[int, Sent]]) -> list[Table]:
    """One table for each kind of event."""
    found = []
    for kind in sorted({row.kind for _, row in rows}):
        some = [(place, row) for place, row in rows if row.kind == kind]
        customer, at = (np.array(each, np.int64) for each in zip(*((who, row.at) for who, row in some), strict=True))
        found.append(Table(kind, FEED, customer, at, more={n: row.properties for n, (_, row) in enumerate(some)}))
    return found


# --- what is added to events that there are ---------------------------------------------------


def _told(stage: Stage, source: Table, sending: Mask, rng: Generator) -> Table:
    """A table with what the telemetry of its late rows adds."""
    add = _ADDS.get(source.event)
    if add is None:
        return source
    late = source.at >= stage.spec.until - DAYS * DAY_US
    places = np.flatnonzero(late & sending[source.customer])
    return replace(source, more=add(stage, source, places, rng))


More = dict[int, dict[str, Any]]


def _transactions(stage: Stage, source: Table, places: Ints, rng: Generator) -> More:
    """Of single transactions on Solana: the sender's log, and the evidence of what failed."""
    found: More = {}
    names = source.columns.get("error")
    for place in places.tolist():
        if source.columns["chain"][place] != "solana" or source.columns["count"][place] != 1:
            continue
        at, who = int(source.at[place]), stage.profiles.ids[int(source.customer[place])]
        sent = {"feed": "client_log", "signature": f"{who}-{at}", "send_ts": at // 1000,
                "cu_price_micro": int(rng.integers(5_500, 9_000))}  # fmt: skip
        error = None if names is None else str(names[place])
        found[place] = sent | _evidence(error, str(source.columns["status"][place]))
    return found


def _evidence(error: str | None, status: str) -> dict[str, Any]:
    """`err` and the log of a transaction that failed, as its error says; of another what became of it."""
    if error is None:
        return {"err": None}
    if status != "failed":
        return {}
    left = _ERRORS.get(error)
    return {"err": error} if left is None else {name: value for name, value in left().items() if name != "status"}


_ERRORS: Mapping[str, Callable[[], Failure]] = {
    "SlippageToleranceExceeded": evidence.slippage,
    "ComputationalBudgetExceeded": lambda: evidence.out_of_compute(120_000),
}


def _calls(stage: Stage, source: Table, places: Ints, _rng: Generator) -> More:
    """How requests were answered; those whom the technology fails are refused for asking too often."""
    found: More = {}
    for place in places.tolist():
        customer, day = int(source.customer[place]), int(source.at[place] - stage.spec.span.start_us) // DAY_US
        count, errors = int(source.columns["count"][place]), int(source.columns["errors"][place])
        bad = "429" if stage.health.faults[customer, day] > 0 else "400"
        told = {"200": count - errors, bad: errors}
        found[place] = {"http_statuses": {status: n for status, n in told.items() if n}}
    return found


def _work(stage: Stage, source: Table, places: Ints, rng: Generator) -> More:
    """How the hardware does; that of those whom the technology fails is too hot."""
    hot = next(each for each in CAUSES if each.name == causes.HEAT)
    found: More = {}
    for place in places.tolist():
        customer, at = int(source.customer[place]), int(source.at[place])
        story = stage.stories[customer]
        since = stage.spec.span.instant(story.faults)
        planted = (Planted(hot, stage.profiles.ids[customer], since, stage.spec.until),) if story.faults < 1e9 else ()
        one = Customer(stage.profiles.ids[customer], Trade.MINING, 0.0, 0.0, 0.0, 0.0, planted)
        warm = one.suffers(causes.HEAT, at)
        found[place] = {
            "worker": "rig-1",
            "hw": {
                "util": 97, "temp": 91 if warm else int(rng.normal(68, 2)), "sm_clock": 1500 if warm else 1980,
                "thermal_violation_ns": violations(one, at), "power_violation_ns": 0, "xid": 0,
            },
        }  # fmt: skip
    return found


_ADDS: Mapping[str, Callable[[Stage, Table, Ints, Generator], More]] = {
    "transaction": _transactions,
    "api_called": _calls,
    "work": _work,
}
