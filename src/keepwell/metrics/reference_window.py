"""What every slow reading shares: windows of raw events, time on the platform, careful arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from operator import add, mul

from keepwell.base.time import DAY_US, day_of, last_day_before
from keepwell.events.catalog import STREAM_OF, Stream, number
from keepwell.events.event import Event
from keepwell.metrics.history import History
from keepwell.metrics.rollups import DAY_WINDOW, kind_label
from keepwell.metrics.view import DAILY

NOW = range(28)  # ages in days: the last day has age 0
BEFORE = range(28, 56)
PRIOR = range(28, 90)
QUARTER = range(90)
KEPT = range(DAY_WINDOW)
HALF_YEAR = range(180)
YEAR = range(365)


@dataclass(frozen=True)
class Reading:
    """A measure as read from raw events.

    Attributes:
        value: the measured value; None without data.
        fixed: points that bypass the curve; None when the curve decides.
        events: what was counted, the newest first; not what merely scales the count.
    """

    value: float | None
    fixed: float | None
    events: tuple[Event, ...]


Reader = Callable[[History], Reading]

NO_DATA = Reading(None, None, ())


def found(value: float, events: Iterable[Event], fixed: float | None = None) -> Reading:
    """A reading with data."""
    newest = sorted(events, key=lambda event: (event.occurred_at, event.key, event.kind), reverse=True)
    return Reading(float(value), fixed, tuple(newest))


# --- events ----------------------------------------------------------------------------------


def day(event: Event) -> int:
    return day_of(event.occurred_at)


def last_day(history: History) -> int:
    return last_day_before(history.t)


def age(history: History, event: Event) -> int:
    """Whole days between the day of the event and the last day."""
    return last_day(history) - day(event)


def events_of(history: History, ages: range, *keys: str) -> list[Event]:
    """The events of some kinds whose age is in a window."""
    kinds = {number(key) for key in keys}
    return [event for event in history.events if event.kind in kinds and age(history, event) in ages]


def own_activity(history: History, ages: range) -> list[Event]:
    """What the customer did itself."""
    return [
        event
        for event in history.events
        if event.own and STREAM_OF[event.kind] is Stream.ACTIVITY and age(history, event) in ages
    ]


def days(events: Iterable[Event]) -> int:
    """On how many days they happened."""
    return len({day(event) for event in events})


def times(events: Iterable[Event]) -> int:
    """How many they are, when one event may stand for several."""
    return sum(event.n for event in events)


def connected(history: History, *keys: str) -> bool:
    """Whether the platform has ever sent one of these kinds."""
    return any(kind_label(key) in history.connected for key in keys)


# --- time on the platform --------------------------------------------------------------------


def tenure(history: History) -> int:
    """Whole days since the first event."""
    return last_day(history) - history.first_day


def exposure(history: History, window: int) -> float:
    """Days of a window the customer could have been active in, with the part of today that has passed."""
    elapsed = float(history.t - last_day(history) * DAY_US) / float(DAY_US)
    return max(min(window - 1, tenure(history)) + elapsed, 1.0)


def filled(history: History, window: int) -> float:
    """Factor that brings a count over the exposure to the whole window."""
    return window / exposure(history, window)


def to_28_days(history: History, count: int) -> float:
    """A count of days 29-90 as if of 28 days, for the days of them the customer was there."""
    there = max(min(62, tenure(history) - 27), 1)
    return count * 28.0 / float(there)


# --- arithmetic, operation by operation that of `measures.py` --------------------------------


def share(part: float, whole: float) -> float:
    """The part of the whole, 0 of nothing. Both become floats first: Python divides large integers better."""
    return float(part) / float(whole) if whole else 0.0


def total(terms: Iterable[float]) -> float:
    """The sum from left to right. `sum` corrects the rounding since Python 3.12, and NumPy does not."""
    return reduce(add, terms, 0.0)


def by_age(half_life: int, values: Iterable[tuple[int, int]]) -> tuple[float, float]:
    """Weighted number and weighted sum of (age, value): the weight halves every half-life."""
    grouped: dict[int, list[int]] = {}
    for days_old, value in values:
        grouped.setdefault(days_old, []).append(value)
    weights = {each: reduce(mul, [DAILY[half_life]] * each, 1.0) for each in sorted(grouped)}
    many = total(weight * len(grouped[each]) for each, weight in weights.items())
    return many, total(weight * sum(grouped[each]) for each, weight in weights.items())
