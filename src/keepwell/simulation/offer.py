"""What the made-up platform sells: plans, features, endpoints, add-ons, meters; and the chains it works on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Feature:
    """A feature, or for developers an endpoint. `plan` is the lowest plan (0, 1, 2) that includes it."""

    name: str
    advanced: bool = False
    plan: int = 0


def _menu(basic: str, advanced: str, higher: Mapping[str, int]) -> tuple[Feature, ...]:
    names = [(name, False) for name in basic.split()] + [(name, True) for name in advanced.split()]
    return tuple(Feature(name, tier, higher.get(name, 0)) for name, tier in names)


_APPLICATION = _menu(
    "portfolio orders price_alerts watchlists transfers address_book reports staking tax_export",
    "limit_ladders bridge_router conditional_orders gas_planner strategy_builder risk_console execution_algos",
    {"tax_export": 1, "strategy_builder": 1, "risk_console": 1, "execution_algos": 2},
)
_MINING = _menu(
    "payouts workers pool_switch earnings outage_alerts power_costs firmware_updates address_book tax_export",
    "proof_tuning fleet_rules reward_hedging difficulty_forecast thermal_limits gpu_profiles",
    {"tax_export": 1, "thermal_limits": 1, "gpu_profiles": 2},
)
_ENDPOINTS = _menu(
    "quotes orders balances prices transfers history fees assets status",
    "simulate bundles streams traces priority_fees batch",
    {"traces": 1, "priority_fees": 1, "batch": 2},
)

MENUS: Mapping[str, tuple[Feature, ...]] = {
    "trader": _APPLICATION,
    "institution": _APPLICATION,
    "protocol": _APPLICATION,
    "developer": _ENDPOINTS,
    "miner": _MINING,
}
"""Features of the day the history begins, by segment; later ones are released to everybody."""

RELEASES: tuple[Feature, ...] = tuple(
    Feature(name, advanced)
    for name, advanced in (
        ("session_keys", False), ("smart_routing", True), ("cost_explorer", False), ("mev_shield", True),
        ("address_screening", False), ("batch_payouts", True), ("chain_health", False), ("policy_engine", True),
        ("team_roles", False), ("intent_orders", True), ("audit_trail", False), ("gas_sponsor", True),
    )
)  # fmt: skip

PLANS = ("starter", "growth", "scale")
PLAN_SHARES = (0.30, 0.50, 0.20)

MONTHLY: Mapping[str, tuple[int, int, int]] = {  # list price, USD
    "trader": (59, 249, 890),
    "institution": (1900, 4800, 12500),
    "protocol": (1400, 3600, 9800),
    "developer": (49, 290, 1150),
    "miner": (69, 210, 640),
}

METERS: Mapping[str, tuple[str, tuple[int, int, int]]] = {
    "trader": ("orders", (500, 3000, 20000)),
    "institution": ("orders", (5000, 20000, 100000)),
    "protocol": ("settlements", (20000, 100000, 500000)),
    "developer": ("api_calls", (100000, 1000000, 10000000)),
    "miner": ("workers", (10, 40, 200)),
}

ADDONS: Mapping[str, tuple[str, ...]] = {
    "trader": ("tax_pack", "priority_support", "signals", "extra_seats"),
    "institution": ("priority_support", "dedicated_node", "compliance_pack", "extra_seats"),
    "protocol": ("dedicated_node", "priority_support", "analytics_pack", "incident_drills"),
    "developer": ("priority_support", "archive_data", "webhooks_plus", "dedicated_node"),
    "miner": ("fleet_insurance", "priority_support", "power_hedge", "tax_pack"),
}

CHAINS = ("solana", "ethereum", "base", "arbitrum", "nockchain")
CHAIN_APPEAL: Mapping[str, tuple[float, ...]] = {
    "trader": (0.42, 0.24, 0.18, 0.14, 0.02),
    "institution": (0.30, 0.46, 0.12, 0.12, 0.0),
    "protocol": (0.40, 0.28, 0.18, 0.14, 0.0),
    "developer": (0.45, 0.25, 0.20, 0.10, 0.0),
    "miner": (0.10, 0.05, 0.05, 0.0, 0.80),
}
ASSETS = ("USDC", "SOL", "ETH", "BTC", "ARB", "NOCK")
PRICES = (1.0, 165.0, 3100.0, 82000.0, 0.62, 0.041)  # USD on the first day
VOLATILITY = (0.0003, 0.035, 0.028, 0.021, 0.038, 0.045)  # a day
ASSET_APPEAL: Mapping[str, tuple[float, ...]] = {
    "solana": (0.50, 0.42, 0.03, 0.03, 0.0, 0.02),
    "ethereum": (0.42, 0.0, 0.43, 0.15, 0.0, 0.0),
    "base": (0.60, 0.0, 0.35, 0.05, 0.0, 0.0),
    "arbitrum": (0.45, 0.0, 0.30, 0.05, 0.20, 0.0),
    "nockchain": (0.0, 0.0, 0.0, 0.0, 0.0, 1.0),
}
PROTOCOLS: Mapping[str, tuple[str, ...]] = {
    "solana": ("jupiter", "orca", "raydium", "kamino", "marginfi"),
    "ethereum": ("uniswap", "aave", "curve", "lido"),
    "base": ("aerodrome", "uniswap", "morpho"),
    "arbitrum": ("camelot", "gmx", "aave"),
    "nockchain": ("nockchain",),
}
ERRORS: Mapping[str, tuple[str, ...]] = {
    "solana": (
        "BlockhashNotFound",
        "SlippageToleranceExceeded",
        "ComputationalBudgetExceeded",
        "InsufficientFundsForFee",
    ),
    "ethereum": ("execution reverted: insufficient output amount", "replacement transaction underpriced", "out of gas"),
    "base": ("execution reverted: insufficient output amount", "out of gas", "nonce too low"),
    "arbitrum": (
        "execution reverted: insufficient output amount",
        "out of gas",
        "max fee per gas less than block base fee",
    ),
    "nockchain": ("insufficient balance", "rejected by node"),
}

TRADE_USD: Mapping[str, float] = {  # median value of one transaction
    "trader": 900.0, "institution": 22000.0, "protocol": 700.0, "developer": 120.0, "miner": 400.0,
}  # fmt: skip

COMPETITORS = ("Orbitdesk", "Palisade", "Quorum Flow", "Nimbus Rail")
OWNERS = ("Jennifer Williams", "Marco Reyes", "Aiko Tanaka")


def entitled(segment: str, plan: int, released: int) -> list[str]:
    """Names of the features a plan includes once the first `released` releases are out."""
    return [feature.name for feature in MENUS[segment] if feature.plan <= plan] + [
        release(number).name for number in range(released)
    ]


def release(number: int) -> Feature:
    """The n-th release of a history; a long history goes round with a new version."""
    again, place = divmod(number, len(RELEASES))
    known = RELEASES[place]
    return known if not again else Feature(f"{known.name}_{again + 1}", known.advanced)
