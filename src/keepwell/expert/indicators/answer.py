"""Trends as plain data, for programs: what `keepwell indicators CUSTOMER --json` and the API say."""

from __future__ import annotations

from keepwell.base.time import to_rfc3339
from keepwell.expert.answer import Plain
from keepwell.expert.indicators.indicator import Part, Point
from keepwell.expert.indicators.trends import CONFIDENCE, Slope, Trend, Weekly


def answer(trend: Trend) -> dict[str, Plain]:
    """One indicator: what it is, where it goes, and every week with what it rests on."""
    newest = trend.known[-1] if trend.known else None
    return {
        "id": trend.indicator.id,
        "group": trend.indicator.group.value,
        "title": trend.indicator.title,
        "read_as": trend.way.title,
        "unit": trend.way.unit.value,
        "better": trend.way.better.value,
        "says": trend.way.says,
        "computed_from": trend.way.source,
        "counted": trend.way.counted,
        "latest": None if newest is None else _week(newest),
        "change": trend.change,
        "direction": trend.direction.value,
        "good": trend.good,
        "slope": None if trend.slope is None else _slope(trend.slope),
        "weeks": [_week(each) for each in trend.weeks],
        "needs": [] if trend.known else list(trend.indicator.needs),
    }


def _slope(slope: Slope) -> dict[str, Plain]:
    return {"per_week": slope.value, "low": slope.low, "high": slope.high, "confidence": CONFIDENCE}


def _week(week: Weekly) -> dict[str, Plain]:
    point = week.point or Point(0, 0)
    return {
        "start": to_rfc3339(week.start),
        "end": to_rfc3339(week.end),
        "value": point.value if week.point else None,
        "n": point.n,
        "parts": [_part(each) for each in point.parts],
    }


def _part(part: Part) -> dict[str, Plain]:
    told: dict[str, Plain] = {"name": part.name, "value": part.value, "may_tell_customer": not part.confidential}
    return told if isinstance(part.value, bool) else {**told, "unit": part.unit.value}
