"""Features: named numbers, names and yes-or-no answers about a customer, over a window that ends now.

A feature that is not known is absent, and stays unknown: it is never taken for zero, and nothing is concluded from its
absence. A count of messages that were received is 0 when none came; a count that nobody reports is unknown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

Value = bool | int | float | str
Features = Mapping[str, Value]
STANDING = "stat."
"""What begins like this is asked of a topic's `Standing` and not of the features of the customer."""


PLAIN: Final = frozenset({"ratio", "factor", "count", "p", "0..1", "code", "nats", "same unit", "sd"})
"""Units that add nothing to a number."""
UNLIMITED: Final = (1 << 64) - 1
"""The largest amount of an SPL token; an approval of as much or more has no limit."""
LEAST_CHANCE: Final = 1e-4
"""Smaller chances are only said to be smaller."""


UNCOUNTED: Final = "enough attempts, of this customer and of others, to compare with"
"""What every test of scope waits for."""


class Sort(StrEnum):
    """What a value of a feature can be."""

    NUMBER = "number"
    BOOL = "bool"
    TEXT = "text"


class Feature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a feature is.

    Attributes:
        unit: of its numbers; `bool` when it is yes or no, `text` when it is a name.
        meaning: what is counted or measured, and where it comes from.
        name: as entries ask for it.
    """

    unit: str
    meaning: str
    name: str = ""

    @property
    def sort(self) -> Sort:
        return Sort(self.unit) if self.unit in (Sort.BOOL, Sort.TEXT) else Sort.NUMBER


def sort_of(value: Value) -> Sort:
    """The sort of a value."""
    if isinstance(value, bool):
        return Sort.BOOL
    return Sort.TEXT if isinstance(value, str) else Sort.NUMBER


def known(value: Value | None, feature: Feature) -> Value | None:
    """The value, or None when it is not known: absent, no number, or of another sort than the feature has."""
    if value is None or sort_of(value) is not feature.sort:
        return None
    return None if isinstance(value, float) and math.isnan(value) else value


def missing(name: str, features: Mapping[str, Feature]) -> str:
    """What would have to be known, in words; what is no feature says it itself."""
    if name.startswith(STANDING):
        return UNCOUNTED
    return features[name].meaning if name in features else name


def worded(value: Value, feature: Feature) -> str:
    """A value with its unit; shares up to 1 in percent."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if feature.unit == "p" and 0 < value < LEAST_CHANCE:
        return f"under {LEAST_CHANCE:f}".rstrip("0")
    if feature.unit == "ratio" and 0 < value <= 1:
        return f"{value * 100:.4g}\N{NO-BREAK SPACE}%"
    if feature.unit == "s":
        return _duration(value)
    if feature.unit == "raw units" and value >= UNLIMITED:
        return "unlimited"
    number = f"{value:,.4g}" if isinstance(value, float) and abs(value) < 1000 else f"{value:,.0f}"
    return number if feature.unit in PLAIN else f"{number} {feature.unit}"


def _duration(seconds: float) -> str:
    """In the unit in which it is no long number."""
    for unit, size, least in (("days", 86_400, 2 * 86_400), ("h", 3600, 2 * 3600), ("min", 60, 2 * 60)):
        if abs(seconds) >= least:
            return f"{seconds / size:,.3g} {unit}"
    return f"{seconds:.3g} s"
