"""The shared draws keep their promises."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.simulation import draws


@given(st.integers(0, 1000), st.dictionaries(st.text(max_size=3), st.floats(0.01, 1), min_size=1, max_size=6))
def test_a_portion_adds_up_and_is_never_off_by_one(total, shares):
    split = draws.portion(total, shares)
    assert sum(split.values()) == total
    for key, share in shares.items():
        assert abs(split[key] - total * share / sum(shares.values())) < 1


def test_streams_are_independent_of_each_other():
    found = draws.streams(7)
    numbers = {np.random.default_rng(each).integers(2**62) for each in (found.latent, found.observed, found.treatment)}
    assert len(numbers) == 3


def test_counts_have_their_mean_and_dispersion():
    found = draws.counts(np.random.default_rng(1), np.full(200_000, 5.0), 0.4)
    assert found.mean() == pytest.approx(5, rel=0.02)
    assert found.var() == pytest.approx(5 + 0.4 * 25, rel=0.05)


def test_a_walk_comes_back():
    walk = draws.wander(np.random.default_rng(1), 4000, 80, 20.0)
    assert walk.std() == pytest.approx(1, abs=0.03)
    assert np.corrcoef(walk[:, 0], walk[:, 20])[0, 1] == pytest.approx(0.5, abs=0.05)


def test_times_are_spread_out():
    times = draws.spread_out(np.random.default_rng(1), 10, 5.0, 25.0)
    assert sorted((times - 5) // 2) == list(range(10))


def test_picks_follow_the_chances():
    chances = np.tile([0.2, 0.0, 0.6], (50_000, 1))
    found = np.bincount(draws.pick(np.random.default_rng(1), chances), minlength=3) / 50_000
    assert found == pytest.approx([0.25, 0, 0.75], abs=0.01)


def test_cells_name_each_row():
    customer, day = draws.cells(np.array([[0, 2], [1, 0]]))
    assert (customer.tolist(), day.tolist()) == ([0, 0, 1], [1, 1, 0])
