"""The slow reading, against figures worked out by hand from the definitions.

The running day is over (its elapsed part is 1), so 28 days are 28 days of exposure, and a working
habit has 20 days of activity in them.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.base.time import DAY_US
from keepwell.events.catalog import CATALOG, KINDS
from keepwell.metrics import reference
from keepwell.metrics.measures import MEASURES
from keepwell.metrics.points import Curve
from keepwell.metrics.reference import Reading
from keepwell.metrics.references import Reference
from keepwell.metrics.rollups import area_label
from tests.metrics.histories import (
    HIGH,
    LAST,
    NORMAL,
    URGENT,
    called,
    case,
    each,
    happened,
    history,
    sold,
    ticket,
    used,
)

SWAP = KINDS.index("swap")

VALUES = [
    # usage frequency
    case("active_days", 10 / 20, each("signed_in", *range(10), 0, 28), each("email_opened", 20)),
    case("active_days", 2 / 20, each("work", 1, 2, v1=7), each("work", 3, v1=0, v2=9)),
    case("active_days", 5 / 10, each("signed_in", *range(5)), tenure=13),  # 14 of 28 days
    case("active_days", 1 / (20 * 13.5 / 28), each("signed_in", 0), tenure=13, elapsed_us=DAY_US // 2),
    case("active_days_own", 14 / (31 * 28 / 62), each("signed_in", *range(14), *range(28, 90, 2))),
    case("active_days_own", 2.0, each("signed_in", 0, 1)),  # at least one day is expected
    case("active_days_own", 2 / (3 * 28 / 30), each("signed_in", 0, 1, 28, 40, 57), tenure=57),
    case("active_days_own", 2 * 28 / 27.5, each("signed_in", 0, 1), elapsed_us=DAY_US // 2),
    case("feature_utilization", 2 / 4, used("a", 0, 1), used("b", 27), used("c", 28)),
    case("endpoint_utilization", 1 / 4, called("/x", 0), each("api_called", 0)),
    case("session_depth", 1.0, each("session_ended", 0, 1, v1=720, v2=10)),
    case("session_depth", (120 / 12 + 200 / 10) / 2, each("session_ended", 0, v1=9000, v2=500)),  # capped
    case("session_depth", 0.5, each("session_ended", 0, v1=720)),
    case("session_depth", 0.0, each("session_ended", 119, v1=720, v2=10)),
    case("api_call_rate", 66 / 33, each("api_called", 0, n=61), each("api_called", *range(28, 90))),
    # transaction volume
    case("transaction_trend", 10 / 7, sold(0, n=5), sold(28, 55), sold(0, 0, code2=1)),
    case("work_trend", 20 / 10, each("work", 0, v1=15), each("work", 28, v1=5)),
    case("volume_growth", 1.0, sold(0, 28)),
    case("volume_growth", 130 / 110, sold(0, part2="A", v1=30), sold(28, part2="A", v1=10)),
    case("volume_growth", (1 + 2.5) / 2.5, sold(0, 0, part2="A", v1=9 * 10**14)),  # a day is held at 10^15
    case(  # 15 + 40 + 35 now and nothing before, in three transactions: k is 5 x 30; nobody gave C a price
        "volume_growth", (90 + 150) / 150, sold(0, part2="B", v1=20), sold(0, part2="A", v1=30),
        sold(0, part2="C", v1=35), reference=Reference(LAST, prices={"A": 0.5, "B": 2.0}),
    ),
    case("cross_chain_activity", 16 / 6, sold(0, 1, part="sol"), sold(0, part="eth"), sold(0, part="x"), sold(0)),
    case("cross_chain_activity", 16 / 10, sold(0, n=3, part="sol"), sold(0, part="eth"), sold(1, code2=1)),
    case("cross_chain_activity", 0.0, sold(0, code2=1, part="sol")),
    case("success_share", 3 / 4, sold(0, n=3), sold(0, code2=2), sold(28)),
    case("defi_participation", 1 / 4, sold(0, 28, code=SWAP), sold(1, code=SWAP, code2=1), sold(2, 3)),
    case("acceptance_rate", 0.95, each("work", 0, v1=95, v2=5), each("work", 28, v2=50)),
    # feature adoption
    case("features_active", 1 / 4, used("a", 0, 1, 2), used("b", 3, 4, 4)),
    case("endpoints_active", 1 / 4, called("/x", 0, 1, 2)),
    case("advanced_share", 1 / 2, used("c", 0, 1), used("a", 0)),
    case(  # b too late, c not yet old enough, d never, e not entitled
        "adoption_speed", 1 / 3,
        releases={"a": LAST - 100, "b": LAST - 100, "c": LAST - 29, "d": LAST - 179, "e": LAST - 100},
        first_uses={"a": LAST - 70, "b": LAST - 69, "e": LAST - 90},
    ),
    case(  # each available only since it was entitled
        "adoption_speed", 1 / 2, entitled={"a": LAST - 90, "b": LAST - 90},
        releases={"a": LAST - 150, "b": LAST - 150}, first_uses={"a": LAST - 61, "b": LAST - 59},
    ),
    case(  # b was sold later than a
        "adoption_speed", 1 / 2, entitled={"a": LAST - 150, "b": LAST - 60},
        releases={"a": LAST - 100, "b": LAST - 100}, first_uses={"a": LAST - 40, "b": LAST - 40},
    ),
    case("feature_depth", (6 + 3) / 2 / 3, used("a", 0, 0, 1, n=3)),
    case("feature_depth", 20 / 3, used("a", 0, n=50)),  # capped
    case("endpoint_depth", 1.0, called("/x", 0, n=10), called("/y", 0, n=20)),
    # communication
    case("response_rate", 4 / 8, each("message_sent", 0, 1, 2, 89, code=1), each("message_replied", 0, 0, 90)),
    case("response_rate", 3 / 5, each("message_sent", 0, code=1), each("message_replied", 0, 1, 2)),
    case("proactive_contact", 2, each("message_received", 0, 1, code=0), each("message_received", 2, code=2)),
    case(
        "interaction_quality", 0.5, ticket("1", 0, v2=900),
        each("ticket_rated", 0, ref="1", v1=750), each("ticket_rated", 0, ref="1", v1=250),
        ticket("2", 0, v2=250), ticket("2", 0, v2=100), ticket("3", 0),
    ),
    case("community_contribution", 2, each("community_posted", 0), each("community_attended", 89, 90)),
    # platform engagement
    case("dashboard_logins", 1.0, each("signed_in", *[3] * 40), profile={"seats": 2}),
    case(
        "dashboard_logins", 5 / 2.5, each("signed_in", *range(20)),
        profile={"segment_id": 3}, reference=Reference(LAST, peers={"sign_ins_week:3": 2.5}),
    ),
    case("dashboard_logins_own", 66 / 33, each("signed_in", *[0] * 61, *range(28, 90))),
    case("api_days", 1.0, called("/x", *range(20), 0, 1)),
    case("documentation_usage", 2, each("page_viewed", 0, 0, 1, 28, code=1)),
    case("documentation_usage", 2, each("page_viewed", 0, code=1), tenure=13),  # 1 in 14 days
    case("forum_visits", 1, each("page_viewed", 3, code=2), each("page_viewed", 4, code=1)),
    case("education", 3, each("content_completed", 0, 0, 89, 90)),
    # support tickets
    case(  # 1 + 2 + 4, for 28 / 20 of the usual activity
        "ticket_load", 7 / 1.4, each("signed_in", *range(28)),
        ticket("1", 5), ticket("2", 5, code=NORMAL), ticket("3", 5, code=HIGH),
    ),
    case("ticket_load", 8, ticket("1", 5), each("ticket_updated", 4, ref="1", code=URGENT)),
    case("ticket_load", 0, ticket("1", 30, 5)),
    case("resolution_satisfaction", (2 + 3 * 0.85) / 5, each("ticket_rated", 0, 179, v1=1000)),
    case("self_service_rate", 2 / 4, each("help_viewed", 0, 1, 3, 4, 9), ticket("1", 3)),
    case("escalations", 1 / 2, ticket("1", 0), ticket("2", 0), each("ticket_escalated", 0, 0, ref="2")),
    # satisfaction
    case("survey_score", 1 / 1.5, each("survey_answered", 0, v1=1000), each("survey_answered", 60, v1=0)),
    case("sentiment", 0.9 / 1.5, each("feedback_given", 0, v2=400), each("ticket_opened", 30, v2=1000)),
    case("renewal_likelihood", 0.8, each("renewal_intent", 80, v1=800), each("forecast_published", 0, v1=9)),
    case("renewal_likelihood", 0.3, each("renewal_intent", 90, v1=8), each("forecast_published", 3, v1=700)),
    case("reference_willingness", 2, each("reference_answered", 3, code=2), each("reference_answered", 364)),
    # payment behaviour
    case(  # 1 in time; 2 late and half the weight; 3 not yet late; 4 void
        "on_time_payment", 1 / 1.5,
        each("invoice_issued", 40, ref="1", day2=LAST - 10), each("invoice_paid", 7, ref="1"),
        each("invoice_issued", 220, ref="2", day2=LAST - 190), each("invoice_paid", 186, ref="2"),
        each("invoice_issued", 30, ref="3", day2=LAST - 3),
        each("invoice_issued", 60, ref="4", day2=LAST - 30), each("invoice_voided", 50, ref="4"),
    ),
    case(  # a failure, and the lapse of day 20; that of 50 was replaced in time, that of 7 still may be
        "method_stability", 2, each("payment_failed", 3, 180),
        each("payment_method_expired", 7, 20, 50), each("payment_method_added", 43, 12),
    ),
    case(
        "plan_fit", 50 / 40, each("usage_reported", 0, 1, part="a", v1=50),
        each("usage_reported", 2, part="b", v1=50), limits={"a": 100, "b": 40, "c": 0},
    ),
    case("billing_inquiries", 2, ticket("1", 3, v1=1), ticket("2", 3, v1=0), ticket("3", 179, v1=1)),
    # account growth
    case("plan_upgrades", 50 / 150, each("plan_changed", 9, v1=150, v2=100)),
    case("plan_upgrades", 40 / 150, each("plan_changed", 9, v1=150, v2=100), each("plan_changed", 8, v1=90, v2=100)),
    case("plan_upgrades", -1, each("plan_changed", 9, 8, v1=0, v2=100)),
    case("plan_upgrades", 1, each("plan_changed", 9, 8, v1=100, v2=0)),
    case("plan_upgrades", -150 / 200, each("plan_changed", 390, v1=200), each("plan_changed", 9, v1=50)),
    case("plan_upgrades", 0, profile={"has_plan": 1}),
    case("addon_adoption", 1 / 4, profile={"addons_offered": 4, "addons_active": 1}),
    case("referrals", 2, each("referral_made", 0, 364, 365)),
    case("expansion_talks", 1, each("expansion_discussed", 0, 180)),
]  # fmt: skip


@pytest.mark.parametrize(("measure", "value", "customer"), VALUES)
def test_value(measure, value, customer):
    assert reference.read(customer, measure).value == pytest.approx(value, rel=1e-12)


def test_every_measure_has_an_example_and_a_reader():
    assert {measure for measure, *_ in VALUES} == set(MEASURES)
    assert set(reference.READERS) == set(MEASURES)


def test_an_unknown_measure_is_refused():
    with pytest.raises(KeyError):
        reference.read(history(), "no_such_measure")


FIXED = [
    case("api_call_rate", 0.0, each("api_called", *range(28, 90))),
    case("api_call_rate", None, each("api_called", 0, *range(28, 90))),
    case("api_call_rate", 0.0, each("api_called", *range(28, 36)), tenure=83),  # 4 were to be expected
    case("api_call_rate", None, each("api_called", *range(28, 35)), tenure=83),
    case("dashboard_logins_own", 0.0, each("signed_in", *range(28, 90))),
    case("transaction_trend", 0.0, sold(28, 29, 30, 31)),
    case("transaction_trend", None, sold(28, 29, 30)),  # so few say nothing
    case("work_trend", 0.0, each("work", 28, v1=4)),
    case("volume_growth", 0.0, sold(28, 29, 30, 31, part2="A", v1=1)),
    case("volume_growth", None, sold(28, 29, 30, 31, part2="A", v1=1), sold(0)),
    case("escalations", 90.0),
    case("escalations", 90.0, ticket("1", 90)),
    case("escalations", None, ticket("1", 89)),
]


@pytest.mark.parametrize(("measure", "fixed", "customer"), FIXED)
def test_points_that_bypass_the_curve(measure, fixed, customer):
    reading = reference.read(customer, measure)

    assert reading.value is not None
    assert reading.fixed == fixed


ANY = [
    *each("signed_in", 0),
    *used("c", 0),
    *sold(0, part="sol"),
    *each("work", 0, v1=1),
]
UNCONNECTED = frozenset()
NO_DATA = Reading(None, None, ())
EMPTY = [
    case("active_days", NO_DATA, ANY, tenure=6),
    case("active_days", NO_DATA, connected=UNCONNECTED),
    case("active_days_own", NO_DATA, ANY, tenure=55),
    case("feature_utilization", NO_DATA, ANY, entitled={}),
    case("endpoint_utilization", NO_DATA, connected=UNCONNECTED),
    case("session_depth", NO_DATA, each("session_ended", 120, v1=1)),
    case("api_call_rate", NO_DATA, each("api_called", 120)),
    case("api_call_rate", NO_DATA, each("api_called", 0), tenure=55),
    case("transaction_trend", NO_DATA, ANY, tenure=55),
    case("volume_growth", NO_DATA, each("signed_in", 0)),
    case("work_trend", NO_DATA, each("work", 0, v2=3)),
    case("cross_chain_activity", NO_DATA, ANY, profile={"single_chain": 1}),
    case("success_share", NO_DATA, sold(28)),
    case("defi_participation", NO_DATA, sold(28, code=SWAP)),
    case("defi_participation", NO_DATA, ANY, connected=UNCONNECTED),
    case("acceptance_rate", NO_DATA, each("work", 0)),
    case("features_active", NO_DATA, ANY, entitled={}),
    case("endpoints_active", NO_DATA, ANY, entitled={}),
    case("advanced_share", NO_DATA, ANY, entitled=dict.fromkeys("ab", 0)),
    case("adoption_speed", NO_DATA, ANY, releases={"a": LAST - 60, "b": LAST - 180}),
    case("feature_depth", NO_DATA, used("a", 28)),
    case("endpoint_depth", NO_DATA, each("api_called", 0)),
    case("response_rate", NO_DATA, each("message_sent", 0, code=0), each("message_replied", 0)),
    case("proactive_contact", NO_DATA, connected=UNCONNECTED),
    case("interaction_quality", NO_DATA, ticket("1", 0)),
    case("community_contribution", NO_DATA, connected=UNCONNECTED),
    case("dashboard_logins", NO_DATA, each("signed_in", 120)),
    case("dashboard_logins_own", NO_DATA, ANY, tenure=55),
    case("api_days", NO_DATA),
    case("documentation_usage", NO_DATA, connected=frozenset((area_label("forum"),))),
    case("forum_visits", NO_DATA, connected=frozenset((area_label("docs"),))),
    case("education", NO_DATA, connected=UNCONNECTED),
    case("ticket_load", NO_DATA, connected=UNCONNECTED),
    case("resolution_satisfaction", NO_DATA, each("ticket_rated", 180, v1=1000)),
    case("self_service_rate", NO_DATA, each("help_viewed", 0, 90)),
    case("escalations", NO_DATA, connected=UNCONNECTED),
    case("survey_score", NO_DATA, each("survey_answered", 180, v1=1000)),
    case("sentiment", NO_DATA, each("feedback_given", 0)),
    case("renewal_likelihood", NO_DATA, each("forecast_published", 90, v1=100)),
    case("reference_willingness", NO_DATA),
    case("on_time_payment", NO_DATA, each("invoice_issued", 30, day2=LAST - 9)),  # nobody knows which invoice
    case("on_time_payment", NO_DATA, each("invoice_issued", 30, ref="1", day2=LAST + 9)),
    case("method_stability", NO_DATA, each("payment_method_expired", 20)),
    case("plan_fit", NO_DATA, each("usage_reported", 0, part="a", v1=50), limits={"a": 0}),
    case("billing_inquiries", NO_DATA, connected=UNCONNECTED),
    case("plan_upgrades", NO_DATA, each("plan_changed", 365, v1=2, v2=1)),
    case("addon_adoption", NO_DATA),
    case("referrals", NO_DATA, connected=UNCONNECTED),
    case("expansion_talks", NO_DATA, connected=UNCONNECTED),
]


@pytest.mark.parametrize(("measure", "reading", "customer"), EMPTY)
def test_no_data(measure, reading, customer):
    assert reference.read(customer, measure) == reading


def test_of_two_answers_at_one_instant_the_larger_key_is_the_newer():
    answers = [happened("renewal_intent", 3, serial=serial, v1=serial) for serial in (200, 300, 100)]

    assert reference.read(history(*answers), "renewal_likelihood").value == 0.3


def test_halving_every_price_changes_no_growth():
    traded = sold(0, 1, part2="A", v1=30) + sold(28, part2="A", v1=7) + sold(29, part2="B", v1=11)
    whole, half = ({"A": 3.0 / part, "B": 7.0 / part} for part in (1, 2))
    readings = {
        reference.read(history(*traded, reference=Reference(LAST, prices=prices)), "volume_growth").value
        for prices in (whole, half)
    }

    assert len(readings) == 1


def test_own_days_are_the_distinct_days_of_own_activity():
    events = each("signed_in", 3, 3, 119, 120) + each("community_posted", 9) + each("email_opened", 5)

    assert reference.own_days(history(*events)) == [LAST - 119, LAST - 9, LAST - 3]


URGENT_TICKET = happened("ticket_opened", 9, ref="1", code=URGENT)
SEQUELS = [
    ([], 1),
    (each("ticket_solved", 8, ref="1"), 0),
    (each("ticket_solved", 9, ref="1"), 0),  # at the same instant
    (each("ticket_solved", 8, 20, ref="1"), 0),
    (each("ticket_solved", 8, ref="2"), 1),
    (ticket("2", 364, code=URGENT) + ticket("3", 365, code=URGENT), 2),
    (each("ticket_solved", 8, ref="1") + each("ticket_updated", 7, ref="1", code=URGENT), 1),
    (each("ticket_opened", 3, ref="2", code=HIGH) + each("ticket_updated", 2, ref="2", code=URGENT), 2),
]


@pytest.mark.parametrize(("events", "count"), SEQUELS)
def test_urgent_tickets(events, count):
    assert reference.urgent_open(history(URGENT_TICKET, *events)) == count


CURVE = Curve((0.0, 0.25, 0.6, 0.9), (0.0, 40.0, 80.0, 100.0))


@given(st.floats(-1, 2) | st.sampled_from(CURVE.xs))
def test_points_are_those_of_the_curve(value):
    assert reference.points(Reading(value, None, ()), CURVE) == CURVE.points(np.array([value]))[0]


def test_points_without_the_curve():
    assert reference.points(Reading(0.5, 90.0, ()), CURVE) == 90.0
    assert reference.points(Reading(None, None, ()), CURVE) is None


def anything(ages):
    """Events of every kind of the plan, also with slots their kind does not use."""
    small, few = st.none() | st.integers(0, 1000), st.none() | st.integers(0, 3)
    return st.builds(
        happened, st.sampled_from([spec.key for spec in CATALOG]), ages,
        at=st.sampled_from((0, 1, DAY_US - 1)), serial=st.integers(0, 2**63 - 1), n=st.integers(1, 30),
        v1=small, v2=small, part=st.sampled_from((None, *"abc")), part2=st.sampled_from((None, *"xyz")),
        code=few, code2=few, ref=st.sampled_from((None, *"12")), day2=st.none() | st.integers(LAST - 9, LAST),
    )  # fmt: skip


lives = st.lists(anything(st.integers(0, 399)), max_size=40, unique_by=lambda event: event.key)
customers = st.builds(
    lambda events, **given: history(*events, limits={"a": 7, "b": 0}, profile={"seats": 3}, **given),
    lives,
    tenure=st.integers(0, 500),
    elapsed_us=st.integers(1, DAY_US),
)


def readings(customer):
    return {measure: reference.read(customer, measure) for measure in MEASURES}


@given(customers, st.lists(anything(st.integers(400, 900)), min_size=1, max_size=5))
def test_what_is_outside_every_window_changes_nothing(customer, old):
    assert readings(replace(customer, events=(*customer.events, *old))) == readings(customer)


@given(customers, st.randoms(use_true_random=False))
def test_the_order_of_events_is_irrelevant(customer, random):
    shuffled = random.sample(customer.events, len(customer.events))

    assert readings(replace(customer, events=shuffled)) == readings(customer)


@given(customers)
def test_a_reading_names_its_events_newest_first_and_each_once(customer):
    for reading in readings(customer).values():
        moments = [event.occurred_at for event in reading.events]

        assert moments == sorted(moments, reverse=True)
        assert len({event.key for event in reading.events}) == len(reading.events)
        assert set(reading.events) <= set(customer.events)
