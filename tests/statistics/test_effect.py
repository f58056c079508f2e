"""Two arms: intervals that cover, arms that are as assigned, and when the word success may be used."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from keepwell.statistics.effect import (
    MISMATCH,
    Arm,
    Finding,
    difference_interval,
    effect,
    mismatch_chance,
    needed,
    power_of,
)

SHARES = st.floats(0.01, 0.99)


@st.composite
def arms(draw):
    number = draw(st.integers(1, 2000))
    return Arm(draw(st.integers(0, number)), number)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_the_examples_of_the_paper(one, other, low, high):
    """Newcombe 1998, table II, method 10."""
    found = difference_interval(Arm(*one), Arm(*other))

    assert found == pytest.approx((low, high), abs=6e-5)


@given(arms(), arms())
def test_an_interval_holds_the_difference_and_turns_round(one, other):
    low, high = difference_interval(one, other)

    assert -1 <= low <= one.share - other.share <= high <= 1
    assert difference_interval(other, one) == pytest.approx((-high, -low))


def test_without_anybody_nothing_is_known():
    assert difference_interval(Arm(0, 0), Arm(1, 2)) == (-1, 1)
    assert Arm(0, 0).share == 0


COVERED = [
    (900, 100, 0.30, 0.30),
    (900, 100, 0.35, 0.20),
    (90, 10, 0.5, 0.4),
    (40, 40, 0.05, 0.05),
    (450, 50, 0.9, 0.95),
]


@pytest.mark.parametrize(("treated", "held_out", "one", "other"), COVERED)
def test_intervals_cover_the_truth(treated, held_out, one, other):
    """Exactly: the chance of every outcome of both arms, not a sample of them."""
    rows = [Arm(hits, treated) for hits in range(treated + 1)]
    chance_one = stats.binom.pmf(np.arange(treated + 1), treated, one)
    chance_other = stats.binom.pmf(np.arange(held_out + 1), held_out, other)
    missed = 0.0
    for hits, chance in enumerate(chance_other):
        for row, also in zip(rows, chance_one, strict=True):
            if also * chance > 1e-9:
                low, high = difference_interval(row, Arm(hits, held_out))
                missed += also * chance * (not low <= one - other <= high)

    assert 0.01 < missed < 0.06


def test_of_worlds_without_an_effect_few_are_called_a_success():
    rng = np.random.default_rng(7)
    called, mismatched, worlds = 0, 0, 4000
    for _ in range(worlds):
        held_out = int(rng.binomial(1000, 0.1))
        found = effect(
            Arm(int(rng.binomial(1000 - held_out, 0.4)), 1000 - held_out),
            Arm(int(rng.binomial(held_out, 0.4)), held_out),
            0.1,
        )
        called += found.is_success
        mismatched += found.finding is Finding.MISMATCH

    assert 0.015 < called / worlds < 0.035
    assert mismatched / worlds < 0.004


def test_a_naive_share_is_no_success():
    """Most recover by themselves: nine of ten contacted, and nine of ten not contacted."""
    found = effect(Arm(810, 900), Arm(90, 100), 0.1)

    assert found.difference == 0
    assert found.finding is Finding.NOTHING
    assert not found.is_success


@pytest.mark.parametrize(
    ("treated", "held_out", "finding"),
    [
        (Arm(540, 900), Arm(40, 100), Finding.BETTER),
        (Arm(360, 900), Arm(60, 100), Finding.WORSE),
        (Arm(540, 900), Arm(18, 45), Finding.MISMATCH),
        (Arm(0, 0), Arm(0, 0), Finding.NOTHING),
        (Arm(3, 3), Arm(0, 0), Finding.NOTHING),
    ],
)
def test_what_may_be_said(treated, held_out, finding):
    found = effect(treated, held_out, 0.1)

    assert found.finding is finding
    assert found.is_success is (finding is Finding.BETTER)


@given(arms(), arms(), SHARES)
def test_a_success_needs_an_interval_above_zero_and_arms_as_assigned(treated, held_out, share):
    found = effect(treated, held_out, share)

    assert found.is_success is (found.low > 0 and found.mismatch >= MISMATCH)


@given(st.integers(0, 300), st.integers(0, 300), st.floats(0.01, 0.5))
def test_a_mismatch_is_twice_the_smaller_tail(held_out, more, share):
    law = stats.binom(held_out + more, share)

    expected = min(1, 2 * min(law.cdf(held_out), law.sf(held_out - 1)))
    assert mismatch_chance(held_out, held_out + more, share) == pytest.approx(expected, abs=1e-9)


def test_a_share_of_nothing_or_all_leaves_no_chance():
    assert mismatch_chance(0, 10, 0.0) == mismatch_chance(10, 10, 1.0) == 1
    assert mismatch_chance(1, 10, 0.0) == mismatch_chance(9, 10, 1.0) == 0


def test_how_many_are_needed():
    assert needed(0.20, 0.15) == needed(0.15, 0.20) == (903, 903)
    assert needed(0.20, 0.15, ratio=9) == (4923, 547)


@given(SHARES, SHARES, st.sampled_from((1.0, 4.0, 9.0)), st.floats(0.5, 0.95))
def test_what_is_needed_has_the_power_and_one_fewer_has_not(base, other, ratio, power):
    if abs(base - other) < 0.005:
        return
    treated, held_out = needed(base, other, ratio, power)

    assert power_of(base, other, treated, held_out) >= power - 1e-9
    assert held_out == 1 or power_of(base, other, ratio * (held_out - 1), held_out - 1) < power


def test_the_formula_is_the_power_that_is_seen():
    """In simulated experiments of 903 and 903 a plain test finds the difference in four of five."""
    rng = np.random.default_rng(3)
    one, other = rng.binomial(903, 0.20, 20_000) / 903, rng.binomial(903, 0.15, 20_000) / 903
    spread = np.sqrt(one * (1 - one) / 903 + other * (1 - other) / 903)

    assert (np.abs(one - other) > 1.96 * spread).mean() == pytest.approx(0.80, abs=0.01)


def test_no_difference_is_never_seen():
    with pytest.raises(ValueError, match="zero"):
        needed(0.2, 0.2)
    assert power_of(0.2, 0.1, 0, 10) == 0
