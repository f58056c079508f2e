"""Amounts of Stripe in the currency itself, and subscriptions as revenue per month."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from keepwell.sources import payload

# https://docs.stripe.com/currencies#zero-decimal. ISK and UGX have no decimals either, but are sent as if they had two.
WHOLE = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
)
THOUSANDTHS = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))

# An average year, as a contract counts it: 12 months, 52 weeks, 365 days.
_PER_MONTH = {"month": Decimal(1), "year": Decimal(1) / 12, "week": Decimal(52) / 12, "day": Decimal(365) / 12}
_CENT = Decimal("0.01")


def major(amount: object, currency: object) -> int | float | None:
    """An amount in the smallest unit of a currency as units of it; None when it is no amount."""
    found = _number(amount)
    return None if found is None else _plain(found.scaleb(-_digits(currency)))


def monthly(subscription: payload.Item) -> int | float | None:
    """Revenue per month of a subscription, before discounts and taxes and without what is metered.

    None when a price has no single amount (tiers, or one agreed per invoice).
    """
    total = Decimal(0)
    for item in payload.items(subscription, "items", "data"):
        price = payload.table(item, "price") or payload.table(item, "plan")
        recurring = payload.table(price, "recurring") or price
        if recurring.get("usage_type") == "metered":
            continue
        one = _of_month(price, recurring)
        quantity = _number(payload.at(item, "quantity"))
        if one is None:
            return None
        total += one * (Decimal(1) if quantity is None else quantity)
    return _plain(total.quantize(_CENT, ROUND_HALF_EVEN)) if total < Decimal(10) ** 20 else None


def _of_month(price: payload.Item, recurring: payload.Item) -> Decimal | None:
    """What one of it costs per month, in units of the currency."""
    amount = _first(price, "unit_amount", "amount", "unit_amount_decimal", "amount_decimal")
    share = _PER_MONTH.get(str(recurring.get("interval")))
    intervals = _number(recurring.get("interval_count", 1))
    if amount is None or share is None or not intervals or price.get("billing_scheme") == "tiered":
        return None
    return amount.scaleb(-_digits(price.get("currency"))) * share / intervals


def _first(price: payload.Item, *names: str) -> Decimal | None:
    return next((found for name in names if (found := _number(price.get(name))) is not None), None)


def _digits(currency: object) -> int:
    code = currency.upper() if isinstance(currency, str) else ""
    return 0 if code in WHOLE else 3 if code in THOUSANDTHS else 2


def _number(value: object) -> Decimal | None:
    """A number of a size that money has."""
    if isinstance(value, bool) or not isinstance(value, (int, str, float)):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found.adjusted()) <= 18 else None


def _plain(amount: Decimal) -> int | float:
    return int(amount) if amount == amount.to_integral_value() else float(amount)
