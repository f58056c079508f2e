"""Of whose forecast an event is made."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from keepwell.base.time import DAY_US
from keepwell.predictions.ledger import UNKNOWN
from keepwell.predictions.news import CLEARLY, STEP, is_whole, news, urgent

POINT = 5000
DAY = 20_000
chances = st.one_of(st.integers(1, 9999), st.just(UNKNOWN))


def one(rule, chance: int, told: int, days_ago: float | None, now: int = DAY * DAY_US) -> bool:
    at = 0 if days_ago is None else now - round(days_ago * DAY_US)
    return bool(rule(np.array([chance]), np.array([told]), np.array([at]), (now, POINT))[0])


def test_the_first_forecast_is_news_on_any_day():
    assert one(news, 100, 0, None)
    assert one(urgent, 100, 0, None)
    assert not one(news, UNKNOWN, 0, None)


def test_a_step_is_news_after_a_week_and_without_one_it_is_after_four():
    assert one(news, 2000 + STEP, 2000, 7)
    assert not one(news, 2000 + STEP - 1, 2000, 7)
    assert not one(news, 2000 + STEP, 2000, 6)
    assert not one(urgent, 2000 + STEP, 2000, 7)
    assert one(news, 2000, 2000, 28)
    assert not one(news, 2000, 2000, 27)


def test_crossing_the_operating_point_is_news_at_once_either_way():
    for rule in (news, urgent):
        assert one(rule, POINT, POINT - CLEARLY, 0.1)
        assert one(rule, POINT - CLEARLY, POINT, 0.1)
        assert not one(rule, POINT, POINT - CLEARLY + 1, 0.1)
        assert not one(rule, POINT + 3 * CLEARLY, POINT, 0.1)


@given(st.lists(st.tuples(st.integers(1, 9999), st.integers(1, 9999)), min_size=1, max_size=12))
def test_on_which_side_of_a_moving_point_a_customer_was_told_to_be_is_never_forgotten(weeks):
    """The event tells a chance and the point of its day; what it told is what the newest point says of it."""
    told, told_at, before, side = 0, 0, None, None
    for week, (chance, point) in enumerate(weeks):
        now = (DAY + 7 * week) * DAY_US
        arrays = np.array([chance]), np.array([told]), np.array([told_at])
        if news(*arrays, (now, point), before)[0]:
            told, told_at, side = chance, now, chance >= point
        if side is not None:
            assert side == (told >= point)
        before = point


def test_a_point_that_moved_past_a_chance_is_news_of_it():
    def moved(chance: int, told: int, point: int, before: int) -> bool:
        now = DAY * DAY_US
        arrays = np.array([chance]), np.array([told]), np.array([now - DAY_US])
        return bool(news(*arrays, (now, point), before)[0])

    assert moved(4200, 4200, point=4000, before=4500)
    assert moved(4200, 4200, point=4500, before=4000)
    assert not moved(4600, 4600, point=4000, before=4500)
    assert not moved(3900, 3900, point=4000, before=4500)


@given(st.lists(chances, min_size=40, max_size=40))
def test_whatever_the_chances_do_events_come_no_oftener_than_they_cross_and_never_more_than_five_weeks_apart(daily):
    """Forty days of one customer: what is told stays within a step or a month of what is forecast."""
    told, told_at, whole_at, days = 0, 0, None, []
    for number, chance in enumerate(daily):
        now = (DAY + number) * DAY_US
        whole = is_whole(whole_at, now)
        whole_at = now if whole else whole_at
        rule = news if whole else urgent
        if not one(rule, chance, told, None if not told_at else (now - told_at) / DAY_US, now):
            continue
        if told_at and now - told_at < 6.5 * DAY_US:
            assert (chance >= POINT) != (told >= POINT)
        days.append(number)
        told, told_at = chance, now
    if UNKNOWN not in daily:
        assert days[0] == 0
        assert max(np.diff([*days, len(daily)])) <= 35


def test_everybody_is_frozen_once_a_week_also_when_the_job_runs_a_little_earlier():
    now = DAY * DAY_US
    assert is_whole(None, now)
    assert is_whole(now - 7 * DAY_US + 3_600_000_000, now)
    assert not is_whole(now - 6 * DAY_US, now)
