"""Business hours, in every zone of the world."""

import datetime as dt
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from whenever import available_timezones

from keepwell.alerts.hours import (
    NINE_TO_FIVE,
    Calendar,
    Span,
    after,
    between,
    day_windows,
    instant_of,
    is_open,
)
from keepwell.base.errors import MisconfiguredError
from keepwell.base.time import DAY_US, HOUR_US, SECOND_US, from_datetime, parse_instant, to_rfc3339

BERLIN = Calendar("Europe/Berlin", NINE_TO_FIVE, frozenset({dt.date(2026, 12, 25)}))
ZONES = sorted(available_timezones())
ODD = ["Africa/Cairo", "America/Havana", "Asia/Beirut", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia"]
FIRST, LAST = dt.date(2024, 1, 1), dt.date(2030, 12, 31)

moments = st.integers(parse_instant("2024-01-01"), parse_instant("2030-12-31"))
zones = st.sampled_from(ODD) | st.sampled_from(ZONES)


@st.composite
def weeks(draw):
    """Two spans or fewer a day, and never a week without any."""
    edges = st.sets(st.integers(0, 96), min_size=4, max_size=4).map(sorted)
    days = [
        tuple(Span(15 * a, 15 * b) for a, b in ((e[0], e[1]), (e[2], e[3])))
        for e in draw(st.lists(edges, min_size=7, max_size=7))
    ]
    closed = draw(st.sets(st.integers(0, 6), max_size=6))
    return tuple(() if place in closed else spans for place, spans in enumerate(days))


@st.composite
def calendars(draw):
    holidays = draw(st.frozensets(st.dates(FIRST, LAST), max_size=20))
    return Calendar(draw(zones), draw(weeks()), holidays)


@cache
def minutes_of(zone, start, days):
    """The wall clock, minute by minute, read with another library."""
    first = from_datetime(start) // SECOND_US
    read = ZoneInfo(zone)
    return [dt.datetime.fromtimestamp(second, read) for second in range(first, first + days * 86400, 60)]


def once_each(zone, minute, dates):
    """Each date has one instant of its own: the wall clock, read with another library, shows the minute first there.

    A gap before midnight takes the last minutes of a date, and the first instant after it is of the next date.
    """
    read = ZoneInfo(zone)
    found = [instant_of(date, minute, zone) for date in dates]
    assert found == sorted(set(found)), zone
    for date, at in zip(dates, found, strict=True):
        wanted = dt.datetime.combine(date, dt.time(minute // 60, minute % 60))
        before, then = (dt.datetime.fromtimestamp(at // SECOND_US - back, read).replace(tzinfo=None) for back in (1, 0))
        assert before < wanted <= then, (zone, wanted)


def open_at(calendar, wall):
    minute = wall.hour * 60 + wall.minute
    return wall.date() not in calendar.holidays and any(
        span.opens <= minute < span.closes for span in calendar.week[wall.weekday()]
    )


@pytest.mark.parametrize(
    ("start", "seconds", "end"),
    [
        ("2026-11-20T15:30:00+01:00", 3600, "2026-11-20T16:30:00+01:00"),
        ("2026-11-20T16:30:00+01:00", 3600, "2026-11-23T09:30:00+01:00"),
        ("2026-11-20T16:30:00+01:00", 1800, "2026-11-20T17:00:00+01:00"),
        ("2026-12-24T16:30:00+01:00", 3600, "2026-12-28T09:30:00+01:00"),
        ("2026-03-27T16:00:00+01:00", 7200, "2026-03-30T10:00:00+02:00"),
        ("2026-11-21T12:00:00+01:00", 0, "2026-11-21T12:00:00+01:00"),
    ],
    ids=["within a day", "over a weekend", "to the end of the day", "over a holiday", "over a change", "at once"],
)
def test_business_seconds_pass_in_business_hours(start, seconds, end):
    found = after(parse_instant(start), seconds, BERLIN)

    assert to_rfc3339(found) == to_rfc3339(parse_instant(end))


def test_without_a_calendar_every_second_counts():
    start = parse_instant("2026-03-29T00:55:00Z")

    assert after(start, 900, None) == start + 900 * SECOND_US
    assert between(start, start + HOUR_US, None) == HOUR_US
    assert between(start, start - HOUR_US, None) == 0


def test_nothing_passes_backwards():
    noon = parse_instant("2026-11-20T12:00:00+01:00")

    assert between(noon, noon - HOUR_US, BERLIN) == 0


@pytest.mark.parametrize(
    ("date", "minute", "zone", "expected"),
    [
        (dt.date(2026, 10, 25), 150, "Europe/Berlin", "2026-10-25T00:30:00Z"),
        (dt.date(2026, 3, 29), 150, "Europe/Berlin", "2026-03-29T01:00:00Z"),
        (dt.date(2026, 3, 29), 120, "Europe/Berlin", "2026-03-29T01:00:00Z"),
        (dt.date(2026, 3, 29), 180, "Europe/Berlin", "2026-03-29T01:00:00Z"),
        (dt.date(2026, 3, 28), 1440, "Europe/Berlin", "2026-03-28T23:00:00Z"),
        (dt.date(2026, 4, 24), 0, "Africa/Cairo", "2026-04-23T22:00:00Z"),
        (dt.date(2011, 12, 30), 720, "Pacific/Apia", "2011-12-30T10:00:00Z"),
    ],
    ids=["fold", "gap", "gap starts", "gap ends", "end of a day", "midnight in a gap", "a date that never was"],
)
def test_a_wall_time_is_the_first_instant_that_shows_it_or_later(date, minute, zone, expected):
    assert to_rfc3339(instant_of(date, minute, zone)) == expected


@given(zones, st.integers(0, 1439), st.integers(2024, 2030))
def test_a_daily_schedule_meets_each_local_date_once_and_in_order(zone, minute, year):
    once_each(zone, minute, [dt.date(year, 1, 1) + dt.timedelta(days=day) for day in range(366)])


@given(calendars(), st.dates(FIRST, LAST))
def test_hours_are_what_the_wall_clock_shows(calendar, date):
    """A minute is open when the wall shows it; of repeated minutes, those between opening and closing."""
    start = dt.datetime(date.year, date.month, date.day, tzinfo=dt.UTC)
    walls = minutes_of(calendar.zone, start, 2)
    for place, wall in enumerate(walls):
        if wall.fold or (wall + dt.timedelta(hours=25)).utcoffset() != (wall - dt.timedelta(hours=25)).utcoffset():
            continue
        at = from_datetime(start) + place * 60 * SECOND_US
        assert is_open(calendar, at) == open_at(calendar, wall)


@given(calendars(), moments, st.integers(0, 10 * 86400))
def test_between_is_the_inverse_of_after(calendar, start, seconds):
    end = after(start, seconds, calendar)

    assert between(start, end, calendar) == seconds * SECOND_US
    assert not seconds or between(start, end - 1, calendar) == seconds * SECOND_US - 1


@given(calendars(), moments, st.integers(0, 3 * DAY_US), st.integers(0, 10**6), st.integers(0, 10**5))
def test_who_starts_or_lasts_longer_ends_no_earlier(calendar, start, later, seconds, more):
    end = after(start, seconds, calendar)

    assert start <= end <= after(start + later, seconds, calendar)
    assert end <= after(start, seconds + more, calendar)


@given(calendars(), moments, st.integers(0, 10**5), st.integers(0, 10**5))
def test_seconds_add_up(calendar, start, some, others):
    assert after(after(start, some, calendar), others, calendar) == after(start, some + others, calendar)


@given(calendars(), st.dates(FIRST, LAST))
def test_windows_are_in_order_and_do_not_overlap(calendar, date):
    days = [date + dt.timedelta(days=day) for day in range(10)]
    edges = [edge for day in days for window in day_windows(calendar, day) for edge in window]

    assert edges == sorted(edges)


@pytest.mark.parametrize(
    ("zone", "week", "problem"),
    [
        ("Europe/Atlantis", NINE_TO_FIVE, "there is no time zone"),
        ("UTC", ((),) * 7, "never open"),
        ("UTC", NINE_TO_FIVE[:6], "seven days"),
        ("UTC", ((Span(600, 540),), *((),) * 6), "the hours of monday"),
        ("UTC", (*((),) * 6, (Span(0, 600), Span(540, 700))), "the hours of sunday"),
        ("UTC", ((Span(0, 1441),), *((),) * 6), "the hours of monday"),
        ("UTC", ((Span(-1, 60),), *((),) * 6), "the hours of monday"),
    ],
)
def test_a_calendar_that_makes_no_sense_is_refused(zone, week, problem):
    with pytest.raises(MisconfiguredError, match=problem):
        Calendar(zone, week)


@pytest.mark.proof
@pytest.mark.timeout(1200)
def test_every_zone_and_year():
    """P21: every zone, 2024 to 2030, at midnight, in the usual gap, and at the end of the day."""
    dates = [FIRST + dt.timedelta(days=day) for day in range((LAST - FIRST).days + 1)]
    for zone in ZONES:
        for minute in (0, 30, 150, 1439):
            once_each(zone, minute, dates)
