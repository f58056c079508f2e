"""Histories of one customer that make a rule fire, and neighbours of them that do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

from keepwell.base.time import DAY_US, to_rfc3339
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Event, Raw
from tests.histories import NOW

Happening = tuple[str, float, dict[str, object]]
"""Name of the event, its age in days, its properties."""
_numbers = count()


def events(history: list[Happening], customer: str = "ada") -> list[Event]:
    """Accepted events, known when they happened."""
    return [_event(customer, *each) for each in history]


def _event(customer: str, name: str, age: float, properties: dict[str, object]) -> Event:
    at = NOW - round(age * DAY_US)
    raw = Raw(customer, name, at, properties, message_id=f"s{next(_numbers)}", received_at=at)
    found = accept(raw, Receipt(NOW))
    assert isinstance(found, Event), (name, found)
    return found


def each_day(name: str, start: int, end: int, a_day: int = 1, **properties: object) -> list[Happening]:
    """So many events on each day of an age in [end, start)."""
    ages = (day + (place + 1) / (a_day + 1) for day in range(end, start) for place in range(a_day))
    return [(name, age, dict(properties)) for age in ages]


def one(name: str, age: float, **properties: object) -> list[Happening]:
    return [(name, age, dict(properties))]


def swaps(good: int, bad: int, age: float) -> list[Happening]:
    """Transactions of one hour."""
    base = {"chain": "solana", "kind": "swap", "asset": "SOL", "amount": 1}
    return [
        ("transaction", age + place * 0.001, {**base, "status": "failed" if place < bad else "succeeded"})
        for place in range(good + bad)
    ]


def past_swaps() -> list[Happening]:
    return [happening for day in range(2, 40) for happening in swaps(8, 0, day + 0.5)]


def calls(share: float, start: int, end: int) -> list[Happening]:
    return each_day("api_called", start, end, endpoint="/v1", count=400, errors=round(400 * share))


def meter(values: list[float]) -> list[Happening]:
    """Weekly reports, oldest first; the last is a day old."""
    ages = [7 * week + 1.0 for week in reversed(range(len(values)))]
    return [("usage_reported", age, {"meter": "seats", "value": each}) for age, each in zip(ages, values, strict=True)]


def adopting(newest: int) -> list[Happening]:
    """A new feature every nine days up to an age in days, and steady use of one."""
    firsts = [("feature_used", newest + 9.0 * place, {"feature": f"f{place}"}) for place in range(12)]
    return [*firsts, *each_day("feature_used", 30, 0, 1, feature="f1")]


def growing(a_week: int) -> list[Happening]:
    """So many actions a day more with each week back, from one a day."""
    weeks = range(9)
    return [each for week in weeks for each in used(7 * week + 8, 7 * week + 1, 1 + a_week * week)]


def used(start: int, end: int, a_day: int) -> list[Happening]:
    return each_day("feature_used", start, end, a_day, feature="swap")


def attempts(good: int, bad: int, age: float) -> list[Happening]:
    """Transactions as the sender's own log has them, of one hour."""
    base = {"chain": "solana", "kind": "swap", "asset": "SOL", "amount": 1, "feed": "client_log"}
    states = ["landed_ok"] * good + ["landed_failed"] * bad
    return [("transaction", age + place * 0.001, {**base, "status": each}) for place, each in enumerate(states)]


def refused(times: int) -> list[Happening]:
    """Calls that are answered with 403."""
    return [("api_called", 0.1 + place * 0.001, {"http_status": 403}) for place in range(times)]


def _at(age: float) -> str:
    return to_rfc3339(NOW - round(age * DAY_US))


_LIMITED = one("customer_updated", 90, plan="pro", plan_limits={"seats": 100})
_DAILY = each_day("signed_in", 60, 8, 2)

SCENARIOS: dict[str, tuple[Callable[[], list[Happening]], Callable[[], list[Happening]]]] = {
    "login_absence_72h": (lambda: _DAILY, lambda: _DAILY + one("signed_in", 1.0)),
    "transaction_failure_rate_50": (
        lambda: past_swaps() + swaps(4, 12, 0.3),
        lambda: past_swaps() + swaps(12, 4, 0.3),
    ),
    "ticket_severity_high": (
        lambda: one("ticket_opened", 0.1, ticket="t1", severity="urgent"),
        lambda: one("ticket_opened", 0.2, ticket="t1", severity="urgent") + one("ticket_solved", 0.1, ticket="t1"),
    ),
    "payment_failure": (
        lambda: one("payment_failed", 0.5, invoice="i1"),
        lambda: one("payment_failed", 0.5, invoice="i1") + one("invoice_paid", 0.2, invoice="i1"),
    ),
    "usage_decline_30": (lambda: used(110, 25, 6) + used(25, 0, 2), lambda: used(110, 0, 6)),
    "feature_adoption_stall": (lambda: adopting(101), lambda: adopting(21)),
    "satisfaction_drop": (
        lambda: one("survey_answered", 2, kind="nps", score=3),
        lambda: one("survey_answered", 2, kind="nps", score=9),
    ),
    "api_error_rate_increase": (
        lambda: calls(0.01, 60, 8) + calls(0.2, 8, 0),
        lambda: calls(0.01, 60, 0),
    ),
    "engagement_trend_negative": (lambda: growing(1), lambda: used(70, 0, 4)),
    "plan_underutilization": (lambda: _LIMITED + meter([5.0] * 8), lambda: _LIMITED + meter([50.0] * 8)),
    "expansion_indicators": (
        lambda: _LIMITED + meter([40.0, 47.0, 55.0, 62.0, 70.0, 77.0, 85.0, 92.0]) + _well(),
        lambda: _LIMITED + meter([50.0] * 8) + _well(),
    ),
    "competitive_activity": (
        lambda: one("competitor_seen", 3, competitor="other", share=0.4),
        lambda: one("competitor_seen", 100, competitor="other", share=0.4),
    ),
    "score_drop_15": (list, list),
    "band_fell": (list, list),
    "churn_predicted": (
        lambda: one("forecast_published", 1, churn_90d=0.8),
        lambda: one("forecast_published", 1, churn_90d=0.1),
    ),
    "performance_degradation": (
        lambda: one("work", 0.1, worker="w", hw={"xid": 79}),
        lambda: one("work", 0.1, worker="w", hw={"xid": 0}),
    ),
    "integration_problem": (lambda: refused(20), lambda: refused(2)),
    "position_at_risk": (
        lambda: one("loan_reported", 0.1, loan="l", health_factor=1.1),
        lambda: one("loan_reported", 0.1, loan="l", health_factor=2.1),
    ),
    "security_concern": (
        lambda: one("authority_changed", 0.1, what="system_assign"),
        lambda: one("approval_granted", 0.1, chain="solana", account="a", amount="5", known=True),
    ),
    "compliance_issue": (
        lambda: one("kyc_expiring", 20, expires_at=_at(10)),
        lambda: one("kyc_expiring", 20, expires_at=_at(-90)),
    ),
    "technical_drift": (
        lambda: attempts(150, 20, 20) + attempts(0, 6, 2.1) + attempts(2, 0, 0.2) + attempts(0, 3, 0.1),
        lambda: attempts(150, 20, 20) + attempts(0, 6, 2.1) + attempts(2, 0, 0.2),
    ),
}
"""By rule: what makes it fire, and what just does not. Those of the score itself are in `test_conditions`."""


def _well() -> list[Happening]:
    return each_day("signed_in", 90, 0, 1) + used(90, 0, 3)


def others(number: int) -> Iterator[tuple[str, list[Happening]]]:
    """Ordinary customers beside: they use features, and their transactions and calls work."""
    for place in range(number):
        history = each_day("feature_used", 60, 0, 1, feature=f"f{place % 3}") + each_day("signed_in", 60, 0, 1)
        history += [happening for day in range(30) for happening in swaps(9, 1, day + 0.4)]
        history += [("feature_used", 1.0, {"feature": "popular"})]
        yield f"other{place}", history
