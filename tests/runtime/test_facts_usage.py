"""Facts of use, and of those who are like a customer."""

from __future__ import annotations

import pytest

from keepwell.base.time import DAY_US, HOUR_US
from tests.histories import NOW, house
from tests.runtime.told import Story, values

ENTITLED = {"entitled_features": ["swap", "vault", "bridge"], "segment": "trader", "seats": 2}


@pytest.fixture
def space():
    with house() as space:
        yield space


@pytest.fixture
def story():
    return Story()


# --- use ---------------------------------------------------------------------------------------


def test_use_is_counted_over_whole_days_and_only_what_succeeded(space, story):
    story.daily("ada", "transaction", range(40), value_usd=2.5)
    story.daily("ada", "transaction", range(1, 4), status="failed", value_usd=100)
    story.daily("ada", "page_viewed", range(1, 20)).tell(space)
    known = values(space)

    assert known["active_days"] == 28
    assert known["transactions"] == 28
    assert known["transactions_tried"] == 7 + 3
    assert known["volume_done"] == 39 * 250


def test_features_are_told_by_how_they_are_used(space, story):
    story.did("ada", "customer_updated", 300, plan="pro_plus", **ENTITLED)
    story.daily("ada", "feature_used", range(1, 10), feature="limit_orders")
    story.daily("ada", "feature_used", range(3, 5), feature="tax_export")
    story.daily("ada", "feature_used", range(20, 22), feature="old_thing")
    story.daily("ada", "api_called", range(1, 3), endpoint="vault").daily(
        "ada", "api_called", range(1, 3), endpoint="/x"
    )
    story.did("ada", "feature_used", 200, feature="limit_orders").tell(space)
    known = values(space)

    assert known["features_used"] == 4
    assert known["feature_favourite"] == "limit orders"
    assert known["feature_explored"] == "vault"
    assert known["features_adopted"] == 2
    assert known["plan_name"] == "pro plus"


def test_failures_are_told_when_they_are_more_than_usual_and_not_everybodys(space, story):
    for customer in ("ada", "calm", *(f"peer{n}" for n in range(20))):
        story.daily(customer, "transaction", range(1, 40), count=20)
        story.daily(customer, "transaction", range(1, 40), count=1, status="failed")
    story.daily("ada", "transaction", range(1, 5), count=20, status="failed")
    story.tell(space)

    assert values(space)["failure_share"] == pytest.approx((4 * 20 + 7) / (7 * 21 + 4 * 20))
    assert "failure_share" not in values(space, "calm")

    for customer in ("calm", *(f"peer{n}" for n in range(20))):
        story.daily(customer, "transaction", range(1, 5), count=20, status="failed")
    story.tell(space, "later")
    assert "failure_share" not in values(space)


def test_of_very_many_transactions_a_small_change_is_not_told(space, story):
    for customer in ("ada", *(f"peer{n}" for n in range(4))):
        story.daily(customer, "transaction", range(1, 40), count=9800)
        story.daily(customer, "transaction", range(1, 40), count=200, status="failed")
    story.daily("ada", "transaction", range(1, 7), count=50, status="failed").tell(space)

    assert "failure_share" not in values(space)


def test_calls_are_told_as_trouble_or_as_uptime_never_as_both(space, story):
    for customer in ("ada", "calm", *(f"peer{n}" for n in range(12))):
        story.daily(customer, "api_called", range(1, 60), endpoint="/x", count=100, errors=1)
    story.daily("ada", "api_called", range(1, 6), endpoint="/x", count=60, errors=50)
    story.daily("few", "api_called", range(1, 6), endpoint="/x", count=1).tell(space)
    ada, calm = values(space), values(space, "calm")

    assert ada["api_error_share"] == pytest.approx((7 + 250) / (700 + 300))
    assert "integration_uptime" not in ada
    assert calm["integration_uptime"] == pytest.approx(0.99)
    assert "api_error_share" not in calm
    assert "integration_uptime" not in values(space, "few")


def test_a_plan_is_told_when_its_limit_is_near(space, story):
    for customer, top in (("ada", 99), ("bob", 30)):
        story.did(customer, "customer_updated", 300, plan_limits={"calls": 100})
        for day in range(1, 56):
            story.did(customer, "usage_reported", day, meter="calls", value=top + (day < 8) * (customer == "ada") * 20)
            story.did(customer, "signed_in", day)
    story.tell(space)
    assert "plan_use" not in values(space, "bob")

    for day in range(1, 40):
        story.did("cyd", "usage_reported", day, meter="calls", value=130).did("cyd", "signed_in", day)
    story.did("cyd", "customer_updated", 300, plan_limits={"calls": 100}).tell(space)
    assert values(space, "cyd")["plan_use"] == 1.0


def test_silence_is_told_when_it_is_too_long_for_this_customer(space, story):
    for customer in ("ada", "bob"):
        story.daily(customer, "signed_in", range(6, 100))
    story.daily("bob", "signed_in", range(1, 6))
    for n in range(12):
        story.daily(f"peer{n}", "signed_in", range(100))
    story.tell(space)

    assert values(space)["sign_in_gap"] == 6 * 86_400 + 7200
    assert "sign_in_gap" not in values(space, "bob")

    story.did("ada", "signed_in", 0.01).tell(space)
    assert "sign_in_gap" not in values(space)


def test_a_change_is_told_when_it_is_more_than_the_own_ups_and_downs(space, story):
    for customer, now in (("down", 1), ("up", 12), ("same", 4)):
        for days, times in ((range(1, 29), now), (range(29, 119), 4)):
            for _ in range(times):
                story.daily(customer, "transaction", days, asset="SOL", amount=1, value_usd=1)
    story.daily("same", "transaction", range(1, 29), asset="ETH", amount=9, value_usd=9)
    story.daily("same", "transaction", range(29, 119), asset="ETH", amount=1, value_usd=1).tell(space)
    down, up, same = (values(space, each) for each in ("down", "up", "same"))

    assert down["use_change"] < -0.5
    assert down["volume_change"] < -0.5
    assert up["use_change"] > 0.5
    assert up["volume_change"] > 0.5
    assert not {"use_change", "volume_change"} & same.keys()


# --- peers -------------------------------------------------------------------------------------


def neighbours(story: Story, count: int, **traits: object) -> None:
    """So many customers who are like Ada, took up `bridge` 50 days ago, and do twice as much since."""
    story.did("ada", "customer_updated", 300, **ENTITLED).daily("ada", "signed_in", range(1, 119))
    for n in range(count):
        name = f"peer{n}"
        story.did(name, "customer_updated", 300, **(ENTITLED | traits))
        story.daily(name, "signed_in", range(1, 119)).daily(name, "signed_in", range(1, 50))
        story.did(name, "feature_used", 50, feature="bridge")


PEERS = {"feature_suggested", "peer_feature", "peer_count", "peer_change"}


def test_of_five_who_are_alike_something_is_told_and_of_four_nothing(space, story):
    neighbours(story, 5)
    story.tell(space)
    known = values(space)

    assert known["peer_feature"] == known["feature_suggested"] == "bridge"
    assert known["peer_count"] == 5
    assert known["peer_change"] == 1.0
    with house() as smaller:
        neighbours(story, 4)
        story.tell(smaller)
        assert not PEERS & values(smaller).keys()


@pytest.mark.parametrize("traits", [{"segment": "miner"}, {"seats": 5}])
def test_who_is_of_another_kind_or_size_is_no_peer(space, story, traits):
    neighbours(story, 9, **traits)
    story.tell(space)

    assert not PEERS & values(space).keys()


def test_what_is_used_or_not_theirs_is_not_suggested(space, story):
    neighbours(story, 6)
    story.did("ada", "feature_used", 100, feature="bridge").tell(space)
    assert not PEERS & values(space).keys()

    for n in range(6):
        story.did(f"peer{n}", "feature_used", 50, feature="farm")
    story.tell(space, "more")
    assert not PEERS & values(space).keys()


def test_an_example_in_which_use_fell_is_none(space, story):
    neighbours(story, 6)
    for n in range(6):
        story.daily(f"peer{n}", "signed_in", range(51, 119)).daily(f"peer{n}", "signed_in", range(51, 119))
    story.tell(space)
    known = values(space)

    assert known["feature_suggested"] == "bridge"
    assert not {"peer_feature", "peer_count", "peer_change"} & known.keys()


def test_what_is_used_later_today_is_suggested_until_then(space, story):
    neighbours(story, 6)
    story.tell(space)
    then = NOW - 3 * HOUR_US
    assert values(space, now=then)["feature_suggested"] == "bridge"

    story.did("ada", "feature_used", 0.05, feature="bridge").tell(space)
    assert values(space, now=then)["feature_suggested"] == "bridge"
    assert "feature_suggested" not in values(space, now=NOW + DAY_US)
