"""Invoices, payments and payment methods; the end of a subscription, and its renewal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from keepwell.base.time import DAY_US, SECOND_US, to_rfc3339
from keepwell.simulation import tuning
from keepwell.simulation.draws import NEVER, Floats, Ints, Mask, Words, words
from keepwell.simulation.fates import column
from keepwell.simulation.stage import Moments, Stage
from keepwell.simulation.tables import Column, Table, table

MONTH_DAYS = 30
ATTEMPTS = 3


@dataclass(frozen=True)
class Invoices:
    """Invoices as issued. `delay` is how many days after issue they are paid: never, for some."""

    moments: Moments
    name: Words
    amount: Ints
    due: Ints
    delay: Floats
    failures: Ints


def charge(stage: Stage, rng: Generator) -> list[Table]:
    """Everything the billing system reports."""
    invoices = _invoices(stage, rng)
    columns: dict[str, Column] = {"invoice": invoices.name, "amount": invoices.amount, "due_at": _texts(invoices.due)}
    return [
        table("invoice_issued", "billing", invoices.moments, **columns),
        _paid(stage, invoices, columns),
        *_failed(stage, invoices, rng),
        *_methods(stage, rng),
        *_endings(stage, rng),
    ]


def _texts(instants: Ints) -> Words:
    return words([to_rfc3339(each) for each in instants.tolist()], np.arange(len(instants)))


def moments_at(stage: Stage, customer: Ints, day: Floats) -> Moments:
    """Moments at given times, those outside the history left out."""
    kept = (day >= 0) & (day < stage.days)
    return Moments(customer[kept], day[kept].astype(np.int64), stage.spec.span.instants(day[kept]))


def _invoices(stage: Stage, rng: Generator) -> Invoices:
    """One a month from joining to the end of the subscription; a bill goes on when nobody is there any more."""
    joined, cancel = column(stage.stories, "joined"), column(stage.stories, "cancel")
    phase = np.where(joined >= 0, joined + 0.1, rng.uniform(0, MONTH_DAYS, len(stage)))
    day: Floats = phase[:, None] + MONTH_DAYS * np.arange(stage.days // MONTH_DAYS + 1)
    billed = day < np.minimum(cancel, stage.days)[:, None]
    customer, _ = np.nonzero(billed)
    moments = moments_at(stage, customer, day[billed])
    name = words([f"INV-{place:05d}" for place in rng.permutation(len(moments)).tolist()], np.arange(len(moments)))
    amount = np.array(
        [_bill(stage, who, on) for who, on in zip(moments.customer.tolist(), moments.day.tolist(), strict=True)],
        np.int64,
    )
    delay, failures = _payment(stage, moments, rng)
    return Invoices(moments, name, amount, moments.at + tuning.DUE_DAYS * DAY_US, delay, failures)


def _bill(stage: Stage, customer: int, day: int) -> int:
    return stage.profiles.monthly(customer, stage.profiles.plan_on(customer, day))


def _payment(stage: Stage, moments: Moments, rng: Generator) -> tuple[Floats, Ints]:
    """Days until an invoice is paid, and how many attempts failed before."""
    size = len(moments)
    card = stage.profiles.card[moments.customer]
    strained = stage.health.strain[moments.customer, moments.day] > 0
    left = moments.at >= stage.stopped[moments.customer]
    by_hand = rng.gamma(4.0, 1.5, size)
    by_hand = np.where(by_hand > tuning.DUE_DAYS, tuning.DUE_DAYS, by_hand)
    late = rng.random(size) < tuning.LATE_PAYMENT
    by_hand = np.where(late, tuning.DUE_DAYS + rng.uniform(4, 25, size), by_hand)
    failures = np.where(card, (rng.random(size) < tuning.CARD_FAILS) * (1 + (rng.random(size) < 0.15)), 0)
    failures = np.where(strained, ATTEMPTS, failures).astype(np.int64)
    by_card = np.where(late & (failures == 0), by_hand, 0.002 + 2.5 * failures)
    slow = tuning.DUE_DAYS + rng.uniform(6, 30, size)
    delay = np.where(strained, slow, np.where(card, by_card, by_hand))
    return np.where(left & (strained | ~card), NEVER, delay), failures


def _paid(stage: Stage, invoices: Invoices, columns: Mapping[str, Column]) -> Table:
    wait = np.minimum(invoices.delay, 10_000.0)
    paid, whose = stage.later(invoices.moments, wait, acting=False)
    return table("invoice_paid", "billing", paid, **{name: values[whose] for name, values in columns.items()})


def _failed(stage: Stage, invoices: Invoices, rng: Generator) -> list[Table]:
    """The provider tries again every two and a half days, and says when, until it gives up."""
    reasons = np.array(["card_declined", "insufficient_funds", "expired_card"], dtype=object)
    tables = []
    for attempt in range(ATTEMPTS):
        tried = np.flatnonzero(invoices.failures > attempt)
        failed, whose = stage.later(
            invoices.moments.where(tried), np.full(len(tried), 0.001 + 2.5 * attempt), acting=False
        )
        reason = rng.choice(reasons, len(failed))
        again = _texts((failed.at + int(2.5 * DAY_US)) // SECOND_US * SECOND_US)
        last = attempt + 1 == ATTEMPTS
        retry = np.full(len(failed), None, dtype=object) if last else again
        told = {"invoice": invoices.name[tried[whose]], "reason": reason, "retry_at": retry}
        tables.append(table("payment_failed", "billing", failed, **told))
    return tables


def _methods(stage: Stage, rng: Generator) -> list[Table]:
    """A method on file from the first day we hear of a customer; cards expire, and are mostly replaced in time."""
    everybody = np.arange(len(stage))
    first = np.maximum(column(stage.stories, "joined") + 0.01, rng.uniform(0.0, 0.9, len(stage)))
    added = moments_at(stage, everybody, first)
    strain = column(stage.stories, "strain")
    expires = np.where(
        rng.random(len(stage)) < tuning.CARD_EXPIRES * stage.days / 365, rng.uniform(1, stage.days, len(stage)), NEVER
    )
    expires = np.where(np.isfinite(strain), strain, np.where(stage.profiles.card, expires, NEVER))
    known = expires < np.minimum(column(stage.stories, "stop"), column(stage.stories, "cancel"))
    known &= expires > column(stage.stories, "joined")
    expired = moments_at(stage, everybody[known], expires[known])
    in_time = rng.random(len(expired)) < tuning.REPLACED_IN_TIME
    wait = np.where(in_time, rng.uniform(0.1, 5, len(expired)), rng.uniform(9, 20, len(expired)))
    wait = np.where(np.isfinite(strain[expired.customer]), 10_000.0, wait)
    changed, _ = stage.later(expired, wait, acting=False)
    return [
        table("payment_method_added", "billing", added, kind=_kind(stage.profiles.card[added.customer])),
        table("payment_method_expired", "billing", expired, kind=_kind(stage.profiles.card[expired.customer])),
        table("payment_method_changed", "billing", changed, kind=_kind(stage.profiles.card[changed.customer])),
    ]


def _kind(card: Mask) -> Words:
    return np.where(card, "card", "bank_transfer").astype(object)


def _endings(stage: Stage, rng: Generator) -> list[Table]:
    """Cancellations at the moment they are given, with the day the subscription runs out."""
    cancel = column(stage.stories, "cancel")
    given = moments_at(stage, np.arange(len(stage)), cancel)
    runs_on = rng.uniform(0, MONTH_DAYS, len(given)) * DAY_US
    ends = _texts((given.at + runs_on.astype(np.int64)) // SECOND_US * SECOND_US)
    return [table("subscription_cancelled", "billing", given, ends_at=ends)]
