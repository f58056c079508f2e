"""Crypto indicators in words: lines of weeks, the newest value, where it goes, and what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keepwell.base.time import to_datetime
from keepwell.expert.indicators.indicator import Group, Part, Unit
from keepwell.expert.indicators.trends import CONFIDENCE, Trend, Weekly
from keepwell.runtime.ports.expert import Indicated
from keepwell.web.charts.spark import Spark, spark
from keepwell.web.views import links, words
from keepwell.web.views.diagnosis import UNTOLD

LEAST_SPAN = {Unit.SHARE: 0.1, Unit.COUNT: 4.0}
"""What a line spans at least, in the unit of its values, so that noise does not look like news."""
SHOWN = 2  # figures beside a value on the panel
BROKEN = "not in order: "


@dataclass(frozen=True)
class WeekRow:
    """One week in a table."""

    days: str
    value: str
    n: str
    beside: Sequence[str]


@dataclass(frozen=True)
class TrendRow:
    """One indicator that is known. `tone` is good, bad or flat; `dot` is where the newest value stands in the line."""

    id: str
    title: str
    read_as: str
    says: str
    source: str
    value: str
    when: str
    change: str
    direction: str
    tone: str
    tested: str
    rests_on: str
    counted: str
    beside: Sequence[str]
    spark: Spark | None
    dot: int
    line: str  # the line in words
    weeks: Sequence[WeekRow]

    @property
    def few(self) -> Sequence[str]:
        """What the panel shows beside the value: only what is not in order, where something is not."""
        told = [each for each in self.beside if each.startswith(BROKEN)] or self.beside
        more = len(told) - SHOWN
        return [*told[:SHOWN], *([f"and {more} more"] if more > 0 else [])]


@dataclass(frozen=True)
class UnknownRow:
    """One indicator that nothing was observed of, and what would make it known."""

    title: str
    needs: Sequence[str]


@dataclass(frozen=True)
class GroupView:
    """The indicators of one group that are known."""

    title: str
    known: Sequence[TrendRow]


@dataclass(frozen=True)
class IndicatorsView:
    """All that the page shows."""

    name: str
    customer_href: str
    href: str
    looked_at: str
    groups: Sequence[GroupView]
    unknown: Sequence[UnknownRow]


def view(found: Indicated, name: str) -> IndicatorsView:
    """The view of a customer's indicators."""
    groups = [
        GroupView(group.value, [_row(each) for each in found.trends if each.known and each.indicator.group is group])
        for group in Group
    ]
    return IndicatorsView(
        name=name,
        customer_href=links.customer(found.customer_id),
        href=links.indicators(found.customer_id),
        looked_at=f"{words.count(found.events, 'telemetry event')}, {found.weeks} weeks to {words.moment(found.now)}.",
        groups=[each for each in groups if each.known],
        unknown=[
            UnknownRow(each.indicator.title, each.indicator.needs) for each in found.trends if not each.known
        ],
    )  # fmt: skip


def _row(trend: Trend) -> TrendRow:
    newest, unit = trend.known[-1], trend.way.unit
    values = [week.point.value if week.point else None for week in trend.weeks]
    shown = [shown_value(each, unit) for each in values if each is not None]
    span = max(LEAST_SPAN[unit], 0.05 * max(abs(each) for each in values if each is not None))
    known = f"{len(shown)} of {len(values)} weeks known"
    return TrendRow(
        id=trend.indicator.id, title=trend.indicator.title, read_as=trend.way.title, says=trend.way.says,
        source=trend.way.source.replace("`", ""), value=shown[-1], when=_when(trend, newest), change=_change(trend),
        direction=trend.direction.value, tone={True: "good", False: "bad", None: "flat"}[trend.good],
        tested=_tested(trend), rests_on=f"{trend.way.counted}: {_n(newest):,}; {known}", counted=trend.way.counted,
        beside=_beside(newest), spark=spark(values, days=len(values), least_span=span),
        dot=trend.weeks.index(newest), line=f"from {shown[0]} to {shown[-1]}, {known}",
        weeks=[_week(each, unit) for each in reversed(trend.weeks)],
    )  # fmt: skip


def _when(trend: Trend, newest: Weekly) -> str:
    ago = len(trend.weeks) - 1 - trend.weeks.index(newest)
    return "" if not ago else f"{words.count(ago, 'week')} before the last"


def _n(week: Weekly) -> int:
    return week.point.n if week.point else 0


def shown_value(value: float, unit: Unit) -> str:
    """A value in its unit; what is not quite all or nothing is not called so."""
    sign = words.MINUS if value < 0 else ""
    if unit is Unit.COUNT:
        return f"{sign}{abs(value):,.0f}"
    share = abs(value) * 100
    if 0 < share < 0.05:
        return f"{sign}<0.1{words.PERCENT}"
    if 99.95 <= share < 100:
        return f"{sign}>99.9{words.PERCENT}"
    return f"{sign}{share:,.1f}{words.PERCENT}" if share < 1e6 else f"{sign}{share:.2g}{words.PERCENT}"


def _change(trend: Trend) -> str:
    """From the first known week to the newest; nothing where only one is known."""
    change = trend.change
    if change is None:
        return ""
    sign = "+" if change > 0 else words.MINUS if change < 0 else "±"
    since = _day(trend.known[0].start)
    if trend.way.unit is Unit.COUNT:
        return f"{sign}{abs(change):,.0f} since {since}"
    points = abs(change) * 100
    return f"{sign}{points:,.1f} points since {since}" if points < 1e6 else f"{sign}{points:.2g} points since {since}"


def _day(at: int) -> str:
    """For example "20 Nov": twelve weeks need no year."""
    day = to_datetime(at)
    return f"{day.day} {day:%b}"


def _tested(trend: Trend) -> str:
    """The test in words, with its numbers."""
    found = trend.slope
    if found is None:
        return f"{trend.direction.value}: five known weeks are needed"
    scale, unit = (100, "points") if trend.way.unit is Unit.SHARE else (1, "")
    low, high = (f"{each * scale:+.3g}".replace("-", words.MINUS) for each in (found.low, found.high))
    told = f"{trend.direction.value}: a week brings {low} to {high} {unit}".rstrip()
    return f"{told} ({words.percent(CONFIDENCE)} interval, Theil and Sen)"


def _beside(week: Weekly) -> list[str]:
    """Figures beside a value, what is not in order first."""
    parts = week.point.parts if week.point else ()
    return [_part(each) for each in sorted(parts, key=lambda each: each.value is not False)]


def _part(part: Part) -> str:
    secret = f" ({UNTOLD})" if part.confidential else ""
    if part.value is True or part.value is False:
        return f"{'' if part.value else BROKEN}{part.name}{secret}"
    return f"{shown_value(part.value, part.unit)} {part.name}{secret}"


def _week(week: Weekly, unit: Unit) -> WeekRow:
    """A week by the days on which it begins and ends, at the hour of the moment asked about."""
    value = words.DASH if week.point is None else shown_value(week.point.value, unit)
    n = words.DASH if week.point is None else f"{week.point.n:,}"
    return WeekRow(f"{_day(week.start)} to {_day(week.end)}", value, n, _beside(week))
