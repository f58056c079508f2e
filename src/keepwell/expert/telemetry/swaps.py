"""Swaps: how old the quote was, how much worse than quoted it was filled, and what the API answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from keepwell.base.time import SECOND_US
from keepwell.expert.case import Kind, Seen
from keepwell.expert.formulas import effective_spread_bps, realised_slippage_bps
from keepwell.expert.reading.evidence import is_number
from keepwell.expert.reading.tables import Tables
from keepwell.expert.telemetry.domain import Domain
from keepwell.expert.telemetry.record import Occurrence, Record
from keepwell.expert.telemetry.seen import Mark
from keepwell.expert.telemetry.tally import Tally, Trial, counted, used
from keepwell.expert.telemetry.values import Properties, amount, middle, moment, number, positive, raw, text

ORDER: Final = "jupiter_order"
RFQ: Final = "jupiterz"
"""The router whose codes of `/order` mean something else than those of the aggregators."""
SIDES: Final = {"buy": 1, "sell": -1}


@dataclass(frozen=True, slots=True)
class Swaps:
    """Swaps of the window, and the transactions that may carry the time of their quote."""

    now: tuple[Occurrence, ...]
    sent: tuple[Occurrence, ...]


def _swaps(record: Record) -> Swaps:
    return Swaps(record.now("swap_quoted"), record.now("transaction"))


SWAPS = Domain("swaps", ("swap_quoted", "transaction"), _swaps)
feature = SWAPS.feature


@feature("swap.quote_age_s")
def _quote_age(swaps: Swaps) -> float | None:
    """Each swap once: from the swaps when they say it, else from the transactions."""
    own = middle(_age(row.properties) for row in swaps.now)
    return middle(_age(row.properties) for row in swaps.sent) if own is None else own


def _age(properties: Properties) -> float | None:
    if properties.get("quote_ts") is None:
        return None
    quoted, sent = moment(properties, "quote_ts"), moment(properties, "send_ts")
    return None if quoted is None or sent is None or sent < quoted else (sent - quoted) / SECOND_US


@feature("swap.slippage_bps_set")
def _tolerance(swaps: Swaps) -> float | None:
    return middle(amount(row.properties, "slippage_bps") for row in swaps.now)


@feature("swap.realised_slippage_bps")
def _slippage(swaps: Swaps) -> float | None:
    return middle(_realised(row.properties) for row in swaps.now)


def _realised(properties: Properties) -> float | None:
    """Of a swap that was filled: only then something came out."""
    quoted, actual = raw(properties, "quoted_out"), raw(properties, "actual_out")
    return None if quoted is None or not actual else realised_slippage_bps(quoted, actual)


@feature("swap.price_impact_pct")
def _impact(swaps: Swaps) -> float | None:
    return middle(number(row.properties, "price_impact_pct") for row in swaps.now)


@feature("swap.effective_spread_bps")
def _spread(swaps: Swaps) -> float | None:
    return middle(_spread_of(row.properties) for row in swaps.now)


def _spread_of(properties: Properties) -> float | None:
    side = SIDES.get(text(properties, "side") or "")
    executed, mid = positive(properties, "price"), positive(properties, "mid_price")
    return None if side is None or executed is None or mid is None else effective_spread_bps(executed, mid, side)


@feature("swap.mode")
def _mode(swaps: Swaps) -> str | None:
    """The one used most; of several the first by name."""
    used = Counter(mode for row in swaps.now if (mode := text(row.properties, "mode")) is not None)
    return min(used, key=lambda mode: (-used[mode], mode), default=None)


@SWAPS.readings
def _readings(swaps: Swaps, _tables: Tables) -> Iterator[Seen]:
    """Errors of the API, by the API that answered; 0 is none."""
    for row in swaps.now:
        api, code = _api(row.properties), row.properties.get("api_error_code")
        mark = Mark(row.at, reference=text(row.properties, "quote_id", "signature") or "")
        if api is not None and is_number(code) and code != 0 and abs(code) < 10**9:  # type: ignore[arg-type]
            yield mark.seen(Kind.API, program=api, code=code)
        elif api is not None and (name := text(row.properties, "api_error_code")) is not None:
            yield mark.seen(Kind.API, program=api, name=name)


def _api(properties: Properties) -> str | None:
    """What `/order` answers depends on the router, so without one its code means nothing."""
    api, router = text(properties, "api"), text(properties, "router")
    if api != ORDER:
        return api
    return None if router is None else f"{ORDER}_rfq" if router == RFQ else f"{ORDER}_aggregator"


class Fill(NamedTuple):
    """A swap that was filled: when, by how many basis points worse than quoted, and what it went through."""

    at: int
    worse: float
    used: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fills:
    """How much worse than quoted the swaps of a customer were filled, in basis points, in the window and in the past.

    They become counts once it is known what is usual among others, which no single customer's events tell.
    """

    now: tuple[Fill, ...]
    past: tuple[Fill, ...]

    @property
    def usual(self) -> float | None:
        """The median of the window."""
        return middle(each.worse for each in self.now)

    def worse(self, than: float) -> Tally:
        """Swaps filled worse than others usually are, among swaps filled."""
        return counted(*((Trial(x.at, x.worse > than, 1, x.used) for x in some) for some in (self.now, self.past)))


def fills(record: Record) -> Fills | None:
    """The swaps of a record that were filled; None without any."""
    found = Fills(_filled(record.now("swap_quoted")), _filled(record.past("swap_quoted")))
    return found if found.now or found.past else None


def _filled(rows: Iterable[Occurrence]) -> tuple[Fill, ...]:
    return tuple(
        Fill(row.at, each, used(row.properties)) for row in rows if (each := _realised(row.properties)) is not None
    )
