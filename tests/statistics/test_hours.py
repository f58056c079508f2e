"""Laws of counts by hour: others in a customer's own hours, and the block in which its failures lie."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.statistics import failures, hours
from keepwell.statistics.failures import Counts

seeds = st.integers(0, 2**32 - 1)


def others(chance, share=0.1, spread=0.0, size=4000):
    """A table [3, 24]: each hour has its own size, and its own share of failures about the usual one."""
    trials = chance.multinomial(size, chance.dirichlet(np.full(24, 4.0)))
    shares = np.clip(share + spread * chance.standard_normal(24), 0.01, 0.99)
    return np.array([np.rint(trials * shares), trials, trials * share])


@given(seeds)
def test_with_the_hours_of_everybody_the_others_are_as_they_are(seed):
    chance = np.random.default_rng(seed)
    table = others(chance, spread=0.05)

    found = hours.same_hours(table[1] / 100, table)

    assert found.trials == table[1].sum()
    assert found.failed / found.trials == pytest.approx(table[0].sum() / table[1].sum(), abs=0.01)


@given(seeds)
def test_with_the_hours_of_everybody_the_answer_is_nearly_that_of_the_day(seed):
    chance = np.random.default_rng(seed)
    table = others(chance, spread=0.05)
    trials = np.rint(table[1] / 40)
    own, all_ = Counts(chance.binomial(trials.sum(), 0.2), trials.sum()), Counts(*table[:2].sum(axis=1))

    plain, alike = (failures.against_others(own, each).item() for each in (all_, hours.same_hours(trials, table)))

    assert np.log(alike) == pytest.approx(np.log(plain), abs=0.1 + 0.15 * abs(np.log(plain)))


@given(seeds, st.lists(st.integers(0, 40), min_size=24, max_size=24))
def test_where_every_hour_is_as_bad_as_usual_hours_change_no_share(seed, trials):
    table = others(np.random.default_rng(seed), size=40_000)
    table[0] = 0.1 * table[1]

    found = hours.same_hours(np.array(trials, np.float64), table)

    assert found.failed == pytest.approx(0.1 * found.trials, abs=0.51)
    assert found.trials <= table[1].sum()


def test_an_hour_of_a_clumsy_customer_is_no_bad_hour():
    """In hour 3 somebody tried who always fails in half; in hour 9 the same happens to people who do not."""
    trials = np.full(24, 100.0)
    failed, usual = trials * 0.1, trials * 0.1
    failed[[3, 9]], usual[3] = 50, 50
    own = np.eye(24)[[3, 9]] * 30

    at_three, at_nine = hours.same_hours(own, np.array([failed, trials, usual])).failed

    assert at_nine > 3 * at_three


def test_of_nobody_nothing_comes():
    found = hours.same_hours(np.ones((2, 24)), np.zeros((3, 24)))

    assert found.trials.tolist() == found.failed.tolist() == [0, 0]
    assert hours.usual(np.zeros((3, 24))) == 0


def test_the_block_is_where_failures_are_more_than_usual():
    trials = np.full((3, 24), 4.0)
    failed = np.zeros((3, 24))
    failed[0, [22, 23, 0, 1]] = 3
    failed[1, :] = 0.3

    first, even, none = hours.worst_block(Counts(failed, trials), np.full(3, 0.1))

    assert np.flatnonzero(hours.BLOCKS[first]).tolist() == [0, 1, 22, 23]
    assert even == none == -1


def test_blocks_cover_every_hour_of_the_circle():
    assert set(hours.BLOCKS.sum(axis=1)) == set(hours.LENGTHS)
    for length in hours.LENGTHS:
        assert hours.BLOCKS[hours.BLOCKS.sum(axis=1) == length].sum(axis=0).tolist() == [2] * 24


def test_how_many_fail_more_than_expected_is_counted_exactly():
    chance = np.random.default_rng(1)
    past = Counts(np.tile([1.0, 40.0], 6), np.tile([50.0, 200.0], 6))
    trials = np.full(12, 3)
    drawn = [chance.binomial(trials, np.tile([0.03, 0.2], 6)) for _ in range(4000)]
    found = np.array([failures.many(Counts(each, trials), past) for each in drawn])

    assert (found < 0.05).mean() <= 0.05
    assert failures.many(Counts(np.full(12, 2), trials), past) < failures.ALERT
    assert failures.many(Counts(np.tile([2, 0], 6)[:-1], trials[:-1]), Counts(past.failed[:-1], past.trials[:-1])) < 1
    assert failures.many(Counts(np.array([]), np.array([])), Counts(np.array([]), np.array([]))) == 1.0


def test_worse_still_is_worse_than_the_past_and_what_was_added_to_all():
    past, now = Counts(np.full(2, 280.0), np.full(2, 1000.0)), Counts(np.full(2, 23.0), np.full(2, 41.0))

    alone, among = failures.worse_still(now, past, np.array([0.0, 0.25]))

    assert alone < failures.WATCH < among
