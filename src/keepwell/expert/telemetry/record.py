"""What was sent about one customer, in order of time, and the two windows that are looked at."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Final

from keepwell.base.time import DAY_US

NOW_US: Final = DAY_US
"""What happens now: a whole day, so that no hour of the day is compared with another."""
PAST_US: Final = 28 * DAY_US
"""The past it is compared with: four whole weeks, so that every weekday has the same part in it."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One event of telemetry.

    Attributes:
        kind: key of the tracking plan.
        at: when it happened, microseconds.
        properties: as they were sent; anything may stand anywhere in them.
    """

    kind: str
    at: int
    properties: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Span:
    """The windows [now - window, now) and, right before it, the past; in microseconds."""

    now: int
    window: int = NOW_US
    past: int = PAST_US

    @property
    def start(self) -> int:
        """Where the window begins, and the past ends."""
        return self.now - self.window

    @property
    def oldest(self) -> int:
        """Where the past begins."""
        return self.start - self.past


@dataclass(frozen=True, slots=True)
class Record:
    """Occurrences before `span.now` by kind, each in order of time."""

    span: Span
    kinds: Mapping[str, tuple[Occurrence, ...]]

    def every(self, kind: str) -> tuple[Occurrence, ...]:
        """All there are, for what holds until something else is said, as an approval."""
        return self.kinds.get(kind, ())

    def now(self, kind: str) -> tuple[Occurrence, ...]:
        """Those in the window."""
        rows = self.every(kind)
        return rows[bisect_left(rows, self.span.start, key=_at) :]

    def past(self, kind: str) -> tuple[Occurrence, ...]:
        """Those in the past."""
        rows = self.every(kind)
        return rows[bisect_left(rows, self.span.oldest, key=_at) : bisect_left(rows, self.span.start, key=_at)]


_at = attrgetter("at")


def record(occurrences: Iterable[Occurrence], span: Span) -> Record:
    """The occurrences of a span; the order in which they are given does not matter."""
    kinds: dict[str, list[Occurrence]] = {}
    for each in occurrences:
        if each.at < span.now and isinstance(each.properties, Mapping):
            kinds.setdefault(each.kind, []).append(each)
    return Record(span, {kind: tuple(_ordered(rows)) for kind, rows in kinds.items()})


def _ordered(rows: list[Occurrence]) -> list[Occurrence]:
    """In order of time; what happened at the same moment in the order of its text, to be in some order always."""
    rows.sort(key=_at)
    if len({row.at for row in rows}) == len(rows):
        return rows
    return [row for _, same in groupby(rows, _at) for row in _by_text(list(same))]


def _by_text(rows: list[Occurrence]) -> list[Occurrence]:
    return rows if len(rows) == 1 else sorted(rows, key=_text)


def _text(row: Occurrence) -> str:
    try:
        return repr(sorted(row.properties.items(), key=lambda item: str(item[0])))
    except (RecursionError, ValueError):  # nested without end, or a number with thousands of digits
        return ""
