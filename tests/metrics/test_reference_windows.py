"""How far the slow reading looks back, and from which age of a customer on it answers."""

import pytest

from keepwell.base.time import DAY_US
from keepwell.metrics import reference
from keepwell.metrics.measures import MEASURES
from keepwell.metrics.reference import Reading
from tests.metrics.histories import LAST, LOW, case, each, happened, history, sold, ticket, used

NO_DATA = Reading(None, None, ())

OLDEST = [
    ("active_days", 27, "signed_in", {}),
    ("active_days_own", 89, "signed_in", {}),
    ("feature_utilization", 27, "feature_used", {"part": "a"}),
    ("endpoint_utilization", 27, "api_called", {"part": "/x"}),
    ("session_depth", 27, "session_ended", {}),
    ("api_call_rate", 89, "api_called", {}),
    ("transaction_trend", 55, "transaction", {"code2": 0}),
    ("work_trend", 55, "work", {"v1": 1}),
    ("volume_growth", 55, "transaction", {"code2": 0, "part2": "A"}),
    ("cross_chain_activity", 27, "transaction", {"code2": 0, "part": "sol"}),
    ("success_share", 27, "transaction", {"code2": 1}),
    ("defi_participation", 27, "transaction", {"code2": 0}),
    ("acceptance_rate", 27, "work", {"v1": 1}),
    ("advanced_share", 27, "feature_used", {"part": "c"}),
    ("feature_depth", 27, "feature_used", {"part": "a"}),
    ("endpoint_depth", 27, "api_called", {"part": "/x"}),
    ("response_rate", 89, "message_sent", {"code": 1}),
    ("proactive_contact", 27, "message_received", {"code": 0}),
    ("interaction_quality", 89, "ticket_rated", {"v1": 500}),
    ("interaction_quality", 89, "ticket_opened", {"v2": 500}),
    ("community_contribution", 89, "community_answered", {}),
    ("dashboard_logins", 27, "signed_in", {}),
    ("dashboard_logins_own", 89, "signed_in", {}),
    ("api_days", 27, "api_called", {}),
    ("documentation_usage", 27, "page_viewed", {"code": 1}),
    ("forum_visits", 27, "page_viewed", {"code": 2}),
    ("education", 89, "content_completed", {}),
    ("ticket_load", 27, "ticket_opened", {"code": LOW}),
    ("resolution_satisfaction", 179, "ticket_rated", {"v1": 500}),
    ("self_service_rate", 89, "help_viewed", {}),
    ("escalations", 89, "ticket_opened", {}),
    ("survey_score", 179, "survey_answered", {"v1": 500}),
    ("sentiment", 89, "feedback_given", {"v2": 500}),
    ("renewal_likelihood", 89, "renewal_intent", {"v1": 500}),
    ("renewal_likelihood", 89, "forecast_published", {"v1": 500}),
    ("reference_willingness", 364, "reference_answered", {"code": 1}),
    ("on_time_payment", 399, "invoice_issued", {"ref": "1", "day2": LAST - 100}),
    ("method_stability", 179, "payment_failed", {}),
    ("method_stability", 179, "payment_method_expired", {}),
    ("plan_fit", 27, "usage_reported", {"part": "a", "v1": 1}),
    ("billing_inquiries", 179, "ticket_opened", {"v1": 1}),
    ("plan_upgrades", 364, "plan_changed", {"v1": 1}),
    ("addon_adoption", 399, "addon_added", {}),
    ("referrals", 364, "referral_made", {}),
    ("expansion_talks", 179, "expansion_discussed", {}),
]


@pytest.mark.parametrize(("measure", "age", "key", "slots"), OLDEST)
def test_the_oldest_event_that_counts(measure, age, key, slots):
    counted, too_old = happened(key, age, **{"ref": "1"} | slots), happened(key, age + 1, **{"ref": "2"} | slots)
    customer = history(
        *(counted, too_old, happened("payment_method_added", 300)), limits={"a": 9}, profile={"addons_offered": 1}
    )

    assert reference.read(customer, measure).events == (counted,)


def test_every_measure_of_events_has_its_oldest():
    assert {measure for measure, *_ in OLDEST} == set(MEASURES) - {
        "features_active",  # needs three days
        "endpoints_active",
        "adoption_speed",  # looks at releases
    }


USED_IN_120_DAYS = [
    ("session_depth", "session_ended", {}),
    ("api_call_rate", "api_called", {}),
    ("api_days", "api_called", {}),
    ("transaction_trend", "transaction", {"code2": 1}),
    ("volume_growth", "transaction", {"code2": 1}),
    ("cross_chain_activity", "transaction", {"code2": 1}),
    ("work_trend", "work", {"v1": 1}),
    ("dashboard_logins", "signed_in", {}),
    ("dashboard_logins_own", "signed_in", {}),
]


@pytest.mark.parametrize(("measure", "key", "slots"), USED_IN_120_DAYS)
def test_silence_is_measured_where_there_was_use_in_120_days(measure, key, slots):
    assert reference.read(history(happened(key, 119, **slots)), measure).value is not None
    assert reference.read(history(happened(key, 120, **slots)), measure) == NO_DATA


RECENT = [*each("signed_in", 0), *each("api_called", 0), *sold(0), *each("work", 0, v1=1)]
YOUNGEST = [
    ("active_days", 7),
    ("active_days_own", 56),
    ("api_call_rate", 56),
    ("transaction_trend", 56),
    ("work_trend", 56),
    ("volume_growth", 56),
    ("dashboard_logins_own", 56),
]


@pytest.mark.parametrize(("measure", "tenure"), YOUNGEST)
def test_the_youngest_customer_it_answers_for(measure, tenure):
    assert reference.read(history(*RECENT, tenure=tenure), measure).value is not None
    assert reference.read(history(*RECENT, tenure=tenure - 1), measure) == NO_DATA


HALF = DAY_US // 2
FILLED = [  # what comes in 14 days comes twice in 28; the last day counts as far as it has passed
    case("proactive_contact", 2, each("message_received", 0, code=0), tenure=13),
    case("forum_visits", 2, each("page_viewed", 0, code=2), tenure=13),
    case("community_contribution", 90 / 14, each("community_posted", 0), tenure=13),
    case("education", 90 / 14, each("content_completed", 0), tenure=13),
    case("education", 90 / 89.5, each("content_completed", 0), elapsed_us=HALF),
    case("documentation_usage", 28, each("page_viewed", 0, code=1, at=0), tenure=0, elapsed_us=HALF),
    case("dashboard_logins", 7 / 14 / 5, each("signed_in", 0), tenure=13),
    case("api_days", 7 / 14 / 5, each("api_called", 0), tenure=13),
    case("transaction_trend", (28 / 27.5 + 5) / 5, sold(0, at=0), elapsed_us=HALF),
    case("volume_growth", (28 / 27.5 + 5) / 5, sold(0, at=0, part2="A", v1=1), elapsed_us=HALF),
    case("api_call_rate", (28 / 27.5 + 5) / 5, each("api_called", 0, at=0), elapsed_us=HALF),
    case("api_call_rate", 5 / (3 * 28 / 29 + 5), each("api_called", 28, 29, 56), tenure=56),
]


@pytest.mark.parametrize(("measure", "value", "customer"), FILLED)
def test_counts_are_brought_to_the_whole_window(measure, value, customer):
    assert reference.read(customer, measure).value == pytest.approx(value, rel=1e-12)


def due(days_ago):
    return each("invoice_issued", 380, ref="1", day2=LAST - days_ago)


def released(age, available=0):
    """One such release and another that surely counts."""
    return {
        "releases": {"a": LAST - age, "b": LAST - 100},
        "first_uses": {},
        "entitled": dict.fromkeys("ab", LAST - available if available else 0),
    }


EDGES = [
    case("on_time_payment", 0, due(4)),
    case("on_time_payment", None, due(3)),
    case("on_time_payment", 0, due(364)),
    case("on_time_payment", None, due(365)),
    case("on_time_payment", 1, due(9), each("invoice_paid", 6, ref="1")),
    case("on_time_payment", 0, due(9), each("invoice_paid", 5, ref="1", day2=LAST - 5)),  # the first due day holds
    case("method_stability", 0, each("payment_failed", 200), each("payment_method_expired", 7)),
    case("method_stability", 1, each("payment_failed", 200), each("payment_method_expired", 8)),
    case("method_stability", 0, each("payment_method_changed", 13), each("payment_method_expired", 20)),
    case("method_stability", 1, each("payment_method_changed", 12), each("payment_method_expired", 20)),
    case("method_stability", 1, each("payment_method_changed", 21), each("payment_method_expired", 20)),
    case("adoption_speed", 0, **released(30)),
    case("adoption_speed", None, **released(29)),
    case("adoption_speed", 0, **released(179)),
    case("adoption_speed", None, **released(180)),
    case("adoption_speed", 0, **released(90, available=30)),
    case("adoption_speed", None, **released(90, available=29)),
    case("self_service_rate", 0, each("help_viewed", 1), ticket("1", 0)),
    case("self_service_rate", 1, each("help_viewed", 5), ticket("1", 3)),
    case("self_service_rate", 1, each("help_viewed", 5), ticket("1", 6)),
    case("features_active", 1 / 4, used("a", 0, 1, 27)),
    case("features_active", 0, used("a", 0, 1, 28)),
    case("plan_upgrades", 0, each("plan_changed", 9, v1=2), each("plan_changed", 400, v1=1)),
    case("plan_upgrades", 1 / 2, each("plan_changed", 9, v1=2), each("plan_changed", 399, v1=1)),
]  # fmt: skip


@pytest.mark.parametrize(("measure", "value", "customer"), EDGES)
def test_edges(measure, value, customer):
    assert reference.read(customer, measure).value == value


def test_a_new_feature_names_its_first_use():
    first, later = used("a", 90)[0], used("a", 80)[0]
    customer = history(
        first,
        later,
        *used("b", 90),
        releases={"a": LAST - 100, "b": LAST - 130},
        first_uses={"a": LAST - 90, "b": LAST - 90},
    )

    assert reference.read(customer, "adoption_speed") == Reading(0.5, None, (first,))
