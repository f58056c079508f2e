"""Trading on Solana: transactions that succeed, liquidity that works, what it earns, and bridges that are used."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from keepwell.expert.formulas import success_share
from keepwell.expert.indicators.indicator import Better, Part, Point, Unit, Way
from keepwell.expert.indicators.week import Week
from keepwell.expert.telemetry.bridges import FINAL
from keepwell.expert.telemetry.outcomes import FAILED, OK, Attempt, Feed, attempts
from keepwell.expert.telemetry.positions import held
from keepwell.expert.telemetry.record import Occurrence
from keepwell.expert.telemetry.seen import chain_of
from keepwell.expert.telemetry.values import flag, text

SHOWING: Final = frozenset({Feed.CLIENT, Feed.POLL, Feed.RAW})
"""Feeds in which a transaction that failed is seen at all."""


def _succeeded(week: Week) -> Point | None:
    """Known once a feed that shows failures is connected, or a failure was seen."""
    both = attempts(_on_solana((*week.record.past("transaction"), *week.rows("transaction"))))
    landed = [each for each in both if each.at >= week.start and each.landed]
    n = _many(landed)
    value = success_share(_many(each for each in landed if each.end == OK), n)
    shown = any(each.end == FAILED or each.feed in SHOWING for each in both)
    return Point(value, n) if shown and value is not None else None


def _on_solana(rows: Iterable[Occurrence]) -> list[Occurrence]:
    """Rows that name no other chain."""
    return [row for row in rows if chain_of(row.properties) == "solana" or not row.properties.get("chain")]


def _many(found: Iterable[Attempt]) -> int:
    return sum(each.n for each in found)


SUCCEEDED: Final = Way(
    title="transactions that succeed",
    unit=Unit.SHARE,
    better=Better.UP,
    says="Of the transactions found on Solana, so many did what they should.",
    source="succeeded / landed; `formulas.success_share`",
    counted="transactions on chain",
    needs=("transaction: status or err, from a feed that shows failures",),
    read=_succeeded,
    high=1.0,
)


def _positions(week: Week) -> int:
    return len(held(week.record, "lp_position_reported", "position", "pool"))


def _in_range(week: Week) -> Point | None:
    share = week.number("lp.in_range_share")
    return None if share is None else Point(share, _positions(week), _turned_over(week))


def _turned_over(week: Week) -> tuple[Part, ...]:
    turnover = week.number("lp.utilisation")
    return () if turnover is None else (Part("of the pool is traded a day", turnover),)


def _turnover(week: Week) -> Point | None:
    turnover = week.number("lp.utilisation")
    return None if turnover is None else Point(turnover, _positions(week))


IN_RANGE: Final = Way(
    title="time in range",
    unit=Unit.SHARE,
    better=Better.UP,
    says="So much of the time the liquidity was where the price is, and earned; of the position that is worst.",
    source="time in range / time since the week's first report; `lp.in_range_share`",
    counted="liquidity positions",
    needs=("lp_position_reported: in_range or in_range_share",),
    read=_in_range,
    high=1.0,
)
TURNOVER: Final = Way(
    title="turnover of the pool",
    unit=Unit.SHARE,
    better=Better.UP,
    says="So much of the pool is traded in a day; of the position that is worst.",
    source="volume of 24 hours / value locked; `lp.utilisation`",
    counted="liquidity positions",
    needs=("lp_position_reported: volume_24h and tvl",),
    read=_turnover,
)


def _against_holding(week: Week) -> Point | None:
    net = week.number("lp.net_vs_hold")
    return None if net is None else Point(net, _positions(week))


AGAINST_HOLDING: Final = Way(
    title="result against holding",
    unit=Unit.SHARE,
    better=Better.UP,
    says="By so much more the position that is worst is worth, with fees and rewards, than its tokens by themselves.",
    source="(value + fees + rewards) / value of holding - 1; `lp.net_vs_hold`",
    counted="liquidity positions",
    needs=("lp_position_reported: value, fees, rewards and hold_value",),
    read=_against_holding,
    low=-1.0,
)


def _bridged(week: Week) -> Point | None:
    """Messages first heard of in the week; those that were on their way before are not counted again."""
    first: dict[str, int] = {}
    newest: dict[str, Occurrence] = {}
    told = [row for row in week.record.every("bridge_message") if text(row.properties, "state") is not None]
    for place, row in enumerate(told):
        name = text(row.properties, "id") or f"\0{place}"
        first.setdefault(name, row.at)
        newest[name] = row
    rows = [row for row in told if row.at >= week.start]
    begun = [name for name, at in first.items() if at >= week.start]
    over = sum(_is_over(newest[name]) for name in begun)
    parts = (Part("of them arrived or paid back", over / len(begun)),) if begun else ()
    return Point(len(begun), len(rows), parts) if rows else None


def _is_over(row: Occurrence) -> bool:
    """By what its sender says, else by its state."""
    said = flag(row.properties, "final")
    return text(row.properties, "state") in FINAL if said is None else said


BRIDGED: Final = Way(
    title="bridge transfers",
    unit=Unit.COUNT,
    better=Better.UP,
    says="So many transfers between chains were begun.",
    source="messages by id, in the week in which each was first heard of; a definition",
    counted="reports of bridges",
    needs=("bridge_message: id and state",),
    read=_bridged,
)
