"""Liquidity positions and what the customer's value rests on, the worst position first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Final

from keepwell.base.time import DAY_US, SECOND_US
from keepwell.expert.formulas import herfindahl, realised_apr
from keepwell.expert.telemetry.domain import Domain
from keepwell.expert.telemetry.record import Occurrence, Record
from keepwell.expert.telemetry.values import Properties, amount, flag, least, most, named, positive, ratio, text

LEAST_YIELD_US: Final = 7 * DAY_US
"""A yield over less is the noise of a week's prices."""


@dataclass(frozen=True, slots=True)
class Position:
    """One position: its reports of the window and of the past, and the newest, which stands for now."""

    now: list[Occurrence]
    past: list[Occurrence]

    @property
    def newest(self) -> Properties:
        """The last report."""
        return self.now[-1].properties


@dataclass(frozen=True, slots=True)
class Positions:
    """Positions that were reported in the window; an older report says nothing about prices of today."""

    liquidity: list[Position]
    loans: list[Position]
    end: int


def held(record: Record, kind: str, *names: str) -> list[Position]:
    """Positions by the first of these names that a report has."""
    now, past = _named(record.now(kind), names), _named(record.past(kind), names)
    return [Position(now[name], past.get(name, [])) for name in sorted(now)]


def _named(rows: Iterable[Occurrence], names: tuple[str, ...]) -> dict[str, list[Occurrence]]:
    found: dict[str, list[Occurrence]] = {}
    for row in rows:
        found.setdefault(text(row.properties, *names) or "", []).append(row)
    return found


def _positions(record: Record) -> Positions:
    liquidity = held(record, "lp_position_reported", "position", "pool")
    return Positions(liquidity, held(record, "loan_reported", "loan", "market"), record.span.now)


POSITIONS = Domain("positions", ("lp_position_reported", "loan_reported"), _positions)
feature = POSITIONS.feature


@feature("lp.in_range_share")
def _in_range(positions: Positions) -> float | None:
    return least(_share_in_range(each, positions.end) for each in positions.liquidity)


@POSITIONS.of("lp.in_range_share")
def _least_in_range(positions: Positions) -> str | None:
    known = [
        (found, each.newest)
        for each in positions.liquidity
        if (found := _share_in_range(each, positions.end)) is not None
    ]
    return named(min(known, key=itemgetter(0))[1], "position", "protocol", "pool") if known else None


def _share_in_range(position: Position, end: int) -> float | None:
    """As it was said, else of the time since the first report; each report holds until the next one."""
    given = amount(position.newest, "in_range_share")
    if given is not None:
        return given if given <= 1 else None
    told = [(row.at, each) for row in position.now if (each := flag(row.properties, "in_range")) is not None]
    until = [at for at, _ in told[1:]] + [end]
    held_for = [(later - at, inside) for (at, inside), later in zip(told, until, strict=False)]
    return ratio(sum(time for time, inside in held_for if inside), sum(time for time, _ in held_for))


@feature("lp.net_vs_hold")
def _net_vs_hold(positions: Positions) -> float | None:
    return least(_net(each.newest) for each in positions.liquidity)


def _net(report: Properties) -> float | None:
    """All three parts must be known: rewards that were left out are not 0."""
    parts = [amount(report, name) for name in ("value", "fees", "rewards")]
    known = [each for each in parts if each is not None]
    found = ratio(sum(known), positive(report, "hold_value")) if len(known) == len(parts) else None
    return None if found is None else found - 1


@feature("lp.pool_share_change")
def _share_change(positions: Positions) -> float | None:
    return least(_change(each.newest) for each in positions.liquidity)


def _change(report: Properties) -> float | None:
    now = ratio(amount(report, "liquidity"), positive(report, "active_liquidity"))
    return ratio(now, ratio(amount(report, "entry_liquidity"), positive(report, "entry_active_liquidity")))


@feature("lp.utilisation")
def _utilisation(positions: Positions) -> float | None:
    return least(ratio(amount(each.newest, "volume_24h"), positive(each.newest, "tvl")) for each in positions.liquidity)


@feature("lp.net_to_quoted")
def _net_to_quoted(positions: Positions) -> float | None:
    return least(_to_quoted(each) for each in positions.liquidity)


def _to_quoted(position: Position) -> float | None:
    """The growth of a share's price since the oldest report, as a yearly rate, over the rate that was shown."""
    prices = [
        (row.at, each) for row in (*position.past, *position.now) if (each := positive(row.properties, "share_price"))
    ]
    quoted = positive(position.newest, "quoted_apr")
    if not prices or prices[-1][0] - prices[0][0] < LEAST_YIELD_US or quoted is None:
        return None
    (since, before), (until, after) = prices[0], prices[-1]
    realised = realised_apr(before, after, (until - since) / SECOND_US)
    return None if realised is None else realised / quoted


@feature("risk.position_to_tvl")
def _to_tvl(positions: Positions) -> float | None:
    return most(ratio(amount(each.newest, "value"), positive(each.newest, "tvl")) for each in positions.liquidity)


@feature("risk.hhi")
def _hhi(positions: Positions) -> float | None:
    return herfindahl(list(_by_protocol(positions).values()))


@feature("risk.top_protocol_share")
def _top(positions: Positions) -> float | None:
    values = _by_protocol(positions).values()
    return ratio(max(values, default=None), sum(values))


def _by_protocol(positions: Positions) -> dict[str, float]:
    """Value by protocol; nothing unless every position says both, as a share of a part would mislead."""
    found: dict[str, float] = {}
    for report in _newest(positions):
        protocol, value = text(report, "protocol"), amount(report, "value")
        if protocol is None or value is None:
            return {}
        found[protocol] = found.get(protocol, 0) + value
    return found


def _newest(positions: Positions) -> Iterator[Properties]:
    """Value stands in positions and, as collateral, in loans."""
    return (each.newest for each in (*positions.liquidity, *positions.loans))
