"""Numbers, money and moments as the pages write them."""

from __future__ import annotations

import datetime as dt

from keepwell.base import shares
from keepwell.base.time import day_of, day_to_date, to_datetime

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
PERCENT = "\N{NO-BREAK SPACE}%"


def points(tenths: int) -> str:
    """Tenths as points: 401 is "40.1"."""
    sign = MINUS if tenths < 0 else ""
    return f"{sign}{abs(tenths) // 10}.{abs(tenths) % 10}"


def signed(tenths: int) -> str:
    return f"+{points(tenths)}" if tenths > 0 else points(tenths)


def percent(share: float) -> str:
    """A share in whole percent; the sign stays in the line of its number."""
    return shares.percent(share).replace(" %", PERCENT)


def count(number: int, noun: str) -> str:
    """For example "1 customer", "1,204 customers"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def money(cents: int) -> str:
    """Dollars without cents, for example "$4,200"."""
    return f"{MINUS if cents < 0 else ''}${abs(cents) / 100:,.0f}"


def short_money(cents: int) -> str:
    """Dollars, shortened from ten thousand up: "$109.5k"."""
    for size, unit in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if abs(cents) / 100 >= max(size * 0.99995, 10_000):
            return f"{MINUS if cents < 0 else ''}${abs(cents) / 100 / size:,.1f}{unit}"
    return money(cents)


def full_date(instant: int) -> str:
    """For example "Friday 20 November 2026"."""
    moment = to_datetime(instant)
    return f"{moment:%A} {moment.day} {moment:%B %Y}"


def date(day: int) -> str:
    """For example "20 Nov 2026"."""
    return calendar(day_to_date(day))


def calendar(day: dt.date) -> str:
    return f"{day.day} {day:%b %Y}"


def calendar_text(text: str) -> str:
    """An ISO date as the pages write dates; any other text as it is."""
    try:
        return calendar(dt.date.fromisoformat(text))
    except ValueError:
        return text


def date_of(instant: int) -> str:
    return calendar(to_datetime(instant).date())


def moment(instant: int) -> str:
    """For example "20 Nov 2026, 09:30 UTC"."""
    return f"{date_of(instant)}, {to_datetime(instant):%H:%M} UTC"


def to_minute(instant: int) -> str:
    """As fields for a date and a time have it: "2026-11-20T09:30"."""
    return f"{to_datetime(instant):%Y-%m-%dT%H:%M}"


def days_ago(instant: int, now: int) -> str:
    """How long before `now`, in whole days: activity is remembered by day."""
    days = day_of(now) - day_of(instant)
    if days <= 1:
        return "yesterday" if days == 1 else "today"
    return f"{days:,} days ago"
