"""Business hours: when seconds of a deadline pass. Wall time of a zone, with daylight saving and holidays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import msgspec
from whenever import Instant, PlainDateTime, RepeatedTime, SkippedTime, TimeZoneNotFoundError, ZonedDateTime

from keepwell.base.errors import MisconfiguredError
from keepwell.base.time import SECOND_US

DAY_MINUTES = 24 * 60
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Span(msgspec.Struct, frozen=True, order=True):
    """Minutes of a local day, [opens, closes): 540 to 1020 is from nine to five."""

    opens: int
    closes: int


class Calendar(msgspec.Struct, frozen=True):
    """When somebody works.

    Attributes:
        zone: the IANA name of the zone whose wall clock counts.
        week: spans of each day, Monday first; those of a day in order, none touching another.
        holidays: local dates without hours.

    Raises:
        MisconfiguredError: no such zone, spans out of order, or never open.
    """

    zone: str
    week: tuple[tuple[Span, ...], ...]
    holidays: frozenset[dt.date] = frozenset()

    def __post_init__(self) -> None:
        check_zone(self.zone)
        if len(self.week) != len(WEEK):
            raise MisconfiguredError("a week has seven days", "hours")
        if not any(self.week):
            raise MisconfiguredError("hours that never open", "hours")
        for day, spans in zip(WEEK, self.week, strict=True):
            edges = [edge for span in spans for edge in (span.opens, span.closes)]
            if edges != sorted(set(edges)) or (edges and not 0 <= edges[0] < edges[-1] <= DAY_MINUTES):
                raise MisconfiguredError(f"the hours of {day} overlap or are out of order", "hours")


NINE_TO_FIVE = (*((Span(540, 1020),),) * 5, (), ())


def check_zone(zone: str) -> None:
    """Refuse what is no zone.

    Raises:
        MisconfiguredError: there is no such zone.
    """
    try:
        Instant.from_timestamp(0).to_tz(zone)
    except TimeZoneNotFoundError:
        raise MisconfiguredError(f"there is no time zone `{zone}`", "zone") from None


def instant_of(date: dt.date, minute: int, zone: str) -> int:
    """The first instant at which the wall clock of a zone shows this minute of this date, or a later one.

    So a repeated minute is the earlier one, a skipped minute is the end of the gap, and of two wall times the later
    is never the earlier instant. Minute 1440 is the end of the date.
    """
    if minute == DAY_MINUTES:
        date, minute = date + dt.timedelta(days=1), 0
    wall = PlainDateTime(date.year, date.month, date.day, minute // 60, minute % 60)
    try:
        return _microseconds(wall.assume_tz(zone, disambiguation="raise"))
    except RepeatedTime:
        return _microseconds(wall.assume_tz(zone, disambiguation="earlier"))
    except SkippedTime:
        end = wall.assume_tz(zone, disambiguation="earlier").next_transition()
        assert end is not None  # noqa: S101 - a skipped minute is before a transition
        return _microseconds(end)


def local_date(at: int, zone: str) -> dt.date:
    """The date on the wall of a zone."""
    shown = Instant.from_timestamp(at // SECOND_US).to_tz(zone)
    return dt.date(shown.year, shown.month, shown.day)


def windows(calendar: Calendar, start: int) -> Iterator[tuple[int, int]]:
    """The open hours that end after `start`, as half-open pairs of instants in order, without end."""
    date = local_date(start, calendar.zone)  # earlier dates ended before: the wall has shown their midnight
    while True:
        for opens, closes in day_windows(calendar, date):
            if closes > start:
                yield opens, closes
        date += dt.timedelta(days=1)


def day_windows(calendar: Calendar, date: dt.date) -> Iterator[tuple[int, int]]:
    """The open hours of one local date; a span that lies in a gap is empty."""
    if date in calendar.holidays:
        return
    for span in calendar.week[date.weekday()]:
        opens, closes = (instant_of(date, minute, calendar.zone) for minute in (span.opens, span.closes))
        yield opens, closes


def is_open(calendar: Calendar, at: int) -> bool:
    """Whether an instant lies in business hours."""
    return next(windows(calendar, at))[0] <= at


def after(start: int, seconds: int, calendar: Calendar | None) -> int:
    """The first instant by which so many business seconds have passed since `start`.

    Without a calendar every second counts. Zero seconds have passed at once.
    """
    left = seconds * SECOND_US
    if calendar is None or not left:
        return start + left
    for opens, closes in windows(calendar, start):
        begins = max(opens, start)
        if closes - begins >= left:
            return begins + left
        left -= closes - begins
    raise AssertionError  # pragma: no cover - hours without end


def between(start: int, end: int, calendar: Calendar | None) -> int:
    """Microseconds of business hours in [start, end): the inverse of `after`."""
    if calendar is None or end <= start:
        return max(0, end - start)
    passed = 0
    for opens, closes in windows(calendar, start):
        if opens >= end:
            break
        passed += min(closes, end) - max(opens, start)
    return passed


def _microseconds(moment: ZonedDateTime) -> int:
    return int(moment.timestamp()) * SECOND_US
