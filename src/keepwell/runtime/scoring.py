"""Scores at any moment, from the log: what was known then, under the scorecards in force then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec
import numpy as np
import pyarrow as pa

from keepwell.base.time import DAY_US, last_day_before
from keepwell.engines import duckdb as engine
from keepwell.events.catalog import Stream
from keepwell.metrics.aggregates import PROFILE_COLUMNS
from keepwell.metrics.references import STATEMENTS, Reference, freeze
from keepwell.metrics.rollups import DAY_WINDOW, FACT_WINDOW
from keepwell.metrics.table import Table
from keepwell.metrics.view import View
from keepwell.runtime.workspace import Workspace
from keepwell.scores.score import Scores, evaluate
from keepwell.scores.scorecard import Deck
from keepwell.store import log, scorecards
from keepwell.store.customers import all_ids
from keepwell.store.database import Session
from keepwell.store.segments import FIRST, manifest

DATES_AT_ONCE = 60
WINDOWS: Mapping[str, int | None] = {
    Stream.ACTIVITY: DAY_WINDOW, Stream.FACT: FACT_WINDOW, Stream.STATE: None, FIRST: None,
}  # fmt: skip
"""Days of each stream that scores need; None is all."""


@dataclass(frozen=True)
class Scored:
    """Scores with the rows and the scorecards they belong to."""

    view: View
    deck: Deck

    @cached_property
    def scores(self) -> Scores:
        return evaluate(self.view, self.deck)

    @property
    def table(self) -> Table:
        return self.view.table

    @property
    def customers(self) -> list[int]:
        numbers: list[int] = self.table.scope["customer"].tolist()
        return numbers

    def cards(self) -> list[str]:
        """The name of the scorecard of each row."""
        names = {segment: self.deck.card(segment).name for segment in set(self.table.scope["segment_id"].tolist())}
        return [names[segment] for segment in self.table.scope["segment_id"].tolist()]


def look(
    workspace: Workspace,
    span: tuple[int, int],
    customers: Sequence[int] | None = None,
    windows: Mapping[str, int | None] = WINDOWS,
) -> engine.LogSnapshot:
    """One consistent look at the log: manifest, hot rows and profiles of the same moment.

    `span` is the first and last moment that will be asked about; `customers` says whose profiles
    are needed, all when it is None; `windows` how many days of each stream.
    """
    oldest_day = last_day_before(span[0])
    with workspace.database.read() as session:
        files = {
            str(stream): workspace.segments.paths(manifest(session, [stream], _since(oldest_day, window)))
            for stream, window in windows.items()
        }
        return engine.LogSnapshot(files, log.hot(session), _profiles(session, span, customers), _items(session))


def _since(day: int, window: int | None) -> int:
    return 0 if window is None else max(day - window, 0) * DAY_US


def _profiles(session: Session, span: tuple[int, int], customers: Sequence[int] | None) -> pa.Table:
    names = ("customer", "known_at", "until", *PROFILE_COLUMNS)
    chosen = "" if customers is None else f" AND customer IN ({', '.join(map(str, customers)) or 'NULL'})"
    statement = f"SELECT {', '.join(names)} FROM profile WHERE known_at < ? AND until >= ?{chosen}"
    found = session.integers(statement, (span[1], span[0]))
    return pa.table([pa.array(column) for column in np.asfortranarray(found).T], names=list(names))


def _items(session: Session) -> pa.Table:
    columns = session.columns("SELECT set_id, item, number FROM set_item")
    types = {"set_id": pa.int64(), "item": pa.string(), "number": pa.int64()}
    return pa.table([pa.array(columns[name], kind) for name, kind in types.items()], names=list(types))


def score_at(workspace: Workspace, moment: int, deck: Deck | None = None) -> Scored:
    """Scores of all customers with an event before a moment."""
    return Scored(view_at(workspace, moment), deck or deck_at(workspace, moment))


def view_at(workspace: Workspace, moment: int, customers: Sequence[int] | None = None) -> View:
    """What was known of all customers, or some, before a moment."""
    day = last_day_before(moment)
    return view_of(look(workspace, (moment, moment), customers), moment, reference_for(workspace, day), customers)


def view_of(log: engine.LogSnapshot, moment: int, reference: Reference, customers: Sequence[int] | None = None) -> View:
    """What a look at the log says of a moment."""
    table = engine.compute(log, [(0, moment, last_day_before(moment), 1)], customers)
    return View(table, {0: reference})


def deck_at(workspace: Workspace, moment: int) -> Deck:
    """The scorecards in force before a moment."""
    with workspace.database.read() as session:
        return scorecards.in_force(session, moment) or workspace.deck


def reference_for(workspace: Workspace, day: int) -> Reference:
    """What was usual when a day began: remembered, else made from what was known before it."""
    with workspace.database.read() as session:
        found = session.one("SELECT doc FROM reference WHERE day = ?", (day,))
        empty = log.is_empty(session)
    if isinstance(found, str):
        return msgspec.json.decode(found, type=Reference)
    if empty:
        return Reference(day)  # what the engine would find too, without 40 MB of it
    start = day * DAY_US
    table = engine.compute(look(workspace, (start, start)), [(0, start, day - 1, 1)], only=STATEMENTS)
    made = freeze(table)
    return made[0] if made else Reference(day)


def remember_references(session: Session, references: Sequence[Reference]) -> None:
    """Keep references as dated rows."""
    session.many(
        "INSERT INTO reference (day, doc) VALUES (?, ?) ON CONFLICT (day) DO UPDATE SET doc = excluded.doc",
        [(each.day, msgspec.json.encode(each).decode()) for each in references],
    )


def score_days(workspace: Workspace, first_day: int, last_day: int) -> list[Scored]:
    """Scores at the end of each day of a span, many dates at once."""
    found: list[Scored] = []
    for start in range(first_day, last_day + 1, DATES_AT_ONCE):
        end = min(start + DATES_AT_ONCE - 1, last_day)
        found.append(_score_span(workspace, start, end))
    return found


def _score_span(workspace: Workspace, first_day: int, last_day: int) -> Scored:
    """Moments are the midnights that end each day, and the one before: it gives the first reference."""
    days = range(first_day - 1, last_day + 1)
    asked = [(day, (day + 1) * DAY_US, day, day + 1) for day in days]
    table = engine.compute(look(workspace, (asked[0][1], asked[-1][1])), asked)
    made = {reference.day: reference for reference in freeze(table)}
    references: Mapping[int, Reference] = {
        day: made.get(day, Reference(day)) for day in range(first_day - 1, last_day + 1)
    }
    with workspace.database.write() as session:
        remember_references(session, list(made.values()))
    view = View(table, references)
    return Scored(view, deck_at(workspace, asked[-1][1]))


def named(workspace: Workspace, customers: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[str]:
    """External ids of customers."""
    with workspace.database.read() as session:
        names = all_ids(session)
    return [names[customer] for customer in customers.tolist()]
