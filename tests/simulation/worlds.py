"""Worlds the tests look at, and reading their rows."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import msgspec

from keepwell.base.time import DAY_US, from_datetime
from keepwell.events.event import Raw
from keepwell.simulation.spec import WorldSpec
from keepwell.simulation.world import World, simulate

UNTIL = 20_500 * DAY_US
OURS = {
    "message_sent", "feature_released", "customer_updated", "invoice_issued", "invoice_paid", "payment_failed",
    "payment_method_added", "payment_method_changed", "payment_method_expired", "subscription_cancelled",
    "ticket_solved", "ticket_updated", "ticket_escalated",
}  # fmt: skip
"""Events that may go on when the customer does nothing any more."""


def world(**asked: Any) -> World:
    return simulate(WorldSpec(until=UNTIL, **asked))


def rows(made: World) -> list[Raw]:
    return [row for chunk in made.rows() for row in chunk]


def once(found: Iterable[Raw]) -> list[Raw]:
    """Rows without their repetitions."""
    return list({row.message_id: row for row in found}.values())


def properties(row: Raw) -> dict[str, Any]:
    return msgspec.json.decode(row.properties, type=dict)


def instant(text: str) -> int:
    return from_datetime(datetime.fromisoformat(text))


def by_customer(found: Iterable[Raw], chosen: Callable[[Raw], bool] = lambda _row: True) -> dict[str, list[Raw]]:
    groups: dict[str, list[Raw]] = {}
    for row in found:
        if chosen(row):
            groups.setdefault(row.customer_id, []).append(row)
    return groups


def auroc(happened: list[bool], score: list[float]) -> float:
    """Chance that one to whom it happened scores above one to whom it did not; ties count half."""
    yes = [value for value, did in zip(score, happened, strict=True) if did]
    no = [value for value, did in zip(score, happened, strict=True) if not did]
    won = sum((a > b) + 0.5 * (a == b) for a in yes for b in no)
    return won / (len(yes) * len(no))
