"""How events reach us: mostly within seconds, sometimes days late, now and then twice, never before they happen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from keepwell.base.time import DAY_US, HOUR_US, SECOND_US
from keepwell.events.event import Raw
from keepwell.simulation import tuning
from keepwell.simulation.draws import Ints
from keepwell.simulation.market import Incident
from keepwell.simulation.spec import WorldSpec
from keepwell.simulation.tables import Rendering, Table

CHUNK = 8192


@dataclass(frozen=True)
class Arrivals:
    """Rows in the order in which they became known: table, place in it, instant."""

    table: Ints
    place: Ints
    received: Ints


def arrive(spec: WorldSpec, tables: Sequence[Table], outages: Sequence[Incident], rng: Generator) -> Arrivals:
    """When each row becomes known. What is not known by the end of the history is not in it."""
    received = [_received(spec, each, outages, rng) for each in tables]
    nothing = np.empty(0, np.int64)
    number = np.concatenate([nothing, *(np.full(len(each), place) for place, each in enumerate(tables))])
    place = np.concatenate([nothing, *(np.arange(len(each)) for each in tables)])
    known = np.concatenate([nothing, *received])
    again = np.flatnonzero(rng.random(len(known)) < tuning.DUPLICATE_SHARE)
    retried = known[again] + (rng.exponential(90.0, len(again)) * SECOND_US).astype(np.int64)
    number, place = np.append(number, number[again]), np.append(place, place[again])
    known = np.append(known, retried)
    order = np.argsort(known, kind="stable")
    order = order[known[order] < spec.until]
    return Arrivals(number[order], place[order], known[order])


def together(one: Arrivals, other: Arrivals, tables: int) -> Arrivals:
    """Two deliveries in one order; the tables of the other are numbered after so many of the first."""
    received = np.append(one.received, other.received)
    order = np.argsort(received, kind="stable")
    table = np.append(one.table, other.table + tables)
    return Arrivals(table[order], np.append(one.place, other.place)[order], received[order])


def _received(spec: WorldSpec, source: Table, outages: Sequence[Incident], rng: Generator) -> Ints:
    """Seconds after the event; for a few hours to days; and after an outage of the feed, all at its end."""
    size = len(source)
    delay = rng.lognormal(np.log(tuning.DELAY_SECONDS), 0.8, size) * SECOND_US
    if source.feed != "platform":
        late = rng.random(size) < tuning.LATE_SHARE
        delay = np.where(late, rng.uniform(*tuning.LATE_HOURS, size) * HOUR_US, delay)
    known = source.at + delay.astype(np.int64)
    for outage in outages:
        days = (source.at - spec.span.start_us) / DAY_US
        if outage.where == source.feed:
            back = spec.span.instant(outage.ends) + (rng.random(size) * 600 * SECOND_US).astype(np.int64)
            known = np.where(outage.covers(days), np.maximum(known, back), known)
    return known


def chunks(tables: Sequence[Table], arrivals: Arrivals, rendering: Rendering) -> Iterator[list[Raw]]:
    """The rows, some thousand at a time, in the order in which they became known."""
    for begin in range(0, len(arrivals.table), CHUNK):
        part = slice(begin, begin + CHUNK)
        yield _chunk(tables, Arrivals(*(each[part] for each in _columns(arrivals))), rendering)


def _columns(arrivals: Arrivals) -> tuple[Ints, Ints, Ints]:
    return arrivals.table, arrivals.place, arrivals.received


def _chunk(tables: Sequence[Table], part: Arrivals, rendering: Rendering) -> list[Raw]:
    order = np.argsort(part.table, kind="stable")
    numbers, begins = np.unique(part.table[order], return_index=True)
    rows: list[Raw] = []
    for number, places in zip(numbers.tolist(), np.split(order, begins[1:]), strict=True):
        rows += rendering.rows(number, tables[number], part.place[places], part.received[places])
    return [rows[place] for place in np.argsort(order, kind="stable").tolist()]
