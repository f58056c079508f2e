"""Expected absences of customers: announced silence that is no reason to worry, always with an end."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from keepwell.base.errors import MisconfiguredError
from keepwell.base.time import DAY_US, to_rfc3339

LONGEST_US = 366 * DAY_US
"""A longer one has no end to speak of."""


class Kind(StrEnum):
    """Why a customer is expected to be quiet."""

    PAUSED = "paused"
    HOLIDAY = "holiday"
    MAINTENANCE = "maintenance"


class Absence(msgspec.Struct, frozen=True):
    """A customer is expected to be quiet in [start, end), both instants.

    Raises:
        MisconfiguredError: it has no end, ends before it starts, or lasts longer than a year.
    """

    start: int
    end: int
    kind: Kind
    note: str = ""

    def __post_init__(self) -> None:
        end: int | None = self.end  # what is read from outside may lack it
        if end is None:
            raise MisconfiguredError("an absence needs an end date", "end")
        if end <= self.start:
            raise MisconfiguredError("an absence ends after it starts", "end")
        if end - self.start > LONGEST_US:
            raise MisconfiguredError("an absence lasts a year at most", "end")


def expected(absences: Iterable[Absence], at: int) -> str | None:
    """Why the customer is expected to be quiet at an instant, in words; None when they are not.

    Of several absences it is the one that ends last.
    """
    now = [absence for absence in absences if absence.start <= at < absence.end]
    if not now:
        return None
    last = max(now, key=_order)
    note = f" ({last.note})" if last.note else ""
    return f"{last.kind} until {to_rfc3339(last.end)}{note}"


def changes_at(absences: Iterable[Absence], at: int) -> int | None:
    """The next instant after `at` at which `expected` may answer otherwise, or None."""
    edges = (edge for absence in absences for edge in (absence.start, absence.end))
    return min((edge for edge in edges if edge > at), default=None)


def _order(absence: Absence) -> tuple[int, int, str, str]:
    return absence.end, absence.start, absence.kind, absence.note
