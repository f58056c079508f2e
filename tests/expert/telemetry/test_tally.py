"""Counting trials: how much those of one moment weigh, and since when they fail more often."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.base.time import DAY_US, HOUR_US
from keepwell.expert.telemetry.tally import Trial, counted, likeness
from keepwell.statistics.failures import ENOUGH

SINGLE = st.lists(st.builds(Trial, st.integers(0, 10**6), st.integers(0, 1), st.just(1)), max_size=60)


@given(SINGLE, SINGLE)
def test_single_trials_weigh_what_they_are(now, past):
    tally = counted(now, past)

    for counts, rows in ((tally.now, now), (tally.past, past)):
        assert (counts.failed, counts.trials) == (sum(each.failed for each in rows), len(rows))


def rows(alike, number=200, each=300, seed=7):
    """Rows of some hundred trials, which end the more alike the larger `alike` is."""
    chance = np.random.default_rng(seed)
    shares = chance.beta(0.1 * (1 / alike - 1), 0.9 * (1 / alike - 1), number) if alike else np.full(number, 0.1)
    return [Trial(place * HOUR_US, int(chance.binomial(each, share)), each) for place, share in enumerate(shares)]


@pytest.mark.parametrize("alike", [0.0, 0.1, 0.5])
def test_how_alike_trials_of_a_moment_are_is_seen_from_the_past(alike):
    assert likeness(rows(alike)) == pytest.approx(alike, abs=0.2 * alike + 0.005)


def test_trials_that_end_together_weigh_little():
    tally = counted(rows(0.5, 10), rows(0.5))

    assert tally.plain.trials == 3000
    assert 15 <= tally.now.trials <= 25
    assert tally.now.failed / tally.now.trials == pytest.approx(tally.plain.failed / tally.plain.trials, abs=0.05)


def test_rows_of_one_moment_are_one_cluster():
    """A row of what succeeded and one of what failed, at the same moment."""
    whole = rows(0.0)
    split = [
        x for each in whole for x in (Trial(each.at, each.failed, each.failed), Trial(each.at, 0, each.n - each.failed))
    ]

    assert likeness(split) == likeness(whole) < 0.01


def test_of_too_few_rows_nothing_is_known_and_they_weigh_what_they_are():
    past = rows(0.5, ENOUGH - 1)

    assert counted(past, past).now.trials == counted(past, past).plain.trials


def test_when_failures_began_to_be_more_frequent_is_remembered():
    fine = [Trial(place * HOUR_US, place % 10 == 0, 1) for place in range(600)]
    worse = [Trial(600 * HOUR_US + place * HOUR_US, place % 2 == 0, 1) for place in range(24)]
    tally = counted(worse, fine, charted=True)

    assert tally.drift > 8.5
    assert abs(tally.plain.since - 600 * HOUR_US) < DAY_US
    assert counted(fine[-24:], fine[:-24], charted=True).drift < 4
    assert counted(worse, fine).drift is None
