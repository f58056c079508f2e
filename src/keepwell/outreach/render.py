"""Writing a fact: one text for one value, format, language and zone. The checker writes it again and compares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from keepwell.alerts.hours import local_date
from keepwell.base.errors import KeepwellError
from keepwell.base.time import day_to_date
from keepwell.outreach.fact import LASTING, Fact, Kind
from keepwell.outreach.locales import UNITS, Locale, counted, rounded

WAYS: Final[Mapping[Kind, frozenset[str]]] = {
    Kind.COUNT: frozenset({"bare", "adj", "up", "down", "1"}),
    Kind.SHARE: frozenset({"1"}),
    Kind.CHANGE: frozenset({"up", "down", "1"}),
    Kind.DATE: frozenset(),
    Kind.DURATION: frozenset({"bare", "adj"}),
    Kind.MONEY: frozenset({"whole"}),
    Kind.NAME: frozenset(),
    Kind.TEXT: frozenset(),
}
"""Ways to write a kind. `up` and `down` write the size of a change that goes this way, and of no other; `adj` is
`13-point`; `bare` leaves the unit out; `1` is one decimal; `whole` leaves hundredths out."""
EVERY_WAY: Final = frozenset[str]().union(*WAYS.values())


@dataclass(frozen=True)
class Style:
    """Whom it is written for: the forms of the language, and the zone whose dates count."""

    locale: Locale
    zone: str


class UnsayableError(KeepwellError):
    """A fact that cannot be written this way.

    Attributes:
        fact: its id.
        problem: why not, in words.
    """

    def __init__(self, fact: str, problem: str) -> None:
        super().__init__(f"`{fact}` cannot be written: {problem}")
        self.fact, self.problem = fact, problem


def ways_of(given: str) -> frozenset[str]:
    """The ways that a format as `up,1` asks for."""
    return frozenset(filter(None, given.split(",")))


def render(fact: Fact, form: str, style: Style) -> str:
    """The text of a fact.

    Raises:
        UnsayableError: it does not go this way, comes to nothing, or its kind is not written so.
    """
    ways = ways_of(form)
    if not ways <= WAYS[fact.kind]:
        raise UnsayableError(fact.id, f"a {fact.kind.value} is not written as `{form}`")
    if isinstance(fact.value, str):
        return " ".join(fact.value.split())
    value = _directed(fact, ways)
    if fact.kind is Kind.DATE:
        return _date(fact, style)
    if fact.kind is Kind.MONEY:
        return style.locale.money(rounded(value / 100, 0 if "whole" in ways else 2), fact.unit)
    if fact.kind in (Kind.SHARE, Kind.CHANGE):
        return style.locale.percentage(_percent(fact, value, ways))
    return _count(fact, value, ways, style)


def _directed(fact: Fact, ways: frozenset[str]) -> float:
    """The value, or its size when a direction is asked for."""
    value = fact.number
    if not ways & {"up", "down"}:
        return value
    if (value > 0) is not ("up" in ways) or value == 0:
        raise UnsayableError(fact.id, "it did not go this way")
    return abs(value)


def _percent(fact: Fact, value: float, ways: frozenset[str]) -> Decimal:
    """Percent; a share is written as 0 or 100 % only when it is that, and a change that rounds to nothing is none."""
    decimals = int("1" in ways)
    percent = rounded(value * 100, decimals)
    step = Decimal(1).scaleb(-decimals)
    if fact.kind is Kind.SHARE:
        return min(max(percent, step if value > 0 else percent), 100 - step if value < 1 else percent)
    if percent == 0:
        raise UnsayableError(fact.id, "it comes to nothing")
    return percent


def _count(fact: Fact, value: float, ways: frozenset[str], style: Style) -> str:
    if fact.kind is Kind.DURATION:
        amount = Decimal(int(value) // LASTING[fact.unit])
    else:
        amount = rounded(value, int("1" in ways))
    if amount == 0 and ways & {"up", "down"}:
        raise UnsayableError(fact.id, "it comes to nothing")
    number = style.locale.number(amount)
    if not fact.unit or "bare" in ways:
        return number
    if fact.unit not in UNITS:
        raise UnsayableError(fact.id, f"there are no words for `{fact.unit}`")
    if "adj" not in ways:
        return counted(number, amount, fact.unit, style.locale)
    if style.locale.language != "en":
        raise UnsayableError(fact.id, "`adj` is a way of English")
    return f"{number}-{UNITS[fact.unit]['en'][0]}"


def _date(fact: Fact, style: Style) -> str:
    assert isinstance(fact.value, int)  # noqa: S101 - a fact holds what its kind says
    date = day_to_date(fact.value) if fact.unit == "day" else local_date(fact.value, style.zone)
    return style.locale.day(date)
