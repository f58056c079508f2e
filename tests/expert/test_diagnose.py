"""The engine: order, scope, what explains what, what is left open."""

from __future__ import annotations

import pytest

from keepwell.expert.case import Case, Kind, Seen
from keepwell.expert.diagnose import diagnose
from keepwell.expert.knowledge import Certainty
from keepwell.expert.scope import Standing, Topic, Whose
from tests.expert import made

KNOWLEDGE = made.knowledge()
SLIPPAGE = Seen(Kind.ERROR, "jupiter_v6", 6001, "SlippageToleranceExceeded", count=7, last=made.NOW, reference="5abc")
EXPIRED = Seen(Kind.TRANSACTION, name="BlockhashNotFound", count=4, last=made.NOW, reference="9xyz")
OWN = Standing(p_own=0.0001, p_peer=0.001, p_net=0.5, n=30)
EVERYBODY = Standing(p_own=0.0001, p_peer=0.4, p_net=0.00001, n=30)
BOTH = Standing(p_own=0.0001, p_peer=0.0005, p_net=0.00001, n=30)
TRADER = {"tx.attempted": 40, "tx.landed": 30, "tx.expired": 4, "tx.failed": 7, "swap.quote_age_s": 25.0}


def asked(features=(), readings=(), **crowd):
    standing = {Topic(name): each for name, each in crowd.items()}
    return diagnose(Case(made.NOW, dict(features), readings, standing), KNOWLEDGE)


def ids(diagnosis):
    return [each.id for each in diagnosis.findings]


def one(diagnosis, name):
    (found,) = (each for each in diagnosis.findings if each.id == name)
    return found


def test_of_nothing_nothing_is_said():
    found = asked()

    assert found.findings == found.undecided == found.explained == found.set_aside == ()
    assert len(found.unobserved) == sum(
        not each.signal.kinds and each.domain != "meta" for each in KNOWLEDGE.entries.values()
    )


def test_a_customers_own_trouble_is_named_with_its_evidence():
    found = asked(TRADER, [SLIPPAGE, EXPIRED], transactions=OWN)

    assert found.scopes == ((Topic.TRANSACTIONS, Whose.CUSTOMER),)
    cause = one(found, "DEX-02")
    assert cause.scope is Whose.CUSTOMER
    assert cause.causes
    assert cause.sentence.startswith("Likely: The customer's swaps fail mainly because they execute old quotes.")
    assert "7 times" in cause.sentence
    assert "5abc" in cause.sentence
    assert "time from quote to send, median: 25 s, above 10 s" in cause.sentence


def test_one_that_explains_stands_above_the_one_it_explains():
    found = asked(TRADER, [SLIPPAGE], transactions=OWN)

    assert one(found, "DEX-01").explained_by == "DEX-02"
    assert ids(found).index("DEX-01") == ids(found).index("DEX-02") + 1
    assert "DEX-01" not in [each.id for each in found.heads]


def test_everybodys_trouble_is_not_put_on_the_customer():
    found = asked(TRADER, [SLIPPAGE, EXPIRED], transactions=EVERYBODY)

    assert found.scopes == ((Topic.TRANSACTIONS, Whose.NETWORK),)
    assert [each.id for each in found.set_aside] == ["DEX-02"]
    assert "for everybody" in found.set_aside[0].because
    for name in ("DEX-01", "TX-01"):
        fact = one(found, name)
        assert (fact.scope, fact.causes, fact.explained_by) == (Whose.NETWORK, (), "META-02")
        assert fact.actions
    assert found.heads[0].id == "META-02"


def test_trouble_of_the_chain_does_not_hide_what_has_nothing_to_do_with_it():
    safety = {"sec.account_owner_changed": 1, "lend.hf": 0.97, "cmp.sanctions_hit": True}

    found = asked({**TRADER, **safety}, [EXPIRED], transactions=EVERYBODY)

    for name in ("SEC-02", "LEND-01", "CMP-01"):
        assert one(found, name).scope is Whose.CUSTOMER
        assert one(found, name).causes
    assert not one(found, "CMP-01").may_tell_customer
    assert one(found, "LEND-01").may_tell_customer


def test_worse_than_everybody_while_everybody_fails_is_both():
    found = asked(TRADER, [SLIPPAGE], transactions=BOTH)

    assert found.scopes == ((Topic.TRANSACTIONS, Whose.BOTH),)
    assert one(found, "DEX-02").scope is Whose.BOTH
    assert "META-01" not in ids(found)
    assert "META-02" not in ids(found)


def test_the_standing_of_one_topic_says_nothing_of_another():
    mining = {"mine.shares_expected": 500}

    assert "ZK-12" not in ids(asked(mining, transactions=OWN))
    assert "ZK-12" in ids(asked(mining, work=OWN))


def test_with_too_few_trials_no_rate_is_judged_and_each_event_is_explained():
    found = asked({"tx.attempted": 3, "tx.expired": 1}, [EXPIRED], transactions=Standing(0.0005, 0.01, 0.5, n=3))

    assert ids(found) == ["META-03"]
    (explained,) = found.explained
    assert explained.id == "TX-01"
    assert explained.events[0].count == 4


def test_a_feed_without_failures_shows_no_success():
    feed = {"src.feed": "enhanced_webhook", "tx.failed": 0, "tx.landed": 80, "tx.attempted": 80}

    found = asked(feed, transactions=OWN)

    assert "META-04" in ids(found)
    assert "META-01" not in ids(found)
    assert found.scopes == ((Topic.TRANSACTIONS, Whose.UNKNOWN),)


def test_without_a_log_of_sends_silence_is_not_taken_for_silence():
    quiet = {"tx.attempted": 0, "tx.landed": 40}
    drifting = Standing(p_own=0.5, cusum=9.0, n=40)

    found = asked(quiet, transactions=drifting)

    assert {"META-05", "META-06"} <= set(ids(found))
    assert "DEX-19" not in ids(found)
    assert "DEX-19" in [each.id for each in found.undecided]


def test_a_number_that_two_versions_read_differently_is_not_read():
    either = Seen(Kind.ERROR, "raydium_clmm", 6028, candidates=("InvalidFirstTickArrayAccount", "ExceptRewardMint"))

    found = asked(readings=[either])

    assert ids(found) == ["META-07"]
    (open_,) = found.undecided
    assert open_.id == "DEX-12"
    assert open_.missing == ("the name of the error, from the full logs",)


def test_the_name_in_the_log_outranks_the_number():
    old = Seen(Kind.ERROR, "raydium_clmm", 6028, "InvalidFirstTickArrayAccount")
    new = Seen(Kind.ERROR, "raydium_clmm", 6028, "ExceptRewardMint")

    assert ids(asked(readings=[old])) == ["DEX-12"]
    assert ids(asked(readings=[new])) == []


@pytest.mark.parametrize(
    ("program", "name"),
    [("orca_whirlpool", "InvalidStartTick"), ("raydium_cpmm", "InvalidOwner"), ("kamino_lend", "InvalidMarketOwner"),
     ("meteora_dlmm", "InvalidBinId"), ("marginfi_v2", "BankNotFound")],
)  # fmt: skip
def test_a_number_means_nothing_without_its_program(program, name):
    assert ids(asked(readings=[Seen(Kind.ERROR, "jupiter_v6", 6001, "SlippageToleranceExceeded", count=3)])) == [
        "DEX-01"
    ]
    assert ids(asked(readings=[Seen(Kind.ERROR, program, 6001, name, count=3)])) == []


def test_errors_of_the_framework_are_known_in_any_program_by_their_name():
    inner = Seen(Kind.ERROR, "jupiter_v6", 3012, "AccountNotInitialized")

    assert ids(asked(readings=[inner])) == ["TX-22"]
    assert ids(asked(readings=[Seen(Kind.ERROR, "solend", 3012, "")])) == ["META-07"]


def test_a_program_nobody_knows_may_be_built_with_the_framework():
    stranger = Seen(Kind.ERROR, "4tRanger", 3012, candidates=("AccountNotInitialized",))

    found = asked(readings=[stranger])

    assert ids(found) == ["META-07"]
    assert [each.id for each in found.undecided] == ["TX-22"]


def test_a_rejection_at_preflight_stands_beneath_the_error_it_wraps():
    wrapped = [Seen(Kind.RPC, code=-32002, chain="solana", count=9), SLIPPAGE]

    found = asked({"tx.preflight_rejected": 9}, wrapped)

    assert one(found, "RPC-05").explained_by == "DEX-01"
    assert one(asked({"tx.preflight_rejected": 9}, wrapped[:1]), "RPC-05").explained_by == ""


def test_a_provider_is_named_by_the_standing_of_its_calls():
    failing = {"rpc.requests": 400, "rpc.http_5xx_share": 0.2}
    refused = [Seen(Kind.HTTP, code=503, count=80)]

    assert one(asked(failing, refused, calls=EVERYBODY), "RPC-08").scope is Whose.NETWORK
    assert one(asked(failing, refused, calls=OWN), "RPC-08").scope is Whose.CUSTOMER
    alone = Standing(p_own=0.0001, n=400)
    assert one(asked(failing, refused, calls=alone), "RPC-08").scope is Whose.UNKNOWN


def test_a_hint_begins_as_one():
    found = one(asked({"sec.nonce_tx_unknown": 1}), "SEC-03")

    assert found.certainty is Certainty.HINT
    assert found.sentence.startswith("A hint, not established: ")


def test_the_worst_and_the_surest_come_first():
    found = asked(
        {"lend.hf": 0.9, "lp.in_range_share": 0.1, "sec.api_key_age_days": 700, "sec.nonce_tx_unknown": 2,
         "sec.poison_transfers": 1}
    )  # fmt: skip

    assert ids(found) == ["LEND-01", "LP-01", "SEC-12", "SEC-03", "SEC-10"]


def test_what_is_missing_is_named():
    (open_,) = (each for each in asked({"hw.power_violation_share": 0.4}).undecided)

    assert (open_.id, open_.missing) == ("HW-02", ("hw.sm_clock_ratio",))


@pytest.mark.parametrize("value", [float("nan"), "0.4", True])
def test_a_value_that_is_no_number_is_not_known(value):
    found = asked({"lp.in_range_share": value})

    assert found.findings == ()
    assert "LP-01" in found.unobserved
    assert "LP-01" not in asked({"lp.in_range_share": 0.9}).unobserved


@pytest.mark.parametrize("name", ["", "SlippageToleranceExceeded"])
def test_neither_number_nor_name_is_enough_for_another_program(name):
    assert "DEX-01" in ids(asked(readings=[Seen(Kind.ERROR, "jupiter_v6", 6001, name, count=3)]))
    for program in ("orca_whirlpool", "4tRanger"):
        found = asked(readings=[Seen(Kind.ERROR, program, 6001, name, count=3)])
        assert "DEX-01" not in ids(found)
        assert "DEX-01" not in [each.id for each in found.undecided]


@pytest.mark.parametrize(("text", "said"), [("35", True), ("36", True), ("135", False), ("reverted: 35", False)])
def test_a_message_that_is_a_number_is_the_whole_message(text, said):
    assert ("LEND-05" in ids(asked(readings=[Seen(Kind.MESSAGE, name=text)]))) == said


def test_allowances_of_256_bits_are_compared_exactly_and_shown():
    most = {"sec.evm_allowance": 2**256 - 1, "sec.evm_spender_known": False, "sec.spl_delegate_known": False}

    assert "allowance: unlimited" in one(asked({**most, "sec.spl_delegate_amount": 2**64 - 2}), "SEC-04").sentence
    assert "SEC-01" not in ids(asked({**most, "sec.spl_delegate_amount": 2**64 - 2}))
    assert "SEC-01" in ids(asked({**most, "sec.spl_delegate_amount": 2**64 - 1}))


def test_a_feature_nobody_asks_for_changes_nothing():
    assert asked({"invented.feature": 1, "stat.p_own": 0.0}) == asked()


def test_fewer_than_it_takes_are_explained_and_what_is_uncertain_may_decide():
    sure = Seen(Kind.ERROR, "jupiter_v6", 6001, "SlippageToleranceExceeded", count=2)
    unsure = Seen(Kind.ERROR, "", 6001, "SlippageToleranceExceeded")

    few = asked(readings=[sure])
    open_ = asked(readings=[sure, unsure])

    assert ids(few) == []
    assert [each.id for each in few.explained] == ["DEX-01"]
    assert "DEX-01" not in ids(open_)
    assert "DEX-01" in [each.id for each in open_.undecided]
