"""Weekly hours as people write them: `mon-fri 09:00-17:00`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from keepwell.alerts.hours import DAY_MINUTES, WEEK, Span
from keepwell.base.errors import KeepwellError

DAYS = tuple(day[:3] for day in WEEK)
_SPAN = re.compile(r"([a-z]{3})(?:-([a-z]{3}))? (\d\d:\d\d)-(\d\d:\d\d)")


class HoursRefusedError(KeepwellError):
    """A text that is no hours.

    Attributes:
        text: as it was given.
    """

    def __init__(self, text: str) -> None:
        super().__init__(f"`{text[:80]}` is no hours; they look like mon-fri 09:00-17:00")
        self.text = text


def week_of(texts: Sequence[str]) -> tuple[tuple[Span, ...], ...]:
    """The spans of each day of a week, Monday first.

    Raises:
        HoursRefusedError: one of the texts is no hours.
    """
    days: list[list[Span]] = [[] for _ in WEEK]
    for text in texts:
        found = _SPAN.fullmatch(text)
        opens, closes = (minute(found[3]), minute(found[4])) if found else (None, None)
        if found is None or opens is None or closes is None or not {found[1], found[2] or found[1]} <= set(DAYS):
            raise HoursRefusedError(text)
        first, last = DAYS.index(found[1]), DAYS.index(found[2] or found[1])
        for day in range(first, last + 1 if last >= first else last + 8):
            days[day % 7].append(Span(opens, closes))
    return tuple(tuple(sorted(spans)) for spans in days)


def minute(text: str) -> int | None:
    """Minutes of `09:30`, to `24:00`; None when it is no time."""
    found = re.fullmatch(r"(\d\d):([0-5]\d)", text)
    told = int(found[1]) * 60 + int(found[2]) if found else DAY_MINUTES + 1
    return told if told <= DAY_MINUTES else None
