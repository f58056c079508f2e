"""When a limit is reached."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from keepwell.statistics import limits

values = arrays(np.float64, (5, 12), elements=st.one_of(st.just(np.nan), st.just(0.0), st.floats(0, 1e9)))


def test_a_straight_line_arrives_when_it_does():
    found = limits.reached([np.arange(10.0)], 19.0)

    for each in (found.not_before, found.expected, found.likely_by):
        assert each[0] == pytest.approx(10)


def test_the_edges_are_where_the_range_touches_the_limit():
    from scipy.stats import t

    rng = np.random.default_rng(2)
    row = np.cumsum(rng.normal(5, 2, 13))
    found = limits.reached(row[None], row[-1] + 30)

    changes = np.diff(row)
    for each, chance, side in ((found.not_before[0], 0.975, 1), (found.likely_by[0], 0.95, -1)):
        spread = t.ppf(chance, 11) * changes.std(ddof=1) * np.sqrt(each + each**2 / 12)
        assert changes.mean() * each + side * spread == pytest.approx(30)


def test_the_interval_holds_as_often_as_it_says():
    rng = np.random.default_rng(3)
    steps = rng.normal(2, 1.5, (6000, 12 + 60))
    walks = np.cumsum(steps, axis=1)
    now = walks[:, 12]
    found = limits.reached(walks[:, :13], now + 20, horizon=60)
    beyond = walks[:, 13:] >= (now + 20)[:, None]
    arrived = np.where(beyond.any(axis=1), beyond.argmax(axis=1) + 1, np.inf)

    assert (arrived < found.not_before).mean() <= 0.05
    assert (arrived - 1 > found.likely_by).mean() <= 0.05
    assert np.isfinite(found.likely_by).mean() > 0.5
    assert np.median(found.expected) == pytest.approx(10, rel=0.1)


def test_it_abstains_when_too_little_is_known():
    known = np.arange(10.0)
    short = np.r_[np.full(5, np.nan), np.arange(5.0)]

    found = limits.reached([known, short, known, np.full(10, np.nan)], [20.0, 20.0, np.nan, 20.0])

    assert found.known.tolist() == [True, False, False, False]
    assert np.isnan(found.expected).tolist() == [False, True, True, True]


def test_who_is_there_is_there_and_who_shrinks_never_arrives():
    found = limits.reached([np.arange(10.0), np.arange(10.0)[::-1], np.full(10, 3.0)], [9.0, 50.0, 4.0])

    assert found.not_before.tolist() == [0, np.inf, np.inf]
    assert found.likely_by.tolist() == [0, np.inf, np.inf]


def test_a_range_that_never_touches_the_limit():
    changes = -1 + 0.787 * np.sqrt(11 / 12) * np.tile([1, -1], 6)  # t s = sqrt(3): -h + sqrt(3 h + h^2 / 4) < 1
    row = np.r_[0, np.cumsum(changes)]

    assert limits.reached(row[None], row[-1] + 1).not_before.tolist() == [np.inf]


def test_beyond_the_horizon_nothing_is_said():
    assert limits.reached([np.arange(10.0)], 1000.0, horizon=26).expected.tolist() == [np.inf]


@given(values, st.floats(1, 1e9))
def test_any_values_give_ordered_answers_of_their_own(given_values, limit):
    found, backwards = limits.reached(given_values, limit), limits.reached(given_values[::-1], limit)
    known = found.known

    assert (found.not_before[known] <= found.expected[known] * (1 + 1e-9)).all()
    assert (found.expected[known] <= found.likely_by[known] * (1 + 1e-9)).all()
    assert (found.not_before[known] >= 0).all()
    assert np.isnan(found.likely_by[~known]).all()
    for name in ("not_before", "expected", "likely_by"):
        assert getattr(found, name).tolist() == pytest.approx(getattr(backwards, name)[::-1].tolist(), nan_ok=True)
        alone = getattr(limits.reached(given_values[:1], limit), name)
        assert alone.tolist() == pytest.approx(getattr(found, name)[:1].tolist(), nan_ok=True)
