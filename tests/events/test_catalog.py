"""The tracking plan: complete, without doubles, and each event read into the slots it promises."""

import re
from collections import Counter

import pytest

from keepwell.base.time import day_of, parse_instant
from keepwell.events.accept import accept
from keepwell.events.catalog import BY_KEY, BY_NUMBER, CATALOG, find, key_of, number
from keepwell.events.event import Rejection
from tests.events.rows import FILE, sent

SLOTS = ("n", "v1", "v2", "part", "part2", "code", "code2", "ref", "day2")
DUE = day_of(parse_instant("2026-12-01"))


def sample(key, properties=None, **slots):
    return pytest.param(key, properties or {}, {"n": 1} | slots, id=key)


SAMPLES = [
    sample("signed_in"),
    sample("session_ended", {"duration_s": 90, "actions": 4}, v1=90, v2=4),
    sample("feature_used", {"feature": "swap", "count": 3}, part="swap", n=3),
    sample("feature_released", {"feature": "limit", "tier": "advanced"}, part="limit", code=1),
    sample(
        "api_called", {"endpoint": "/v1", "count": 20, "errors": 2, "latency_ms": 35}, part="/v1", n=20, v1=2, v2=35
    ),
    sample("page_viewed", {"area": "docs", "path": "/a"}, code=1),
    sample(
        "transaction",
        {
            "chain": "solana", "protocol": "orca", "kind": "swap", "status": "failed", "asset": "SOL", "count": 2,
            "amount": "1.5", "value_usd": 210.25, "error": "slippage", "tx_hash": "h", "slot": 1,
        },
        part="solana", part2="SOL", code=1, code2=1, n=2, v1=1_500_000, v2=210_250_000,
    ),
    sample("work", {"accepted": 95, "rejected": {"stale": 3, "invalid": 2}, "reported_rate": 7}, v1=95, v2=5),
    *[sample(f"email_{what}") for what in ("delivered", "opened", "clicked", "bounced", "complained")],
    sample("unsubscribed"),
    sample("message_sent", {"conversation": "k", "answerable": True}, ref="k", code=1),
    sample("message_replied", {"conversation": "k"}, ref="k"),
    sample("message_received", {"conversation": "k", "started_by": "customer"}, ref="k", code=0),
    sample("call_held"),
    *[sample(f"community_{what}") for what in ("posted", "answered", "attended")],
    sample("help_viewed"),
    sample("content_completed"),
    sample(
        "ticket_opened",
        {"ticket": "t", "severity": "urgent", "topic": "billing", "sentiment": -0.5}, ref="t", code=3, v1=1, v2=250,
    ),
    sample("ticket_updated", {"ticket": "t", "severity": "high"}, ref="t", code=2),
    sample("ticket_escalated", {"ticket": "t"}, ref="t"),
    sample("ticket_solved", {"ticket": 9}, ref="9"),
    sample("ticket_rated", {"ticket": "t", "score": 4, "text": "fine"}, ref="t", v1=750),
    sample("survey_answered", {"kind": "csat", "score": 4}, v1=750, code=1),
    sample("feedback_given", {"text": "fine", "sentiment": 1}, v2=1000),
    sample("reference_answered", {"willing": "gave"}, code=2),
    sample("renewal_intent", {"probability": 0.29}, v1=290),
    sample("invoice_issued", {"invoice": "i", "amount": "19.99", "due_at": "2026-12-01"}, ref="i", v1=1999, day2=DUE),
    sample("invoice_paid", {"invoice": "i", "amount": 20}, ref="i", v1=2000),
    sample("invoice_voided", {"invoice": "i"}, ref="i"),
    sample("payment_failed", {"invoice": "i", "reason": "card"}, ref="i"),
    *[sample(f"payment_method_{what}") for what in ("added", "changed", "expired")],
    sample(
        "plan_changed",
        {"from": "pro", "to": "team", "mrr": 150, "previous_mrr": 99.5}, part="team", part2="pro", v1=15000, v2=9950,
    ),
    sample("addon_added", {"addon": "alerts"}, part="alerts"),
    sample("addon_removed", {"addon": "alerts"}, part="alerts"),
    sample("usage_reported", {"meter": "calls", "value": 0.25}, part="calls", v1=250_000),
    sample("subscription_renewed"),
    sample("subscription_cancelled", {"ends_at": "2026-12-01T18:00:00Z"}, day2=DUE),
    sample("referral_made"),
    sample("expansion_discussed"),
    sample("customer_updated", {"plan": "pro"}),
    sample("contact_updated", {"email": "a@b.example"}),
    sample("wallet_linked", {"address": "So1", "chain": "solana"}, ref="So1", part="solana"),
    sample("customer_paused", {"until": "2026-12-01"}, day2=DUE),
    sample("customer_resumed"),
    sample("band_overridden", {"band": "at_risk", "reason": "call", "until": "2026-12-01"}, code=2, day2=DUE),
    sample("band_override_cleared"),
    sample("forecast_published", {"churn_90d": 0.3, "operating_point": 0.4}, v1=300, v2=400),
    sample("message_approved"),
    sample("run_opened"),
    sample("run_closed"),
    sample("milestone_reached"),
    sample("competitor_seen", {"competitor": "Acme", "share": "0.4"}, part="Acme", v1=400),
    sample("login_failed", {"network": "AS64500", "factor": "password"}),
    sample("approval_granted", {"chain": "solana", "amount": "18446744073709551615", "known": False}),
    sample("screening_hit", {"address": "a", "hit": False, "hops": 3}),
    sample("kyc_expiring", {"expires_at": "2026-12-01"}),
    sample("swap_quoted", {"quoted_out": "102841", "slippage_bps": 50}),
    sample("lp_position_reported", {"position": "p", "in_range": True}),
    sample("loan_reported", {"loan": "l", "health_factor": 1.2}),
    sample("bridge_message", {"id": "m", "state": "Attested"}),
    sample("key_used", {"key_id": "k", "country": "NO"}),
    sample("authority_changed", {"what": "system_assign"}),
    sample("withdrawal_made", {"value_usd": 900, "destination": "a"}),
    sample("travel_rule_reported", {"transfer": "t", "missing": ["originator"]}),
    sample("node_reported", {"health_ok": True}),
]  # fmt: skip


@pytest.mark.parametrize(("key", "properties", "slots"), SAMPLES)
def test_a_sample_is_accepted_into_its_slots(key, properties, slots):
    event = accept(sent(key, properties), FILE)

    assert event.kind == number(key)
    assert {name: getattr(event, name) for name in SLOTS if getattr(event, name) is not None} == slots


def test_every_event_has_one_sample():
    assert Counter(each.id for each in SAMPLES) == Counter(spec.key for spec in CATALOG)


def test_every_slot_of_the_plan_is_shown_by_a_sample():
    shown = {each.id: set(each.values[1]) for each in SAMPLES}

    assert not {
        (spec.key, name) for spec in CATALOG for name, _ in spec.slots.values() if name not in shown[spec.key]
    } - {
        # one property for two samples' worth of meanings
        ("ticket_rated", "sentiment"), ("survey_answered", "sentiment"), ("invoice_paid", "due_at"),
    }  # fmt: skip


def test_numbers_keys_and_names_are_unique():
    assert len(BY_NUMBER) == len(BY_KEY) == len(CATALOG)
    assert 0 not in BY_NUMBER  # the unknown event
    names = [name for spec in CATALOG for name in (spec.key, *spec.aliases)]
    assert len(set(names)) == len(names)


PLAN = """
    signed_in session_ended feature_used feature_released api_called page_viewed transaction work
    email_delivered email_opened email_clicked email_bounced email_complained unsubscribed
    message_sent message_replied message_received call_held
    community_posted community_answered community_attended help_viewed content_completed
    ticket_opened ticket_updated ticket_escalated ticket_solved ticket_rated
    survey_answered feedback_given reference_answered renewal_intent
    invoice_issued invoice_paid payment_failed payment_method_added payment_method_changed payment_method_expired
    invoice_voided plan_changed addon_added addon_removed usage_reported subscription_renewed subscription_cancelled
    referral_made expansion_discussed
    forecast_published message_approved run_opened run_closed milestone_reached
    competitor_seen login_failed approval_granted screening_hit kyc_expiring
    swap_quoted lp_position_reported loan_reported bridge_message key_used authority_changed withdrawal_made
    travel_rule_reported node_reported
"""


def test_the_whole_tracking_plan_is_covered():
    assert set(PLAN.split()) <= set(BY_KEY)


OWN = """
    signed_in session_ended feature_used api_called transaction work
    message_replied message_received community_posted community_answered community_attended
"""


def test_own_activity_is_what_the_customer_did():
    own = {each.id for each in SAMPLES if accept(sent(each.values[0], each.values[1]), FILE).own}

    assert own == set(OWN.split())


def test_work_that_was_not_accepted_is_no_activity():
    assert accept(sent("work", {"accepted": 0, "rejected": 9}), FILE).own == 0


def camel(name):
    return re.sub("_(.)", lambda found: found[1].upper(), name)


SPELLINGS = {
    "as it is": str,
    "title": lambda name: name.replace("_", " ").title(),
    "sentence": lambda name: name.replace("_", " ").capitalize(),
    "kebab": lambda name: name.replace("_", "-"),
    "camel": camel,
    "pascal": lambda name: camel(f"_{name}"),
    "shout": str.upper,
    "dotted": lambda name: name.replace("_", "."),
    "padded": lambda name: f"  {name} ",
}


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
def test_spelling_does_not_matter(spell):
    found = {name: find(spell(name)) for spec in CATALOG for name in (spec.key, *spec.aliases)}

    assert {name: spec.key for name, spec in found.items() if spec} == {
        name: spec.key for spec in CATALOG for name in (spec.key, *spec.aliases)
    }


ALIASES = {
    "login": "signed_in", "$pageview": "page_viewed", "group": "customer_updated", "identify": "contact_updated",
    "sol_tx_attempt": "transaction", "api_call": "api_called", "swap": "swap_quoted",
    "lp_position": "lp_position_reported",
    "loan": "loan_reported",
    "bridge_msg": "bridge_message", "key_use": "key_used", "withdrawal": "withdrawal_made",
    "authority_change": "authority_changed", "travel_rule": "travel_rule_reported", "approval": "approval_granted",
    "screening": "screening_hit", "kyc": "kyc_expiring",
}  # fmt: skip


@pytest.mark.parametrize(("alias", "key"), ALIASES.items())
def test_an_alias_is_the_same_event(alias, key):
    assert accept(sent(alias), FILE).kind == number(key)


def test_the_shown_name_is_the_plans_or_the_senders():
    assert key_of(number("signed_in"), None) == "signed_in"
    assert key_of(0, "Quantum Leap") == "Quantum Leap"


def test_names_a_hostile_sender_makes_up_do_not_hide_the_plan():
    for each in range(20_000):
        find(f"made up {each}")

    assert find("Signed In") is BY_KEY["signed_in"]


WORDS = [
    ("reference_answered", {"willing": True}, "code", 1),
    ("reference_answered", {"willing": False}, "code", 0),
    ("reference_answered", {"willing": "yes"}, "code", 1),
    ("message_sent", {"answerable": "True"}, "code", 1),
    ("message_sent", {"answerable": 0}, "code", 0),
    ("transaction", {"status": "Confirmed"}, "code2", 0),
    ("transaction", {"status": "Reverted"}, "code2", 1),
    ("transaction", {"status": "landed_ok"}, "code2", 0),
    ("transaction", {"status": "landed_failed"}, "code2", 1),
    ("transaction", {"status": "preflight_rejected"}, "code2", 3),
    ("transaction", {"status": "unknown"}, "code2", 4),
    ("transaction", {"kind": " Bridge "}, "code", 2),
    ("page_viewed", {"area": "academy"}, "code", 3),
    ("page_viewed", {}, "code", 0),
    ("ticket_opened", {"severity": "blocker"}, "code", 3),
    ("ticket_opened", {"severity": "purple"}, "code", 1),
    ("message_received", {"started_by": "complaint"}, "code", 2),
    ("api_called", {"count": "12"}, "n", 12),
    ("api_called", {"count": None}, "n", 1),
]


@pytest.mark.parametrize(("key", "properties", "slot", "value"), WORDS)
def test_words_and_counts_as_senders_write_them(key, properties, slot, value):
    assert getattr(accept(sent(key, properties), FILE), slot) == value


@pytest.mark.parametrize(("key", "properties"), [("feature_released", {"feature": "limit"}), ("node_reported", {})])
def test_what_concerns_the_platform_may_be_about_nobody(key, properties):
    assert accept(sent(key, properties, customer_id=None), FILE).customer_id == ""


@pytest.mark.parametrize("key", [spec.key for spec in CATALOG if not spec.about_nobody and not spec.required])
def test_everything_else_is_about_somebody(key):
    assert accept(sent(key, {}, customer_id=None), FILE).reason == "missing_customer"


TELEMETRY = [spec for spec in CATALOG if spec.number >= 100]


def test_telemetry_is_nobodys_own_activity_and_refuses_no_row_for_a_property():
    assert [spec.key for spec in TELEMETRY if spec.own or spec.slots or spec.required] == []


def test_a_status_nobody_knows_is_refused_and_never_taken_for_success():
    found = accept(sent("transaction", {"status": "who knows"}), FILE)

    assert isinstance(found, Rejection)
    assert found.reason == "bad_property"
