"""Whether less was produced than expected."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from keepwell.statistics import work
from keepwell.statistics.work import Amounts


def test_seven_expected_events_are_needed_to_judge_silence():
    assert work.short(0, 7) < 0.001 < work.short(0, 6)


def test_nothing_expected_is_nothing_missed():
    assert work.short([0, 3], 0).tolist() == [1, 1]


def test_short_is_the_lower_tail_of_poisson():
    rng = np.random.default_rng(3)
    count, mean = rng.integers(0, 90, 300), rng.uniform(0.1, 90, 300)

    assert work.short(count, mean) == pytest.approx(stats.poisson.cdf(count, mean), rel=1e-9)


def test_fell_is_the_conditional_binomial_test():
    rng = np.random.default_rng(4)
    now, before = rng.integers(0, 60, 300), rng.integers(0, 900, 300)
    days = rng.uniform(0.5, 3, 300)

    found = work.fell(Amounts(now, days), Amounts(before, 28.0))

    assert found == pytest.approx(stats.binom.cdf(now, now + before, days / (days + 28)), rel=1e-9)


def test_variation_is_how_many_times_more_than_chance_days_vary():
    rng = np.random.default_rng(5)
    weekend = np.array([1, 1, 1, 1, 1, 0.3, 0.3]) * 1e4

    plain = work.variation(rng.poisson(weekend, (900, 7)))
    thrice = work.variation(3 * rng.poisson(weekend / 3, (900, 7)))

    assert (plain, thrice) == (pytest.approx(1, rel=0.05), pytest.approx(3, rel=0.05))


def test_of_too_few_days_the_usual_variation_is_taken():
    known = np.full((1, 7), np.nan)
    known[0, 3] = 12

    assert work.variation(known) == work.variation(np.full((0, 7), 1.0)) == work.USUAL_VARIATION
    assert work.variation(np.full((900, 7), 12)) == 1


@given(st.integers(0, 500), st.integers(0, 5000), st.integers(1, 30), st.integers(1, 300))
def test_less_is_never_likelier_and_all_is_certain(now, before, days, before_days):
    less, more = (work.fell(Amounts(count, days), Amounts(before, before_days)) for count in (now, now + 1))

    assert 0 <= less <= more <= 1
    assert work.fell(Amounts(now, days), Amounts(0, before_days)) == 1


def test_overdispersion_makes_the_same_fall_less_surprising():
    now, before = Amounts(800, 1), Amounts(28_000, 28)

    assert work.fell(now, before) < 1e-3
    assert work.fell(now, before, 20) > 0.05
