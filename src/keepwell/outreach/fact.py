"""A fact: one value known of a customer, where it comes from, and whether it may be said."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from keepwell.base.errors import KeepwellError
from keepwell.base.time import DAY_US


class Kind(StrEnum):
    """What sort of value it is, and with it how it is written."""

    COUNT = "count"  # a number; its unit is a noun of `locales.UNITS`, or none
    SHARE = "share"  # 0 to 1, written as a percentage
    CHANGE = "change"  # relative: 0.45 is a rise by 45 %
    DATE = "date"  # unit `day`: a day number; unit `moment`: microseconds, shown in the recipient's zone
    DURATION = "duration"  # seconds, shown in its unit: hour, day or week; what is begun does not count
    MONEY = "money"  # hundredths of the currency in `unit`
    NAME = "name"  # of a feature, a product, a plan, a person
    TEXT = "text"  # our own words


class Surface(StrEnum):
    """What may be done with it: say it, let it decide what is said, or neither."""

    SAY = "say"
    ALLUDE = "allude"
    HOLD = "hold"


LASTING: Final[Mapping[str, int]] = {"hour": 3600, "day": 86_400, "week": 7 * 86_400}
"""Seconds of the units of a duration."""
FRESH_US: Final = 2 * DAY_US
"""How long a measured value stays fresh: the working days between a draft and its sending."""


class UnusableFactError(KeepwellError):
    """A value that is none of its kind.

    Attributes:
        fact: its id.
        problem: what is wrong, in words.
    """

    def __init__(self, fact: str, problem: str) -> None:
        super().__init__(f"the fact `{fact}` cannot be used: {problem}")
        self.fact, self.problem = fact, problem


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One value.

    Attributes:
        id: the name placeholders use.
        kind: what sort of value it is.
        value: as `kind` says.
        unit: as `kind` says.
        window_days: days it looks back; 0 for what is so now.
        as_of: the moment it was computed for, microseconds.
        source: how it is computed again: the part of Keepwell and what it is called there, as `score:score_now`.
        surface: whether it may be said.
        fresh_for: microseconds after `as_of` for which it may be used; None for what does not age.

    Raises:
        UnusableFactError: the value is none of its kind.
    """

    id: str
    kind: Kind
    value: int | float | str
    unit: str = ""
    window_days: int = 0
    as_of: int
    source: str
    surface: Surface = Surface.SAY
    fresh_for: int | None = FRESH_US

    def __post_init__(self) -> None:
        problem = _problem(self)
        if problem:
            raise UnusableFactError(self.id, problem)

    @property
    def meaning(self) -> str:
        """What the value is of. Two facts of one id with different meanings are different facts."""
        return f"{self.kind.value}/{self.unit}/{self.window_days}/{self.source}"

    def is_stale(self, now: int) -> bool:
        """Whether it is too old to be said, or of a moment that has not come."""
        return self.as_of > now or (self.fresh_for is not None and now - self.as_of > self.fresh_for)

    @property
    def number(self) -> float:
        """The value as a number; NaN for a name."""
        return float("nan") if isinstance(self.value, str) else float(self.value)


def _problem(fact: Fact) -> str:
    """Why the value is none of its kind; empty when it is."""
    if fact.kind in (Kind.NAME, Kind.TEXT):
        return "" if isinstance(fact.value, str) and fact.value.strip() else "it has no words"
    if isinstance(fact.value, str):
        return "it is no number"
    if not math.isfinite(fact.value):
        return "it is no finite number"
    if fact.kind is Kind.SHARE and not 0 <= fact.value <= 1:
        return "a share lies between 0 and 1"
    return _problem_of_unit(fact)


def _problem_of_unit(fact: Fact) -> str:
    if fact.kind is Kind.DURATION and (fact.unit not in LASTING or fact.number < 0):
        return f"a duration is at least 0 and in one of {', '.join(LASTING)}"
    if fact.kind is Kind.DATE and fact.unit not in ("day", "moment"):
        return "a date is a `day` or a `moment`"
    if fact.kind is Kind.MONEY and not (len(fact.unit) == 3 and fact.unit.isascii() and fact.unit.isupper()):
        return "money has a currency of three letters"
    if fact.kind in (Kind.MONEY, Kind.DATE, Kind.DURATION) and not isinstance(fact.value, int):
        return f"a {fact.kind.value} is a whole number"
    return ""
