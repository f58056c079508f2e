"""The formulas: every number that is stated, and the identities between them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.expert import formulas as f

shares = st.floats(0.01, 0.99)
amounts = st.floats(1, 1e9)


def test_swaps():
    assert f.realised_slippage_bps(1000, 995) == pytest.approx(50)
    assert f.realised_slippage_bps(0, 1) is None
    assert f.effective_spread_bps(101, 100, 1) == pytest.approx(200)
    assert f.effective_spread_bps(101, 100, -1) == pytest.approx(-200)


def test_rates():
    assert f.realised_apr(1, 1.01, f.SECONDS_PER_YEAR / 10) == pytest.approx(0.1)
    assert f.realised_apr(0, 1, 60) is None


def test_limits_and_utilisation():
    assert f.limit_used(0.6, 0.75) == pytest.approx(0.8)
    assert f.limit_used(0.6, 0) is None
    assert f.utilisation(80, 100) == pytest.approx(0.8)
    assert f.utilisation(80, 0) is None


def test_lending():
    assert f.health_factor([(1000, 0.8)], 640) == pytest.approx(1.25)
    assert f.health_factor([(1000, 0.8)], 0) == math.inf
    assert f.fall_to_liquidation(1.25) == pytest.approx(0.2)
    assert f.fall_to_liquidation(0.9) < 0


@given(st.lists(st.tuples(amounts, shares), min_size=1, max_size=5), st.floats(1.01, 5))
def test_the_fall_to_liquidation_ends_at_one(collateral, health):
    debt = sum(value * threshold for value, threshold in collateral) / health
    fall = f.fall_to_liquidation(f.health_factor(collateral, debt))

    fallen = [(value * (1 - fall), threshold) for value, threshold in collateral]

    assert f.health_factor(fallen, debt) == pytest.approx(1)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=8).filter(lambda values: sum(values) > 1))
def test_concentration(values):
    found = f.herfindahl(values)

    assert 1 / len(values) - 1e-9 <= found <= 1 + 1e-9
    assert found >= (max(values) / sum(values)) ** 2 - 1e-12


def test_seven_tenths_in_one_place_is_a_concentration_of_at_least_49():
    assert f.herfindahl([7, 1, 1, 1]) >= 0.49
    assert f.herfindahl([0, 0]) is None


def test_shares_of_transactions():
    assert f.landing_share(90, 110, 10) == pytest.approx(0.9)
    assert f.landing_share(0, 10, 10) is None
    assert f.success_share(9, 10) == pytest.approx(0.9)
    assert f.success_share(0, 0) is None


def test_mining():
    assert f.effective_rate(60, 2**20, 3600, f.BITCOIN_WORK) == pytest.approx(f.effective_rate(60, 2**52, 3600))
    assert f.effective_rate(60, 1, 0) is None
    assert f.expected_shares(5, 0, 60) is None
    assert f.proof_efficiency(90, 5, 3, 2) == pytest.approx(0.9)
    assert f.proof_efficiency(0, 0, 0, 0) is None
    assert f.rate_efficiency(45, 50) == pytest.approx(0.9)
    assert f.rate_efficiency(45, 0) is None


@given(st.integers(1, 10**6), amounts, st.floats(1, 1e6))
def test_expected_shares_are_the_inverse_of_the_effective_rate(accepted, difficulty, seconds):
    rate = f.effective_rate(accepted, difficulty, seconds, f.BITCOIN_WORK)

    assert f.expected_shares(rate, difficulty, seconds, f.BITCOIN_WORK) == pytest.approx(accepted)
