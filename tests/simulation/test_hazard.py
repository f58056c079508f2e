"""The chances a world states are those at which it acts."""

import pytest

from keepwell.base.time import DAY_US
from keepwell.simulation.fates import Story
from keepwell.simulation.hazard import chance_of_leaving
from keepwell.simulation.spec import WorldSpec
from tests.simulation import worlds


@pytest.fixture(scope="module")
def many():
    return worlds.world(customers=4000, churned_share=0.05)


@pytest.mark.parametrize(("back", "horizon"), [(110, 30), (90, 30), (90, 90), (60, 60)])
def test_as_many_leave_as_is_to_be_expected(many, back, horizon):
    at = worlds.UNTIL - back * DAY_US
    chances = many.chances(at, horizon)
    stories = many.truth["customers"]
    left = [_leaves(stories[name], at + horizon * DAY_US) for name in chances]
    assert sum(left) == pytest.approx(sum(chances.values()), rel=0.25)
    assert worlds.auroc(left, list(chances.values())) > 0.6


def _leaves(story, before):
    return story["churn_at"] is not None and worlds.instant(story["churn_at"]) < before


def test_the_chance_grows_with_the_horizon_and_with_the_decline():
    spec = WorldSpec(until=worlds.UNTIL)
    steady, declining = Story(joined=-50), Story(joined=-50, onset=100, bottom=160)
    chances = [chance_of_leaving(spec, steady, 130, horizon) for horizon in (30, 60, 90)]
    assert chances == sorted(chances)
    assert 0 < chances[0] < chances[2] < 0.05
    assert chance_of_leaving(spec, declining, 90, 30) == chances[0]
    assert chance_of_leaving(spec, declining, 130, 30) > 0.1
    assert chance_of_leaving(spec, declining, 155, 30) == 1


def test_nobody_leaves_before_coming_or_after_going():
    spec = WorldSpec(until=worlds.UNTIL)
    story = Story(joined=10, onset=80, stop=80)
    assert chance_of_leaving(spec, story, 9, 30) is None
    assert chance_of_leaving(spec, story, 79, 30) is not None
    assert chance_of_leaving(spec, story, 80, 30) is None
