"""The book of customers, read from what is remembered: the port behind pages and commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from keepwell.base.time import DAY_US, day_of, last_day_before
from keepwell.customers import traits
from keepwell.customers.profile import Profile
from keepwell.engines import duckdb as engine
from keepwell.runtime import events, lists, single
from keepwell.runtime import explain as explaining
from keepwell.runtime.ports.book import (
    CustomerLine,
    CustomerPage,
    CustomersPart,
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
    Wanted,
)
from keepwell.runtime.scoring import look
from keepwell.runtime.workspace import Workspace
from keepwell.scores.bands import BANDS, Band, band_of
from keepwell.scores.lifecycle import STAGES, Lifecycle
from keepwell.store import log, profiles, scorecards, scores
from keepwell.store.database import Session

TREND_DAYS = 90
HISTORY_DAYS = 365
WEEK = 7
IMPROVED_BY = 1.0
IMPROVABLE_BELOW = 80.0
SHOWN = 10
RECENT = 20
NEWEST = "SELECT MAX(as_of) FROM score"


@dataclass(frozen=True)
class _Base:
    """Everybody, once read."""

    as_of: int
    lines: Sequence[CustomerLine]
    histories: Mapping[int, Sequence[tuple[int, float]]]
    mrr: Mapping[int, int]
    churned: frozenset[int]


class StoredBook:
    """Implements the `Book` port over a workspace. Lists are read once per state of the log."""

    def __init__(self, workspace: Workspace, clock: Callable[[], int]) -> None:
        self._workspace = workspace
        self._clock = clock
        self._cached: tuple[object, _Base] | None = None

    def overview(self) -> Overview:
        base = self._base()
        active = [line for line in base.lines if line.lifecycle != Lifecycle.CHURNED and line.score is not None]
        return _overview(base, active, simulated=self._simulated())

    def customers(self, band: str | None = None, query: str | None = None) -> Sequence[CustomerLine]:
        wanted = (query or "").casefold()
        return [
            line
            for line in self._base().lines
            if (band is None or line.band == band)
            and (not wanted or wanted in line.name.casefold() or wanted in line.id.casefold())
        ]

    def line(self, customer_id: str) -> CustomerLine | None:
        return next((line for line in self._base().lines if line.id == customer_id), None)

    def customers_part(self, wanted: Wanted, after: Place | None, limit: int) -> CustomersPart:
        return lists.part(self._base().lines, wanted, after, limit)

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
        now = self._base().as_of or self._clock()
        with self._workspace.database.read() as session:
            number = _number(session, customer_id)
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
        return explaining.explain(self._workspace, customer_id, as_of or self._base().as_of or self._clock(), since)

    def events(self, customer_id: str | None, limit: int) -> Sequence[EventLine]:
        with self._workspace.database.read() as session:
            names = {0: "", **dict(session.run("SELECT id, external_id FROM customer"))}
            number = _number(session, customer_id) if customer_id is not None else None
        where = "1 = 1" if number is None else f"customer = {number}"
        now = self._clock()
        table = engine.events_of(look(self._workspace, (now, now), []), where, limit)
        if len(table) < limit:  # older than any window: the whole log is asked
            table = engine.events_of(look(self._workspace, (1, now), []), where, limit)
        return [events.line(row, str(names[row["customer"]])) for row in table.to_pylist()]

    def _simulated(self) -> bool:
        with self._workspace.database.read() as session:
            return session.one("SELECT value FROM setting WHERE name = 'simulated'") is not None

    def _base(self) -> _Base:
        with self._workspace.database.read() as session:
            state = (
                session.one(NEWEST),
                log.mark(session, "watermark"),
                session.one("SELECT COUNT(*) FROM snapshot"),
            )
            if self._cached is None or self._cached[0] != state:
                self._cached = (state, _read_base(session))
        return self._cached[1]


def _number(session: Session, customer_id: str) -> int:
    found = session.one("SELECT id FROM customer WHERE external_id = ?", (customer_id,))
    return -1 if found is None else int(found)


def _read_base(session: Session) -> _Base:
    newest = session.one(NEWEST)
    as_of = 0 if newest is None else int(newest)
    names: dict[int, str] = dict(session.run("SELECT id, external_id FROM customer ORDER BY id"))
    known = profiles.all_at(session, as_of) if as_of else {}
    histories = scores.histories(session, day_of(as_of) - TREND_DAYS)
    found = {row.customer: row for row in scores.current(session)}
    lines = [
        _line(str(name), known.get(number, Profile()), found.get(number), histories.get(number, ()))
        for number, name in names.items()
    ]
    lines.sort(key=lambda line: (line.score is None, line.score or 0.0, line.id))
    mrr = {int(number): traits.cents(profile.traits, "mrr") or 0 for number, profile in known.items()}
    churned = frozenset(number for number, row in found.items() if STAGES[row.lifecycle] is Lifecycle.CHURNED)
    return _Base(as_of, lines, histories, mrr, churned)


def _line(
    customer_id: str, profile: Profile, row: scores.Current | None, history: Sequence[tuple[int, float]]
) -> CustomerLine:
    by_day = dict(history)
    today = last_day_before(row.as_of) if row else 0
    trend = [by_day.get(day) for day in range(today - TREND_DAYS + 1, today + 1)] if row else []
    before = by_day.get(today - WEEK) if row else None
    return CustomerLine(
        id=customer_id,
        name=profile.name(customer_id),
        segment=traits.word(profile.traits, "segment") or "",
        plan=traits.word(profile.traits, "plan") or "",
        owner=traits.word(profile.traits, "owner") or "",
        mrr_cents=traits.cents(profile.traits, "mrr"),
        lifecycle=STAGES[row.lifecycle].value if row else "",
        score=row.score if row else None,
        coverage=row.coverage if row else 0.0,
        connectable=row.connectable if row else 0.0,
        band=BANDS[row.band].value if row else None,
        computed_band=BANDS[row.computed_band].value if row else None,
        provisional=bool(row.provisional) if row else True,
        change_7d=row.score - before if row and before is not None else None,
        trend=trend,
    )


def _overview(base: _Base, active: Sequence[CustomerLine], *, simulated: bool) -> Overview:
    today = last_day_before(base.as_of) if base.as_of else 0
    series = _series(base, today)
    found = [line.score for line in active if line.score is not None]
    average = float(np.mean(found)) if found else None
    before = {day: (mean, mrr) for day, mean, _, mrr in series}.get(today - WEEK)
    moved = [(line.score, line.change_7d) for line in active if line.score is not None and line.change_7d is not None]
    improvable = [change for score, change in moved if score - change < IMPROVABLE_BELOW]
    improved = sum(change >= IMPROVED_BY for change in improvable)
    at_risk = [line for line in active if line.band in (Band.AT_RISK, Band.CRITICAL)]
    revenue = sum(line.mrr_cents or 0 for line in at_risk)
    falling = sorted((line for line in active if (line.change_7d or 0.0) < 0), key=lambda line: line.change_7d or 0.0)
    return Overview(
        as_of=base.as_of,
        customers=len(active),
        churned=len(base.churned),
        bands={band.value: sum(line.band == band for line in active) for band in reversed(BANDS)},
        scores=found,
        average=average,
        average_change_7d=average - before[0] if average is not None and before and before[0] is not None else None,
        improvement_rate=improved / len(improvable) if improvable else None,
        improvement_base=len(improvable),
        at_risk_mrr_cents=revenue,
        at_risk_mrr_change_7d=revenue - before[1] if before else None,
        average_coverage=float(np.mean([line.coverage for line in active])) if active else None,
        series=series,
        drops=falling[:SHOWN],
        attention=at_risk[:SHOWN],
        simulated=simulated,
    )


def _series(base: _Base, today: int) -> list[tuple[int, float | None, float | None, int]]:
    """Day, average score, share of healthy customers, monthly revenue below 60, of those not churned now."""
    by_day: dict[int, list[tuple[float, int]]] = {}
    for customer, days in base.histories.items():
        if customer not in base.churned:
            for day, score in days:
                by_day.setdefault(day, []).append((score, base.mrr.get(customer, 0)))
    series: list[tuple[int, float | None, float | None, int]] = []
    for day in range(today - TREND_DAYS + 1, today + 1):
        found = by_day.get(day)
        if not found:
            series.append((day, None, None, 0))
            continue
        values = [score for score, _ in found]
        healthy = sum(band_of(value) is Band.HEALTHY for value in values) / len(values)
        revenue = sum(mrr for score, mrr in found if band_of(score) in (Band.AT_RISK, Band.CRITICAL))
        series.append((day, float(np.mean(values)), healthy, revenue))
    return series


def _markers(session: Session, customer: int, profile: Profile) -> list[Marker]:
    markers = [
        Marker(at, f"{was.replace('_', ' ')} to {became.replace('_', ' ')}: {because}")
        for at, was, became, because in scores.changes_of(session, customer)
    ]
    markers += [Marker(at, f"scorecards changed to {version}") for at, version in scorecards.published(session)[1:]]
    if profile.override_band:
        markers.append(Marker(profile.known_at, f"band overridden: {profile.override_reason}"))
    return sorted(markers, key=lambda marker: marker.at)
