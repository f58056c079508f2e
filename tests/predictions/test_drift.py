"""Drift: what moved, when a level is off, and who wins against the model in use."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.predictions import drift
from keepwell.predictions.accuracy import Judged

RNG = np.random.default_rng(7)
samples = st.integers(0, 2**32 - 1).map(lambda seed: np.random.default_rng(seed).normal(size=200))


def test_the_index_is_that_of_the_formula():
    """Two bins of a thousand against three quarters and one: sum of (q - p) ln(q / p)."""
    before = np.repeat([0.0, 1.0], 1000)
    after = np.repeat([0.0, 1.0], [1500, 500])
    assert drift.stability(before, after) == pytest.approx(0.25 * np.log(1.5) + 0.25 * np.log(2), rel=1e-2)


@given(samples, samples)
def test_the_index_is_never_negative_and_of_a_sample_with_itself_nothing(one, other):
    assert drift.stability(one, one) == pytest.approx(0, abs=1e-12)
    assert drift.stability(one, other) >= 0
    assert drift.stability(one, other) == pytest.approx(drift.stability(one * 3 + 1, other * 3 + 1))


def test_what_moved_is_named_the_most_moved_first():
    before = {name: RNG.normal(size=500) for name in ("same", "shifted", "gone", "few")}
    after = {"same": RNG.normal(size=500), "shifted": RNG.normal(1.5, size=500), "gone": np.full(500, np.nan)}
    found = drift.moved(before, after | {"few": before["few"][:40], "new": before["few"]})
    assert list(found) == ["gone", "shifted"]


def window(observed: int, expected: float) -> Judged:
    happened = np.arange(100) < observed
    return Judged(happened, np.full(100, expected / 100), np.arange(100))


def test_a_level_is_off_only_when_two_windows_agree():
    high, low, right = window(50, 30), window(10, 30), window(30, 30)
    assert drift.shift_due([right, high, high])
    assert drift.shift_due([low, low])
    assert not drift.shift_due([high, low])
    assert not drift.shift_due([high, right])
    assert not drift.shift_due([high])
    assert not drift.shift_due([high, high, right])


def contest(better: float, customers: int = 400) -> drift.Contest:
    rng = np.random.default_rng(3)
    true = rng.uniform(0.05, 0.95, customers)
    happened = rng.random(customers) < true
    champion = np.clip(true + rng.normal(0, 0.25, customers), 0.02, 0.98)
    return drift.contest(happened, champion, true * better + champion * (1 - better), np.arange(customers))


def test_a_challenger_wins_only_when_it_is_clearly_better():
    assert contest(1.0).won
    assert contest(1.0).difference < 0
    same = contest(0.0)
    assert (same.difference, same.low, same.high, same.won) == (0, 0, 0, False)
    assert not contest(-0.5).won
    assert contest(1.0, customers=6).high < 0
    assert not contest(1.0, customers=6).won


def test_nobody_wins_without_a_row():
    nobody = np.zeros(0)
    found = drift.contest(nobody.astype(bool), nobody, nobody, nobody.astype(np.int64))
    assert (found.customers, found.won) == (0, False)


def test_rows_of_one_customer_are_drawn_together():
    """A hundred copies of one customer's luck are one customer's luck."""
    happened = np.repeat([True, False, True], 100)
    champion, challenger = np.full(300, 0.5), np.repeat([0.9, 0.9, 0.2], 100)
    found = drift.contest(happened, champion, challenger, np.repeat([1, 2, 3], 100))
    assert found.customers == 3
    assert found.high - found.low > 1
