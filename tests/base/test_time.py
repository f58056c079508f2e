"""Time: whole microseconds and days, exact in both directions."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.base.time import (
    DAY_US,
    day_of,
    day_to_date,
    from_datetime,
    last_day_before,
    parse_instant,
    to_datetime,
    to_rfc3339,
)

offsets = st.integers(-23 * 60, 23 * 60).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes)))
moments = st.datetimes(dt.datetime(2, 1, 1), dt.datetime(9998, 12, 31), timezones=offsets)  # noqa: DTZ001 - bounds


@given(moments)
def test_a_moment_is_exact_to_the_microsecond(moment):
    assert to_datetime(from_datetime(moment)) == moment


@given(moments)
def test_a_moment_survives_being_written_down(moment):
    assert parse_instant(to_rfc3339(from_datetime(moment))) == from_datetime(moment)
    assert parse_instant(moment.isoformat()) == from_datetime(moment)


def test_utc_is_written_as_z():
    assert to_rfc3339(0) == "1970-01-01T00:00:00Z"
    assert to_rfc3339(-1) == "1969-12-31T23:59:59.999999Z"


def test_without_an_offset_a_moment_is_utc():
    naive = dt.datetime(2026, 11, 22, 9, 30)  # noqa: DTZ001 - naive on purpose

    assert from_datetime(naive) == parse_instant("2026-11-22T09:30:00") == parse_instant("2026-11-22T09:30:00Z")


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "2026-11-22T25:00:00Z"])
def test_a_text_that_is_no_moment(text):
    with pytest.raises(ValueError, match=r"."):
        parse_instant(text)


@given(moments)
def test_a_day_holds_its_moments(moment):
    instant = from_datetime(moment)

    assert day_to_date(day_of(instant)) == moment.astimezone(dt.UTC).date()
    assert day_of(instant) * DAY_US <= instant < (day_of(instant) + 1) * DAY_US


def test_at_midnight_the_day_before_is_the_last_to_look_at():
    assert last_day_before(DAY_US) == 0
    assert last_day_before(DAY_US + 1) == 1
