"""What is told of a customer's account: bills, requests, answers to surveys, and what is only alluded to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from keepwell.base.time import day_of
from keepwell.customers import traits
from keepwell.events.catalog import key_of
from keepwell.events.instants import instant
from keepwell.metrics.rollups import kind_label
from keepwell.outreach.catalog import Reading
from keepwell.runtime.facts_everybody import Everybody
from keepwell.runtime.facts_own import Own

FAILED_WITHIN: Final = 30
"""Days after which a payment that failed is told of no more."""
OPEN_WITHIN: Final = 365
FORECAST_WITHIN: Final = 90
LEAVING_WITHIN: Final = 30
CURRENCY_LETTERS: Final = 3

Told = Iterator[tuple[str, Reading]]


def account(own: Own, beside: Everybody) -> Told:
    """Facts of the account."""
    yield from _payments(own)
    yield from _requests(own, beside)
    yield from _forecast(own)
    row = beside.row(own.customer)
    if row is not None:
        yield from _moods(own, beside, row)
    leaving = [*_spoken(own), *([] if row is None else _compared(own, beside, row))]
    if leaving:
        yield "leaving", Reading(max(leaving), own.now)


# --- bills -----------------------------------------------------------------------------------


class _Bill(NamedTuple):
    """An invoice that is open: when a payment of it failed last, and what is known of it; 0 and empty where not."""

    failed_at: int = 0
    due: int = 0
    cents: int = 0
    currency: str = ""
    retry_at: int = 0


def _payments(own: Own) -> Told:
    """Payments that failed, and what is open: invoices whose payment failed, or whose day has passed."""
    bills = _bills(own)
    failed = [each for each in bills if each.failed_at and day_of(each.failed_at) > own.day - FAILED_WITHIN]
    if failed:
        newest = max(failed, key=lambda each: each.failed_at)
        yield "payments_failed", Reading(len(failed), own.now)
        yield "payment_failed_on", Reading(day_of(newest.failed_at), own.now)
        if newest.retry_at > own.now:
            yield "payment_retry_on", Reading(day_of(newest.retry_at), own.now)
    due = [*failed, *(each for each in bills if not each.failed_at and 0 < each.due < own.day)]
    currencies = {each.currency for each in due}
    if due and all(each.cents for each in due) and len(currencies) == 1 and currencies != {""}:
        yield "amount_due", Reading(sum(each.cents for each in due), own.now, currencies.pop())


def _bills(own: Own) -> list[_Bill]:
    """Invoices that are neither paid nor voided. A failure that names none is over with any payment after it."""
    bills: dict[str, _Bill] = {}
    for place in np.flatnonzero(own.of("invoice_issued", "payment_failed", "invoice_paid", "invoice_voided")).tolist():
        name = own.columns["ref"][place] or ""
        kind = key_of(int(own.columns["kind"][place]), None)
        if kind in ("invoice_paid", "invoice_voided"):
            bills.pop(name, None)
            if kind == "invoice_paid":
                bills.pop("", None)
        elif kind == "payment_failed" or name:
            bills[name] = _with(bills.get(name, _Bill()), own, place, kind)
    return list(bills.values())


def _with(bill: _Bill, own: Own, place: int, kind: str) -> _Bill:
    """An invoice after it was issued, or after a payment of it failed."""
    given = own.properties(place)
    cents = traits.cents(given, "amount") or bill.cents
    bill = bill._replace(cents=cents, currency=_currency(given) or bill.currency or _currency(own.profile.traits))
    if kind == "invoice_issued":
        return bill._replace(due=int(own.columns["day2"][place]))
    return bill._replace(failed_at=int(own.columns["occurred_at"][place]), retry_at=_moment(given, "retry_at"))


def _currency(given: traits.Traits) -> str:
    """The code of a currency, empty when there is none."""
    code = (traits.word(given, "currency") or "").upper()
    return code if len(code) == CURRENCY_LETTERS and code.isascii() and code.isalpha() else ""


def _moment(given: traits.Traits, name: str) -> int:
    try:
        return instant(given.get(name)) or 0
    except (ValueError, OverflowError):
        return 0


# --- requests, answers, forecasts --------------------------------------------------------------


def _requests(own: Own, beside: Everybody) -> Told:
    """Requests that are open. Where nobody ever says that one is solved, nothing is known of them.

    One without a name is left out: what is said of it later cannot be known to be of it.
    """
    if kind_label("ticket_solved") not in beside.connected:
        return
    is_open: dict[str, bool] = {}
    for place in np.flatnonzero(own.of("ticket_opened", "ticket_solved")).tolist():
        name, kind = own.columns["ref"][place], key_of(int(own.columns["kind"][place]), None)
        if name and own.columns["day"][place] > own.day - OPEN_WITHIN:
            is_open[name] = kind == "ticket_opened"
    if any(is_open.values()):
        yield "open_tickets", Reading(sum(is_open.values()), own.now)


def _moods(own: Own, beside: Everybody, row: int) -> Told:
    """A mean of answers that fell, as the alert asks it."""
    fell = beside.rules["satisfaction_drop"]
    if fell.holds[row] and np.nan_to_num(fell.measure[row]) > 0:
        yield "satisfaction_drop", Reading(-float(fell.measure[row]), own.begun)


def _spoken(own: Own) -> list[int]:
    """Days on which an answer or a message of theirs spoke of leaving."""
    said = own.of("message_replied", "message_received") & (own.columns["day"] > own.day - LEAVING_WITHIN)
    places = np.flatnonzero(said).tolist()
    return [int(own.columns["day"][each]) for each in places if traits.yes(own.properties(each), "leaving")]


def _compared(own: Own, beside: Everybody, row: int) -> list[int]:
    """Days on which a competitor was seen, while the alert holds."""
    if not beside.rules["competitive_activity"].holds[row]:
        return []
    return [int(each) for each in own.columns["day"][own.over("competitor_seen", LEAVING_WITHIN)]]


def _forecast(own: Own) -> Told:
    """The newest forecast that was published."""
    places = np.flatnonzero(own.of("forecast_published") & (own.columns["day"] > own.day - FORECAST_WITHIN))
    if len(places):
        newest = int(places[-1])
        at = int(own.columns["occurred_at"][newest])
        yield "churn_risk", Reading(int(own.columns["v1"][newest]) / 1000.0, at)
