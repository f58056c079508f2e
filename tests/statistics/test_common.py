"""What happened to everybody."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from keepwell.statistics import common

EVERYBODY = np.zeros(400, np.int64)


def drawn(days=20, seed=1):
    rng = np.random.default_rng(seed)
    expected = np.exp(rng.normal(0.5, 1, (400, 1))) * np.ones(days)
    return rng.poisson(rng.gamma(2.5, expected / 2.5)), expected


def test_a_place_is_that_of_the_negative_binomial():
    for y, e, a in ((0, 2.0, 0.4), (3, 2.0, 0.4), (50, 20.0, 1.5)):
        law = stats.nbinom(1 / a, 1 / (1 + a * e))
        assert common.place(y, e, a) == pytest.approx(law.cdf(y) - law.pmf(y) / 2)


@given(arrays(np.int64, 6, elements=st.integers(0, 10**9)), arrays(np.float64, 6, elements=st.floats(0, 1e6)))
def test_places_are_between_0_and_1(counts, expected):
    places = common.place(counts, expected, 0.4)

    judged = expected > 0
    assert ((places[judged] >= 0) & (places[judged] <= 1)).all()
    assert np.isnan(places[~judged]).all()


def share(counts, expected, segment=EVERYBODY):
    return common.shared(common.place(counts, expected, 0.4), segment[: len(counts)], 1)


def sudden(found):
    """The days on which it fell, of a row of shares."""
    return [day for day in range(22, found.shape[1]) if common.fell(found[0, : day + 1])]


def test_on_ordinary_days_nothing_falls():
    counts, expected = drawn(days=1000)

    assert sudden(share(counts, expected)) == []


def test_few_customers_say_nothing_and_a_small_segment_needs_more():
    counts, expected = drawn(days=1000)

    assert not share(counts[:9], expected[:9]).any()
    assert len(sudden(share(counts[:12], expected[:12]))) < 10


def test_an_outage_for_half_is_found_on_its_day():
    counts, expected = drawn(days=40)
    counts[:, 32] = np.where(np.arange(400) < 200, 0, counts[:, 32])

    found = share(counts, expected)

    assert sudden(found) == [32]
    assert -0.5 <= found[0, 32] < -common.INCIDENT


def test_a_shift_that_stays_is_usual_after_two_weeks():
    counts, expected = drawn(days=60)
    counts[:200, 30:] = 0

    days = sudden(share(counts, expected))

    assert days[0] == 30
    assert 40 < days[-1] < 50


def test_a_slow_decline_is_not_sudden():
    counts, expected = drawn(days=120)
    kept = np.random.default_rng(2).random(counts.shape) < np.linspace(1, 0.4, 120)

    assert sudden(share(counts * kept, expected)) == []


def test_the_share_is_never_more_than_shifted():
    counts, expected = drawn()
    counts[:80, 5] = 0

    assert -0.2 <= share(counts, expected)[0, 5] <= 0


def test_a_segment_is_judged_by_its_own():
    counts, expected = drawn(days=30)
    counts[:200, 29] = 0

    found = common.shared(common.place(counts, expected, 0.4), np.repeat([0, 1], 200), 2)

    assert [common.fell(row) for row in found] == [True, False]


def test_who_is_not_judged_says_nothing():
    places = np.full((3, 4), np.nan)
    places[0, 0] = 0.5

    assert common.shared(places, np.array([0, 0, 1]), 3) == pytest.approx(np.zeros((3, 4)))
    assert not common.fell(np.zeros(4))
    assert not common.fell(np.zeros(0))
