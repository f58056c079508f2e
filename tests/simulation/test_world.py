"""A world is the same every time, is accepted as it is, and reaches us as logs do."""

import pytest

from keepwell.base.time import DAY_US, HOUR_US
from keepwell.events.accept import Receipt, accept
from keepwell.events.catalog import BY_KEY
from keepwell.events.event import Event
from tests.simulation import worlds


def test_the_same_spec_gives_the_same_world():
    first, second = (worlds.world(customers=12, days=90, seed=3) for _ in range(2))
    assert first.customers == second.customers
    assert first.truth == second.truth
    assert worlds.rows(first) == worlds.rows(second) == worlds.rows(first)


def test_another_seed_gives_another_world():
    first, second = (worlds.world(customers=12, days=30, seed=seed) for seed in (1, 2))
    assert {row.message_id for row in worlds.rows(first)}.isdisjoint(row.message_id for row in worlds.rows(second))
    assert {each["customer_id"] for each in first.customers}.isdisjoint(
        each["customer_id"] for each in second.customers
    )


def test_every_row_is_accepted(base_rows):
    receipt = Receipt(worlds.UNTIL)
    refused = [(row, found) for row in base_rows if not isinstance(found := accept(row, receipt), Event)]
    assert refused == []


def test_every_row_is_of_the_plan_and_about_a_customer(base, base_rows):
    known = {each["customer_id"] for each in base.customers}
    assert {row.event for row in base_rows} <= BY_KEY.keys()
    assert {row.customer_id for row in base_rows if row.event != "feature_released"} <= known
    assert {row.customer_id for row in base_rows if row.event == "feature_released"} == {""}


@pytest.mark.parametrize(
    "event",
    [
        "signed_in", "session_ended", "feature_used", "api_called", "page_viewed", "help_viewed", "transaction", "work",
        "message_sent", "message_replied", "message_received", "community_posted", "community_answered",
        "community_attended", "content_completed", "ticket_opened", "ticket_updated", "ticket_escalated",
        "ticket_solved", "ticket_rated", "survey_answered", "feedback_given", "reference_answered", "renewal_intent",
        "invoice_issued", "invoice_paid", "payment_failed", "payment_method_added", "payment_method_expired",
        "payment_method_changed", "plan_changed", "addon_added", "usage_reported", "referral_made",
        "expansion_discussed", "subscription_renewed", "subscription_cancelled", "feature_released",
        "customer_updated", "competitor_seen", "call_held",
    ],
)  # fmt: skip
def test_everything_the_indicators_read_happens(base_rows, event):
    assert any(row.event == event for row in base_rows)


def test_rows_come_in_the_order_in_which_they_became_known(base_rows):
    received = [row.received_at for row in base_rows]
    assert received == sorted(received)
    assert all(row.timestamp <= row.received_at < worlds.UNTIL for row in base_rows)


def test_the_last_day_is_whole(base_rows):
    last = [row for row in base_rows if row.timestamp >= worlds.UNTIL - DAY_US]
    week = [row for row in base_rows if row.timestamp >= worlds.UNTIL - 8 * DAY_US]
    assert len(last) == pytest.approx((len(week) - len(last)) / 7, rel=0.25)
    assert sum(row.timestamp >= worlds.UNTIL - 6 * HOUR_US for row in last) > len(last) / 8


def test_some_rows_are_late_and_some_come_twice(base_rows):
    late = sum(row.received_at - row.timestamp > HOUR_US for row in base_rows) / len(base_rows)
    assert 0.01 < late < 0.025
    distinct = worlds.once(base_rows)
    assert 0.002 < 1 - len(distinct) / len(base_rows) < 0.008
    seen = {row.message_id: row for row in distinct}
    for row in base_rows:
        same = seen[row.message_id]
        assert (row.customer_id, row.timestamp, row.properties) == (same.customer_id, same.timestamp, same.properties)


def test_rows_belong_to_users_of_the_customer(base, base_rows):
    contacts = {each["contact_id"] for record in base.customers for each in record["contacts"]}
    signed = [row for row in base_rows if row.event == "signed_in"]
    assert all(row.user_id for row in signed)
    assert sum(row.user_id in contacts for row in signed) > len(signed) / 2
    assert not any(row.user_id for row in base_rows if row.event == "invoice_paid")


def test_nobody_does_anything_before_joining(base, base_rows):
    created = {each["customer_id"]: worlds.instant(each["created_at"]) for each in base.customers}
    assert all(row.timestamp >= created[row.customer_id] for row in base_rows if row.customer_id)


def test_records_are_complete(base):
    assert len({each["name"] for each in base.customers}) == len(base.customers)
    for record in base.customers:
        assert record["mrr"] > 0
        assert record["contacts"]
        assert record["wallets"]
        assert record["entitled_features"]
        assert (record["renewal_date"] is None) is not record["contract"]


def test_rates_are_those_of_a_log(base, base_rows):
    assert 9 < len(base_rows) / (len(base.customers) * base.spec.days) < 15


def test_two_or_more_releases_can_be_judged_at_any_time(base_rows):
    released = [row.timestamp // DAY_US for row in base_rows if row.event == "feature_released"]
    end = worlds.UNTIL // DAY_US
    for day in range(end - 100, end + 1):
        assert sum(30 <= day - each <= 180 for each in released) >= 2
