"""Writing a fact: one text for one value, form, language and zone. The checker writes it again and compares."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from keepwell.alerts.hours import local_date
from keepwell.base.errors import KeepwellError
from keepwell.base.time import day_to_date
from keepwell.outreach.fact import LASTING, Fact, Kind
from keepwell.outreach.locales import UNITS, Locale, counted, rounded
from keepwell.outreach.scan import strange

FORMS: Final[Mapping[Kind, frozenset[str]]] = {
    Kind.COUNT: frozenset({"", "bare", "up", "down"}),
    Kind.SHARE: frozenset({""}),
    Kind.CHANGE: frozenset({"", "up", "down"}),
    Kind.DATE: frozenset({""}),
    Kind.DURATION: frozenset({"", "bare"}),
    Kind.MONEY: frozenset({"", "whole"}),
    Kind.NAME: frozenset({""}),
    Kind.TEXT: frozenset({""}),
}
"""How a kind can be written. `up` and `down` write the size of a change that goes this way, and of no other; `bare`
leaves the unit out; `whole` leaves hundredths out."""

NAME: Final = 60
TEXT: Final = 400
"""Letters of a name and of a text at most."""


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


def render(fact: Fact, form: str, style: Style) -> str:
    """The text of a fact.

    Raises:
        UnsayableError: it does not go this way, comes to nothing, or its kind is not written so.
    """
    if form not in FORMS[fact.kind]:
        raise UnsayableError(fact.id, f"a {fact.kind.value} is not written as `{form}`")
    if isinstance(fact.value, str):
        return _words(fact, fact.value)
    value = _directed(fact, form)
    if fact.kind is Kind.DATE:
        return _date(fact, style)
    if fact.kind is Kind.MONEY:
        return style.locale.money(rounded(value / 100, 0 if form == "whole" else 2), fact.unit)
    if fact.kind in (Kind.SHARE, Kind.CHANGE):
        return style.locale.percentage(_percent(fact, value))
    return _count(fact, value, form, style)


def _words(fact: Fact, value: str) -> str:
    """A name or a text on one line, composed (NFC), if it carries no address, markup or letters that are not seen."""
    said = unicodedata.normalize("NFC", " ".join(value.split()))
    if len(said) > (NAME if fact.kind is Kind.NAME else TEXT) or strange(said):
        raise UnsayableError(fact.id, "it holds what no name has")
    return said


def _directed(fact: Fact, form: str) -> float:
    """The value, or its size when a direction is asked for."""
    value = fact.number
    if form not in ("up", "down"):
        return value
    if value == 0 or (value > 0) is not (form == "up"):
        raise UnsayableError(fact.id, "it did not go this way")
    return abs(value)


def _percent(fact: Fact, value: float) -> Decimal:
    """Whole percent; a share is written as 0 or 100 % only when it is that; a change that rounds to nothing is none."""
    percent = rounded(value * 100)
    if fact.kind is Kind.SHARE:
        return min(max(percent, Decimal(value > 0)), Decimal(100 - (value < 1)))
    if percent == 0:
        raise UnsayableError(fact.id, "it comes to nothing")
    return percent


def _count(fact: Fact, value: float, form: str, style: Style) -> str:
    amount = Decimal(int(value) // LASTING[fact.unit]) if fact.kind is Kind.DURATION else rounded(value)
    if amount == 0 and form in ("up", "down"):
        raise UnsayableError(fact.id, "it comes to nothing")
    if not fact.unit or form == "bare":
        return style.locale.number(amount)
    if fact.unit not in UNITS:
        raise UnsayableError(fact.id, f"there are no words for `{fact.unit}`")
    return counted(amount, fact.unit, style.locale)


def _date(fact: Fact, style: Style) -> str:
    assert isinstance(fact.value, int)  # noqa: S101 - a fact holds what its kind says
    date = day_to_date(fact.value) if fact.unit == "day" else local_date(fact.value, style.zone)
    return style.locale.day(date)
