"""The truth is true, and nothing in the rows gives it away."""

import pytest

from keepwell.base.time import DAY_US
from keepwell.events.catalog import BY_KEY
from keepwell.simulation.fates import Kind
from tests.simulation import worlds


def _kinds(made, kind):
    return {name: story for name, story in made.truth["customers"].items() if story["kind"] == kind}


def test_who_stops_dead_does_nothing_more(leavers, leavers_rows):
    groups = worlds.by_customer(leavers_rows, lambda row: row.event not in worlds.OURS)
    stopped = _kinds(leavers, "sudden_churn")
    assert len(stopped) >= 8
    for name, story in stopped.items():
        assert max(row.timestamp for row in groups[name]) < worlds.instant(story["churn_at"])


def test_who_stops_dead_was_lively_before(leavers, leavers_rows):
    groups = worlds.by_customer(leavers_rows, lambda row: BY_KEY[row.event].own)
    for name, story in _kinds(leavers, "sudden_churn").items():
        stop = worlds.instant(story["churn_at"])
        days = {row.timestamp // DAY_US for row in groups[name] if stop - 28 * DAY_US <= row.timestamp < stop}
        assert len(days) >= 12


def test_a_slow_decline_is_slow_and_a_decline(leavers, leavers_rows):
    groups = worlds.by_customer(leavers_rows, lambda row: BY_KEY[row.event].own)
    for name, story in _kinds(leavers, "slow_churn").items():
        stop, onset = worlds.instant(story["churn_at"]), worlds.instant(story["onset_at"])
        assert 28 * DAY_US <= stop - onset <= 70 * DAY_US
        if onset < worlds.UNTIL - 140 * DAY_US:
            continue
        last = sum(stop - 10 * DAY_US <= row.timestamp < stop for row in groups[name])
        before = sum(onset - 10 * DAY_US <= row.timestamp < onset for row in groups[name])
        assert last < before


def test_bills_go_on_when_nobody_is_there(leavers, leavers_rows):
    stops = {name: worlds.instant(story["churn_at"]) for name, story in _kinds(leavers, "sudden_churn").items()}
    billed = [row for row in leavers_rows if row.event == "invoice_issued" and row.customer_id in stops]
    assert any(row.timestamp > stops[row.customer_id] for row in billed)


def test_cancellations_are_told_when_they_happen(leavers, leavers_rows):
    told = {row.customer_id: row.timestamp for row in leavers_rows if row.event == "subscription_cancelled"}
    assert len(told) > 10
    stories = leavers.truth["customers"]
    assert told == {name: worlds.instant(each["cancelled_at"]) for name, each in stories.items() if name in told}


def test_shares_are_as_asked():
    made = worlds.world(customers=1000)
    stories = list(made.truth["customers"].values())
    assert len(stories) == 1000
    assert sum(story["churn_at"] is not None for story in stories) == 20
    assert sum(not story["healthy_at_end"] for story in stories) == 100
    young = sum(worlds.instant(story["joined_at"]) > worlds.UNTIL - 30 * DAY_US for story in stories)
    there = sum(worlds.instant(story["joined_at"]) < worlds.UNTIL - 365 * DAY_US for story in stories)
    assert 30 <= young <= 50
    assert 680 <= there <= 720


def test_former_customers_come_in_addition():
    made = worlds.world(customers=500, churned_share=0.06, former=True)
    left = [each["churn_at"] for each in made.truth["customers"].values() if each["churn_at"]]
    assert len(made.customers) == 550
    assert min(map(worlds.instant, left)) < worlds.UNTIL - 200 * DAY_US


def test_the_truth_is_not_in_the_rows(leavers, leavers_rows):
    words = {str(kind) for kind in Kind} - {"new", "steady"} | {"onset", "churn", "hazard", "truth"}
    seen = "\n".join({f"{row.event} {row.properties}" for row in leavers_rows}) + repr(leavers.customers)
    assert not [word for word in words if word in seen]


@pytest.mark.parametrize("seed", [1, 2])
def test_neither_id_nor_order_says_who_leaves(seed):
    made = worlds.world(customers=2000, seed=seed, churned_share=0.06)
    stories = made.truth["customers"]
    left = [stories[each["customer_id"]]["churn_at"] is not None for each in made.customers]
    ids = [float(int(each["customer_id"].removeprefix("cus_"), 16)) for each in made.customers]
    joined = [float(worlds.instant(each["created_at"])) for each in made.customers]
    names = sorted(each["name"] for each in made.customers)
    places = [float(names.index(each["name"])) for each in made.customers]
    for score in (ids, joined, places, [float(place) for place in range(2000)]):
        assert worlds.auroc(left, score) == pytest.approx(0.5, abs=0.1)
    assert worlds.auroc(ids_above_middle(ids), joined) == pytest.approx(0.5, abs=0.05)


def ids_above_middle(ids):
    return [each > sorted(ids)[len(ids) // 2] for each in ids]
