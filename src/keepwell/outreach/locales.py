"""How numbers, money and dates are written in four languages, after the Unicode Common Locale Data Repository."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

NO_BREAK: Final = "\u00a0"
NARROW: Final = "\u202f"


@dataclass(frozen=True)
class Locale:
    """The forms of one language in one place; `date` has the fields day, month and year."""

    tag: str
    decimal: str
    group: str
    percent: str
    symbol_first: bool
    symbols: Mapping[str, str]
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
        """An amount with its symbol where it is unmistakable, else with the code of the currency."""
        symbol = self.symbols.get(currency, "")
        if not self.symbol_first:
            return f"{self.number(value)}{NO_BREAK}{symbol or currency}"
        sign = "-" if value < 0 else ""
        return f"{sign}{symbol or currency + NO_BREAK}{self.number(abs(value))}"

    def day(self, date: dt.date) -> str:
        return self.date.format(day=date.day, month=self.months[date.month - 1], year=date.year)


_US: Final = Locale(
    "en-US", ".", ",", "%", symbol_first=True, symbols={"USD": "$", "EUR": "€", "GBP": "£"},
    date="{month} {day}, {year}",
    months=("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December"),
)  # fmt: skip
_DE: Final = Locale(
    "de", ",", ".", NO_BREAK + "%", symbol_first=False, symbols={"EUR": "€"}, date="{day}. {month} {year}",
    months=("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
            "Dezember"),
)  # fmt: skip
_FR: Final = Locale(
    "fr", ",", NARROW, NO_BREAK + "%", symbol_first=False, symbols={"EUR": "€"}, date="{day} {month} {year}",
    months=("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
            "novembre", "décembre"),
)  # fmt: skip
_ES: Final = Locale(
    "es", ",", ".", NO_BREAK + "%", symbol_first=False, symbols={"EUR": "€"}, date="{day} de {month} de {year}",
    months=("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
            "noviembre", "diciembre"),
)  # fmt: skip
_ELSEWHERE: Final = replace(_US, tag="en", date="{day} {month} {year}")

LANGUAGES: Final = ("en", "de", "fr", "es")
_KNOWN: Final = {"en-US": _US, "en": _ELSEWHERE, "de": _DE, "fr": _FR, "es": _ES}


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
    "point": {"en": ("point", "points"), "de": ("Punkt", "Punkte"), "fr": ("point", "points"),
              "es": ("punto", "puntos")},
    "minute": {"en": ("minute", "minutes"), "de": ("Minute", "Minuten"), "fr": ("minute", "minutes"),
               "es": ("minuto", "minutos")},
    "hour": {"en": ("hour", "hours"), "de": ("Stunde", "Stunden"), "fr": ("heure", "heures"),
             "es": ("hora", "horas")},
    "day": {"en": ("day", "days"), "de": ("Tag", "Tage"), "fr": ("jour", "jours"), "es": ("día", "días")},
    "week": {"en": ("week", "weeks"), "de": ("Woche", "Wochen"), "fr": ("semaine", "semaines"),
             "es": ("semana", "semanas")},
    "ticket": {"en": ("support request", "support requests"), "de": ("Supportanfrage", "Supportanfragen"),
               "fr": ("demande d'assistance", "demandes d'assistance"),
               "es": ("solicitud de soporte", "solicitudes de soporte")},
    "feature": {"en": ("feature", "features"), "de": ("Funktion", "Funktionen"),
                "fr": ("fonctionnalité", "fonctionnalités"), "es": ("función", "funciones")},
    "transaction": {"en": ("transaction", "transactions"), "de": ("Transaktion", "Transaktionen"),
                    "fr": ("transaction", "transactions"), "es": ("transacción", "transacciones")},
    "payment": {"en": ("payment", "payments"), "de": ("Zahlung", "Zahlungen"), "fr": ("paiement", "paiements"),
                "es": ("pago", "pagos")},
    "failure": {"en": ("failed transaction", "failed transactions"),
                "de": ("fehlgeschlagene Transaktion", "fehlgeschlagene Transaktionen"),
                "fr": ("transaction échouée", "transactions échouées"),
                "es": ("transacción fallida", "transacciones fallidas")},
}  # fmt: skip
"""Nouns that are written with a count: one of them, and more."""


def counted(number: str, value: Decimal, unit: str, locale: Locale) -> str:
    """A number with its noun; in French nothing and everything below two is singular."""
    one, many = UNITS[unit][locale.language]
    singular = abs(value) < 2 if locale.language == "fr" else abs(value) == 1
    return f"{number}{NO_BREAK}{one if singular else many}"


def rounded(value: float, decimals: int) -> Decimal:
    """Half goes away from zero, as people round."""
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP) + 0
