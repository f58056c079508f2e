"""Slow readings of the account: what is paid, and how it grows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from keepwell.events.catalog import number
from keepwell.events.event import Event
from keepwell.metrics.aggregates_facts import GRACE_DAYS, REPLACE_DAYS
from keepwell.metrics.history import History
from keepwell.metrics.reference_window import (
    HALF_YEAR,
    NO_DATA,
    NOW,
    YEAR,
    Reader,
    Reading,
    age,
    by_age,
    connected,
    day,
    events_of,
    found,
    last_day,
    share,
)
from keepwell.metrics.rollups import FACT_WINDOW

PAIRED = range(FACT_WINDOW)  # reaches beyond a year, for what an event of the year refers back to


# --- payments --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Invoice:
    """What happened to one invoice."""

    due: int
    on_time: bool
    events: tuple[Event, ...]


def on_time_payment(history: History) -> Reading:
    today = last_day(history)
    due = [each for each in _invoices(history) if GRACE_DAYS < today - each.due < YEAR.stop]
    if not due:
        return NO_DATA
    many, paid = by_age(180, [(today - invoice.due, int(invoice.on_time)) for invoice in due])
    return found(share(paid, many), [event for invoice in due for event in invoice.events])


def _invoices(history: History) -> Iterable[Invoice]:
    """The invoices with a name and a due day that nobody declared void."""
    named: dict[str | None, list[Event]] = {}
    for event in events_of(history, PAIRED, "invoice_issued", "invoice_paid", "invoice_voided"):
        named.setdefault(event.ref, []).append(event)
    named.pop(None, None)
    for events in named.values():
        due = min((event.day2 for event in events if event.day2 is not None), default=None)
        paid = [day(event) for event in events if event.kind == number("invoice_paid")]
        void = any(event.kind == number("invoice_voided") for event in events)
        if due is not None and not void:
            yield Invoice(due, min(paid, default=due + GRACE_DAYS + 1) <= due + GRACE_DAYS, tuple(events))


def method_stability(history: History) -> Reading:
    kinds = ("invoice_paid", "payment_failed", "payment_method_added", "payment_method_changed")
    if not events_of(history, YEAR, *kinds):
        return NO_DATA
    failed = events_of(history, HALF_YEAR, "payment_failed")
    replacing = {day(each) for each in events_of(history, HALF_YEAR, *kinds[2:])}
    lapsed = [
        expired
        for expired in events_of(history, HALF_YEAR, "payment_method_expired")
        if age(history, expired) > REPLACE_DAYS
        and replacing.isdisjoint(range(day(expired), day(expired) + REPLACE_DAYS + 1))
    ]
    return found(len(failed) + len(lapsed), failed + lapsed)


def plan_fit(history: History) -> Reading:
    limits = {meter: limit for meter, limit in history.limits.items() if limit > 0}
    reports = [report for report in events_of(history, NOW, "usage_reported") if report.part in limits]
    if not reports:
        return NO_DATA
    return found(max(share(report.v1 or 0, limits[report.part or ""]) for report in reports), reports)


# --- growth ----------------------------------------------------------------------------------


def plan_upgrades(history: History) -> Reading:
    changes = events_of(history, YEAR, "plan_changed")
    if not history.profile["has_plan"] and not changes:
        return NO_DATA
    moves = [(before, after) for on, before, after in _moves(history) if last_day(history) - on in YEAR]
    moved = sum(after - before for before, after in moves)
    largest = max((max(move) for move in moves), default=0)
    return found(min(max(share(moved, largest), -1.0), 1.0), changes)


def _moves(history: History) -> Iterable[tuple[int, int, int]]:
    """Day, revenue before and after of each change of plan; what it was before may have to be looked up."""
    known: int | None = None
    changes = events_of(history, PAIRED, "plan_changed")
    for change in sorted(changes, key=lambda change: (change.occurred_at, change.key)):
        if change.v1 is None:
            continue
        before = known if change.v2 is None else change.v2
        if before is not None:
            yield day(change), before, change.v1
        known = change.v1


def addon_adoption(history: History) -> Reading:
    offered = history.profile["addons_offered"]
    if not offered:
        return NO_DATA
    changes = events_of(history, PAIRED, "addon_added", "addon_removed")
    return found(share(history.profile["addons_active"], offered), changes)


def referrals(history: History) -> Reading:
    return _made(history, YEAR, "referral_made")


def expansion_talks(history: History) -> Reading:
    return _made(history, HALF_YEAR, "expansion_discussed")


def _made(history: History, ages: range, key: str) -> Reading:
    if not connected(history, key):
        return NO_DATA
    made = events_of(history, ages, key)
    return found(len(made), made)


READERS: tuple[Reader, ...] = (
    on_time_payment,
    method_stability,
    plan_fit,
    plan_upgrades,
    addon_adoption,
    referrals,
    expansion_talks,
)
