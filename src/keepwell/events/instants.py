"""Reading a moment that somebody else wrote down."""

from __future__ import annotations

import datetime as dt

from keepwell.base.time import SECOND_US, from_datetime, parse_instant

OLDEST_US = from_datetime(dt.datetime(1990, 1, 1, tzinfo=dt.UTC))
_FIRST_US = from_datetime(dt.datetime.min.replace(tzinfo=dt.UTC))
LATEST_US = from_datetime(dt.datetime.max.replace(tzinfo=dt.UTC))
_LATEST_EPOCH_SECONDS = 10**11  # larger numbers are milli- or microseconds
_LATEST_EPOCH_MILLIS = 10**14


def instant(value: object) -> int | None:
    """Microseconds of an ISO 8601 text, a datetime, or epoch seconds, milli- or microseconds.

    Raises:
        ValueError: it is none of these, or out of the calendar.
    """
    if value is None or value == "":
        return None
    found = _read(value)
    if not _FIRST_US <= found <= LATEST_US:
        raise ValueError("out of the calendar")
    return found


def _read(value: object) -> int:
    if type(value) is int:  # the common case first
        return _epoch(value)
    if isinstance(value, str):
        return parse_instant(value) if not value.isdigit() else _epoch(int(value[:20]))
    if isinstance(value, dt.datetime):
        return from_datetime(value)
    if isinstance(value, dt.date):
        return from_datetime(dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC))
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("not a moment")
    return _epoch(value)


def _epoch(value: float) -> int:
    if isinstance(value, float) and not abs(value) <= LATEST_US:  # also what is no number
        raise ValueError("out of the calendar")
    if value < _LATEST_EPOCH_SECONDS:
        return int(value * SECOND_US)
    return int(value * 1000) if value < _LATEST_EPOCH_MILLIS else int(value)
