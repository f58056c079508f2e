"""The survey: daily and weekly rules over everybody, once a day, out of the log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec

from keepwell.alerts import segments
from keepwell.alerts.alarms import Alarms
from keepwell.alerts.conditions import CONDITIONS
from keepwell.alerts.rule import Cadence, Rule
from keepwell.alerts.seen import Seen
from keepwell.base.time import DAY_US, HOUR_US, last_day_before
from keepwell.runtime import alerting, budgeting, outages, seeing
from keepwell.runtime.alerting import Outcome, Page, Told
from keepwell.runtime.workspace import Workspace
from keepwell.store import alerts, fleets, incidents, log
from keepwell.store.customers import has_anybody
from keepwell.store.database import Session

AT_ONCE = 500  # alerts changed in one transaction, so that receiving goes on
MONDAY = 4  # days since 1970-01-01, a Thursday, to the first Monday
WEEKEND_US = 4 * DAY_US  # the last ordinary day of a segment may lie before a long weekend
UNHEARD_US = 36 * HOUR_US  # when nothing is known of anybody for so long, nobody is called quiet
_DAILY, _WEEKLY, _ALL = "surveyed_day", "surveyed_week", "survey_all"
_FORETOLD = "survey_foretold"
_FORECAST = "forecast_published"


@dataclass(frozen=True)
class Surveyed:
    """What a survey did: customers looked at, and what became of alerts."""

    customers: int
    opened: Sequence[int]
    outcomes: Sequence[Outcome]


def due_rules(session: Session, alarms: Alarms, now: int, *, foretelling: bool = False) -> list[Rule]:
    """Rules whose day or week has begun since they were last looked at; none while there is nobody to look at.

    Those that rest on forecasts are also due after each round of them. While the round of the day is `foretelling`,
    they wait for it: what they would quote is about to be replaced.
    """
    if not has_anybody(session):
        return []
    day = last_day_before(now)
    found: list[Rule] = []
    if log.mark(session, _DAILY) < day:
        found += alarms.of(Cadence.DAILY)
    if log.mark(session, _WEEKLY) < _week(day):
        found += alarms.of(Cadence.WEEKLY)
    if log.mark(session, _ALL):
        found += alarms.of(Cadence.IMMEDIATE)
    if foretelling:
        return [each for each in found if not _rests_on_forecasts(each)]
    if log.mark(session, _FORETOLD):
        found += [each for each in alarms.of(*Cadence) if _rests_on_forecasts(each) and each not in found]
    return found


def _rests_on_forecasts(rule: Rule) -> bool:
    return _FORECAST in CONDITIONS[rule.id].kinds


def look_at_all(session: Session) -> None:
    """Events were brought that no evaluation has seen: the next survey looks at the immediate rules too."""
    log.set_mark(session, _ALL, 1)


def look_at_forecasts(session: Session, now: int) -> None:
    """A round of forecasts has ended: the next survey looks at the rules that rest on them."""
    log.set_mark(session, _FORETOLD, now)


def _week(day: int) -> int:
    return (day - MONDAY) // 7


def survey(workspace: Workspace, alarms: Alarms, rules: Sequence[Rule], now: int, page: Page) -> Surveyed:
    """Look at everybody under some rules. The running day is not over: use is judged by the days before it."""
    with workspace.database.read() as session:
        round_of_forecasts = log.mark(session, _FORETOLD)
    seen = seeing.everybody(workspace, now)
    alarms = _explained(workspace, alarms, seen, now, page)
    if now - seen.horizon > UNHEARD_US:
        rules = [each for each in rules if not each.quiet]
    with workspace.database.read() as session:
        states = alerts.all_states(session, [each.id for each in rules])
    told = alerting.look(seen, alarms, rules, states, now)
    outcomes = [_apply(workspace, alarms, (part, now), page) for part in _parts(told)]
    with workspace.database.write() as session:
        budgeting.budget(session, alarms, now)
        done = last_day_before(now)
        log.set_mark(session, _DAILY, done)
        log.set_mark(session, _ALL, 0)
        if log.mark(session, _FORETOLD) == round_of_forecasts and any(map(_rests_on_forecasts, rules)):
            log.set_mark(session, _FORETOLD, 0)  # unless another one ended while everybody was looked at
        if any(each.cadence is Cadence.WEEKLY for each in rules):
            log.set_mark(session, _WEEKLY, _week(done))
    return Surveyed(len(seen), [number for each in outcomes for number in each.opened], outcomes)


def _explained(workspace: Workspace, alarms: Alarms, seen: Seen, now: int, page: Page) -> Alarms:
    """Rules and staff, with all that is the matter with more than one customer: also with whole segments."""
    fell, end = segments.fallen(seen), last_day_before(now) * DAY_US
    with workspace.database.write() as session:
        explained = incidents.any_within(session, end - WEEKEND_US, end)
        names = {} if explained else fleets.segment_names(session, list(fell))
        fell_by_name = {name or segments.NO_SEGMENT: fell[each] for each, name in names.items()}
        fleets.remember(session, msgspec.structs.replace(seen.fleet, fell=fell_by_name))
    outages.check(workspace, alarms, now, page)
    with workspace.database.read() as session:
        return replace(alarms, incidents=incidents.explaining(session))


def _apply(workspace: Workspace, alarms: Alarms, found: tuple[Told, int], page: Page) -> Outcome:
    """Apply facts to states as they are now: while everybody was looked at, somebody may have done something."""
    told, now = found
    with workspace.database.write() as session:
        customers = sorted({customer for customer, _ in told.facts})
        states = alerts.states(session, customers, {rule for _, rule in told.facts})
        outcome = alerting.apply(session, alarms, told, states, now)
        page(session, alarms, outcome, now)
    return outcome


def _parts(told: Told) -> Iterator[Told]:
    names = list(told.facts)
    for start in range(0, len(names), AT_ONCE):
        some = names[start : start + AT_ONCE]
        yield Told(
            {name: told.facts[name] for name in some},
            {name: told.readings[name] for name in some if name in told.readings},
        )


@dataclass(frozen=True)
class Day:
    """One day of a preview: who holds under which rule."""

    day: int
    seen: Seen


def past_days(workspace: Workspace, now: int, days: int) -> Iterator[Day]:
    """Everybody as known at the end of each of the last days, oldest first."""
    last = last_day_before(now)
    for day in range(last - days, last):
        yield Day(day, seeing.everybody(workspace, (day + 1) * DAY_US))
