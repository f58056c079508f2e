"""Technical causes that can be planted in a world, as data: whom they befall, and what names them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from keepwell.base.time import to_rfc3339


class Trade(StrEnum):
    """What a customer does on the platform, and so what telemetry it sends."""

    SWAPS = "swaps"
    CALLS = "calls"
    MINING = "mining"
    PROVING = "proving"
    LIQUIDITY = "liquidity"
    BORROWING = "borrowing"
    BRIDGING = "bridging"


@dataclass(frozen=True)
class Cause:
    """Something technical that goes wrong.

    Attributes:
        name: of the cause.
        trade: of the customers that it befalls; None befalls everybody.
        named: entries of the knowledge base that say it; of a common cause those on scope.
        holds: it is a state that lasts, as an approval, and not a change of the last hours.
        among: of what befalls everybody, the trade that notices.
    """

    name: str
    trade: Trade | None
    named: tuple[str, ...]
    holds: bool = False
    among: Trade | None = None


SLIPPAGE_LOW, STALE_QUOTES, SLOW_SIGNING = "slippage limit too tight", "quotes grow stale", "signing too slow"
COMPUTE_LOW, NO_SOL, NO_FUNDS = "compute limit too low", "fee payer out of SOL", "balance too low"
FEE_LOW, OLD_INTERFACE, POOR_FILLS = "priority fee too low", "old program interface", "poor fills"
WRONG_KEY, RATE_LIMIT, SLOW_CALLS = "wrong API key", "rate limit ignored", "slow route to the API"
LATENCY, HEAT, OVERCLOCKED = "slow route to the pool", "GPU too hot", "overclocked hardware"
WRONG_WORKER = "worker not authorised"
DEADLINES, OVERLOAD = "deadlines too tight", "prover overloaded"
OUT_OF_RANGE, LIQUIDATION, UNREDEEMED = "position out of range", "loan near liquidation", "transfer not redeemed"
APPROVAL, KYC, LEAKED_KEY = "unlimited approval", "identity check expired", "key seen in public"
CONGESTION, RPC_OUTAGE, UPGRADE = "chain congested", "API provider down", "program upgraded"
POOL_TROUBLE, VOLATILITY = "pool in trouble", "market moves too fast"

CAUSES: tuple[Cause, ...] = (
    Cause(SLIPPAGE_LOW, Trade.SWAPS, ("DEX-01",)),
    Cause(STALE_QUOTES, Trade.SWAPS, ("DEX-02",)),
    Cause(SLOW_SIGNING, Trade.SWAPS, ("TX-01",)),
    Cause(COMPUTE_LOW, Trade.SWAPS, ("TX-04",)),
    Cause(NO_SOL, Trade.SWAPS, ("TX-06",)),
    Cause(NO_FUNDS, Trade.SWAPS, ("DEX-03",)),
    Cause(FEE_LOW, Trade.SWAPS, ("TX-02",)),
    Cause(OLD_INTERFACE, Trade.SWAPS, ("TX-23",)),
    Cause(POOR_FILLS, Trade.SWAPS, ("DEX-17",)),
    Cause(WRONG_KEY, Trade.CALLS, ("RPC-03",)),
    Cause(RATE_LIMIT, Trade.CALLS, ("RPC-01", "RPC-02")),
    Cause(SLOW_CALLS, Trade.CALLS, ("RPC-09",)),
    Cause(LATENCY, Trade.MINING, ("ZK-02",)),
    Cause(HEAT, Trade.MINING, ("HW-01",)),
    Cause(OVERCLOCKED, Trade.MINING, ("ZK-04",)),
    Cause(WRONG_WORKER, Trade.MINING, ("ZK-05",)),
    Cause(DEADLINES, Trade.PROVING, ("PRV-01",)),
    Cause(OVERLOAD, Trade.PROVING, ("PRV-07",)),
    Cause(OUT_OF_RANGE, Trade.LIQUIDITY, ("LP-01",), holds=True),
    Cause(LIQUIDATION, Trade.BORROWING, ("LEND-02", "LEND-03"), holds=True),
    Cause(UNREDEEMED, Trade.BRIDGING, ("BR-03",), holds=True),
    Cause(APPROVAL, Trade.SWAPS, ("SEC-01",), holds=True),
    Cause(KYC, Trade.BORROWING, ("CMP-05",), holds=True),
    Cause(LEAKED_KEY, Trade.CALLS, ("SEC-09",), holds=True),
)
"""Causes on the side of one customer."""

COMMON: tuple[Cause, ...] = (
    Cause(CONGESTION, None, ("META-02",), among=Trade.SWAPS),
    Cause(RPC_OUTAGE, None, ("META-02",), among=Trade.CALLS),
    Cause(UPGRADE, None, ("META-02",), among=Trade.SWAPS),
    Cause(POOL_TROUBLE, None, ("META-02",), among=Trade.MINING),
    Cause(VOLATILITY, None, ("META-02",), among=Trade.SWAPS),
)
"""Causes that hit everybody who does such a thing at the time."""


@dataclass(frozen=True)
class Planted:
    """A cause in a world: whom it befalls, None for everybody, and when, microseconds."""

    cause: Cause
    customer: str | None
    begins: int
    ends: int

    def covers(self, at: int) -> bool:
        """Whether it holds at a moment."""
        return self.begins <= at < self.ends


def told(planted: Iterable[Planted]) -> list[dict[str, str | None]]:
    """What was planted as plain data, each once."""
    return [
        {
            "cause": each.cause.name,
            "customer": each.customer,
            "from": to_rfc3339(each.begins),
            "to": to_rfc3339(each.ends),
        }
        for each in dict.fromkeys(planted)
    ]
