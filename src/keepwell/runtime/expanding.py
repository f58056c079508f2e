"""Who outgrows its plan and who takes more: meters, upgrades and health out of the log at several moments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from keepwell.alerts import aggregates as closer
from keepwell.base.shares import percent
from keepwell.base.time import DAY_US, last_day_before
from keepwell.engines import duckdb as engine
from keepwell.events.catalog import Stream, number
from keepwell.metrics.catalog import INDICATORS
from keepwell.metrics.table import Result
from keepwell.metrics.view import View
from keepwell.predictions import expansion
from keepwell.predictions.expansion import DAYS, WEEK, WEEKS, Landmark, Meters, Projected
from keepwell.runtime.past_profiles import Profiles
from keepwell.runtime.ports.next import Expanding, Expansions
from keepwell.runtime.scoring import Scored, deck_at, look, named, reference_for, score_at
from keepwell.runtime.workspace import Workspace
from keepwell.scores.bands import BANDS, Band
from keepwell.statistics.arrays import Floats, Ints, Mask
from keepwell.statistics.limits import weekly

CLOSED: Final = 4
"""Quarters that are over, for the propensity; their windows do not overlap."""
_STABLE: Final = BANDS.index(Band.STABLE)
_REPORTS = (
    "SELECT customer, part AS meter, day, MAX(v1) AS top, MIN(known_at) AS known_at FROM event"
    " WHERE customer > 0 AND part IS NOT NULL AND v1 IS NOT NULL GROUP BY customer, part, day, known_at"
)
_MOVES = "SELECT customer, occurred_at FROM event WHERE customer > 0"


@dataclass(frozen=True)
class _Held:
    """What the log holds: reports of meters, and profiles as known at any of the moments."""

    reports: Result
    profiles: Profiles


def expanding(workspace: Workspace, moment: int, customer_id: str | None = None) -> Expansions:
    """Whose plan becomes too small and who is likely to take more, as known before a moment."""
    scored, severe = _scored(workspace, moment)
    customer = scored.view.scope("customer")
    moves = _moves(workspace, moment)
    quarters = [moment - DAYS * DAY_US * each for each in range(1, CLOSED + 1)]
    enough = len(moves["customer"]) >= expansion.ENOUGH
    held = _held(workspace, moment, quarters[-1] if enough else moment)
    closed = [_closed(workspace, held, at, moves) for at in quarters] if enough else []
    projected, meters = _projected(held, customer, moment)
    now = _landmark(scored, projected, held.profiles.at(moment, customer, "seats")[0])
    chance, because = expansion.propensity(now, [each for each in closed if len(each)], len(moves["customer"]))
    waiting = expansion.held(np.asarray(scored.scores.band, np.int64), severe, _gone(scored.view), _STABLE)
    names = named(workspace, customer)
    told = _told(_Told(moment, projected, meters, chance), names, waiting)
    return Expansions(moment, because, [each for each in told if customer_id in (None, each.customer_id)])


def _scored(workspace: Workspace, moment: int) -> tuple[Scored, Mask]:
    """Everybody's health, and who has a severe ticket open."""
    day = last_day_before(moment)
    table, results = engine.compute_closely(look(workspace, (moment, moment)), [(0, moment, day, 1)])
    view = View(table, {0: reference_for(workspace, day)})
    severe = results["severe"]["customer"][results["severe"]["severe"] > 0]
    return Scored(view, deck_at(workspace, moment)), np.isin(view.scope("customer"), severe)


def _gone(view: View) -> Mask:
    gone: Mask = (view.scope("paused_until") >= view.scope("d")) | (view.scope("cancelled") > 0)
    return gone


def _moves(workspace: Workspace, moment: int) -> Result:
    """Upgrades known before a moment: changes of plan that raised what is paid, and add-ons."""
    log = look(workspace, (moment, moment), [], {Stream.FACT: None, Stream.STATE: None})
    plans = f"kind = {number('plan_changed')} AND v1 > v2 AND known_at < {moment}"
    addons = f"kind = {number('addon_added')} AND known_at < {moment}"
    found = [engine.read(log, Stream.FACT, plans, _MOVES), engine.read(log, Stream.STATE, addons, _MOVES)]
    return {name: np.concatenate([each[name] for each in found]) for name in found[0]}


def _held(workspace: Workspace, moment: int, oldest: int) -> _Held:
    window = closer.METER_WINDOW
    log = look(workspace, (oldest, moment), windows={Stream.ACTIVITY: window + 1})
    since = last_day_before(oldest) - window
    where = f"kind = {number('usage_reported')} AND known_at < {moment} AND day > {since}"
    return _Held(engine.read(log, Stream.ACTIVITY, where, _REPORTS), Profiles(log))


def _closed(workspace: Workspace, held: _Held, at: int, moves: Result) -> Landmark:
    """Customers as known at an earlier moment, and who of them took more in the quarter after it."""
    scored = score_at(workspace, at)
    customer = scored.view.scope("customer")
    projected, _ = _projected(held, customer, at)
    within = (moves["occurred_at"] >= at) & (moves["occurred_at"] < at + DAYS * DAY_US)
    came = np.isin(customer, moves["customer"][within])
    return _landmark(scored, projected, held.profiles.at(at, customer, "seats")[0], came)


def _landmark(scored: Scored, projected: Projected, seats: Ints, came: Mask | None = None) -> Landmark:
    values = scored.scores.values
    weeks = projected.expected / WEEK
    return Landmark(
        scored.view.scope("customer"),
        projected.share,
        projected.growth,
        np.nan_to_num(1 / (1 + weeks)),
        values[:, INDICATORS.index("feature_utilization")],
        values[:, INDICATORS.index("active_days")],
        seats.astype(float),
        scored.scores.score,
        came,
    )


def _projected(held: _Held, customer: Ints, at: int) -> tuple[Projected, list[str]]:
    """When limits are reached, as known at a moment; and the meter of each line."""
    meters, names = _meters(held, customer, at)
    return expansion.project(meters, len(customer)), names


def _meters(held: _Held, customer: Ints, at: int) -> tuple[Meters, list[str]]:
    """Meters with a limit, a line each, and their names."""
    reports, last = held.reports, last_day_before(at)
    age = last - reports["day"]
    rows = (reports["known_at"] < at) & (age >= 0) & (age < WEEK * WEEKS) & np.isin(reports["customer"], customer)
    place = np.searchsorted(customer, reports["customer"][rows])
    kinds, kind = np.unique(reports["meter"][rows].astype(str), return_inverse=True)
    (sets,) = held.profiles.at(at, customer, "limit_set")
    lines, line = np.unique(place * max(len(kinds), 1) + kind, return_inverse=True)
    whose, which = np.divmod(lines, max(len(kinds), 1))
    limit = np.array(
        [held.profiles.items(int(sets[row])).get(str(kinds[each]), 0) for row, each in zip(whose, which, strict=True)],
        np.float64,
    )
    top = weekly(line, age[rows], reports["top"][rows], len(lines), WEEKS)
    has = limit > 0
    return Meters(whose[has], top[has], limit[has]), [str(kinds[each]) for each in which[has]]


@dataclass(frozen=True)
class _Told:
    moment: int
    projected: Projected
    meters: list[str]
    chance: Floats

    def at(self, days: float) -> int | None:
        """A moment in some days."""
        return None if not np.isfinite(days) else self.moment + round(days * DAY_US)


def _told(found: _Told, names: list[str], waiting: list[str]) -> Iterator[Expanding]:
    """A record of everybody with a limit or a propensity."""
    projected = found.projected
    for row, name in enumerate(names):
        line, chance = int(projected.line[row]), float(found.chance[row])
        if line < 0 and np.isnan(chance):
            continue
        yield Expanding(
            name,
            found.meters[line] if line >= 0 else None,
            float(projected.share[row]) if line >= 0 else None,
            found.at(projected.expected[row]),
            found.at(projected.not_before[row]),
            found.at(projected.likely_by[row]),
            None if np.isnan(chance) else chance,
            waiting[row],
            _because(found, row, line),
        )


def _because(found: _Told, row: int, line: int) -> str:
    if line < 0:
        return "No limit of the plan is reported on."
    used = f"{percent(float(found.projected.share[row]))} of the limit of {found.meters[line]}"
    days = float(found.projected.expected[row])
    if np.isnan(days):
        return f"{used}; no growth that surely gets there within 26 weeks."
    return f"{used}; {'the limit is reached' if days <= 0 else f'projected to exceed it in about {days:.0f} days'}."
