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
def test_places_are_between_0_and_1_and_scale_to_something_finite(counts, expected):
    places = common.place(counts, expected, 0.4)

    judged = expected > 0
    assert ((places[judged] >= 0) & (places[judged] <= 1)).all()
    assert np.isnan(places[~judged]).all()
    assert np.isfinite(common.scaled(places[judged])).all()


def test_an_ordinary_day_has_nothing_in_common():
    counts, expected = drawn()

    found = common.shared(common.place(counts, expected, 0.4), EVERYBODY, 1)

    assert not found.incident.any()
    assert np.abs(found.median).max() < 0.3


def test_a_small_segment_needs_more_to_be_an_incident():
    counts, expected = drawn(days=1000)

    found = common.shared(common.place(counts[:10], expected[:10], 0.4), EVERYBODY[:10], 1)

    assert found.incident.mean() < 0.05


def test_an_outage_for_half_is_one_incident_and_the_others_stand_out_no_more():
    counts, expected = drawn()
    counts[:, 12] = np.where(np.arange(400) < 200, 0, counts[:, 12])

    found = common.shared(common.place(counts, expected, 0.4), EVERYBODY, 1)

    assert np.flatnonzero(found.incident[0]).tolist() == [12]
    assert -0.5 <= found.share[0, 12] < -common.INCIDENT


def test_the_share_is_never_more_than_shifted():
    counts, expected = drawn()
    counts[:80, 5] = 0

    found = common.shared(common.place(counts, expected, 0.4), EVERYBODY, 1)

    assert -0.2 <= found.share[0, 5] <= 0
    assert not found.incident.any()


def test_the_median_is_removed_from_the_segment_it_is_of():
    counts, expected = drawn()
    segment = np.repeat([0, 1], 200)
    counts[:200, 3] *= 4
    places = common.place(counts, expected, 0.4)

    z = common.removed(places, common.shared(places, segment, 2), segment)

    assert np.median(common.scaled(places)[:200, 3]) > 0.7
    for each in (0, 1):
        assert np.median(z[segment == each], axis=0) == pytest.approx(np.zeros(20), abs=0.05)


def test_who_is_not_judged_says_nothing():
    places = np.full((3, 4), np.nan)
    places[0, 0] = 0.5

    found = common.shared(places, np.array([0, 0, 1]), 3)

    assert found.median == pytest.approx(np.zeros((3, 4)))
    assert found.share == pytest.approx(np.zeros((3, 4)))
    assert not found.incident.any()
