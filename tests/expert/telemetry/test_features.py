"""What each feature is, and what it must not be taken for."""

from __future__ import annotations

import pytest

from keepwell.base.time import DAY_US
from keepwell.events.catalog import BY_KEY
from keepwell.expert.case import Kind
from keepwell.expert.features import Sort, known
from keepwell.expert.scope import Topic
from keepwell.expert.telemetry.observe import DOMAINS, KINDS, NOT_FROM_EVENTS, compared, usual
from keepwell.expert.telemetry.record import record
from tests.expert import made as expert
from tests.expert.telemetry import made
from tests.expert.telemetry.examples import (
    DAY,
    ENDS,
    EXAMPLES,
    HABIT,
    LOGINS,
    MINED,
    RATES,
    call,
    hw,
    loan,
    lp,
    message,
    ms,
    out,
    proof,
    share,
    tx,
)
from tests.expert.telemetry.made import NOW, features, happened, look

FEATURES = expert.knowledge().features


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
    assert set(FEATURES) == {*derived, *NOT_FROM_EVENTS}


def test_only_events_of_the_plan_are_looked_at():
    assert BY_KEY.keys() >= KINDS


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
    ("one position without its protocol hides every share", ["risk.hhi"],
     [lp(value=9, protocol="orca"), loan(value=9)]),
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


def test_what_a_feature_is_of_is_named_in_the_words_of_the_sender():
    fine = loan(loan="l1", protocol="kamino", health_factor=2.0, ltv=0.2, unhealthy_ltv=0.8)
    near = loan(loan="l2", protocol="marginfi", health_factor=1.02, ltv=0.75, unhealthy_ltv=0.8)
    unlimited = happened(
        "approval_granted", chain="solana", account="a", token="USDC", spender="s", amount="9", known=False
    )
    found = look(fine, near, unlimited, lp(pool="SOL/USDC", in_range_share=0.1)).objects

    assert found["lend.hf"] == found["lend.limit_used"] == "loan l2, protocol marginfi"
    assert found["sec.spl_delegate_amount"] == "chain solana, account a, token USDC, spender s"
    assert found["lp.in_range_share"] == "position p, pool SOL/USDC"


def test_of_several_transfers_in_one_state_the_one_that_waits_longest_is_named():
    late = message(
        9 * 3600, bridge="wormhole", id="old", state="Attested", entered_state_ts=ms(4 * DAY), expected_s=1800
    )
    later = message(600, bridge="wormhole", id="new", state="Attested", entered_state_ts=ms(2 * DAY), expected_s=1800)
    (seen,) = look(late, later).readings

    assert (seen.reference, seen.count) == ("old", 2)
    assert look(late, later).objects["br.age_s"] == "id old, bridge wormhole"


TALLIES = [
    (Topic.TRANSACTIONS, (2, 8), (1, 5), [*ENDS, tx(5 * DAY, count=4, **OK), tx(5 * DAY, **BAD)]),
    (Topic.LANDING, (3, 11), (1, 1), [*ENDS, tx(5 * DAY, status="expired")]),
    (Topic.CALLS, (1, 2), (0, 1), [call(http_status=503), call(http_status=200), call(9 * DAY, http_status=200)]),
    (Topic.STALE, (4, 111), (0, 0), MINED),
    (Topic.INVALID, (4, 111), (0, 0), MINED),
    (Topic.DELIVERY, (30, 80), (9, 10), [RATES, share(3 * DAY, accepted=9, expected=10), share(accepted=5)]),
    (Topic.WORK, (15, 12), (4.5, 12), [RATES, share(5 * DAY, accepted=7), share(8 * DAY, accepted=9)]),
]


@pytest.mark.parametrize(("topic", "now", "past", "occurrences"), TALLIES, ids=[each[0].value for each in TALLIES])
def test_a_tally_of_both_windows(topic, now, past, occurrences):
    tally = look(*occurrences).tallies[topic]

    both = [tuple(vars(each).values()) for each in (tally.now, tally.past)]
    assert both == [now, past]


def test_every_topic_is_counted():
    tallied = {topic for domain in DOMAINS for topic in domain.tallies}

    assert tallied | {Topic.SLIPPAGE} == set(Topic)


def fills(*received, ago=600):
    return [happened("swap_quoted", ago, quoted_out=1000, actual_out=each) for each in received]


def test_slippage_is_counted_against_the_median_of_others():
    swaps = look(*fills(1000, 995, 980), *fills(900, 999, ago=3 * DAY))

    tally = compared(swaps, 60)[Topic.SLIPPAGE]

    assert (tally.now.failed, tally.now.trials) == (1, 3)
    assert (tally.past.failed, tally.past.trials) == (1, 2)
    assert Topic.SLIPPAGE not in swaps.tallies
    assert Topic.SLIPPAGE not in compared(look(*fills(0)), 30)
    assert Topic.SLIPPAGE not in compared(swaps, usual([]))


def test_what_is_usual_among_others_is_set_by_none_of_them_alone():
    many = fills(*[900] * 50)
    crowd = [look(*each) for each in (many, fills(999), fills(998, 997, 998), [call()], fills(998, ago=3 * DAY))]

    assert usual(crowd) == pytest.approx(20)  # of 10, 20 and 1,000 basis points


def test_what_a_webhook_did_not_tell_is_known_from_another_feed_only():
    def told(feed, *names, ago=600):
        return [happened("transaction", ago, signature=each, feed=feed, status="landed_ok") for each in names]

    missed = "src.webhook_missed_share"

    assert features(*told("client_log", *"abcd"), *told("raw_webhook", "a"))[missed] == 0.75
    assert features(*told("rpc_poll", *"abcd"), *told("enhanced_webhook", *"abcd"))[missed] == 0
    assert missed not in features(*told("client_log", *"abcd"))
    assert missed not in features(*told("raw_webhook", *"abcd"))
    assert missed not in features(*told("client_log", "a", ago=299), *told("raw_webhook", "b"))
    assert missed not in features(*[tx(status="landed_ok")] * 9, *told("raw_webhook", "b"))
    assert features(*told("client_log", "a"), *told("raw_webhook", "b", ago=9 * DAY))[missed] == 1


@pytest.mark.parametrize(("said", "reason", "number"), [
    ("stale-share", "stale", 21), ("invalid-job-id", "stale", 21), ("duplicate-share", "dup", 22),
    ("difficulty-too-low", "lowdiff", 23),
])  # fmt: skip
def test_stratum_v2_says_in_words_what_the_older_one_says_by_number(said, reason, number):
    for row in (share(accepted=9, rejected={said: 1}), share(kind="share", result="rejected", reason_code=said)):
        (seen,) = look(row).readings

        assert (seen.kind, seen.code) == (Kind.POOL, number)
        assert features(row)[f"mine.shares_{reason}"] == 1


def test_a_word_of_stratum_v2_without_a_number_stays_a_word():
    (seen,) = look(share(kind="share", result="rejected", reason_code="invalid-channel-id")).readings

    assert (seen.kind, seen.name) == (Kind.OUTCOME, "invalid-channel-id")


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
