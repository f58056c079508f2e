"""Figures of probabilities, against slow ones that say what is meant."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.predictions import accuracy
from keepwell.predictions.accuracy import FIGURES, Judged, at_capacity, committed, figure, interval, threshold_for

CHANCES = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.7, 0.9, 1.0]) | st.floats(0, 1)
ROWS = st.lists(st.tuples(st.booleans(), CHANCES), min_size=1, max_size=40)


def judged(rows):
    happened, chance = zip(*rows, strict=True)
    return Judged(np.array(happened), np.array(chance, float), np.arange(len(rows)))


def both(rows):
    return len({happened for happened, _ in rows}) == 2


@given(ROWS)
def test_auroc_is_the_share_of_pairs_in_the_right_order(rows):
    pairs = [(one, other) for left, one in rows if left for stayed, other in rows if not stayed]
    right = sum(Fraction((one > other) + (one >= other), 2) for one, other in pairs)
    expected = float(right / len(pairs)) if pairs else math.nan

    assert figure(accuracy.auroc, judged(rows)) == pytest.approx(expected, nan_ok=True)


@given(ROWS)
def test_average_precision_sums_precision_over_steps_of_recall(rows):
    hits = sum(happened for happened, _ in rows)
    total, before = 0.0, 0
    for limit in sorted({chance for _, chance in rows}, reverse=True):
        above = [happened for happened, chance in rows if chance >= limit]
        total += (sum(above) - before) / max(hits, 1) * sum(above) / len(above)
        before = sum(above)

    assert figure(accuracy.average_precision, judged(rows)) == pytest.approx(total if hits else math.nan, nan_ok=True)


@given(ROWS, st.data())
def test_a_weight_of_two_is_the_row_twice(rows, data):
    number = data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows)))
    repeated = [row for row, times in zip(rows, number, strict=True) for _ in range(times)]
    one = judged(rows)
    for name, of in FIGURES.items():
        if repeated and name != "calibration_error":  # bins of repeated rows may cut between equals
            weighed = of(one.happened, one.chance, np.array(number, float))
            assert weighed == pytest.approx(figure(of, judged(repeated)), nan_ok=True, rel=1e-9, abs=1e-12), name


@given(ROWS)
def test_saying_the_base_rate_has_no_skill_and_is_calibrated(rows):
    share = sum(happened for happened, _ in rows) / len(rows)
    plain = judged([(happened, share) for happened, _ in rows])
    if both(rows):
        assert figure(accuracy.brier_skill, plain) == pytest.approx(0, abs=1e-12)
        assert figure(accuracy.observed_over_expected, plain) == pytest.approx(1)
        assert figure(accuracy.auroc, plain) == 0.5


def test_calibration_is_the_distance_of_said_and_seen():
    rng = np.random.default_rng(3)
    chance = rng.random(60_000)
    happened = rng.random(60_000) < chance
    rows = Judged(happened, chance, np.arange(60_000))
    shifted = Judged(happened, np.clip(chance * 0.5, 0, 1), rows.customer)

    assert figure(accuracy.calibration_error, rows) < 0.01
    assert figure(accuracy.calibration_error, shifted) == pytest.approx(0.25, abs=0.01)
    assert figure(accuracy.observed_over_expected, shifted) == pytest.approx(2, abs=0.05)


def test_an_interval_covers_and_knows_that_rows_of_one_customer_are_not_independent():
    rng = np.random.default_rng(5)
    happened = np.repeat(rng.random(300) < 0.3, 10)
    rows = Judged(happened, np.full(3000, 0.3), np.repeat(np.arange(300), 10))
    alone = Judged(rows.happened, rows.chance, np.arange(3000))
    low, high = interval(accuracy.base_rate, rows)
    narrow = interval(accuracy.base_rate, alone)

    assert low < happened.mean() < high
    assert high - low > 2.5 * (narrow[1] - narrow[0])
    assert interval(accuracy.base_rate, rows) == (low, high)


def test_what_cannot_be_told_has_no_interval():
    assert all(math.isnan(end) for end in interval(accuracy.auroc, judged([(True, 0.3), (True, 0.8)])))
    assert math.isnan(figure(accuracy.auroc, judged([(True, 0.3)])))


def test_a_look_at_the_highest():
    rows = judged([(True, 0.9), (False, 0.8), (True, 0.7), (False, 0.1)])

    assert at_capacity(rows, 2) == accuracy.Found(2, 0.5, 0.5, 1.0)
    assert at_capacity(rows, 99).recall == 1
    assert math.isnan(at_capacity(rows, 0).precision)


@given(ROWS, st.sampled_from([0.6, 0.8, 0.95]))
def test_the_threshold_gives_the_accuracy_it_was_chosen_for(rows, wanted):
    past = judged(rows)
    given_at = committed(past, threshold_for(past, wanted))

    assert given_at.number == 0 or given_at.accuracy >= wanted
    for limit in np.maximum(past.chance, 1 - past.chance):
        other = committed(past, limit)
        assert other.accuracy < wanted or other.number <= given_at.number
