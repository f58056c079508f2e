"""Reading properties that anybody may have written: a value of the sort that is asked for, or None. Nothing raises.

A number is finite and within bounds, so that what is computed with it stays a number. A text of digits is one too:
amounts of tokens are sent as texts, because JSON numbers beyond 2^53 lose digits on the way.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from statistics import median
from typing import Final

from keepwell.events.instants import OLDEST_US, instant
from keepwell.events.slots import MAX_COUNT, MAX_TEXT

Properties = Mapping[str, object]
Number = int | float

LARGEST: Final = 10**18
SMALLEST: Final = 1e-18
"""Numbers beyond are mistakes: no price, rate or value is, and their quotients would not be finite."""
RAW_LARGEST: Final = 2**256
"""Raw units of tokens are at most this, by the EVM."""
_DECIMAL: Final = re.compile(r"-?[0-9]{1,80}(?:\.[0-9]{1,40})?")


def number(properties: Properties, name: str) -> Number | None:
    """A number between `LARGEST` and its negative."""
    return _within(properties.get(name), LARGEST)


def raw(properties: Properties, name: str) -> int | None:
    """A whole number of raw units, exact."""
    found = _within(properties.get(name), RAW_LARGEST)
    return int(found) if found is not None and found >= 0 and found == int(found) else None


def amount(properties: Properties, name: str) -> Number | None:
    """A number of 0 or more."""
    found = _within(properties.get(name), LARGEST)
    return found if found is not None and found >= 0 else None


def positive(properties: Properties, name: str) -> Number | None:
    """A number above 0."""
    found = _within(properties.get(name), LARGEST)
    return found if found is not None and found > 0 else None


def times(properties: Properties) -> int:
    """How often the row happened: its `count`; once when it has none, not at all when that makes no sense."""
    return 1 if properties.get("count") is None else whole(properties.get("count")) or 0


def whole(value: object) -> int | None:
    """A count."""
    found = _within(value, MAX_COUNT)
    return int(found) if found is not None and found >= 0 and found == int(found) else None


def code(properties: Properties, name: str) -> int | None:
    """A number that names something, as a status or an error: whole, and of at most 32 bits."""
    value = properties.get(name)
    return value if type(value) is int and -(2**31) <= value < 2**31 else None


def _within(value: object, limit: int) -> Number | None:
    kind = type(value)
    if kind is int:
        return value if -limit <= value <= limit else None  # type: ignore[operator,return-value]
    if kind is float and -limit <= value <= limit:  # type: ignore[operator]
        return value if value == 0 or abs(value) >= SMALLEST else None  # type: ignore[arg-type,return-value]
    return _of_text(str(value), limit) if kind is str else None


def _of_text(text: str, limit: int) -> Number | None:
    if len(text) > 128 or not _DECIMAL.fullmatch(text):
        return None
    return _within(float(text) if "." in text else int(text), limit)


def text(properties: Properties, *names: str) -> str | None:
    """The first of these that is a short text with something in it."""
    for name in names:
        value = properties.get(name)
        if type(value) is str and 0 < len(value) <= MAX_TEXT:
            return value
    return None


def named(properties: Properties, *names: str) -> str | None:
    """What a row is about, by those of these names that it has: `loan l1, protocol kamino`."""
    return ", ".join(f"{name} {said}" for name in names if (said := text(properties, name)) is not None) or None


def flag(properties: Properties, name: str) -> bool | None:
    """Yes or no, and nothing that merely looks like it."""
    value = properties.get(name)
    return value if isinstance(value, bool) else None


def moment(properties: Properties, name: str) -> int | None:
    """Microseconds of a moment as senders write it; none before the oldest the log keeps."""
    value = properties.get(name)
    kind = type(value)
    if (kind is str and len(value) > 64) or kind not in (str, int, float):  # type: ignore[arg-type]
        return None
    try:
        found = instant(value)
    except (ValueError, OverflowError):
        return None
    return found if found is not None and found >= OLDEST_US else None


def table(properties: Properties, name: str) -> Properties:
    """What is nested under a name; empty when nothing is."""
    value = properties.get(name)
    return value if isinstance(value, Mapping) else {}


def rows(properties: Properties, name: str) -> list[Properties] | None:
    """A list of objects; None when it is none, or holds something else."""
    value = properties.get(name)
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        return None
    return value


def middle(values: Iterable[Number | None]) -> float | None:
    """The median of those that are known."""
    known = [each for each in values if each is not None]
    return median(known) if known else None


def at_rank(values: Iterable[Number], share: float) -> float | None:
    """The nearest-rank quantile: the smallest value that at least `share` of all do not exceed."""
    known = sorted(values)
    return known[max(math.ceil(share * len(known)) - 1, 0)] if known else None


def ratio(part: Number | None, whole: Number | None) -> float | None:
    """One over the other, when both are known and the other is above 0."""
    return part / whole if part is not None and whole is not None and whole > 0 else None


def least(values: Iterable[Number | None]) -> Number | None:
    """The smallest of those that are known."""
    return min((each for each in values if each is not None), default=None)


def most(values: Iterable[Number | None]) -> Number | None:
    """The largest of those that are known."""
    return max((each for each in values if each is not None), default=None)


def total(values: Iterable[Number | None]) -> Number | None:
    """The sum of those that are known; None when none is."""
    known = [each for each in values if each is not None]
    return sum(known) if known else None


def last(found: Iterable[Properties], name: str) -> Number | None:
    """The newest number under a name; rows are in order of time."""
    known = [each for row in found if (each := number(row, name)) is not None]
    return known[-1] if known else None
