"""The network as a node of the platform sees it, or as a node answered that is behind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from keepwell.base.time import DAY_US
from keepwell.expert.telemetry.domain import Domain
from keepwell.expert.telemetry.record import Occurrence, Record
from keepwell.expert.telemetry.values import Properties, amount, code, flag, last, middle, ratio, table

WEEK_US: Final = 7 * DAY_US
BEHIND: Final = -32005
"""Solana's code of a node that is behind; it says by how much."""


@dataclass(frozen=True, slots=True)
class Node:
    """Reports of the window, those of the week before it, and what nodes answered."""

    now: list[Properties]
    week: list[Properties]
    answers: list[Properties]


def _node(record: Record) -> Node:
    since = record.span.start - WEEK_US
    answered = (*record.now("api_called"), *record.now("transaction"))
    return Node(
        now=_said(record.now("node_reported")),
        week=_said(each for each in record.past("node_reported") if each.at >= since),
        answers=[row.properties for row in answered if code(row.properties, "rpc_error_code") == BEHIND],
    )


def _said(rows: Iterable[Occurrence]) -> list[Properties]:
    return [row.properties for row in rows]


NETWORK = Domain("network", ("node_reported", "api_called", "transaction"), _node)
feature = NETWORK.feature


@feature("net.prio_fee_p75")
def _fee(node: Node) -> float | None:
    return last(node.now, "prio_fee_p75")


@feature("net.health_ok")
def _health(node: Node) -> bool | None:
    said = [each for row in node.now if (each := flag(row, "health_ok")) is not None]
    return said[-1] if said else None


@feature("net.slots_behind")
def _behind(node: Node) -> float | None:
    """As the node reports; else as it answered the customer."""
    found = last(node.now, "slots_behind")
    return last((table(row, "rpc_error_data") for row in node.answers), "numSlotsBehind") if found is None else found


@feature("net.tps_drop")
def _tps(node: Node) -> float | None:
    return ratio(last(node.now, "tps"), middle(amount(row, "tps") for row in node.week))
