"""The next answer: level, interval, probability, drop; and when nothing is said."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.predictions.satisfaction import (
    ALPHA,
    SCALES,
    Answers,
    Followed,
    Mean,
    drops,
    effective,
    followed,
    foresee,
    levels,
)

NPS = SCALES["nps"]
VALUES = st.lists(st.lists(st.integers(0, 10), min_size=1, max_size=8), min_size=1, max_size=6)


def answers(series):
    """Answers of some series, a day apart."""
    rows = [(whose, place, value) for whose, some in enumerate(series) for place, value in enumerate(some)]
    whose, at, value = (np.array(each) for each in zip(*rows, strict=True))
    return Answers(whose, at, value.astype(float))


def people(rng, number=300, length=8, spread=2.0, noise=1.5):
    level = rng.normal(6.5, spread, number)
    return answers([np.clip(np.round(each + rng.normal(0, noise, length)), 0, 10).tolist() for each in level])


@given(VALUES)
def test_levels_are_those_of_a_slow_reading(series):
    before, after = followed(answers(series), NPS)
    slow, ends = [], []
    for some in series:
        level = bad = None
        for value in some:
            slow.append((level, bad))
            is_bad = float(value <= NPS.unhappy)
            level = value if level is None else level + ALPHA * (value - level)
            bad = is_bad if bad is None else bad + ALPHA * (is_bad - bad)
        ends.append((level, bad))

    for known, expected in ((before, slow), (after, ends)):
        for row, (level, bad) in enumerate(expected):
            assert known.level[row] == pytest.approx(np.nan if level is None else level, nan_ok=True)
            assert known.unhappy[row] == pytest.approx(np.nan if bad is None else bad, nan_ok=True)
    assert after.number.tolist() == [len(some) for some in series]


@given(VALUES, st.integers(0, 10))
def test_what_comes_later_changes_nothing_before_it(series, later):
    before, _ = followed(answers(series), NPS)
    longer, _ = followed(answers([*series[:-1], [*series[-1], later]]), NPS)

    size = len(before.level)
    assert np.array_equal(before.level, longer.level[:size], equal_nan=True)


@pytest.mark.parametrize(("number", "worth"), [(1, 1.0), (2, 1 / (0.49 + 0.09)), (1000, 1.7 / 0.3)])
def test_a_level_is_worth_so_many_answers(number, worth):
    assert effective(np.array([number]))[0] == pytest.approx(worth)


def test_few_answers_are_shrunk_more():
    known = Followed(np.array([0, 1, 8]), np.array([np.nan, 0.0, 0.0]), np.zeros(3), np.zeros(3))
    none, one, many = levels(known, Mean(8.0, 2.0))

    assert none == 8.0
    assert 0 < many < one < none


@pytest.mark.parametrize("length", [2, 4, 9])
def test_intervals_hold_nine_of_ten(length):
    rng = np.random.default_rng(length)
    told = people(rng, 600, length)
    last = np.append(np.diff(told.series) != 0, [True])
    found = foresee(told.among(~last), NPS)
    if length > 2:
        inside = (told.value[last] >= found.low) & (told.value[last] <= found.high)
        assert 0.86 <= inside.mean() <= 0.96
    else:
        assert "followed another" in found


def test_probabilities_are_calibrated_and_tell_who():
    told = people(np.random.default_rng(5), 500, 8)
    last = np.append(np.diff(told.series) != 0, [True])
    chance = foresee(told.among(~last), NPS).chance
    bad = told.value[last] <= NPS.unhappy

    assert chance.mean() == pytest.approx(bad.mean(), abs=0.05)
    assert bad[chance > 0.7].mean() > 0.6
    assert bad[chance < 0.3].mean() < 0.4


def test_where_customers_do_not_differ_there_is_no_probability():
    found = foresee(people(np.random.default_rng(2), spread=0.0), NPS)

    assert np.isnan(found.chance).all()
    assert "No probability" in found.because
    assert np.ptp(found.level) < 2


@pytest.mark.parametrize(
    ("series", "says"),
    [
        ([[7]], "Only 0 answers"),
        ([[7, 8]], "Only 1 answers"),
        ([[5] * 40], "All answers are the same"),
        ([[5]] * 100, "Only 0 answers"),
    ],
)
def test_too_little_is_a_reason(series, says):
    assert says in foresee(answers(series), NPS)


def test_a_fall_within_the_own_noise_is_none():
    steady = [[9, 9, 9, 9, 9, 9]] * 20
    found = drops(answers([*steady, [9, 9, 9, 9, 9, 3], [2, 10, 1, 10, 2, 10, 3], [4]]), NPS)

    assert found[:20].tolist() == [0] * 20
    assert found[20] == pytest.approx(6)
    assert found[21:].tolist() == [0, 0]


def test_one_answer_each_is_no_drop():
    assert drops(answers([[1], [9]]), NPS).tolist() == [0, 0]
