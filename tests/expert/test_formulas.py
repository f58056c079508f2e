"""The formulas: every number that is stated, and the identities between them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.expert import formulas as f

ratios = st.floats(0.01, 100)
shares = st.floats(0.01, 0.99)
amounts = st.floats(1, 1e9)


@pytest.mark.parametrize(("ratio", "loss"), [(1, 0), (1.25, -0.0062), (2, -0.0572), (0.5, -0.0572), (4, -0.2)])
def test_impermanent_loss(ratio, loss):
    assert f.impermanent_loss(ratio) == pytest.approx(loss, abs=5e-5)


@given(ratios)
def test_impermanent_loss_is_a_loss_and_the_same_up_and_down(ratio):
    assert f.impermanent_loss(ratio) <= 1e-15
    assert f.impermanent_loss(ratio) == pytest.approx(f.impermanent_loss(1 / ratio), abs=1e-12)


@given(ratios, amounts)
def test_impermanent_loss_is_what_a_pool_of_constant_product_does(ratio, depth):
    """A pool of x y = k, followed to the new price: the value of both tokens against having kept them."""
    base, quote = depth / math.sqrt(ratio), depth * math.sqrt(ratio)
    held = depth * ratio + depth

    assert (base * ratio + quote) / held - 1 == pytest.approx(f.impermanent_loss(ratio), abs=1e-9)


def test_impermanent_loss_of_a_range():
    assert f.concentrated_loss(1, 2, 0.8, 1.25) == pytest.approx(-0.294, abs=5e-5)
    assert f.concentrated_loss(1, 2, 1e-9, 1e9) == pytest.approx(f.impermanent_loss(2), abs=1e-4)


@given(st.floats(0.5, 2), st.floats(0.6, 1.6), shares, st.floats(1.01, 4))
def test_the_closed_form_is_the_exact_one_inside_the_range(entry, ratio, below, above):
    low, high = min(entry, entry * ratio) * below, max(entry, entry * ratio) * above

    found = f.concentrated_loss_inside(entry, ratio, low, high)

    assert found == pytest.approx(f.concentrated_loss(entry, entry * ratio, low, high), rel=1e-6, abs=1e-9)
    assert found <= f.impermanent_loss(ratio) + 1e-12


@given(st.floats(0.01, 100), st.floats(0.1, 1), st.floats(1.01, 10))
def test_outside_its_range_a_position_is_one_token(price, low, width):
    base, quote = f.concentrated_amounts(price, low, low * width)

    assert base >= 0
    assert quote >= 0
    assert (price > low) == (quote > 0) or price == pytest.approx(low)
    assert (price < low * width) == (base > 0) or price == pytest.approx(low * width)


def test_fees_of_a_position():
    assert f.fee_share(1_000_000, 0.003, 50, 1000) == pytest.approx(150)
    assert f.fee_share(1_000_000, 0.003, 50, 0) is None


def test_swaps():
    assert f.minimum_out(102_841, 50) == 102_326
    assert f.price_impact(99, 1) == pytest.approx(0.01)
    assert f.realised_slippage_bps(1000, 997) == pytest.approx(30)
    assert f.realised_slippage_bps(0, 1) is None
    assert f.effective_spread_bps(101, 100, 1) == pytest.approx(200) == f.effective_spread_bps(99, 100, -1)


@given(amounts, amounts, amounts)
def test_price_impact_is_what_a_swap_loses_against_the_spot_price(reserve_in, reserve_out, given_in):
    out = f.amount_out(reserve_in, reserve_out, given_in)

    assert 1 - out / (given_in * reserve_out / reserve_in) == pytest.approx(f.price_impact(reserve_in, given_in))
    assert (reserve_in + given_in) * (reserve_out - out) == pytest.approx(reserve_in * reserve_out, rel=1e-5)
    assert f.amount_out(reserve_in, reserve_out, given_in, 0.003) < out


@given(st.integers(0, 2**64 - 1), st.integers(0, 10_000))
def test_the_least_out_is_whole_and_within_the_tolerance(quoted, tolerance):
    least = f.minimum_out(quoted, tolerance)

    assert least * 10_000 <= quoted * (10_000 - tolerance) < (least + 1) * 10_000


def test_rates():
    assert f.apy_of(0.12, 12) == pytest.approx(0.126825, abs=1e-6)
    assert f.realised_apr(1, 1.01, f.SECONDS_PER_YEAR / 10) == pytest.approx(0.1)
    assert f.SECONDS_PER_YEAR == 31_536_000
    assert f.realised_apr(1, 1.01, 0) is None


@given(st.floats(0, 5), st.integers(1, 1000))
def test_apr_and_apy_are_inverses(apr, periods):
    assert f.apr_of(f.apy_of(apr, periods), periods) == pytest.approx(apr, abs=1e-9)
    assert f.apy_of(apr, periods) >= apr - 1e-12


def test_lending():
    assert f.health_factor([(1000, 0.8)], 640) == pytest.approx(1.25)
    assert f.health_factor([(1000, 0.8)], 0) == math.inf
    assert f.fall_to_liquidation(1.25) == pytest.approx(0.2)
    assert f.fall_to_liquidation(0.9) < 0


@pytest.mark.parametrize(
    ("health", "collateral", "debt", "share"),
    [(1.0, 9e4, 8e4, 0), (0.99, 9e4, 8e4, 0.5), (0.951, 9e4, 8e4, 0.5), (0.95, 9e4, 8e4, 1),
     (0.99, 1999, 8e4, 1), (0.99, 9e4, 1999, 1)],
)  # fmt: skip
def test_how_much_aave_lets_be_liquidated(health, collateral, debt, share):
    assert f.close_factor(health, collateral, debt) == share


@given(st.lists(st.tuples(amounts, shares), min_size=1, max_size=5), st.floats(1.01, 5))
def test_the_fall_to_liquidation_ends_at_one(collateral, health):
    debt = sum(value * threshold for value, threshold in collateral) / health
    fall = f.fall_to_liquidation(f.health_factor(collateral, debt))

    fallen = [(value * (1 - fall), threshold) for value, threshold in collateral]

    assert f.health_factor(fallen, debt) == pytest.approx(1)


def test_kamino():
    assert f.kamino_ltv(70, 100) == pytest.approx(0.7)
    assert f.kamino_ltv(70, 0) is None
    assert f.limit_used(0.72, 0.8) == pytest.approx(0.9)
    assert f.limit_used(0.72, 0) is None
    assert f.kamino_liquidatable(80, 80)
    assert not f.kamino_liquidatable(79, 80)
    assert not f.kamino_liquidatable(0, 0)


@given(amounts, amounts, shares)
def test_kamino_liquidates_when_the_whole_limit_is_used(debt, deposits, limit):
    used = f.limit_used(f.kamino_ltv(debt, deposits), limit)

    assert f.kamino_liquidatable(debt, limit * deposits) == (used >= 1) or used == pytest.approx(1)


def test_comet():
    assert f.comet_liquidatable(100, [(1, 100, 0.9)])
    assert not f.comet_liquidatable(90, [(1, 100, 0.9)])


def test_utilisation():
    assert f.utilisation(80, 100) == pytest.approx(0.8) == f.utilisation_aave(80, 20)
    assert f.utilisation(0, 0) is None is f.utilisation_aave(0, 0)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=8).filter(lambda values: sum(values) > 1))
def test_concentration(values):
    found = f.herfindahl(values)

    assert 1 / len(values) - 1e-9 <= found <= 1 + 1e-9
    assert found >= (max(values) / sum(values)) ** 2 - 1e-12


def test_seven_tenths_in_one_place_is_a_concentration_of_at_least_49():
    assert f.herfindahl([7, 1, 1, 1]) >= 0.49
    assert f.herfindahl([0, 0]) is None


def test_fees_and_rent():
    assert f.priority_fee(1, 300_000) == 1
    assert f.priority_fee(0, 1_400_000) == 0
    assert f.fee(2, 1000, 200_000) == 10_200
    assert f.rent_minimum(0) == 890_880
    assert f.rent_minimum(165) == 2_039_280


@given(st.integers(0, 10**9), st.integers(1, 1_400_000))
def test_the_priority_fee_is_rounded_up(price, limit):
    assert (f.priority_fee(price, limit) - 1) * 10**6 < price * limit <= f.priority_fee(price, limit) * 10**6


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


def test_aleo():
    assert f.aleo_expected_solutions(1_000_000, 250_000) == 4
    assert f.aleo_solution_limit(250_000, 100_000) == 2
    assert f.aleo_solution_limit(2_499_999, 2_500_000) == 0
    assert f.aleo_coinbase(90, 50, 100, 100) == pytest.approx(45)
    assert f.aleo_coinbase(90, 500, 100, 100) == pytest.approx(90)
    assert f.aleo_reward(90, 10, 40) == pytest.approx(15)
    assert f.aleo_reward(90, 0, 0) is None


@given(st.lists(st.floats(1, 1e6), min_size=1, max_size=6), amounts)
def test_all_provers_together_get_two_thirds_of_the_coinbase(targets, coinbase):
    assert sum(f.aleo_reward(coinbase, each, sum(targets)) for each in targets) == pytest.approx(coinbase * 2 / 3)


@given(st.floats(0, 600), st.floats(1, 600))
def test_who_never_cancels_has_a_floor_of_stale_work(attempt, block):
    assert f.stale_floor(attempt, block) == pytest.approx(1 - math.exp(-attempt / block))
