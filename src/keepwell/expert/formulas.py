"""The sums behind features: swaps, rates, lending, mining and proving.

Plain numbers in and out, in the units named; where a share of nothing is asked the answer is None, as it is not known
and not zero. Money of people is not computed here, only rates.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

SECONDS_PER_YEAR: Final = 31_536_000
BASIS_POINTS: Final = 10_000
BITCOIN_WORK: Final = 2.0**32
"""Hashes of one unit of difficulty where difficulty is Bitcoin's."""


def realised_slippage_bps(quoted: float, actual: float) -> float | None:
    """How much less than quoted came out, in basis points; below 0 when it was more."""
    return BASIS_POINTS * (quoted - actual) / quoted if quoted > 0 else None


def effective_spread_bps(executed: float, mid: float, side: int) -> float:
    """2 side (executed - mid) / mid in basis points; side is 1 for a purchase and -1 for a sale."""
    return BASIS_POINTS * 2 * side * (executed - mid) / mid


def realised_apr(before: float, after: float, seconds: float) -> float | None:
    """The yearly rate that a share's price shows, without compounding."""
    return (after / before - 1) * SECONDS_PER_YEAR / seconds if before > 0 and seconds > 0 else None


def health_factor(collateral: Iterable[tuple[float, float]], debt: float) -> float:
    """Aave: the sum of value x liquidation threshold over the debt; infinite without debt, liquidatable below 1.

    Source: aave-v3-origin GenericLogic.sol.
    """
    return math.inf if debt == 0 else sum(value * threshold for value, threshold in collateral) / debt


def fall_to_liquidation(health: float) -> float:
    """How far all collateral may fall together, the debt staying the same: 1 - 1 / HF; below 0 when it is too late."""
    return 1 - 1 / health


def limit_used(ltv: float, unhealthy_ltv: float) -> float | None:
    """How much of the way to liquidation is gone, as a share."""
    return ltv / unhealthy_ltv if unhealthy_ltv > 0 else None


def utilisation(borrowed: float, supplied: float) -> float | None:
    """Compound and Kamino: borrowed over supplied. Source: Comet.sol getUtilization, klend reserve.rs."""
    return borrowed / supplied if supplied > 0 else None


def herfindahl(values: Sequence[float]) -> float | None:
    """Concentration: the sum of squared shares, 1 when all is in one place."""
    total = sum(values)
    return sum((value / total) ** 2 for value in values) if total > 0 else None


def success_share(ok: int, landed: int) -> float | None:
    """Transactions that did what they should, among those on chain."""
    return ok / landed if landed > 0 else None


def landing_share(landed: int, attempted: int, rejected: int) -> float | None:
    """Transactions found on chain, among those that a node forwarded: sent, and not rejected at preflight."""
    forwarded = attempted - rejected
    return landed / forwarded if forwarded > 0 else None


def effective_rate(accepted: int, difficulty: float, seconds: float, work: float = 1.0) -> float | None:
    """The rate that accepted shares imply; `work` is what one unit of difficulty takes.

    Source: ironfish mining/pool.ts estimateHashRate; for difficulty like Bitcoin's, `work` is 2^32.
    """
    return accepted * difficulty * work / seconds if seconds > 0 else None


def expected_shares(rate: float, difficulty: float, seconds: float, work: float = 1.0) -> float | None:
    """The inverse: shares that a rate should bring."""
    return rate * seconds / (difficulty * work) if difficulty > 0 else None


def proof_efficiency(accepted: int, stale: int, invalid: int, expired: int) -> float | None:
    """Accepted work among all that was finished."""
    total = accepted + stale + invalid + expired
    return accepted / total if total > 0 else None


def rate_efficiency(effective: float, reported: float) -> float | None:
    """What arrives of the rate that a miner reports."""
    return effective / reported if reported > 0 else None
