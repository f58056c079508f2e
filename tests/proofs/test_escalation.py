"""An unanswered alert escalates in time, once, across a year of restarts, absences and changes of the clocks (P13)."""

import datetime as dt
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest

from keepwell.alerts import life
from keepwell.alerts.hours import Calendar, after
from keepwell.base.time import SECOND_US, from_datetime
from tests.proofs.escalation import Outcome, live


def assert_sound(found: Outcome) -> None:
    assert (found.late, found.early, found.doubled, found.to_absent) == (0, 0, 0, 0), found
    assert found.letters > 2 * found.alerts
    assert found.restarts > found.alerts // 2


def naive_clock(start: int, seconds: int, calendar: Calendar | None) -> int:
    """The planted fault: seconds are added to the time on the wall, and the sum is looked up again."""
    if calendar is not None:
        return after(start, seconds, calendar)
    wall = dt.datetime.fromtimestamp(start // SECOND_US, ZoneInfo("Europe/Berlin")).replace(tzinfo=None)
    then = (wall + dt.timedelta(seconds=seconds)).replace(tzinfo=ZoneInfo("Europe/Berlin"))
    return from_datetime(then) + start % SECOND_US


def one_offset(start: int, seconds: int, calendar: Calendar | None) -> int:
    """The planted fault: hours are those of the winter, all year."""
    if calendar is None:
        return after(start, seconds, None)
    winter = {"Europe/Berlin": "Etc/GMT-1", "America/New_York": "Etc/GMT+5"}.get(calendar.zone, calendar.zone)
    return after(start, seconds, Calendar(winter, calendar.week, calendar.holidays))


@pytest.mark.parametrize("seed", [1, 2])
def test_every_level_is_told_in_time_and_once(seed):
    assert_sound(live(400, seed))


def test_deadlines_in_memory_only_are_missed():
    found = live(400, 1, forgetful=True)

    assert found.late > 10


@pytest.mark.parametrize("fault", [naive_clock, one_offset])
def test_with_naive_local_time_deadlines_are_wrong(fault):
    with patch.object(life, "after", fault):
        found = live(400, 1)

    assert found.late + found.early > 0


@pytest.mark.proof
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", [3, 4])
def test_ten_thousand_alerts_in_a_year(seed):
    found = live(10_000, seed)

    assert_sound(found)
    print(found)  # noqa: T201 - the figures
