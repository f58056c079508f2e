"""Loans: how far they are from liquidation, and how full their reserves are."""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter

from keepwell.expert import formulas
from keepwell.expert.telemetry.domain import Domain
from keepwell.expert.telemetry.positions import Position, held
from keepwell.expert.telemetry.record import Record
from keepwell.expert.telemetry.values import Properties, amount, least, most, named, positive, rows, total, whole


@dataclass(frozen=True, slots=True)
class Loans:
    """Loans that were reported in the window."""

    loans: list[Position]

    @property
    def newest(self) -> list[Properties]:
        """The last report of each."""
        return [each.newest for each in self.loans]


def _loans(record: Record) -> Loans:
    return Loans(held(record, "loan_reported", "loan", "market"))


LOANS = Domain("loans", ("loan_reported",), _loans)
feature = LOANS.feature


@feature("lend.hf")
def _health(loans: Loans) -> float | None:
    return least(_health_of(each) for each in loans.newest)


@LOANS.of("lend.hf")
def _least_healthy(loans: Loans) -> str | None:
    known = [(found, each) for each in loans.newest if (found := _health_of(each)) is not None]
    return _name(min(known, key=_FIRST)[1]) if known else None


@LOANS.of("lend.limit_used")
def _fullest_limit(loans: Loans) -> str | None:
    known = [(found, each) for each in loans.newest if (found := _limit_of(each)) is not None]
    return _name(max(known, key=_FIRST)[1]) if known else None


_FIRST = itemgetter(0)


def _name(loan: Properties) -> str | None:
    return named(loan, "loan", "protocol", "market")


def _health_of(loan: Properties) -> float | None:
    """As the protocol says, else from collateral and debt; a loan without debt has none."""
    given = amount(loan, "health_factor")
    debt, collateral = positive(loan, "debt"), rows(loan, "collateral")
    if given is not None or debt is None or not collateral:
        return given
    pairs = [(amount(each, "value"), amount(each, "liq_threshold")) for each in collateral]
    known = [(value, threshold) for value, threshold in pairs if value is not None and threshold is not None]
    return formulas.health_factor(known, debt) if len(known) == len(pairs) else None


@feature("lend.limit_used")
def _limit(loans: Loans) -> float | None:
    return most(_limit_of(each) for each in loans.newest)


def _limit_of(loan: Properties) -> float | None:
    ltv, unhealthy = amount(loan, "ltv"), positive(loan, "unhealthy_ltv")
    return None if ltv is None or unhealthy is None else formulas.limit_used(ltv, unhealthy)


@feature("lend.utilisation")
def _utilisation(loans: Loans) -> float | None:
    reserve = _fullest(loans)
    return None if reserve is None else reserve[0]


@feature("lend.optimal_utilisation")
def _kink(loans: Loans) -> float | None:
    reserve = _fullest(loans)
    return None if reserve is None else reserve[1]


def _fullest(loans: Loans) -> tuple[float, float | None] | None:
    """Utilisation and kink of one reserve, the one that is furthest beyond its kink: they are asked together."""
    known = [
        (used, positive(each, "optimal_utilisation")) for each in loans.newest if (used := _used(each)) is not None
    ]
    return max(known, key=lambda each: (each[1] is not None, each[0] - (each[1] or 0), each[0]), default=None)


def _used(loan: Properties) -> float | None:
    given = amount(loan, "utilisation")
    borrowed, supplied = amount(loan, "borrowed"), positive(loan, "supplied")
    if given is not None or borrowed is None or supplied is None:
        return given
    return formulas.utilisation(borrowed, supplied)


@feature("lend.oracle_age_s")
def _oracle(loans: Loans) -> float | None:
    return most(amount(each, "oracle_age_s") for each in loans.newest)


@feature("lend.liquidations")
def _liquidations(loans: Loans) -> int | None:
    """Of all reports of the window: each says those since the one before."""
    counts = (whole(row.properties.get("liquidations")) for each in loans.loans for row in each.now)
    found = total(counts)
    return None if found is None else int(found)
