"""What each customer did on which day, and since when that is known.

A row counts at day T only if it happened before T and was known before T. All sums are of whole numbers, so that what
is read at T does not depend, not even in the last digit, on what came later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np

from keepwell.statistics.arrays import Floats, Ints, Mask

NEVER: Final = 2**31
"""A day after all days, for what has not happened."""
_SPAN: Final = 1 << 32
"""More days than there are: place times this plus day orders rows by customer, then by day."""


@dataclass(frozen=True)
class Days:
    """Rows of one kind of event, ordered by customer and day; all of shape (rows,).

    Attributes:
        customers: how many customers there are, with rows or without.
        owner: place of the customer.
        day: when it happened, whole days since 1970.
        known: when it became known, in the same days, never before it happened.
        count: how many events.
        cents: money, in hundredths.
    """

    customers: int
    owner: Ints
    day: Ints
    known: Ints
    count: Ints
    cents: Ints

    @cached_property
    def _all(self) -> Timeline:
        return _merged(self)

    @cached_property
    def _late(self) -> tuple[Ints, Ints]:
        """Days and known days of what was not known on its own day."""
        late = self.known > self.day
        return self.day[late], self.known[late]

    def at(self, day: int) -> Timeline:
        """Days that may be read at a day, and maybe later ones: readers look before it."""
        happened, known = self._late
        if not ((happened < day) & (known >= day)).any():
            return self._all
        return _merged(self.among((self.day >= day) | (self.known < day)))

    def among(self, rows: Mask) -> Days:
        """Some rows of the same customers."""
        columns = (each[rows] for each in (self.owner, self.day, self.known, self.count, self.cents))
        return Days(self.customers, *columns)

    def known_before(self, day: int) -> Days:
        """What was known before a day."""
        rows = self.known < day
        return self if rows.all() else self.among(rows)

    def of(self, places: Ints) -> Days:
        """Rows of some customers, who are numbered anew in the order they are named in."""
        first, last = (np.searchsorted(self.owner, places, side) for side in ("left", "right"))
        sizes = last - first
        rows = np.repeat(first - np.concatenate(([0], np.cumsum(sizes)[:-1])), sizes) + np.arange(sizes.sum())
        columns = (each[rows] for each in (self.day, self.known, self.count, self.cents))
        return Days(len(places), np.repeat(np.arange(len(places)), sizes), *columns)


def arranged(customers: int, owner: Ints, day: Ints, known: Ints, *amounts: Ints) -> Days:
    """Rows in any order; `amounts` are count and cents, 1 and 0 when they are left out."""
    count, cents = amounts or (np.ones(len(owner), np.int64), np.zeros(len(owner), np.int64))
    order = np.lexsort((known, day, owner))
    return Days(customers, *(each[order].astype(np.int64) for each in (owner, day, known, count, cents)))


@dataclass(frozen=True)
class Timeline:
    """Active days, one row each, ordered by customer and day.

    Attributes:
        start: where each customer's rows begin, shape (customers + 1,).
        key: place of the customer times `_SPAN` plus day.
        day: the day.
        gap: days since the customer's active day before, 0 for the first.
        cents: money of the day.
        sums: running sums, each of shape (rows + 1,), by name: count, cents, gap2 (squares of gaps).
    """

    start: Ints
    key: Ints
    day: Ints
    gap: Ints
    cents: Ints
    sums: Mapping[str, Ints]

    def before(self, day: int) -> Ints:
        """One past the last row before a day, of each customer."""
        return np.searchsorted(self.key, np.arange(len(self.start) - 1) * _SPAN + day).astype(np.int64)

    def next_from(self, day: int) -> Ints:
        """The first active day from a day on, of each customer; `NEVER` when there is none."""
        place = self.before(day)
        found = np.append(self.day, NEVER)[np.minimum(place, len(self.day))]
        return np.where(place < self.start[1:], found, NEVER)


def _merged(rows: Days) -> Timeline:
    """One row for each customer and day."""
    key = rows.owner * _SPAN + rows.day
    opens = np.flatnonzero(np.diff(key, prepend=-1))
    count, cents = (np.add.reduceat(each, opens) if len(opens) else each for each in (rows.count, rows.cents))
    key, day = key[opens], rows.day[opens]
    start = np.searchsorted(key, np.arange(rows.customers + 1) * _SPAN)
    gap = np.diff(day, prepend=0)
    gap[start[:-1][start[:-1] < len(gap)]] = 0
    sums = {name: _running(each) for name, each in (("count", count), ("cents", cents), ("gap2", gap * gap))}
    return Timeline(start, key, day, gap, cents, sums)


def _running(values: Ints) -> Ints:
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(values)))


@dataclass(frozen=True)
class Diary:
    """What is known of everybody.

    Attributes:
        customer: numbers of customers, ascending, shape (customers,). A number tells nothing and is used for nothing.
        own: what they did themselves: the events whose absence is forecast.
        channels: what else happened to them, by name, as `failed_payments`.
        ended: when contracts ended and when they went on again: days of `cancellations` and of `renewals`.
    """

    customer: Ints
    own: Days
    channels: Mapping[str, Days] = field(default_factory=dict)
    ended: Mapping[str, Days] = field(default_factory=dict)

    def known_before(self, day: int) -> Diary:
        """What was known before a day."""
        return self._each(lambda rows: rows.known_before(day))

    def of(self, places: Ints) -> Diary:
        """Some customers, in the order they are named in."""
        return self._each(lambda rows: rows.of(places), self.customer[places])

    def _each(self, change: Callable[[Days], Days], customer: Ints | None = None) -> Diary:
        return Diary(
            self.customer if customer is None else customer,
            change(self.own),
            {name: change(rows) for name, rows in self.channels.items()},
            {name: change(rows) for name, rows in self.ended.items()},
        )


def shuffled(numbers: Ints) -> Floats:
    """A number in [0, 1) for each customer that has nothing to do with who it is (splitmix64, Steele et al. 2014)."""
    with np.errstate(over="ignore"):
        mixed = numbers.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
        mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) / 2.0**53
