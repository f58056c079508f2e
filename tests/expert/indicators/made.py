"""Weeks of events made of plain data."""

from __future__ import annotations

import tomllib
from pathlib import Path

from keepwell.base.time import DAY_US, HOUR_US
from keepwell.expert.indicators.trends import indicators
from keepwell.expert.indicators.week import WEEK_US, WEEKS, Background
from keepwell.expert.telemetry.record import Occurrence
from tests.expert import made
from tests.expert.telemetry.made import TABLES

NOW = made.NOW
BACKGROUND = Background(made.knowledge(), TABLES)
SCENARIOS = tomllib.loads((Path(__file__).parent / "scenarios.toml").read_text())["scenario"]


def trends(occurrences, weeks=WEEKS, now=NOW):
    """Every trend by the id of its indicator."""
    return {each.indicator.id: each for each in indicators(occurrences, now, BACKGROUND, weeks)}


def sent(week, kind, properties, day=0, place=0):
    """One event in a week that many weeks ago, on a day of it; no two at the same moment."""
    return Occurrence(kind, NOW - (week + 1) * WEEK_US + day * DAY_US + HOUR_US + place, properties)


def events(given):
    """The events of a scenario."""
    return [
        sent(each["week"], each["kind"], each["properties"], each.get("day", 0) + number, place)
        for place, each in enumerate(given)
        for number in range(each.get("times", 1))
    ]


def everything():
    """The events of all scenarios, again every four weeks, so that there is a trend."""
    once = [row for scenario in SCENARIOS for row in events(scenario["events"])]
    return [Occurrence(row.kind, row.at - ago * WEEK_US, row.properties) for row in once for ago in (0, 4, 8)]


def values(trend):
    """The value of each week, None where it is not known."""
    return [None if week.point is None else week.point.value for week in trend.weeks]


def counts(trend):
    """What each week rests on."""
    return [0 if week.point is None else week.point.n for week in trend.weeks]
