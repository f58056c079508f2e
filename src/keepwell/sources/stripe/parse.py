"""Events of Stripe, by their type.

https://docs.stripe.com/api/events/types
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from keepwell.sources import payload
from keepwell.sources.delivery import Delivery
from keepwell.sources.payload import Fact, Item, Whose, at, present, table, word
from keepwell.sources.sent import Batch, BodyRefusedError, Sent
from keepwell.sources.stripe.money import major, monthly

Reader = Callable[[Item, Item], Sequence[Fact]]
"""Reads the object an event is about, and what was there before its change."""


def parse(delivery: Delivery) -> Batch:
    """The events of one event of Stripe.

    Raises:
        BodyRefusedError: the body is no event of Stripe.
    """
    return payload.batch([payload.decode(delivery.body)], _read)


def _read(event: Item) -> Sequence[Sent]:
    kind, thing = word(event.get("type")), table(event, "data", "object")
    if kind is None:
        raise BodyRefusedError("The body is signed, and no event of Stripe: it has no type. Nothing of it was kept")
    read = READERS.get(kind)
    facts = read(thing, table(event, "data", "previous_attributes")) if read else ()
    unknown: Fact = (f"stripe.{kind}", payload.scalars(thing))
    return payload.sent(_whose(thing), event.get("created"), word(event.get("id")), *(facts or (unknown,)))


def _whose(thing: Item) -> Whose:
    """By `metadata.customer_id` of the object or its subscription, else by the customer of Stripe, else by e-mail."""
    carriers = (thing, table(thing, "subscription_details"), table(thing, "parent", "subscription_details"))
    explicit = (word(at(carrier, "metadata", "customer_id")) for carrier in carriers)
    is_customer = thing.get("object") == "customer"
    customer = thing.get("id") if is_customer else thing.get("customer")
    email = thing.get("email") if is_customer else thing.get("customer_email")
    return payload.whose(
        next(filter(None, explicit), None),
        ("stripe", at(customer, "id") if isinstance(customer, dict) else customer),
        ("email", email),
    )


# --- invoices --------------------------------------------------------------------------------


def _asks_for_money(invoice: Item) -> bool:
    """An invoice over nothing (a trial, a credit) is paid by itself: it says nothing about paying."""
    due = invoice.get("amount_due")
    return isinstance(due, int) and due > 0


def _issued(invoice: Item, _: Item) -> Sequence[Fact]:
    if not _asks_for_money(invoice):
        return ()
    at_once = at(invoice, "status_transitions", "finalized_at") or invoice.get("created")  # charged automatically
    due = invoice.get("due_date") or at_once
    return [("invoice_issued", _invoice(invoice, "amount_due", due_at=due))]


def _paid(invoice: Item, _: Item) -> Sequence[Fact]:
    return [("invoice_paid", _invoice(invoice, "amount_paid"))] if _asks_for_money(invoice) else ()


def _failed(invoice: Item, _: Item) -> Sequence[Fact]:
    retry = {"attempt": invoice.get("attempt_count"), "retry_at": invoice.get("next_payment_attempt")}
    return [("payment_failed", _invoice(invoice, "amount_remaining", **retry))]


def _voided(invoice: Item, _: Item) -> Sequence[Fact]:
    return [("invoice_voided", present(invoice=word(invoice.get("id"))))]


def _invoice(invoice: Item, amount: str, **more: object) -> dict[str, object]:
    currency = invoice.get("currency")
    given = major(invoice.get(amount), currency)
    return present(invoice=word(invoice.get("id")), amount=given, currency=word(currency), **more)


# --- subscriptions ---------------------------------------------------------------------------


def _subscribed(subscription: Item, _: Item) -> Sequence[Fact]:
    return [("plan_changed", present(to=_plan(subscription), mrr=monthly(subscription)))]


def _changed(subscription: Item, previous: Item) -> Sequence[Fact]:
    """What a change of the subscription means; several things can change at once."""
    moved = _moved(subscription, previous)
    return [*moved, *_ending(subscription, previous, moved=bool(moved))]


def _moved(now: Item, previous: Item) -> Sequence[Fact]:
    """Another plan or price. Stripe names what was before only where it differs."""
    before = {**now, **previous}
    move = {"to": _plan(now), "from": _plan(before), "mrr": monthly(now), "previous_mrr": monthly(before)}
    same = move["to"] == move["from"] and move["mrr"] == move["previous_mrr"]
    return () if same or "items" not in previous else [("plan_changed", present(**move))]


def _ending(now: Item, previous: Item, *, moved: bool) -> Sequence[Fact]:
    """Cancelled for a later day, that taken back, or gone on for another period; a move begins a period too."""
    before = {**now, **previous}
    ends, ended = _ends(now), _ends(before)
    if ends and not ended:
        return [("subscription_cancelled", present(ends_at=now.get("cancel_at") or _period_end(now)))]
    went_on = not moved and _period_end(before) != _period_end(now) and now.get("status") == "active"
    return [("subscription_renewed", present(plan=_plan(now)))] if not ends and (ended or went_on) else ()


def _ends(subscription: Item) -> bool:
    return bool(subscription.get("cancel_at_period_end") or subscription.get("cancel_at"))


def _cancelled(subscription: Item, _: Item) -> Sequence[Fact]:
    why = at(subscription, "cancellation_details", "reason")
    return [("subscription_cancelled", present(ends_at=subscription.get("ended_at"), reason=word(why)))]


def _plan(subscription: Item) -> str | None:
    """The plan's name: the nickname of its price, else the look-up key, else its product."""
    price = table(subscription, "items", "data", 0, "price") or table(subscription, "items", "data", 0, "plan")
    product = price.get("product")
    names = (price.get("nickname"), price.get("lookup_key"), at(product, "name"), product, price.get("id"))
    return next((found for name in names if (found := word(name))), None)


def _period_end(subscription: Item) -> object:
    """End of the paid period: of the subscription until 2025, since then of its items."""
    return subscription.get("current_period_end") or at(subscription, "items", "data", 0, "current_period_end")


# --- payment methods -------------------------------------------------------------------------


def _simply(event: str) -> Reader:
    def read(method: Item, _: Item) -> Sequence[Fact]:
        return [(event, present(method=word(method.get("type")), id=word(method.get("id"))))]

    return read


def _customer(customer: Item, previous: Item) -> Sequence[Fact]:
    """Another default method. The first one was added, which is told by an event of its own."""
    before = at(previous, "invoice_settings", "default_payment_method")
    after = at(customer, "invoice_settings", "default_payment_method")
    return [("payment_method_changed", present(id=word(after)))] if before and after else ()


READERS: dict[str, Reader] = {
    "invoice.finalized": _issued,
    "invoice.paid": _paid,
    "invoice.voided": _voided,
    "invoice.payment_failed": _failed,
    "customer.subscription.created": _subscribed,
    "customer.subscription.updated": _changed,
    "customer.subscription.deleted": _cancelled,
    "customer.updated": _customer,
    "payment_method.attached": _simply("payment_method_added"),
    "payment_method.automatically_updated": _simply("payment_method_changed"),
}
