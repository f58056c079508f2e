"""What weeks of counts and scores say about the direction."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import optimize, stats

from keepwell.statistics import trend

weeks = arrays(np.int64, (6, 8), elements=st.one_of(st.just(0), st.integers(0, 30), st.integers(0, 10**9)))
scores = arrays(np.float64, (4, 10), elements=st.one_of(st.just(np.nan), st.floats(0, 100)))


def drawn(change, customers=2000, rate=20.0, seed=1):
    rng = np.random.default_rng(seed)
    mean = rate * np.exp(change * np.linspace(-0.5, 0.5, 8)) * np.ones((customers, 1))
    return rng.poisson(rng.gamma(10, mean / 10))


def test_the_fit_is_the_most_likely_one():
    y = np.array([30.0, 25, 31, 20, 22, 12, 15, 9])
    time, a = np.linspace(-0.5, 0.5, 8), 0.1

    def loss(at):
        mean = np.exp(at[0] + at[1] * time)
        return -stats.nbinom.logpmf(y, 1 / a, 1 / (1 + a * mean)).sum() + at[1] ** 2 / 2 / trend.PRIOR**2

    best = optimize.minimize(loss, [3.0, 0.0]).x

    assert trend.fall(y[None]).share[0] == pytest.approx(1 - np.exp(best[1]), abs=1e-3)


def test_a_fall_is_measured():
    found = trend.fall(drawn(np.log(0.5)))

    assert np.median(found.share) == pytest.approx(0.5, abs=0.05)
    assert ((found.low <= 0.5) & (found.high >= 0.5)).mean() == pytest.approx(0.90, abs=0.04)
    assert (found.p < 0.05).mean() > 0.45


def test_p_is_uniform_where_nothing_falls():
    for rate in (3.0, 30.0):
        p = trend.fall(drawn(0.0, rate=rate)).p
        assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.025)
        assert (p < 0.5).mean() == pytest.approx(0.5, abs=0.05)


@given(weeks)
def test_any_weeks_give_finite_answers_of_their_own(counts):
    together, backwards = trend.fall(counts), trend.fall(counts[::-1])

    for name in ("share", "low", "high", "p"):
        found = getattr(together, name)
        assert np.isfinite(found).all()
        assert found == pytest.approx(getattr(backwards, name)[::-1])
        assert found[:1] == pytest.approx(getattr(trend.fall(counts[:1]), name))
    assert ((together.p >= 0) & (together.p <= 1)).all()
    assert (together.low <= together.high).all()
    assert (together.share <= 1).all()


def test_a_stop_is_a_fall():
    found = trend.fall([[9, 8, 9, 7, 3, 0, 0, 0], [5] * 8, [0] * 8])

    assert found.share[0] > 0.7
    assert found.p[0] < 0.01
    assert found.share[1:] == pytest.approx([0, 0], abs=1e-6)
    assert found.p[1:] == pytest.approx([0.5, 0.5], abs=1e-3)


@given(arrays(np.float64, 30, elements=st.floats(0, 1)))
def test_false_discovery_rates_agree_with_scipy(p):
    assert trend.adjusted(p) == pytest.approx(stats.false_discovery_control(p), abs=1e-12)


def test_discoveries_among_many():
    p = np.array([0.001, 0.8, np.nan, 0.03, 0.9])

    assert trend.discoveries(p, 0.1).tolist() == [True, False, False, True, False]
    assert trend.discoveries(np.zeros(0)).tolist() == []


def test_a_slope_is_that_of_theil_and_sen():
    rng = np.random.default_rng(4)
    values = rng.normal(0, 1, (20, 12)) + np.arange(12) * 0.3

    found = trend.slope(values)

    for row, value, low, high in zip(values, found.value, found.low, found.high, strict=True):
        want = stats.theilslopes(row, alpha=0.90)
        assert value == pytest.approx(want.slope)
        assert (low, high) == pytest.approx((want.low_slope, want.high_slope), abs=0.08)


def test_the_interval_of_a_slope_holds_as_often_as_it_says():
    values = np.random.default_rng(5).normal(0, 1, (4000, 12)) + np.arange(12) * 0.2
    found = trend.slope(values)

    assert ((found.low <= 0.2) & (found.high >= 0.2)).mean() == pytest.approx(0.91, abs=0.03)


@given(scores)
def test_slopes_are_of_each_customer_alone(values):
    together, backwards = trend.slope(values), trend.slope(values[::-1])

    known = (~np.isnan(values)).sum(axis=1) >= trend.LEAST
    assert np.isnan(together.value).tolist() == (~known).tolist()
    assert (together.low[known] <= together.value[known]).all()
    assert (together.value[known] <= together.high[known]).all()
    assert together.value.tolist() == pytest.approx(backwards.value[::-1].tolist(), nan_ok=True)
    alone = trend.slope(values[:1])
    assert alone.value.tolist() == pytest.approx(together.value[:1].tolist(), nan_ok=True)


def test_one_bad_week_does_not_turn_it():
    values = np.array([[80.0] * 9 + [10.0]])

    assert trend.slope(values).value.tolist() == [0]


def test_nobody_has_no_slope():
    assert trend.slope(np.zeros((0, 8))).value.tolist() == []
