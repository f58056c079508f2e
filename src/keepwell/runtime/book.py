"""The book of customers, read from what is remembered: the port behind pages and commands."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from keepwell.base.time import DAY_US, day_of, last_day_before
from keepwell.customers import traits
from keepwell.customers.profile import Profile
from keepwell.runtime import board, events, lists, overviews, single
from keepwell.runtime import explain as explaining
from keepwell.runtime.board import Board
from keepwell.runtime.columns import TREND_DAYS, Columns
from keepwell.runtime.overviews import PastDays
from keepwell.runtime.ports.book import (
    CustomerLine,
    CustomerPage,
    CustomersPart,
    CustomersSheet,
    Days,
    EventLine,
    EventPlace,
    EventsAsked,
    EventsPart,
    Explanation,
    Marker,
    Overview,
    Place,
    ScoreLine,
    Sheet,
    Wanted,
)
from keepwell.runtime.workspace import Workspace
from keepwell.store import profiles, scorecards, scores
from keepwell.store.customers import number_of
from keepwell.store.database import Session

HISTORY_DAYS = 365
RECENT = 20


class StoredBook:
    """Implements the `Book` port over a workspace. Lists and figures come from a board in memory."""

    def __init__(self, workspace: Workspace, clock: Callable[[], int]) -> None:
        self._workspace = workspace
        self._clock = clock
        self._board = Board(workspace.database)
        self._past = PastDays(workspace.database)

    def overview(self) -> Overview:
        columns = self._board.columns()
        with self._workspace.database.read() as session:
            simulated = session.one("SELECT value FROM setting WHERE name = 'simulated'") is not None
        found = overviews.overview(columns, self._past.before(columns.as_of), simulated=simulated)
        drops, attention = overviews.falling(columns), overviews.attention(columns)
        shown = self._lines(columns, np.concatenate((drops, attention)))
        return msgspec.structs.replace(found, drops=shown[: len(drops)], attention=shown[len(drops) :])

    def customers(self, sheet: Sheet) -> CustomersSheet:
        columns = self._board.columns()
        places, counts, page = lists.sheet(columns, sheet)
        return CustomersSheet(self._lines(columns, places), counts, page)

    def _lines(self, columns: Columns, places: NDArray[np.int64]) -> list[CustomerLine]:
        """Lines with their trends."""
        with self._workspace.database.read() as session:
            days = scores.days_of(session, columns.numbers(places), last_day_before(columns.as_of) - TREND_DAYS)
        return columns.lines(places, days)

    def line(self, customer_id: str) -> CustomerLine | None:
        """Read anew, so that who has just changed something sees it."""
        with self._workspace.database.read() as session:
            number = number_of(session, customer_id)
            if number is None:
                return None
            columns = board.read(session, {number: customer_id})
            since = last_day_before(int(columns.rows["as_of"][0])) - TREND_DAYS
            days = scores.days_of(session, [number], since)
        return columns.lines(np.zeros(1, np.int64), days)[0]

    def customers_part(self, wanted: Wanted, after: Place | None, limit: int) -> CustomersPart:
        columns = self._board.columns()
        places, following = lists.part(columns, wanted, after, limit)
        return CustomersPart(columns.lines(places, {}), following)

    def score(self, customer_id: str, as_of: int | None) -> ScoreLine | None:
        return single.score(self._workspace, customer_id, as_of, self._clock())

    def days(self, customer_id: str, first: int, last: int) -> Days | None:
        return single.days(self._workspace, customer_id, first, last)

    def events_part(self, asked: EventsAsked, after: EventPlace | None, limit: int) -> EventsPart | None:
        return events.part(self._workspace, asked, after, (limit, self._clock()))

    def customer(self, customer_id: str) -> CustomerPage | None:
        line = self.line(customer_id)
        if line is None:
            return None
        now = self._newest() or self._clock()
        with self._workspace.database.read() as session:
            number = number_of(session, customer_id) or 0
            profile = profiles.at(session, number, now)
            days = scores.history(session, number, day_of(now) - HISTORY_DAYS)
            markers = _markers(session, number, profile)
            since = session.one("SELECT MIN(day) FROM first_use WHERE customer = ? AND part = ''", (number,))
            last = session.one("SELECT MAX(day) FROM day WHERE customer = ? AND own > 0", (number,))
        return CustomerPage(
            line=line,
            since=None if since is None else int(since) * DAY_US,
            last_own=None if last is None else int(last) * DAY_US,
            renewal=traits.word(profile.traits, "renewal_date"),
            seats=traits.whole(profile.traits, "seats"),
            history=days,
            markers=markers,
            recent=self.events(customer_id, RECENT),
        )

    def explain(self, customer_id: str, as_of: int | None, since: int | None) -> Explanation | None:
        return explaining.explain(self._workspace, customer_id, as_of or self._newest() or self._clock(), since)

    def events(self, customer_id: str | None, limit: int) -> Sequence[EventLine]:
        return events.newest(self._workspace, customer_id, limit, self._clock())

    def _newest(self) -> int:
        with self._workspace.database.read() as session:
            return int(session.one("SELECT MAX(as_of) FROM score") or 0)


def _markers(session: Session, customer: int, profile: Profile) -> list[Marker]:
    markers = [
        Marker(at, f"{was.replace('_', ' ')} to {became.replace('_', ' ')}: {because}")
        for at, was, became, because in scores.changes_of(session, customer)
    ]
    markers += [Marker(at, f"scorecards changed to {version}") for at, version in scorecards.published(session)[1:]]
    if profile.override_band:
        markers.append(Marker(profile.known_at, f"band overridden: {profile.override_reason}"))
    return sorted(markers, key=lambda marker: marker.at)
