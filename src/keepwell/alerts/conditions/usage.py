"""Use: a level that fell, and a trend that falls."""

from __future__ import annotations

import numpy as np

from keepwell.alerts.conditions.registry import Found, Line, Params, condition, filled, percent
from keepwell.alerts.seen import Seen
from keepwell.metrics.rollups import DAY_WINDOW
from keepwell.metrics.table import Floats, Ints
from keepwell.statistics import shift, trend
from keepwell.statistics.arrays import blocks

JUDGED = 28  # days; how restless a customer is shows in those before


@condition("usage_decline_30")
def usage_decline_30(seen: Seen, params: Params) -> Found:
    """28-day use is down by 30 % or more, and the change is more than the own ups and downs."""
    own = seen.days("own")[:, :-1]  # the running day is not over
    before, state = _chart(seen, own)
    now = own[:, -28:].mean(axis=1)
    fall = 1 - np.divide(now, before, out=np.ones(len(seen)), where=before > 0)
    started = shift.since(state, 0)
    quiet = before < shift.QUIET
    holds = ~quiet & (fall >= params["decline"]) & shift.alarming(state, before) & ~seen.gone

    def because(row: int) -> str:
        return f"Use is down by {percent(fall[row])}: {now[row]:.1f} actions a day, after {before[row]:.1f}"

    def evidence(row: int) -> list[Line]:
        return [
            ("Actions a day, last 28 days", f"{now[row]:.1f}"),
            ("Usual before", f"{before[row]:.1f}"),
            ("The change began", f"about {max(1 - int(started[row]), 1)} days ago"),
            ("Evidence of a change", f"{state.value[row]:.1f}, of {shift.threshold(before)[row]:.1f} needed"),
        ]

    measure: Floats = np.where(quiet, np.nan, fall * 100)
    return Found(holds, measure, filled(seen, params["decline"] * 100), "%", because, evidence)


def _chart(seen: Seen, own: Ints) -> tuple[Floats, shift.State]:
    """The level that is usual now, and the evidence that the level has changed."""
    first = DAY_WINDOW - seen.exposure()
    segments, place = np.unique(seen.segment, return_inverse=True)
    spread = shift.dispersion(own[:, :-JUDGED], place, len(segments), first)
    charts = [_chart_of(seen, rows, (own[rows], first[rows], spread[rows])) for rows in blocks(len(seen))]
    values, days = (np.concatenate([getattr(state, name) for _, state in charts]) for name in ("value", "days"))
    return np.concatenate([level for level, _ in charts]), shift.State(values, days)


def _chart_of(seen: Seen, rows: slice, given: tuple[Ints, Ints, Floats]) -> tuple[Floats, shift.State]:
    own, first, spread = given
    factors = seen.fleet.factors(seen.segment[rows])[:, :-1]
    level = shift.baseline(own, factors, first)
    return level[:, -1], shift.last(own, shift.expectation(level[:, :-1], factors), spread)


WEEKS = 8


@condition("engagement_trend_negative")
def engagement_trend_negative(seen: Seen, params: Params) -> Found:
    """Use fell by 25 % or more over 8 weeks, and more than chance explains over the whole base."""
    own = seen.days("own")[:, -7 * WEEKS - 1 : -1]
    weeks = own.reshape(len(seen), WEEKS, 7).sum(axis=2)
    known = (seen.exposure() > 7 * WEEKS) & (weeks.sum(axis=1) >= WEEKS * 7 * shift.QUIET)
    found = trend.fall(weeks)
    believed = trend.discoveries(np.where(known, found.p, np.nan), params["q"])
    holds = known & believed & (found.share >= params["fall"]) & ~seen.gone

    def because(row: int) -> str:
        first, last = weeks[row, 0], weeks[row, -1]
        return f"Use fell by {percent(found.share[row])} over {WEEKS} weeks, from {first} to {last} a week"

    def evidence(row: int) -> list[Line]:
        return [
            ("Actions a week, oldest first", ", ".join(str(each) for each in weeks[row].tolist())),
            ("Fall over the span", percent(found.share[row])),
            ("90 % interval", f"{percent(found.low[row])} to {percent(found.high[row])}"),
        ]

    measure: Floats = np.where(known, found.share * 100, np.nan)
    return Found(holds, measure, filled(seen, params["fall"] * 100), "%", because, evidence)
