"""For each feature an example from events, and what it must not be taken for."""

from __future__ import annotations

import pytest

from keepwell.base.time import DAY_US
from keepwell.expert.features import Sort, known
from keepwell.expert.scope import Topic
from keepwell.expert.telemetry.observe import DOMAINS, KINDS, NOT_FROM_EVENTS
from keepwell.expert.telemetry.record import record
from keepwell.expert.telemetry.swaps import slippage
from keepwell.events.catalog import BY_KEY
from tests.expert import made as expert
from tests.expert.telemetry import made
from tests.expert.telemetry.made import NOW, features, happened, look

HOUR, DAY = 3600, 86_400
FEATURES = expert.knowledge().features


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
    "net.prio_fee_p75": (70, [happened("node_reported", 900, prio_fee_p75=5), happened("node_reported", prio_fee_p75=70)]),
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
    "rpc.retry_gap_ms": (150.0, [call(10, http_status=429), call(9.85, http_status=200)]),
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
    "hw.thermal_violation_share": (0.1, [hw(1000, thermal_violation_ns=0), hw(0.001, thermal_violation_ns=99_999_900_000)]),
    "hw.power_violation_share": (0.5, [hw(20, power_violation_ns=0), hw(10, power_violation_ns=5_000_000_000)]),
    "hw.xid": (79, [hw(900, xid=0), hw(600, xid=79)]),
    "hw.sm_clock_ratio": (0.75, [hw(3 * DAY, sm_clock=2000, util=99), hw(600, sm_clock=1500, util=99)]),
    "sec.spl_delegate_amount": (2**64 - 1, [
        happened("approval_granted", 40 * DAY, chain="solana", account="a", amount=str(2**64 - 1), known=False)]),
    "sec.spl_delegate_known": (False, [happened("approval_granted", chain="solana", account="a", amount=5, known=False)]),
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
    "sec.api_key_age_days": (400.0, [happened("key_used", created_at=ms(400 * DAY)), happened("key_used", created_at=ms(9))]),
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
    "cmp.sanctions_hops": (2, [happened("screening_hit", address=each, hops=hops) for each, hops in (("a", 2), ("b", 5))]),
    "cmp.list_age_h": (50.0, [happened("screening_hit", 600, list_at=ms(600 + 50 * HOUR))]),
    "cmp.kyc_days_left": (-3.0, [happened("kyc_expiring", 20 * DAY, days_left=17)]),
    "cmp.tr_missing": (1, [happened("travel_rule_reported", missing=each) for each in (["originator"], [])]),
    "cmp.tr_amount_eur": (2000, [
        happened("travel_rule_reported", eu=True, selfhosted=True, amount_eur=2000),
        happened("travel_rule_reported", eu=True, selfhosted=False, amount_eur=9000)]),
    "cmp.eu": (True, [happened("travel_rule_reported", eu=True)]),
    "cmp.selfhosted": (False, [happened("travel_rule_reported", selfhosted=False)]),
}  # fmt: skip


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example(name):
    expected, occurrences = EXAMPLES[name]

    found = features(*occurrences)[name]

    assert found == (pytest.approx(expected) if isinstance(expected, float) else expected)
    assert known(found, FEATURES[name]) == found
    assert FEATURES[name].sort is not Sort.NUMBER or not isinstance(found, bool)


def test_every_feature_is_derived_and_shown_or_said_not_to_come_from_events():
    derived = [name for domain in DOMAINS for name in domain.features]

    assert len(set(derived)) == len(derived)
    assert set(derived) == set(EXAMPLES)
    assert set(derived).isdisjoint(NOT_FROM_EVENTS)
    assert {*derived, *NOT_FROM_EVENTS} == set(FEATURES)


def test_only_events_of_the_plan_are_looked_at():
    assert KINDS <= BY_KEY.keys()


OK, BAD = {"status": "landed_ok"}, {"status": "landed_failed"}
UNKNOWN = [
    ("a plain success is no proof that failures are shown", ["tx.failed", "tx.fail_rate", "tx.expired"],
     [happened("transaction", **OK)]),
    ("an enhanced webhook never shows a failure", ["tx.fail_rate", "tx.landing_rate"],
     [happened("transaction", feed="enhanced_webhook", **OK)]),
    ("without a log of what was sent nothing is known of what did not land", ["tx.expired", "tx.landing_rate"],
     [happened("transaction", feed="raw_webhook", **OK)]),
    ("a row without an end has none", ["tx.landed", "tx.failed", "tx.landing_rate"], [tx(chain="solana")]),
    ("an attempt of unknown end is neither landed nor lost", ["tx.landing_rate"], [tx(status="unknown")]),
    ("err and status contradict each other", ["tx.landed"], [tx(status="landed_ok", err="AccountInUse")]),
    ("no limit was said, which is not null", ["tx.cu_limit", "tx.cu_limit_missing_share"], [tx(cu_price_micro=1)]),
    ("nobody said how calls were answered", ["rpc.http_429_share", "rpc.http_5xx_share"], [call(count=9)]),
    ("one day is no past", ["rpc.p95_latency_ratio"], [call(3 * DAY, latency_ms=1), call(latency_ms=9)]),
    ("rows of many requests have no order", ["rpc.retry_gap_ms"], [call(9, http_status=429, count=4), call(5)]),
    ("a bare number of rejections does not say why", ["mine.shares_stale"], [share(accepted=9, rejected=4)]),
    ("rewards that were left out are not 0", ["lp.net_vs_hold"], [lp(value=9, fees=1, hold_value=20)]),
    ("a week has seven days", ["lp.net_to_quoted"], [lp(6 * DAY, share_price=1), lp(share_price=2, quoted_apr=1)]),
    ("yesterday's price is not today's", ["lend.hf"], [happened("loan_reported", 2 * DAY, health_factor=1)]),
    ("a loan without debt has no health", ["lend.hf"], [loan(debt=0, collateral=[{"value": 1, "liq_threshold": 1}])]),
    ("a part of the collateral is not the whole", ["lend.hf"], [loan(debt=1, collateral=[{"value": 1}])]),
    ("one position without its protocol hides every share", ["risk.hhi"], [lp(value=9, protocol="orca"), loan(value=9)]),
    ("a counter that was set back", ["hw.thermal_violation_share"],
     [hw(20, thermal_violation_ns=9), hw(10, thermal_violation_ns=1)]),
    ("nobody said whether the device was new", ["sec.login_success_after_fail"], [*LOGINS, happened("signed_in")]),
    ("seven withdrawals are no habit", ["sec.withdrawal_z"], [*HABIT[:7], out(value_usd=99)]),
    ("changes of factors are not reported", ["sec.mfa_changed_24h"], [out(value_usd=9)]),
    ("a screening that does not say what it found", ["cmp.sanctions_hit"], [happened("screening_hit", address="a")]),
    ("nothing was sent to anybody before", ["sec.poison_transfers"], [tx(**{"direction": "in", "from": "x"})]),
    ("an approval without an amount", ["sec.spl_delegate_amount"], [happened("approval_granted", chain="solana")]),
]  # fmt: skip


@pytest.mark.parametrize(("why", "names", "occurrences"), UNKNOWN, ids=[each[0] for each in UNKNOWN])
def test_what_was_not_said_is_unknown(why, names, occurrences):
    found = features(*occurrences)

    assert {name: found[name] for name in names if name in found} == {}


def test_without_a_send_log_nothing_was_attempted_as_far_as_anybody_can_see():
    webhook = happened("transaction", feed="raw_webhook", err=None, signature="s")

    assert features(webhook)["tx.attempted"] == 0
    assert features(webhook, tx(signature="s", status="unknown"))["tx.attempted"] == 1
    assert features(tx(9 * DAY, **OK))["tx.attempted"] == 0  # the log is connected, and silent today
    assert "tx.attempted" not in features(call())


def test_the_same_transaction_in_two_feeds_is_one_and_the_chain_is_believed():
    sent = tx(900, signature="s", status="expired", cu_limit=100)
    chain = happened("transaction", 800, signature="s", feed="rpc_poll", err=None, cu_consumed=50)

    found = features(sent, chain)

    assert (found["tx.landed"], found["tx.expired"], found["tx.attempted"]) == (1, 0, 1)
    assert found["tx.cu_used_ratio"] == 0.5
    assert found["src.feed"] == "client_log"


def test_a_failure_that_two_feeds_saw_is_seen_once():
    err = {"InstructionError": [0, "InvalidArgument"]}
    rows = [tx(900, signature="s", err=err), happened("transaction", signature="s", feed="raw_webhook", err=err)]

    assert [each.count for each in look(*rows).readings] == [1]


def test_a_webhook_may_carry_its_error_as_text():
    rows = [
        happened("transaction", tx_hash="a", status="failed", error='{"InstructionError":[0,"InvalidArgument"]}'),
        happened("transaction", tx_hash="b", status="failed", error="AccountInUse"),
        happened("transaction", tx_hash="c", status="failed", error="slippage"),
    ]

    assert {(each.kind.value, each.name) for each in look(*rows).readings} == {
        ("instruction", "InvalidArgument"), ("transaction", "AccountInUse"),
    }  # fmt: skip


def test_what_is_only_likely_is_a_candidate():
    orca = "whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc"
    other = "Anch1111111111111111111111111111111111111111"
    logs = [
        f"Program {orca} invoke [1]", f"Program {other} invoke [2]", f"Program {other} success",
        "Program log: AnchorError occurred. Error Code: SomethingElse. Error Number: 6001. Error Message: x.",
        f"Program {orca} failed: custom program error: 0x1771",
    ]  # fmt: skip

    (seen,) = look(tx(err={"InstructionError": [0, {"Custom": 6001}]}, logs=logs)).readings

    assert (seen.program, seen.name, seen.candidates) == ("orca_whirlpool", "", ("SomethingElse",))
    assert not seen.decoded


def test_the_age_of_one_message_is_not_held_against_the_state_of_another():
    young = message(60, id="young", state="SourceInitiated", expected_s=600)
    late = message(900, id="late", state="Attested", expected_s=600)
    blocked = message(10, id="blocked", state="BLOCKED")

    found = look(young, late, blocked)

    assert {each.name for each in found.readings} == {"Attested", "BLOCKED"}
    assert (found.features["br.age_s"], found.features["br.pending"]) == (900, 3)


def test_what_is_final_for_a_day_is_forgotten():
    assert look(message(2 * DAY, state="Refunded")).readings == ()


def test_an_approval_that_was_replaced_or_taken_back_is_gone():
    first = happened("approval_granted", 900, chain="solana", account="a", amount="99", known=False)

    assert features(first, happened("approval_granted", chain="solana", account="a", amount="5", known=False))[
        "sec.spl_delegate_amount"
    ] == 5  # fmt: skip
    assert features(first, happened("approval_granted", chain="solana", account="a", amount="0"))[
        "sec.spl_delegate_amount"
    ] == 0  # fmt: skip


def test_an_open_request_is_late_only_once_its_deadline_has_passed():
    assert "prove.margin_s" not in features(proof(outcome="REQUESTED", deadline_ts=ms(-60)))
    assert features(proof(outcome="REQUESTED", deadline_ts=ms(60)))["prove.margin_s"] == -60
    assert look(proof(outcome="REQUESTED", deadline_ts=ms(-60))).readings == ()


TALLIES = [
    (Topic.TRANSACTIONS, (2, 8), (1, 5), [*ENDS, tx(5 * DAY, count=4, **OK), tx(5 * DAY, **BAD)]),
    (Topic.LANDING, (3, 11), (1, 1), [*ENDS, tx(5 * DAY, status="expired")]),
    (Topic.CALLS, (1, 2), (0, 1), [call(http_status=503), call(http_status=200), call(9 * DAY, http_status=200)]),
    (Topic.STALE, (4, 111), (0, 0), MINED),
    (Topic.INVALID, (4, 111), (0, 0), MINED),
    (Topic.DELIVERY, (30, 80), (9, 10), [RATES, share(3 * DAY, accepted=9, expected=10), share(accepted=5)]),
    (Topic.WORK, (30, 24), (9, 48), [RATES, share(3 * DAY, accepted=9)]),
]


@pytest.mark.parametrize(("topic", "now", "past", "occurrences"), TALLIES, ids=[each[0].value for each in TALLIES])
def test_a_tally_of_both_windows(topic, now, past, occurrences):
    tally = look(*occurrences).tallies[topic]

    both = [tuple(vars(each).values()) for each in (tally.now, tally.past)]
    assert both == [now, past]


def test_every_topic_is_counted():
    tallied = {topic for domain in DOMAINS for topic in domain.tallies}

    assert tallied | {Topic.SLIPPAGE} == set(Topic)


def test_slippage_is_counted_against_the_median_of_others():
    rows = [happened("swap_quoted", quoted_out=1000, actual_out=each) for each in (1000, 995, 980)]

    tally = slippage(rows, [], 60)

    assert (tally.now.failed, tally.now.trials) == (1, 3)
    assert slippage([], [], 30) is None


@pytest.mark.parametrize(("topic", "occurrence"), [
    (Topic.TRANSACTIONS, happened("transaction", feed="enhanced_webhook", **OK)),
    (Topic.TRANSACTIONS, happened("transaction", **OK)),
    (Topic.LANDING, happened("transaction", feed="rpc_poll", **OK)),
    (Topic.CALLS, call()),
    (Topic.STALE, share(accepted=5)),
    (Topic.DELIVERY, share(accepted=5)),
    (Topic.WORK, share(accepted=5)),
])  # fmt: skip
def test_what_cannot_be_counted_has_no_tally(topic, occurrence):
    assert topic not in look(occurrence).tallies


def test_the_windows_are_half_open():
    def landed(at):
        occurrence = happened("transaction", status="landed_failed")
        return look(type(occurrence)("transaction", at, occurrence.properties)).tallies.get(Topic.TRANSACTIONS)

    assert landed(NOW) is None
    assert landed(NOW - 1).now.trials == landed(NOW - DAY_US).now.trials == 1
    assert landed(NOW - DAY_US - 1).past.trials == landed(NOW - 29 * DAY_US).past.trials == 1
    assert landed(NOW - 29 * DAY_US - 1) is None


def test_a_record_keeps_what_holds_until_something_else_is_said():
    old = happened("approval_granted", 300 * DAY, chain="solana", amount=5)

    kept = record([old], made.SPAN)

    assert (kept.every("approval_granted"), kept.now("approval_granted"), kept.past("approval_granted")) == (
        (old,),
        (),
        (),
    )
