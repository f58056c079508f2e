"""The sums behind features: liquidity, swaps, rates, lending, fees, mining and proving.

Plain numbers in and out, in the units named; where a share of nothing is asked the answer is None, as it is not known
and not zero. Money of people is not computed here, only rates, and the integers of fees are exact.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

SECONDS_PER_YEAR: Final = 31_536_000
BASIS_POINTS: Final = 10_000
LAMPORTS_PER_BYTE: Final = 6_960
OVERHEAD_BYTES: Final = 128
BASE_FEE_LAMPORTS: Final = 5_000
MICRO: Final = 1_000_000
BITCOIN_WORK: Final = 2.0**32
"""Hashes of one unit of difficulty where difficulty is Bitcoin's."""
CLOSE_FACTOR: Final = 0.5
WHOLE_BELOW: Final = 0.95
SMALL_BASE: Final = 2_000.0


def impermanent_loss(ratio: float) -> float:
    """Value against holding in a constant-product pool, fees left out: 2 sqrt(r) / (1 + r) - 1.

    Args:
        ratio: price now / price at entry, above 0.

    Source: docs.rs clmm-lp-domain, metrics/impermanent_loss.rs; it follows from x y = k.
    """
    return 2 * math.sqrt(ratio) / (1 + ratio) - 1


def concentrated_amounts(price: float, low: float, high: float) -> tuple[float, float]:
    """Tokens (base, quote) of one unit of liquidity over the range [low, high].

    x = 1/sqrt p - 1/sqrt pb, y = sqrt p - sqrt pa, the price held to the range (Uniswap v3 whitepaper, 6.29 and 6.30).
    """
    root = math.sqrt(min(max(price, low), high))
    return 1 / root - 1 / math.sqrt(high), root - math.sqrt(low)


def concentrated_loss(entry: float, now: float, low: float, high: float) -> float:
    """Impermanent loss of a concentrated position, exact inside and outside its range; fees left out."""
    base, quote = concentrated_amounts(entry, low, high)
    base_now, quote_now = concentrated_amounts(now, low, high)
    return (base_now * now + quote_now) / (base * now + quote) - 1


def concentrated_loss_inside(entry: float, ratio: float, low: float, high: float) -> float:
    """The closed form of the above while the price stays inside the range.

    IL / (1 - (sqrt(pa/p) + r sqrt(p/pb)) / (1 + r)), with p the price at entry (Erins, "Impermanent loss in Uniswap
    v3", 2021).
    """
    narrowing = (math.sqrt(low / entry) + ratio * math.sqrt(entry / high)) / (1 + ratio)
    return impermanent_loss(ratio) / (1 - narrowing)


def fee_share(volume: float, fee: float, own: float, active: float) -> float | None:
    """Fees earned on a volume while the price is in range: volume x fee x own / active liquidity."""
    return volume * fee * own / active if active > 0 else None


def amount_out(reserve_in: float, reserve_out: float, amount_in: float, fee: float = 0.0) -> float:
    """What a constant-product pool gives: x y = k."""
    effective = amount_in * (1 - fee)
    return reserve_out * effective / (reserve_in + effective)


def price_impact(reserve_in: float, amount_in: float) -> float:
    """How much worse than the spot price a constant-product pool executes, fees left out: 1 - x / (x + dx)."""
    return 1 - reserve_in / (reserve_in + amount_in)


def minimum_out(quoted: int, tolerance_bps: int) -> int:
    """The least that may come out, in raw units: floor(quoted (10000 - bps) / 10000).

    Source: Jupiter's otherAmountThreshold.
    """
    return quoted * (BASIS_POINTS - tolerance_bps) // BASIS_POINTS


def realised_slippage_bps(quoted: float, actual: float) -> float | None:
    """How much less than quoted came out, in basis points; below 0 when it was more."""
    return BASIS_POINTS * (quoted - actual) / quoted if quoted > 0 else None


def effective_spread_bps(executed: float, mid: float, side: int) -> float:
    """2 side (executed - mid) / mid in basis points; side is 1 for a purchase and -1 for a sale."""
    return BASIS_POINTS * 2 * side * (executed - mid) / mid


def apy_of(apr: float, periods: int) -> float:
    """The yield of a year with `periods` equal compoundings: (1 + apr / n)^n - 1."""
    return math.expm1(periods * math.log1p(apr / periods))


def apr_of(apy: float, periods: int) -> float:
    """The inverse of `apy_of`: n ((1 + apy)^(1 / n) - 1)."""
    return periods * math.expm1(math.log1p(apy) / periods)


def realised_apr(before: float, after: float, seconds: float) -> float | None:
    """The yearly rate that a share's price shows, without compounding."""
    return (after / before - 1) * SECONDS_PER_YEAR / seconds if before > 0 and seconds > 0 else None


def health_factor(collateral: Iterable[tuple[float, float]], debt: float) -> float:
    """Aave: the sum of value x liquidation threshold over the debt; infinite without debt, liquidatable below 1.

    Source: aave-v3-origin GenericLogic.sol.
    """
    return math.inf if debt == 0 else sum(value * threshold for value, threshold in collateral) / debt


def close_factor(health: float, collateral_base: float, debt_base: float) -> float:
    """Aave: the share of the debt that may be liquidated at once; values are in base units (dollars).

    Half, and the whole at a health factor of .95 or less or when collateral or debt is below 2,000.

    Source: aave-v3-origin LiquidationLogic.sol.
    """
    if health >= 1:
        return 0.0
    whole = health <= WHOLE_BELOW or min(collateral_base, debt_base) < SMALL_BASE
    return 1.0 if whole else CLOSE_FACTOR


def fall_to_liquidation(health: float) -> float:
    """How far all collateral may fall together, the debt staying the same: 1 - 1 / HF; below 0 when it is too late."""
    return 1 - 1 / health


def kamino_ltv(adjusted_debt: float, deposits: float) -> float | None:
    """Kamino: debt, adjusted by borrow factors, over deposits. Source: klend obligation.rs."""
    return adjusted_debt / deposits if deposits > 0 else None


def kamino_liquidatable(adjusted_debt: float, unhealthy_borrow: float) -> bool:
    """Kamino: whether LTV has reached the unhealthy borrow value over deposits. Source: liquidation_operations.rs.

    Deposits are on both sides and cancel; a market may have liquidation by price switched off.
    """
    return adjusted_debt > 0 and adjusted_debt >= unhealthy_borrow


def limit_used(ltv: float, unhealthy_ltv: float) -> float | None:
    """How much of the way to liquidation is gone, as a share."""
    return ltv / unhealthy_ltv if unhealthy_ltv > 0 else None


def comet_liquidatable(debt: float, collateral: Iterable[tuple[float, float, float]]) -> bool:
    """Compound III: whether -debt + sum(amount x price x liquidateCF) is below 0. Source: Comet.sol isLiquidatable."""
    return sum(amount * price * factor for amount, price, factor in collateral) - debt < 0


def utilisation(borrowed: float, supplied: float) -> float | None:
    """Compound and Kamino: borrowed over supplied. Source: Comet.sol getUtilization, klend reserve.rs."""
    return borrowed / supplied if supplied > 0 else None


def utilisation_aave(debt: float, available: float) -> float | None:
    """Aave: debt over available liquidity and debt together."""
    return utilisation(debt, available + debt)


def herfindahl(values: Sequence[float]) -> float | None:
    """Concentration: the sum of squared shares, 1 when all is in one place."""
    total = sum(values)
    return sum((value / total) ** 2 for value in values) if total > 0 else None


def priority_fee(price_micro: int, compute_limit: int) -> int:
    """Lamports: ceil(price x limit / 1e6), of the limit asked for, and also on failure. Source: Solana docs, fees."""
    return -(-price_micro * compute_limit // MICRO)


def fee(signatures: int, price_micro: int, compute_limit: int) -> int:
    """Lamports of a whole transaction: 5,000 a signature, and the priority fee."""
    return BASE_FEE_LAMPORTS * signatures + priority_fee(price_micro, compute_limit)


def rent_minimum(data_bytes: int) -> int:
    """Lamports an account must hold: (128 + bytes) x 6,960. Source: solana-sdk rent/src/lib.rs."""
    return (OVERHEAD_BYTES + data_bytes) * LAMPORTS_PER_BYTE


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


def aleo_expected_solutions(attempts: float, proof_target: float) -> float:
    """One attempt meets target t with probability 1 / t, as target = u64::MAX / the root's first 64 bits.

    Source: snarkVM ledger/puzzle/src/lib.rs.
    """
    return attempts / proof_target


def aleo_coinbase(anchor_reward: float, proof_total: float, remaining: float, coinbase_target: float) -> float:
    """The reward of a block: R_anchor x min(P, C_R) / C. Source: snarkVM rewards.rs, target.rs."""
    return anchor_reward * min(proof_total, remaining) / coinbase_target


def aleo_reward(coinbase: float, own_target: float, combined_target: float) -> float | None:
    """A prover's part: two thirds of the coinbase, by the share of its target in all. Source: snarkVM rewards.rs."""
    return coinbase * 2 / 3 * own_target / combined_target if combined_target > 0 else None


def aleo_solution_limit(bonded: int, requirement: int) -> int:
    """ARC-46: solutions a prover may land an epoch of 360 blocks: floor(stake / requirement)."""
    return bonded // requirement


def stale_floor(attempt_s: float, block_s: float) -> float:
    """The share of stale work of who never cancels an attempt: 1 - exp(-attempt / mean block time).

    It follows from block times that are exponential.
    """
    return -math.expm1(-attempt_s / block_s)


def proof_efficiency(accepted: int, stale: int, invalid: int, expired: int) -> float | None:
    """Accepted work among all that was finished."""
    total = accepted + stale + invalid + expired
    return accepted / total if total > 0 else None


def rate_efficiency(effective: float, reported: float) -> float | None:
    """What arrives of the rate that a miner reports."""
    return effective / reported if reported > 0 else None
