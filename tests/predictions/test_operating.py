"""The operating point: those who are newly told of can be looked after, and nobody is told of for less than usual."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.predictions.landmarks import Question
from keepwell.predictions.ledger import UNKNOWN
from keepwell.predictions.news import CLEARLY
from keepwell.predictions.operating import base_rates, operating_point, steady
from tests.predictions.worlds import START, diary, leaving

rows = st.lists(st.tuples(st.one_of(st.integers(1, 9999), st.just(UNKNOWN)), st.booleans()), max_size=60)


def point_of(found, capacity, rate):
    chance = np.array([each for each, _ in found], np.int64)
    alerted = np.array([each for _, each in found], bool)
    return operating_point(chance, alerted, capacity, rate)


@given(rows, st.integers(1, 3), st.floats(0, 1))
def test_whoever_is_newly_told_of_can_be_looked_after_and_nobody_below_the_base_rate_is(found, capacity, rate):
    point = point_of(found, capacity, rate)
    known = [each for each in found if each[0] != UNKNOWN]
    if not known:
        assert point is None
        return
    assert point % 10 == 0
    assert point >= min(rate * 10_000, 10_000)
    new = [chance for chance, alerted in known if not alerted and chance >= point]
    assert len(new) <= capacity or point == 10_000


@given(st.lists(st.tuples(st.integers(20, 9999), st.booleans()), min_size=8, max_size=60))
def test_it_is_no_higher_than_it_has_to_be(found):
    point = point_of(found, 1, 0.0)
    fresh = sorted((chance for chance, alerted in found if not alerted), reverse=True)
    if len(fresh) <= 1:
        assert point == 10
    else:
        assert sum(chance >= point - 10 for chance in fresh) > 1


def test_where_no_window_has_closed_the_mean_of_the_chances_is_usual():
    assert point_of([(2000, False), (4000, False)], 12, float("nan")) == 3000


def test_a_point_sinks_only_clearly_and_rises_at_once():
    assert steady(4000, None) == 4000
    assert steady(4000, 4000 + CLEARLY - 10) == 4000 + CLEARLY - 10
    assert steady(4000, 4000 + CLEARLY) == 4000
    assert steady(4000, 3990) == 4000


def test_base_rates_are_the_shares_of_windows_that_have_closed():
    log = leaving(150, 460, seed=4)
    found = base_rates(log, START, START + 360, Question((30, 60, 90)))
    assert found[0] > found[1] > found[2] > 0

    active = {(int(who), int(day)) for who, day in zip(log.own.owner, log.own.day, strict=True)}

    def quiet(who: int, first: int, last: int) -> bool:
        return not any((who, day) in active for day in range(first, last))

    judged = [
        quiet(who, origin, origin + 90)
        for origin in (START + 270, START + 240)
        for who in range(150)
        if not quiet(who, origin - 90, origin)
    ]
    assert found[2] == pytest.approx(np.mean(judged))


def test_too_few_customers_have_no_base_rate():
    log = diary([(who, START + day, START + day) for who in range(3) for day in range(300)])
    assert np.isnan(base_rates(log, START, START + 300, Question((30,)))).all()
