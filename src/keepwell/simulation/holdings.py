"""The telemetry of what customers hold: positions, loans, transfers under way, keys, approvals, checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from numpy.random import Generator

from keepwell.base.time import DAY_US, HOUR_US
from keepwell.simulation import causes
from keepwell.simulation.causes import Trade
from keepwell.simulation.telemetry import Customer, Sent

REPORTS = 4  # of a position or a loan, a day
UNLIMITED = str(2**64 - 1)


def positions(one: Customer, day: int, rng: Generator) -> Iterator[Sent]:
    """Concentrated liquidity, reported some times a day; out of its range now and then for an hour or two."""
    for place in range(REPORTS):
        at = day * DAY_US + int((place + rng.uniform(0.1, 0.9)) * DAY_US / REPORTS)
        out = one.suffers(causes.OUT_OF_RANGE, at)
        for name, protocol in (("p1", "orca"), ("p2", "raydium")):
            inside = 0.1 if out and name == "p1" else round(float(rng.uniform(0.8, 1.0)), 3)
            yield Sent("lp_position_reported", at, {
                "position": f"{one.id}-{name}", "pool": "SOL-USDC", "protocol": protocol, "in_range": inside > 0.5,
                "in_range_share": inside, "value": 980, "fees": 45, "rewards": 5, "hold_value": 1000,
                "volume_24h": 500_000, "tvl": 1_000_000,
            })  # fmt: skip


def loans(one: Customer, day: int, rng: Generator) -> Iterator[Sent]:
    """A loan against collateral; the health factor follows the price."""
    for place in range(REPORTS):
        at = day * DAY_US + int((place + rng.uniform(0.1, 0.9)) * DAY_US / REPORTS)
        near = one.suffers(causes.LIQUIDATION, at)
        health = rng.uniform(1.02, 1.15) if near else rng.uniform(1.7, 2.2)
        for name, protocol, better in (("l1", "kamino", 1.0), ("l2", "marginfi", 2.5)):
            factor = float(health) * better
            yield Sent("loan_reported", at, {
                "loan": f"{one.id}-{name}", "protocol": protocol, "value": 1500, "debt": 900,
                "health_factor": round(factor, 3), "ltv": round(0.75 / factor, 3), "unhealthy_ltv": 0.75,
                "borrowed": 60, "supplied": 100, "optimal_utilisation": 0.8, "oracle_age_s": 20, "liquidations": 0,
            })  # fmt: skip


def transfers(one: Customer, day: int, rng: Generator) -> Iterator[Sent]:
    """Transfers over a bridge; each is redeemed within minutes, unless it is forgotten."""
    for place in range(int(rng.poisson(1.5))):
        at = day * DAY_US + int(rng.uniform(0, 0.9) * DAY_US)
        forgotten = one.suffers(causes.UNREDEEMED, at)
        states = ("SourceInitiated", "Attested") if forgotten else ("SourceInitiated", "Attested", "Completed")
        for state in states:
            at += int(rng.uniform(0.05, 0.3) * HOUR_US)
            yield Sent("bridge_message", at, {
                "bridge": "wormhole", "id": f"{one.id}/{day}/{place}", "source": "ethereum", "destination": "solana",
                "state": state, "entered_state_ts": at // 1000, "expected_s": 1800,
                **({"final": True} if state == "Completed" else {}),
            })  # fmt: skip


HOLDING: Mapping[Trade, Callable[[Customer, int, Generator], Iterator[Sent]]] = {
    Trade.LIQUIDITY: positions,
    Trade.BORROWING: loans,
    Trade.BRIDGING: transfers,
}
"""What a customer of each trade holds, as told on a day."""


def papers(one: Customer, first: int, last: int, rng: Generator) -> Iterator[Sent]:
    """What holds until something else is said, of everybody: a check, a screening, an approval; and keys each day."""
    at = first * DAY_US + int(rng.uniform(0, DAY_US))
    expired = any(each.cause.name == causes.KYC for each in one.planted)
    left = -rng.uniform(2, 20) if expired else rng.uniform(90, 600)
    yield Sent("kyc_expiring", at, {"expires_at": int((last + 1 + left) * DAY_US) // 1000})
    for each in one.planted:
        if each.cause.name == causes.APPROVAL:
            yield Sent("approval_granted", max(each.begins, at), _approval(one, UNLIMITED, known=False))
    yield Sent("approval_granted", at, _approval(one, "250000000", known=True))
    for day in range(first, last + 1):
        at = day * DAY_US + int(rng.uniform(0, DAY_US))
        yield Sent("screening_hit", at, {"address": one.id, "hit": False, "list_at": (at - 6 * HOUR_US) // 1000})
        if one.trade is Trade.CALLS:
            public = one.suffers(causes.LEAKED_KEY, at)
            yield Sent("key_used", at, {
                "key_id": f"{one.id}-key", "country": "NO", "created_at": (first - 60) * DAY_US // 1000,
                "public": public, "customers": 1,
            })  # fmt: skip


def _approval(one: Customer, amount: str, *, known: bool) -> dict[str, Any]:
    spender = "router" if known else "9aBcUnknownSpender"
    return {"chain": "solana", "account": one.id, "token": "USDC" if known else "SOL", "spender": spender,
            "amount": amount, "known": known}  # fmt: skip
