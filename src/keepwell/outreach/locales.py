"""How numbers, money and dates are written in two languages, after the Unicode Common Locale Data Repository."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

NO_BREAK: Final = "\u00a0"


@dataclass(frozen=True)
class Locale:
    """The forms of one language in one place; `date` has the fields day, month and year."""

    tag: str
    decimal: str
    group: str
    percent: str
    symbols: Mapping[str, str]  # of currencies that are written first, unmistakably
    date: str
    months: tuple[str, ...]

    @property
    def language(self) -> str:
        return self.tag[:2]

    def number(self, value: Decimal) -> str:
        """Digits in groups of three, with a minus sign when it is negative."""
        whole, _, rest = f"{abs(value):,f}".partition(".")
        sign = "-" if value < 0 else ""
        return sign + whole.replace(",", self.group) + (self.decimal + rest if rest else "")

    def percentage(self, value: Decimal) -> str:
        return self.number(value) + self.percent

    def money(self, value: Decimal, currency: str) -> str:
        """An amount with the code of its currency, or with its symbol where that is unmistakable."""
        if currency in self.symbols:
            sign = "-" if value < 0 else ""
            return f"{sign}{self.symbols[currency]}{self.number(abs(value))}"
        return f"{self.number(value)}{NO_BREAK}{currency}"

    def day(self, date: dt.date) -> str:
        return self.date.format(day=date.day, month=self.months[date.month - 1], year=date.year)


_US: Final = Locale(
    "en-US", ".", ",", "%", symbols={"USD": "$", "EUR": "€", "GBP": "£"}, date="{month} {day}, {year}",
    months=("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December"),
)  # fmt: skip
_DE: Final = Locale(
    "de", ",", ".", NO_BREAK + "%", symbols={}, date="{day}. {month} {year}",
    months=("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
            "Dezember"),
)  # fmt: skip
_ELSEWHERE: Final = replace(_US, tag="en", date="{day} {month} {year}")

LANGUAGES: Final = ("en", "de")
_KNOWN: Final = {"en-US": _US, "en": _ELSEWHERE, "de": _DE}


def locale_of(tag: str, languages: tuple[str, ...] = LANGUAGES) -> Locale:
    """The forms for a tag as `de-AT`, in one of the languages that a text exists in; else English.

    An English text has English figures, whoever reads it: 1.234 must not be read in two ways.

    >>> locale_of("de-AT").tag, locale_of("de-AT", ("en",)).tag, locale_of("en-US").tag
    ('de', 'en', 'en-US')
    """
    language, _, region = tag.replace("_", "-").partition("-")
    language = language.lower()
    if language not in languages or language not in _KNOWN:
        return _ELSEWHERE
    return _KNOWN.get(f"{language}-{region.upper()}", _KNOWN[language])


UNITS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "point": {"en": ("point", "points"), "de": ("Punkt", "Punkte")},
    "hour": {"en": ("hour", "hours"), "de": ("Stunde", "Stunden")},
    "day": {"en": ("day", "days"), "de": ("Tag", "Tage")},
    "week": {"en": ("week", "weeks"), "de": ("Woche", "Wochen")},
    "ticket": {"en": ("support request", "support requests"), "de": ("Supportanfrage", "Supportanfragen")},
    "feature": {"en": ("feature", "features"), "de": ("Funktion", "Funktionen")},
    "transaction": {"en": ("transaction", "transactions"), "de": ("Transaktion", "Transaktionen")},
    "payment": {"en": ("payment", "payments"), "de": ("Zahlung", "Zahlungen")},
    "customer": {"en": ("customer", "customers"), "de": ("Kunde", "Kunden")},
}
"""Nouns that are written with a count: one of them, and more. German ones stand where `einen Tag` would."""


def counted(value: Decimal, unit: str, locale: Locale) -> str:
    r"""A number with its noun.

    >>> counted(Decimal(1), "day", locale_of("de")), counted(Decimal(1200), "day", locale_of("en"))
    ('1\xa0Tag', '1,200\xa0days')
    """
    one, many = UNITS[unit][locale.language]
    return f"{locale.number(value)}{NO_BREAK}{one if abs(value) == 1 else many}"


def rounded(value: float, decimals: int = 0) -> Decimal:
    """Half goes away from zero, as people round."""
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP) + 0
