"""What is usual among all customers: what a single customer's behaviour is held against. Frozen once a day."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np

from keepwell.metrics.rollups import DAY_WINDOW
from keepwell.metrics.table import Floats, Ints
from keepwell.statistics import shift, silence

USUAL_GAP = 7.0  # days between sign-ins, before anything is known
EVERYBODY = -1


class Group(msgspec.Struct, frozen=True):
    """What is usual in one segment.

    Attributes:
        gap: days between two sign-ins.
        weekday: how busy each day of the week is, Monday first, with mean 1.
    """

    gap: float = USUAL_GAP
    weekday: tuple[float, ...] = (1.0,) * 7


class Fleet(msgspec.Struct, frozen=True):
    """What was usual when `day` began.

    Attributes:
        day: it was frozen on this day.
        groups: by segment id; `EVERYBODY` stands for segments that are not listed.
        fell: names of the segments that suddenly fell on the day before, and the share of their customers that did
            less, at least.
    """

    day: int
    groups: Mapping[int, Group] = {}
    fell: Mapping[str, float] = {}

    @property
    def segments(self) -> int:
        """How many segments there are."""
        return len(self.groups.keys() - {EVERYBODY})

    def gap(self, segments: Ints) -> Floats:
        """The usual gap of each of N customers."""
        return np.array([self._group(each).gap for each in segments.tolist()])

    def factors(self, segments: Ints) -> Floats:
        """How busy each of the last 120 days usually is for each of N customers, [N, 120]."""
        weekdays = (np.arange(self.day - DAY_WINDOW + 1, self.day + 1) + 3) % 7  # 1970-01-01 was a Thursday
        known, place = np.unique(segments, return_inverse=True)
        table = np.array([self._group(each).weekday for each in known.tolist()]).reshape(-1, 7)
        found: Floats = table[place][:, weekdays]
        return found

    def _group(self, segment: int) -> Group:
        return self.groups.get(segment) or self.groups.get(EVERYBODY) or Group()


def freeze(own: Ints, sign_ins: Ints, first: Ints, segment: Ints, day: int) -> Fleet:
    """What is usual among all customers.

    Args:
        own: own actions by day, [N, 120]; the last day is `day` and may not be over.
        sign_ins: the same of sign-ins.
        first: the column of each customer's first day.
        segment: of each customer.
        day: the last day.
    """
    if not len(own):
        return Fleet(day)
    segments, place = np.unique(segment, return_inverse=True)
    gaps = silence.base_gap(silence.rhythm(sign_ins, first), place, len(segments), USUAL_GAP)
    weekdays = (np.arange(day - DAY_WINDOW + 1, day) + 3) % 7
    factors = shift.weekday_factors(own[:, :-1], weekdays, place, len(segments))
    groups = {
        int(segment): Group(float(gaps[each]), tuple(factors[each].tolist()))
        for each, segment in enumerate(segments.tolist())
    }
    return Fleet(day, {**groups, EVERYBODY: _middle(list(groups.values()))})


def _middle(groups: list[Group]) -> Group:
    """A group like the median of some."""
    weekday = np.median([each.weekday for each in groups], axis=0)
    return Group(float(np.median([each.gap for each in groups])), tuple(float(each) for each in weekday))
