"""Screenings, identity checks and the travel rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from keepwell.base.time import DAY_US, HOUR_US
from keepwell.expert.telemetry.domain import Domain
from keepwell.expert.telemetry.record import Occurrence, Record
from keepwell.expert.telemetry.values import Properties, amount, flag, least, moment, number, text, whole


@dataclass(frozen=True, slots=True)
class Screened:
    """The last screening of each address, and all of them in order of time."""

    newest: list[Properties]
    every: tuple[Occurrence, ...]


def _screened(record: Record) -> Screened:
    newest: dict[str | None, Properties] = {}
    for row in record.every("screening_hit"):
        newest[text(row.properties, "address")] = row.properties
    return Screened(list(newest.values()), record.every("screening_hit"))


SCREENING = Domain("screening", ("screening_hit",), _screened)


@SCREENING.feature("cmp.sanctions_hit")
def _hit(screened: Screened) -> bool | None:
    """Only where the screening says so itself: its event is sent for every answer."""
    said = [each for row in screened.newest if (each := flag(row, "hit")) is not None]
    return any(said) if said else None


@SCREENING.feature("cmp.sanctions_hops")
def _hops(screened: Screened) -> float | None:
    return least(whole(row.get("hops")) for row in screened.newest)


@SCREENING.feature("cmp.list_age_h")
def _list_age(screened: Screened) -> float | None:
    """Of the list in use at the last screening that names one, at that moment."""
    ages = [
        (row.at - made) / HOUR_US
        for row in screened.every
        if (made := moment(row.properties, "list_at")) is not None and made <= row.at
    ]
    return ages[-1] if ages else None


@dataclass(frozen=True, slots=True)
class Checks:
    """Identity checks in order of time, and the moment asked about."""

    every: tuple[Occurrence, ...]
    now: int


IDENTITY = Domain("identity", ("kyc_expiring",), lambda record: Checks(record.every("kyc_expiring"), record.span.now))


@IDENTITY.feature("cmp.kyc_days_left")
def _days_left(checks: Checks) -> float | None:
    """By the last one that says when; below 0 when it has run out."""
    known = [each for row in checks.every if (each := _expiry(row)) is not None]
    return (known[-1] - checks.now) / DAY_US if known else None


def _expiry(row: Occurrence) -> float | None:
    expires, left = moment(row.properties, "expires_at"), number(row.properties, "days_left")
    return row.at + left * DAY_US if expires is None and left is not None else expires


@dataclass(frozen=True, slots=True)
class Rule:
    """Transfers of the window; the other features are of one of them.

    Attributes:
        told: the largest that concerns a self-hosted address in the EU, else the largest that lacks something, else
            the largest.
    """

    rows: list[Properties]
    told: Properties | None


def _rule(record: Record) -> Rule:
    rows = [row.properties for row in record.now("travel_rule_reported")]
    return Rule(rows, max(rows, key=_weight, default=None))


def _weight(row: Properties) -> tuple[bool, bool, float]:
    hosted = flag(row, "eu") is True and flag(row, "selfhosted") is True
    return hosted, bool(_missing(row)), amount(row, "amount_eur") or 0


def _missing(row: Properties) -> bool | None:
    """Whether a transfer lacks data: by the list of what is missing; None when there is no such list."""
    lacking = row.get("missing")
    return bool(lacking) if isinstance(lacking, list) and all(isinstance(each, str) for each in lacking) else None


TRAVEL_RULE = Domain("travel_rule", ("travel_rule_reported",), _rule)


@TRAVEL_RULE.feature("cmp.tr_missing")
def _lacking(rule: Rule) -> int | None:
    return _count(_missing(row) for row in rule.rows)


def _count(said: Iterable[bool | None]) -> int | None:
    known = [each for each in said if each is not None]
    return sum(known) if known else None


@TRAVEL_RULE.feature("cmp.tr_amount_eur")
def _amount(rule: Rule) -> float | None:
    return amount(rule.told, "amount_eur") if rule.told else None


@TRAVEL_RULE.feature("cmp.eu")
def _eu(rule: Rule) -> bool | None:
    return flag(rule.told, "eu") if rule.told else None


@TRAVEL_RULE.feature("cmp.selfhosted")
def _selfhosted(rule: Rule) -> bool | None:
    return flag(rule.told, "selfhosted") if rule.told else None
