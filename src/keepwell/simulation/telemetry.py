"""The telemetry that customers send of what they do: transactions, calls, shares, proofs. Causes change it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator

from keepwell.base.time import DAY_US, HOUR_US, SECOND_US
from keepwell.simulation import causes, evidence
from keepwell.simulation.causes import Planted, Trade
from keepwell.simulation.evidence import Failure

HOURS_SD = 3.5
DISPERSION = 0.25
WEEKEND = 0.6
TYPICAL_FEE = 5000
CALLS_PER_ROW = 40
REPORTS = 8  # of a rig, a day
POOLS = ("pool-a", "pool-b", "pool-c", "pool-d")
ENDPOINTS = ("/v1/quote", "/v1/swap", "/v2/quote", "/v2/swap")


class Sent(NamedTuple):
    """An event: its key in the tracking plan, when it happened, microseconds, and its properties."""

    kind: str
    at: int
    properties: dict[str, Any]


@dataclass(frozen=True)
class Customer:
    """Who sends telemetry.

    Attributes:
        daily: transactions, rows of calls, or requests for proofs on a weekday.
        failing: share of the transactions or calls that fails when nothing is wrong.
        losing: share of what is sent that never arrives, or of the shares that is stale, then.
        noon: hour (UTC) around which it is busy.
        planted: what befalls it, also what befalls everybody.
        venue: which of several pools or endpoints it uses.
    """

    id: str
    trade: Trade
    daily: float
    failing: float
    losing: float
    noon: float
    planted: tuple[Planted, ...] = ()
    venue: int = 0

    def suffers(self, cause: str, at: int) -> bool:
        """Whether a cause holds for it at a moment."""
        return any(each.cause.name == cause and each.covers(at) for each in self.planted)


def moments(one: Customer, day: int, rng: Generator) -> list[int]:
    """When it does something on a day: around its own noon, less on weekends, unevenly from day to day."""
    mean = one.daily * (WEEKEND if (day + 3) % 7 >= 5 else 1.0)
    number = int(rng.poisson(mean * rng.gamma(1 / DISPERSION, DISPERSION)))
    with np.errstate(invalid="ignore"):  # a vectorised remainder may complain of what lies beyond the last one
        hours = (one.noon + HOURS_SD * rng.standard_normal(number)) % 24
    return sorted(day * DAY_US + (hours * HOUR_US).astype("int64"))


def swaps(one: Customer, day: int, rng: Generator) -> Iterator[Sent]:
    """Swaps as the client's own log tells them, with the quote each one rests on."""
    for at in map(int, moments(one, day, rng)):
        name = f"{one.id}-{at}"
        age = rng.uniform(22, 60) if one.suffers(causes.STALE_QUOTES, at) else rng.gamma(4, 0.8)
        fee = TYPICAL_FEE * (0.1 if one.suffers(causes.FEE_LOW, at) else rng.uniform(1.05, 2.0))
        units = 120_000 if one.suffers(causes.COMPUTE_LOW, at) else evidence.DEFAULT_UNITS
        quoted = at - int(age * SECOND_US)
        row = {
            "chain": "solana", "feed": "client_log", "signature": name, "send_ts": at // 1000,
            "quote_ts": quoted // 1000, "cu_limit": units, "cu_price_micro": round(fee),
            "cu_consumed": min(91_022, units), "payer_lamports": 20_000_000,
            "recent_blockhash": f"{name}-hash", "status": "landed_ok", "err": None, "pool": POOLS[one.venue],
        }  # fmt: skip
        outcome = _outcome(one, at, units, rng)
        yield Sent("transaction", at, row | dict(outcome))
        yield Sent("swap_quoted", at, _quote(one, at, quoted, outcome, rng))


def _quote(one: Customer, at: int, quoted: int, outcome: Failure, rng: Generator) -> dict[str, Any]:
    """What was quoted, allowed, and filled; nothing came out of a swap that failed."""
    tight = one.suffers(causes.SLIPPAGE_LOW, at)
    worse = rng.normal(75, 15) if one.suffers(causes.POOR_FILLS, at) else rng.normal(6, 6)
    out = int(10 ** rng.uniform(6, 9))
    filled = {} if outcome else {"actual_out": str(int(out * (1 - worse / 10_000)))}
    return {
        "quote_ts": quoted // 1000, "send_ts": at // 1000, "quoted_out": str(out),
        "slippage_bps": 5 if tight else 100, "price_impact_pct": round(float(rng.uniform(0.01, 0.4)), 3),
        "pool": POOLS[one.venue], **filled,
    }  # fmt: skip


def _outcome(one: Customer, at: int, units: int, rng: Generator) -> Failure:
    """How a swap ended; empty for one that went well. The first misfortune that strikes is the one that shows."""
    for cause, share, failure in _MISFORTUNES:
        if one.suffers(cause, at) and rng.random() < share:
            return failure(rng, units)
    if rng.random() < one.losing:
        return evidence.expired()
    return _usual(rng) if rng.random() < one.failing else {}


def _usual(rng: Generator) -> Failure:
    """What fails without any trouble: mostly prices that moved."""
    return evidence.slippage() if rng.random() < 0.97 else evidence.no_funds()


def _late(rng: Generator, _units: int) -> Failure:
    return evidence.blockhash_unknown() if rng.random() < 0.4 else evidence.expired()


Misfortune = tuple[str, float, Callable[[Generator, int], Failure]]
_MISFORTUNES: tuple[Misfortune, ...] = (
    (causes.NO_SOL, 0.7, lambda _, __: evidence.no_payer()),
    (causes.SLOW_SIGNING, 0.45, _late),
    (causes.FEE_LOW, 0.45, lambda _, __: evidence.expired()),
    (causes.CONGESTION, 0.35, lambda _, __: evidence.expired()),
    (causes.COMPUTE_LOW, 0.6, lambda _, units: evidence.out_of_compute(units)),
    (causes.OLD_INTERFACE, 0.5, lambda _, __: evidence.unknown_instruction()),
    (causes.UPGRADE, 0.4, lambda _, __: evidence.unknown_instruction()),
    (causes.NO_FUNDS, 0.5, lambda _, __: evidence.no_funds()),
    (causes.SLIPPAGE_LOW, 0.5, lambda _, __: evidence.slippage()),
    (causes.STALE_QUOTES, 0.5, lambda _, __: evidence.slippage()),
    (causes.VOLATILITY, 0.35, lambda _, __: evidence.slippage()),
)
"""Causes that make swaps fail, the share that they strike, and what is then seen."""


def calls(one: Customer, day: int, rng: Generator) -> Iterator[Sent]:
    """Requests: many to a row as they are usually counted, single ones where one is retried."""
    for at in map(int, moments(one, day, rng)):
        down = one.suffers(causes.RPC_OUTAGE, at)
        wrong = one.suffers(causes.WRONG_KEY, at)
        failed = int(rng.binomial(CALLS_PER_ROW, 0.4 if down else one.failing * 0.1))
        refused = int(rng.binomial(CALLS_PER_ROW - failed, 0.9)) if wrong else 0
        told = {"200": CALLS_PER_ROW - failed - refused, "503": failed, "401": refused}
        slow = 4.0 if one.suffers(causes.SLOW_CALLS, at) else 1.0
        yield Sent("api_called", at, {
            "endpoint": ENDPOINTS[one.venue], "key_id": f"{one.id}-key", "count": CALLS_PER_ROW,
            "http_statuses": {status: n for status, n in told.items() if n},
            "latency_ms": int(90 * slow * rng.lognormal(0, 0.3)),
        })  # fmt: skip
        if one.suffers(causes.RATE_LIMIT, at):
            yield from _storm(one, at, rng)


def _storm(one: Customer, at: int, rng: Generator) -> Iterator[Sent]:
    """A client that is refused and asks again at once."""
    for _ in range(int(rng.integers(20, 40))):
        at += int(rng.uniform(20, 90) * 1000)
        yield Sent("api_called", at, {"endpoint": ENDPOINTS[one.venue], "key_id": f"{one.id}-key", "http_status": 429})


def mining(one: Customer, day: int, rng: Generator) -> Iterator[Sent]:
    """What a rig handed in, by report: shares, rejections by stratum number, and how its hardware does."""
    for place in range(REPORTS):
        at = day * DAY_US + int((place + rng.uniform(0.2, 0.8)) * DAY_US / REPORTS)
        hot = one.suffers(causes.HEAT, at)
        violated = violations(one, at)
        done = int(rng.poisson(one.daily * (0.6 if hot else 1.0) / REPORTS * 24))
        rejected = _rejected(one, at, done, rng)
        yield Sent("work", at, {
            "worker": "rig-1", "accepted": done - sum(rejected.values()), "rejected": rejected,
            "expected": one.daily / REPORTS * 24, "duration_s": DAY_US // SECOND_US // REPORTS, "peers": 12,
            "pool": POOLS[one.venue],
            "hw": {
                "util": 97, "temp": 91 if hot else int(rng.normal(68, 2)), "sm_clock": 1500 if hot else 1980,
                "thermal_violation_ns": violated, "power_violation_ns": 0, "xid": 0,
            },
        })  # fmt: skip


def violations(one: Customer, at: int) -> int:
    """Nanoseconds for which the clock was held back because of heat, since ever: a fifth of the time that is hot."""
    hot = next((each for each in one.planted if each.cause.name == causes.HEAT), None)
    return 0 if hot is None else max(at - hot.begins, 0) * 1000 // 5


def _rejected(one: Customer, at: int, done: int, rng: Generator) -> dict[str, int]:
    stale = one.losing + 0.12 * one.suffers(causes.LATENCY, at) + 0.15 * one.suffers(causes.POOL_TROUBLE, at)
    low = 0.001 + 0.06 * one.suffers(causes.OVERCLOCKED, at)
    unknown = 0.5 * one.suffers(causes.WRONG_WORKER, at)
    counts = rng.multinomial(done, [stale, low, unknown, max(1 - stale - low - unknown, 0.0)])
    return {code: int(n) for code, n in zip(("21", "23", "24"), counts[:3], strict=True) if n}


def proving(one: Customer, day: int, rng: Generator) -> Iterator[Sent]:
    """Requests for proofs, each with its estimate, its deadline and how it ended."""
    for at in map(int, moments(one, day, rng)):
        tight, crowded = one.suffers(causes.DEADLINES, at), one.suffers(causes.OVERLOAD, at)
        slower = 1.7 if crowded else 1.0
        took = rng.lognormal(0, 0.12) * slower
        allowed = 1.02 if tight else 2.5
        late = took > allowed
        outcome = "ExpiredWhileProving" if late else "FulfilledBeforeSubmission" if rng.random() < 0.03 else "Fulfilled"
        yield Sent("work", at, {
            "kind": "proof", "job_id": f"{one.id}-{at}", "outcome": outcome, "estimated_ms": 100_000,
            "duration_ms": int(100_000 * took), "deadline_ts": (at + int(allowed * 100 * SECOND_US)) // 1000,
            "completed_ts": (at + int(took * 100 * SECOND_US)) // 1000,
            "concurrent": 4 if crowded else int(rng.integers(1, 3)), "max_capacity": 4,
        })  # fmt: skip


DOING: Mapping[Trade, Callable[[Customer, int, Generator], Iterator[Sent]]] = {
    Trade.SWAPS: swaps,
    Trade.CALLS: calls,
    Trade.MINING: mining,
    Trade.PROVING: proving,
}
"""What a customer of each trade does on a day."""
