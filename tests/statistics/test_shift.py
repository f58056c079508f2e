"""Whether the level of use changed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from keepwell.statistics import shift

count = st.one_of(st.just(0), st.integers(0, 40), st.integers(0, 10**9))
days = arrays(np.int64, (5, 60), elements=count)
rho = st.sampled_from([shift.DOWN, shift.UP])


def steady(customers=1500, days=160, rate=3.0, seed=5):
    rng = np.random.default_rng(seed)
    return rng.poisson(rng.gamma(2.5, rate / 2.5, (customers, days)))


def test_a_step_adds_the_ratio_of_likelihoods():
    a, e, y = 0.4, 3.0, 2
    likely = [stats.nbinom.logpmf(y, 1 / a, 1 / (1 + a * mean)) for mean in (e / 2, e)]

    state = shift.step(shift.fresh(1), y, e, a)

    assert state.value[0] == pytest.approx(likely[0] - likely[1], rel=1e-5)


def test_a_state_is_eight_bytes():
    state = shift.step(shift.fresh(10), np.zeros(10), np.ones(10), 0.4)

    assert (state.value.nbytes + state.days.nbytes) / 10 == 8


def slow_run(row, expected, a, factor):
    """One customer in plain Python."""
    value, values = 0.0, []
    for y, e in zip(row.tolist(), expected.tolist(), strict=True):
        ratio = np.log((1 + a * e) / (1 + a * factor * e))
        value = min(max(0.0, value + min(y, 4 * e + 2) * (np.log(factor) + ratio) + ratio / a), shift.CEILING)
        values.append(value if e > 0 else 0.0)
        value = values[-1]
    return values


@settings(max_examples=25)
@given(days, arrays(np.float64, (5, 60), elements=st.one_of(st.just(0.0), st.floats(0.5, 1e6))), rho)
def test_the_slow_reading_agrees(counts, expected, factor):
    values, _ = shift.run(counts, expected, 0.4, factor)

    want = [slow_run(row, mean, 0.4, factor) for row, mean in zip(counts, expected, strict=True)]
    assert values == pytest.approx(np.array(want), abs=0.02)


@given(days, arrays(np.float64, (5, 60), elements=st.sampled_from([0.0, 0.7, 3.0, np.nan])), rho)
def test_steps_are_the_run_and_customers_are_strangers(counts, expected, factor):
    a = np.linspace(0.1, 2.0, 5)
    values, last = shift.run(counts, expected, a, factor)

    state = shift.fresh(5)
    for day in range(60):
        state = shift.step(state, counts[:, day], expected[:, day], a, factor)
        assert state.value.tolist() == values[:, day].tolist()
    assert state.days.tolist() == last.days.tolist()
    assert np.isfinite(values).all()
    assert (values >= 0).all()
    backwards, _ = shift.run(counts[::-1], expected[::-1], a[::-1], factor)
    assert backwards[::-1].tolist() == values.tolist()
    for each in range(5):
        alone, _ = shift.run(counts[each : each + 1], expected[each : each + 1], a[each], factor)
        assert alone[0].tolist() == values[each].tolist()


def test_a_day_that_does_not_count_leaves_the_evidence():
    state = shift.step(shift.fresh(2), [0, 0], 3.0, 0.4)

    after = shift.step(state, [0, 100], [np.nan, 0.0], 0.4)

    assert (after.value[0], after.value[1]) == (state.value[0], 0)
    assert after.days.tolist() == [2, 0]


def test_it_is_said_since_when():
    expected = np.full((2, 40), 4.0)
    counts = np.full((2, 40), 5)
    counts[0, 25:] = 0

    _, state = shift.run(counts, expected, 0.4)

    assert shift.since(state, 39).tolist() == [25, 40]


def test_a_baseline_is_the_mean_of_its_days():
    counts = np.random.default_rng(1).poisson(3.0, (4, 150))

    level = shift.baseline(counts)

    assert level.shape == (4, 151)
    assert level[:, 120] == pytest.approx(counts[:, 22:106].mean(axis=1))
    assert level[:, 150] == pytest.approx(counts[:, 52:136].mean(axis=1))
    assert level[:, 41].tolist() == [0] * 4  # 27 days of baseline
    assert (level[:, 42] > 0).all()


def test_a_baseline_knows_weekdays_and_first_days():
    factor = np.tile([2.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5], 20)
    counts = np.where(np.arange(140) >= 70, 10 * factor, 0)[None]

    level = shift.baseline(counts, factor, first=[70])

    assert level[0, 139] == pytest.approx(10)
    assert level[0, 70 + 14 + 27] == 0
    assert level[0, 70 + 14 + 28] == pytest.approx(10)


@given(days, st.integers(1, 90))
def test_the_level_of_one_day_is_that_of_all(counts, window):
    first, factor = np.array([0, 5, 20, 40, 59]), np.tile([1.5, 1, 1, 1, 1, 1, 0.5], 9)[:60]
    counts = np.where(np.arange(60) >= first[:, None], counts, 0)

    one = shift.level(counts, factor, first, window)

    assert one == pytest.approx(shift.baseline(counts, factor, first, window)[:, -1], rel=1e-6, abs=1e-3)


def test_a_decline_does_not_eat_its_own_baseline_for_two_weeks():
    counts = np.full((1, 120), 6)
    counts[0, 100:] = 0

    assert shift.baseline(counts)[0, 114] == 6
    assert shift.baseline(counts)[0, 115] < 6


def test_the_quiet_are_not_judged():
    level = np.array([[0.49], [0.5]])

    assert shift.expectation(level, 2.0).tolist() == [[0], [1]]
    assert np.isinf(shift.threshold([0.49], shift.DOWN)).all()


def test_weekdays_of_a_segment():
    weekday = np.arange(140) % 7
    counts = np.where(weekday >= 5, 0, 7) * np.ones((300, 1), np.int64)
    segment = np.repeat([0, 1], 150)
    counts[segment == 1] = 5

    factors = shift.weekday_factors(counts, weekday, segment, 3)

    assert factors.mean(axis=1) == pytest.approx(1)
    assert factors[0] == pytest.approx([1.4] * 5 + [0] * 2, abs=0.1)
    assert factors[1:] == pytest.approx(np.ones((2, 7)))


def test_dispersion_is_found():
    rng = np.random.default_rng(2)
    calm = rng.poisson(6.0, (300, 105))
    wild = rng.poisson(rng.gamma(1 / 1.5, 1.5 * 6, (300, 105)))
    segment = np.repeat([0, 1], 300)

    found = shift.dispersion(np.r_[calm, wild], segment, 2)

    assert np.median(found[:300]) == pytest.approx(0.05, abs=0.1)
    assert np.median(found[300:]) == pytest.approx(1.4, abs=0.25)


def test_who_rests_at_the_weekend_is_not_restless():
    counts = np.random.default_rng(3).poisson(np.where(np.arange(105) % 7 >= 5, 0.0, 7.0), (200, 105))

    assert np.median(shift.dispersion(counts, np.zeros(200, np.int64), 1)) < 0.15


def test_dispersion_without_history_is_the_ordinary_one():
    assert shift.dispersion(np.zeros((2, 13)), np.zeros(2, np.int64), 1).tolist() == [shift.DISPERSION] * 2
    assert shift.dispersion(np.zeros((2, 70)), np.zeros(2, np.int64), 1).tolist() == [shift.DISPERSION] * 2


@pytest.fixture(scope="module")
def month():
    """Thirty days of 1,500 customers with 3 events a day after 130 others: the same, halved, doubled."""
    rng = np.random.default_rng(7)
    same = steady()
    halved, doubled = same.copy(), same.copy()
    halved[:, 130:] = rng.binomial(same[:, 130:], 0.5)
    doubled[:, 130:] += steady(seed=8)[:, 130:]
    level = shift.baseline(same)[:, :-1]
    assert (level[:, 130:] >= 1.5).all()

    def alarms(counts, rho):
        expected = shift.expectation(shift.baseline(counts)[:, :-1])
        values, _ = shift.run(counts[:, 70:], expected[:, 70:], 0.4, rho)
        return (values[:, 60:] > shift.threshold(level[:, 130:], rho)).any(axis=1).mean()

    return {
        "same": [alarms(same, rho) for rho in (shift.DOWN, shift.UP)],
        "halved": alarms(halved, shift.DOWN),
        "doubled": alarms(doubled, shift.UP),
    }


def test_who_stays_the_same_seldom_alarms(month):
    assert max(month["same"]) <= 0.06  # 5 % and the noise of 1,500 customers


def test_a_halving_is_found_within_a_month(month):
    assert month["halved"] >= 0.75


def test_a_doubling_is_found_within_a_month(month):
    assert month["doubled"] >= 0.80


def test_one_wild_day_is_no_new_level():
    expected = np.full((1, 30), 4.0)
    counts = np.full((1, 30), 4)
    counts[0, 20] = 10**6

    values, _ = shift.run(counts, expected, 0.4, shift.UP)

    assert values.max() < shift.threshold([4.0], shift.UP)[0]


def test_alarming_takes_the_threshold_of_the_level():
    state = shift.State(np.array([5.15, 5.15, 5.15], np.float32), np.ones(3, np.int32))

    assert shift.alarming(state, [0.1, 1.0, 3.0]).tolist() == [False, True, False]
