"""Time inside Keepwell: whole microseconds and whole days since 1970-01-01T00:00Z, both integers."""

from __future__ import annotations

import datetime as dt

SECOND_US = 1_000_000
HOUR_US = 3600 * SECOND_US
DAY_US = 24 * HOUR_US

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def day_of(instant_us: int) -> int:
    """The UTC day that holds an instant."""
    return instant_us // DAY_US


def last_day_before(as_of_us: int) -> int:
    """The last day a result for `as_of` may look at: results use what happened strictly before it."""
    return (as_of_us - 1) // DAY_US


def from_datetime(moment: dt.datetime) -> int:
    """Microseconds of an aware datetime; a naive one is read as UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    passed = moment - _EPOCH
    return (passed.days * 86_400 + passed.seconds) * SECOND_US + passed.microseconds


def to_datetime(instant_us: int) -> dt.datetime:
    """The aware UTC datetime of an instant."""
    return _EPOCH + dt.timedelta(microseconds=instant_us)


def to_rfc3339(instant_us: int) -> str:
    """The instant as text, for example `2026-11-22T09:30:00Z`."""
    return to_datetime(instant_us).isoformat().replace("+00:00", "Z")


def parse_instant(text: str) -> int:
    """Microseconds of an ISO 8601 moment; without an offset it is UTC.

    Raises:
        ValueError: the text is no ISO 8601 date or time.
    """
    return from_datetime(dt.datetime.fromisoformat(text))


def day_to_date(day: int) -> dt.date:
    """The calendar date of a day number."""
    return dt.date(1970, 1, 1) + dt.timedelta(days=day)
