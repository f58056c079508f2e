"""The twelve indicators, in the order in which they are shown."""

from __future__ import annotations

from typing import Final

from keepwell.expert.indicators import defi, dex, zkpow
from keepwell.expert.indicators.indicator import Group, Indicator

INDICATORS: Final = (
    Indicator("mining_efficiency", Group.ZKPOW, "Mining efficiency", (zkpow.ACCEPTED, zkpow.RATE)),
    Indicator("proof_success", Group.ZKPOW, "Proof success", (zkpow.PROVEN,)),
    Indicator("network_participation", Group.ZKPOW, "Network participation", (zkpow.ACTIVE,)),
    Indicator("optimisation_opportunities", Group.ZKPOW, "Optimisation opportunities", (zkpow.IMPROVABLE,)),
    Indicator("transaction_success", Group.DEX, "Transaction success", (dex.SUCCEEDED,)),
    Indicator("liquidity_utilisation", Group.DEX, "Liquidity utilisation", (dex.IN_RANGE, dex.TURNOVER)),
    Indicator("yield_farming", Group.DEX, "Yield farming", (dex.AGAINST_HOLDING,)),
    Indicator("bridge_usage", Group.DEX, "Bridge usage", (dex.BRIDGED,)),
    Indicator("protocol_participation", Group.DEFI, "Protocol participation", (defi.PROTOCOLS,)),
    Indicator("risk_exposure", Group.DEFI, "Risk exposure", (defi.TO_LIQUIDATION, defi.CONCENTRATED)),
    Indicator("yield_optimisation", Group.DEFI, "Yield optimisation", (defi.REALISED,)),
    Indicator("security_compliance", Group.DEFI, "Security and compliance", (defi.IN_ORDER,)),
)
