"""For each feature its value and the events it comes from."""

from __future__ import annotations

from tests.expert.telemetry.made import NOW, happened

HOUR, DAY = 3600, 86_400


def ms(ago):
    return NOW // 1000 - int(ago * 1000)


def tx(ago=600, /, **properties):
    return happened("transaction", ago, feed="client_log", **properties)


def call(ago=600, /, **properties):
    return happened("api_called", ago, **properties)


def swap(**properties):
    return happened("swap_quoted", **properties)


def share(ago=600, /, **properties):
    return happened("work", ago, **properties)


def proof(ago=600, /, **properties):
    return happened("work", ago, kind="proof", **properties)


def hw(ago, **properties):
    return happened("work", ago, worker="w", hw=properties)


def lp(ago=600, /, **properties):
    return happened("lp_position_reported", ago, position="p", **properties)


def loan(**properties):
    return happened("loan_reported", **properties)


def message(ago=600, /, **properties):
    return happened("bridge_message", ago, **{"id": "m", **properties})


def out(ago=600, /, **properties):
    return happened("withdrawal_made", ago, **properties)


ENDS = [
    tx(status="landed_ok", count=6), tx(status="landed_failed", count=2), tx(status="expired", count=3),
    tx(status="preflight_rejected", count=4), tx(status="unknown", count=5),
]  # fmt: skip
MINED = [
    share(HOUR, accepted=90, rejected={"stale": 3, "22": 2, "23": 4, "24": 1, "other": 9}),
    share(kind="share", result="rejected", reason_code=21), share(kind="share", result="accepted"),
]  # fmt: skip
RATES = share(accepted=30, reported_rate=100, difficulty=50, duration_s=20, work_per_share=0.5)
PROVEN = [
    proof(600, job_id="a", outcome="Fulfilled", duration_ms=3000, estimated_ms=2000, concurrent=2, max_capacity=4,
          deadline_ts=ms(300), completed_ts=ms(310)),
    proof(500, job_id="b", outcome="ProvingFailed", duration_ms=5000, estimated_ms=2000, concurrent=4,
          deadline_ts=ms(300), completed_ts=ms(295)),
    proof(400, job_id="c", skip_code="[B-OP-001]"),
]  # fmt: skip
LOGINS = [happened("login_failed", HOUR - place, network=f"AS{place % 2}") for place in range(6)]
DRAIN = [
    out(3 * HOUR, value_usd=10, balance_before_usd=10_000, destination="x", first_use=True),
    out(1200, value_usd=4000, balance_before_usd=10_000, destination="a", first_use=True),
    out(600, value_usd=4000, balance_before_usd=6000, destination="b", first_use=True),
]  # fmt: skip
HABIT = [out((place + 2) * DAY, value_usd=2.0 ** (place % 3)) for place in range(9)]

EXAMPLES = {
    "src.feed": ("raw_webhook", [happened("transaction", feed="raw_webhook", err=None)]),
    "src.webhook_missed_share": (
        0.5,
        [
            *(tx(600, signature=each, status="landed_ok") for each in "ab"),
            happened("transaction", 600, signature="a", feed="raw_webhook", err=None),
            tx(60, signature="c", status="landed_ok"),
        ],
    ),
    "tx.attempted": (20, ENDS),
    "tx.landed": (8, ENDS),
    "tx.failed": (2, ENDS),
    "tx.expired": (3, ENDS),
    "tx.preflight_rejected": (4, ENDS),
    "tx.landing_rate": (8 / 11, ENDS),
    "tx.fail_rate": (0.25, ENDS),
    "tx.resend_same_blockhash": (
        1, [tx(900, status="expired", recent_blockhash="h"), tx(600, status="unknown", recent_blockhash="h")],
    ),
    "tx.cu_price_micro": (20, [tx(cu_price_micro=each) for each in (10, 20, 90)]),
    "tx.cu_limit": (400_000, [tx(cu_limit=None, instructions=2)]),
    "tx.cu_used_ratio": (0.25, [tx(cu_limit=200_000, cu_consumed=50_000)]),
    "tx.cu_limit_missing_share": (0.5, [tx(cu_limit=None), tx(cu_limit=5), tx()]),
    "net.prio_fee_p75": (70, [happened("node_reported", ago, prio_fee_p75=fee) for ago, fee in ((900, 5), (600, 70))]),
    "net.health_ok": (False, [happened("node_reported", health_ok=False)]),
    "net.slots_behind": (120, [call(chain="solana", rpc_error_code=-32005, rpc_error_data={"numSlotsBehind": 120})]),
    "net.tps_drop": (0.5, [happened("node_reported", 3 * DAY, tps=2000), happened("node_reported", tps=1000)]),
    "rpc.requests": (17, [call(http_statuses={"200": 10, "429": 5}), call(), call(http_status=200)]),
    "rpc.http_429_share": (0.25, [call(http_status=429), call(http_status=200, count=3), call()]),
    "rpc.http_401_403_share": (0.5, [call(http_statuses={"401": 1, "403": 1, "200": 2})]),
    "rpc.http_5xx_share": (0.5, [call(http_status=502), call(http_status=200)]),
    "rpc.p95_latency_ratio": (
        3.0, [*[call((day + 2) * DAY, latency_ms=10) for day in range(8)], call(latency_ms=30)],
    ),
    "rpc.retry_gap_ms": (150.0, [
        call(30, http_status=200), call(10, http_status=429), call(9.85, http_status=200)]),
    "swap.quote_age_s": (12.0, [swap(quote_ts=ms(20), send_ts=ms(8))]),
    "swap.slippage_bps_set": (50, [swap(slippage_bps=50)]),
    "swap.realised_slippage_bps": (100.0, [swap(quoted_out="10000", actual_out="9900"), swap(quoted_out="10000")]),
    "swap.price_impact_pct": (1.5, [swap(price_impact_pct="1.5")]),
    "swap.effective_spread_bps": (200.0, [swap(side="buy", price=101, mid_price=100)]),
    "swap.mode": ("manual", [swap(mode="manual"), swap(mode="manual"), swap(mode="ultra")]),
    "wallet.sol_lamports": (5000, [tx(900, payer_lamports=9000), tx(600, payer_lamports=5000)]),
    "lp.in_range_share": (0.25, [lp(4 * HOUR, in_range=True), lp(3 * HOUR, in_range=False)]),
    "lp.net_vs_hold": (-0.1, [lp(value=800, fees=80, rewards=20, hold_value=1000)]),
    "lp.pool_share_change": (0.5, [lp(liquidity=1, active_liquidity=10, entry_liquidity=1, entry_active_liquidity=5)]),
    "lp.utilisation": (0.02, [lp(volume_24h=20, tvl=1000)]),
    "lp.net_to_quoted": (0.5, [lp(10 * DAY, share_price=1), lp(0.001, share_price=1 + 0.1 * 10 / 365, quoted_apr=0.2)]),
    "lend.hf": (1.5, [loan(loan="a", health_factor=2), loan(loan="b", debt=2, collateral=[
        {"value": 4, "liq_threshold": 0.5}, {"value": 1, "liq_threshold": 1}])]),
    "lend.limit_used": (0.96, [loan(ltv=0.72, unhealthy_ltv=0.75)]),
    "lend.utilisation": (0.9, [
        loan(loan="a", borrowed=90, supplied=100, optimal_utilisation=0.8), loan(loan="b", utilisation=0.95)]),
    "lend.optimal_utilisation": (0.8, [
        loan(loan="a", borrowed=90, supplied=100, optimal_utilisation=0.8), loan(loan="b", utilisation=0.95)]),
    "lend.oracle_age_s": (90, [loan(oracle_age_s=90)]),
    "lend.liquidations": (2, [loan(loan="a", liquidations=2), loan(loan="b", liquidations=0)]),
    "risk.hhi": (0.625, [lp(value=75, protocol="orca"), loan(loan="l", value=25, protocol="kamino")]),
    "risk.top_protocol_share": (0.75, [lp(value=75, protocol="orca"), loan(loan="l", value=25, protocol="kamino")]),
    "risk.position_to_tvl": (0.25, [lp(value=25, tvl=100)]),
    "br.state": ("Attested", [message(state="Created"), message(300, state="Attested")]),
    "br.age_s": (900.0, [message(state="Attested", entered_state_ts=ms(900))]),
    "br.expected_s": (14.0, [message(state="SourceInitiated", bridge="wormhole", source="solana")]),
    "br.pending": (1, [message(state="Attested"), message(id="n", state="DestinationFinalized")]),
    "mine.shares_accepted": (91, MINED),
    "mine.shares_expected": (80.0, [RATES]),
    "mine.shares_stale": (4, MINED),
    "mine.shares_dup": (2, MINED),
    "mine.shares_lowdiff": (4, MINED),
    "mine.shares_auth": (1, MINED),
    "mine.reported_rate": (100.0, [RATES, share(reported_rate=7)]),
    "mine.effective_rate": (37.5, [RATES]),
    "mine.network_rate_change": (1.5, [share(8 * DAY, network_rate=20), share(HOUR, network_rate=30)]),
    "mine.connected_peers": (0, [share(900, peers=4), share(600, peers=0)]),
    "mine.stake": (5, [share(stake=5)]),
    "mine.stake_required": (12, [share(stake_per_solution=3, solutions_per_epoch=4)]),
    "mine.client_age_days": (100.0, [share(client_released_at=ms(110 * DAY), newest_released_at=ms(10 * DAY))]),
    "prove.requests": (3, PROVEN),
    "prove.outcome": ("ProvingFailed", PROVEN),
    "prove.est_ratio": (2.0, PROVEN),
    "prove.margin_s": (-5.0, PROVEN),
    "prove.concurrent": (3, PROVEN),
    "prove.max_capacity": (4, PROVEN),
    "prove.skip_code": ("[B-OP-001]", PROVEN),
    "hw.gpu_util": (30.0, [hw(900, util=20), hw(600, util=40), hw(300, util=0, idle=True)]),
    "hw.gpu_temp": (80, [hw(900, temp=60), hw(600, temp=80)]),
    "hw.thermal_violation_share": (0.1, [
        hw(1100, thermal_violation_ns=0), hw(100, thermal_violation_ns=100_000_000_000)]),
    "hw.power_violation_share": (0.5, [hw(20, power_violation_ns=0), hw(10, power_violation_ns=5_000_000_000)]),
    "hw.xid": (79, [hw(900, xid=0), hw(600, xid=79)]),
    "hw.sm_clock_ratio": (0.75, [hw(3 * DAY, sm_clock=2000, util=99), hw(600, sm_clock=1500, util=99)]),
    "sec.spl_delegate_amount": (2**64 - 1, [
        happened("approval_granted", 40 * DAY, chain="solana", account="a", amount=str(2**64 - 1), known=False)]),
    "sec.spl_delegate_known": (False, [
        happened("approval_granted", chain="solana", account="a", amount=5, known=False)]),
    "sec.account_owner_changed": (2, [
        happened("authority_changed", what=each) for each in ("system_assign", "account_owner", "mfa")]),
    "sec.nonce_tx_unknown": (1, [tx(durable_nonce=True, built_here=False), tx(durable_nonce=True, built_here=True)]),
    "sec.evm_allowance": (2**256 - 1, [
        happened("approval_granted", chain="base", token="t", spender="s", amount=str(2**256 - 1))]),
    "sec.evm_spender_known": (True, [
        happened("approval_granted", chain="base", token="t", spender="s", amount="1", known=True)]),
    "sec.outflow_share_1h": (0.8, DRAIN),
    "sec.new_destinations_1h": (2, DRAIN),
    "sec.login_fail": (6, LOGINS),
    "sec.login_ips": (2, LOGINS),
    "sec.login_success_after_fail": (True, [*LOGINS, happened("signed_in", HOUR - 60, new_device=True)]),
    "sec.api_key_countries": (2, [happened("key_used", key_id="k", country=each) for each in ("no", "NO", "BR")]),
    "sec.api_key_age_days": (400.0, [
        happened("key_used", created_at=ms(400 * DAY)), happened("key_used", created_at=ms(9))]),
    "sec.api_key_public": (True, [happened("key_used", public=False), happened("key_used", public=True)]),
    "sec.shared_key_customers": (3, [happened("key_used", customers=3)]),
    "sec.poison_transfers": (1, [
        out(9 * DAY, destination="0x1234abcdef5678"),
        tx(**{"direction": "in", "from": "0x1234000000005678", "value_usd": 0}),
        tx(**{"direction": "in", "from": "0x1234abcdef5678", "value_usd": 0}),
        tx(**{"direction": "in", "from": "0x1234000000005678", "value_usd": 50}),
        tx(**{"direction": "in", "from": "0x9999000000005678", "value_usd": 0})]),
    "sec.withdrawal_z": (4 / 1.4826, [*HABIT, out(value_usd=32)]),
    "sec.mfa_changed_24h": (True, [happened("authority_changed", HOUR, what="email"), out(value_usd=1)]),
    "cmp.sanctions_hit": (False, [
        happened("screening_hit", DAY, address="a", hit=True), happened("screening_hit", address="a", hit=False)]),
    "cmp.sanctions_hops": (2, [
        happened("screening_hit", address=each, hops=hops) for each, hops in (("a", 2), ("b", 5))]),
    "cmp.list_age_h": (50.0, [happened("screening_hit", 600, list_at=ms(600 + 50 * HOUR))]),
    "cmp.kyc_days_left": (-3.0, [happened("kyc_expiring", 20 * DAY, days_left=17)]),
    "cmp.tr_missing": (1, [happened("travel_rule_reported", missing=each) for each in (["originator"], [])]),
    "cmp.tr_amount_eur": (2000, [
        happened("travel_rule_reported", eu=True, selfhosted=True, amount_eur=2000),
        happened("travel_rule_reported", eu=True, selfhosted=False, amount_eur=9000)]),
    "cmp.eu": (True, [happened("travel_rule_reported", eu=True)]),
    "cmp.selfhosted": (False, [happened("travel_rule_reported", selfhosted=False)]),
}  # fmt: skip
