"""Sign-ins, keys and withdrawals: who gets in, and what goes out."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Final

from keepwell.base.time import DAY_US, HOUR_US
from keepwell.expert.telemetry.domain import Domain
from keepwell.expert.telemetry.record import Occurrence, Record
from keepwell.expert.telemetry.values import amount, flag, moment, most, positive, ratio, text, times, total, whole

GUESSED: Final = 5
"""Failures within an hour after which a success from a new device is suspicious. Source: the knowledge base."""
LEAST_HISTORY: Final = 8
"""Withdrawals from which a customer has a habit: below, the median deviation jumps with each of them."""
TO_SD: Final = 1.4826
"""Median absolute deviation to standard deviation, of a normal distribution."""
FACTORS: Final = frozenset({"mfa", "email", "recovery"})
"""What of the way to prove oneself can be changed."""


@dataclass(frozen=True, slots=True)
class SignIns:
    """Failed and successful sign-ins of the window, and the failures of its worst hour."""

    failed: tuple[Occurrence, ...]
    signed: tuple[Occurrence, ...]
    worst: list[Occurrence]


def _sign_ins(record: Record) -> SignIns:
    failed = record.now("login_failed")
    worst = max(hours(failed), key=lambda rows: (_many(rows), rows[0].at), default=[])
    return SignIns(failed, record.now("signed_in"), worst)


def hours(rows: tuple[Occurrence, ...]) -> Iterable[list[Occurrence]]:
    """For each row all of the hour that begins with it."""
    end = 0
    for start, row in enumerate(rows):
        end = max(end, start)
        while end < len(rows) and rows[end].at < row.at + HOUR_US:
            end += 1
        yield list(rows[start:end])


def _many(rows: Iterable[Occurrence]) -> int:
    return sum(times(row.properties) for row in rows)


SIGN_INS = Domain("sign_ins", ("login_failed",), _sign_ins)


@SIGN_INS.feature("sec.login_fail")
def _failures(signs: SignIns) -> int:
    return _many(signs.worst)


@SIGN_INS.feature("sec.login_ips")
def _networks(signs: SignIns) -> int | None:
    """In the same hour."""
    return _distinct(text(row.properties, "network", "ip") for row in signs.worst)


def _distinct(values: Iterable[str | None]) -> int | None:
    return len({each for each in values if each is not None}) or None


@SIGN_INS.feature("sec.login_success_after_fail")
def _guessed(signs: SignIns) -> bool | None:
    """Known of sign-ins that say whether the device is new."""
    told = [(row.at, new) for row in signs.signed if (new := flag(row.properties, "new_device")) is not None]
    if not told:
        return None
    return any(new and _many(_hour_before(signs.failed, at)) >= GUESSED for at, new in told)


def _hour_before(rows: Iterable[Occurrence], at: int) -> list[Occurrence]:
    return [row for row in rows if at - HOUR_US <= row.at < at]


@dataclass(frozen=True, slots=True)
class Keys:
    """Uses and inspections of keys in the window, and the moment asked about."""

    now: tuple[Occurrence, ...]
    end: int


KEYS = Domain("keys", ("key_used",), lambda record: Keys(record.now("key_used"), record.span.now))


@KEYS.feature("sec.api_key_countries")
def _countries(keys: Keys) -> int | None:
    found: dict[str, set[str]] = {}
    for row in keys.now:
        key, country = text(row.properties, "key_id"), text(row.properties, "country")
        if key is not None and country is not None:
            found.setdefault(key, set()).add(country.upper())
    return max((len(each) for each in found.values()), default=None)


@KEYS.feature("sec.api_key_age_days")
def _key_age(keys: Keys) -> float | None:
    """Of the oldest that is in use."""
    made = [each for row in keys.now if (each := moment(row.properties, "created_at")) is not None and each <= keys.end]
    return (keys.end - min(made)) / DAY_US if made else None


@KEYS.feature("sec.api_key_public")
def _public(keys: Keys) -> bool | None:
    said = [each for row in keys.now if (each := flag(row.properties, "public")) is not None]
    return any(said) if said else None


@KEYS.feature("sec.shared_key_customers")
def _shared(keys: Keys) -> float | None:
    return most(whole(row.properties.get("customers")) for row in keys.now)


@dataclass(frozen=True, slots=True)
class Withdrawals:
    """Withdrawals of the window, of before it, and changes of a factor.

    Attributes:
        drained: those of the hour in which the largest share of the balance left.
        judged: the largest that follows a change of a factor within a day, else the largest.
    """

    now: tuple[Occurrence, ...]
    before: tuple[Occurrence, ...]
    changes: list[int] | None
    drained: list[Occurrence]
    judged: Occurrence | None


def _withdrawals(record: Record) -> Withdrawals:
    now, changed = record.now("withdrawal_made"), record.every("authority_changed")
    changes = [row.at for row in changed if text(row.properties, "what") in FACTORS]
    drained = max(hours(now), key=lambda rows: (_outflow(rows) or 0, _new(rows) or 0, rows[0].at), default=[])
    judged = max(now, key=lambda row: (_follows(row, changes), amount(row.properties, "value_usd") or 0), default=None)
    return Withdrawals(now, record.past("withdrawal_made"), changes or None, drained, judged)


def _follows(row: Occurrence, changes: Iterable[int]) -> bool:
    return any(row.at - DAY_US <= at <= row.at for at in changes)


def _outflow(rows: list[Occurrence]) -> float | None:
    """What left in an hour over the balance before it; nothing when one of the values is not known."""
    values = [amount(row.properties, "value_usd") for row in rows]
    known = total(values) if None not in values else None
    return ratio(known, positive(rows[0].properties, "balance_before_usd")) if rows else None


def _new(rows: Iterable[Occurrence]) -> int | None:
    """Destinations never used before; known when it was said of any."""
    said = [(flag(row.properties, "first_use"), text(row.properties, "destination")) for row in rows]
    known = [(first, where) for first, where in said if first is not None]
    return len({where for first, where in known if first}) if known else None


WITHDRAWALS = Domain("withdrawals", ("withdrawal_made",), _withdrawals)


@WITHDRAWALS.feature("sec.outflow_share_1h")
def _share(withdrawals: Withdrawals) -> float | None:
    return _outflow(withdrawals.drained)


@WITHDRAWALS.feature("sec.new_destinations_1h")
def _destinations(withdrawals: Withdrawals) -> int | None:
    """In the same hour."""
    return _new(withdrawals.drained)


@WITHDRAWALS.feature("sec.withdrawal_z")
def _size(withdrawals: Withdrawals) -> float | None:
    """On a log scale, in robust standard deviations from the median of the past."""
    past = [math.log(each) for row in withdrawals.before if (each := positive(row.properties, "value_usd"))]
    now = positive(withdrawals.judged.properties, "value_usd") if withdrawals.judged else None
    if now is None or len(past) < LEAST_HISTORY:
        return None
    usual = median(past)
    return ratio(math.log(now) - usual, TO_SD * median(abs(each - usual) for each in past))


@WITHDRAWALS.feature("sec.mfa_changed_24h")
def _changed(withdrawals: Withdrawals) -> bool | None:
    """Known once changes of a factor are reported at all."""
    if withdrawals.judged is None or withdrawals.changes is None:
        return None
    return _follows(withdrawals.judged, withdrawals.changes)
