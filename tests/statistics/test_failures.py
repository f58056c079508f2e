"""Whose failures they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse, stats
from scipy.sparse import linalg

from keepwell.statistics import failures, tails
from keepwell.statistics.failures import Counts, Scope

NEEDED = {
    (5, 100): [3, 4, 5, 5, 7, 10, 20],
    (15, 100): [None, 5, 6, 7, 11, 17, 35],
    (150, 1000): [None, 5, 6, 7, 10, 15, 29],
    (3, 12): [None, None, 8, 10, 17, 31, 72],
}


@pytest.mark.parametrize("past", NEEDED)
def test_failures_needed_against_the_own_past(past):
    found = []
    for n in (3, 5, 8, 10, 20, 40, 100):
        p = failures.against_past(Counts(np.arange(n + 1), n), Counts(*past))
        found.append(int(np.argmax(p < failures.ALERT)) if (p < failures.ALERT).any() else None)

    assert found == NEEDED[past]


def beta_binomial_sum(k, n, a, b):
    i = np.arange(k, n + 1)
    return np.exp(stats.betabinom.logpmf(i, n, a, b)).sum()


def test_beta_binomial_tails_agree_with_the_sum_of_all_terms():
    rng = np.random.default_rng(0)
    n = np.r_[rng.integers(0, 100, 300), rng.integers(100, 20_000, 200)]
    k = (rng.random(500) * (n + 1)).astype(int)
    a, b = rng.uniform(0.5, 300, 500), rng.uniform(0.5, 2000, 500)

    found = tails.beta_binomial(k, n, a, b)

    want = np.array([beta_binomial_sum(*each) for each in zip(k, n, a, b, strict=True)])
    assert found == pytest.approx(want, rel=2e-5, abs=1e-13)


def test_fisher_agrees_with_scipy():
    rng = np.random.default_rng(1)
    bad, good, other_bad, other_good = rng.integers(0, 60, (4, 300))
    other_good[200:] = rng.integers(1000, 60_000, 100)

    found = failures.against_others(Counts(bad, bad + good), Counts(other_bad, other_bad + other_good))

    tables = zip(bad, good, other_bad, other_good, strict=True)
    want = [stats.fisher_exact([[a, b], [c, d]], alternative="greater").pvalue for a, b, c, d in tables]
    assert found == pytest.approx(np.array(want), rel=2e-5, abs=1e-12)


number = st.integers(0, 10**6)


@given(st.lists(st.tuples(number, number, number, number), min_size=1, max_size=8))
def test_p_is_a_probability_and_rows_are_strangers(rows):
    bad, good, past_bad, past_good = np.array(rows).T
    now, past = Counts(bad, bad + good), Counts(past_bad, past_bad + past_good)

    for test in (failures.against_past, failures.against_others):
        p = test(now, past)
        assert ((p >= 0) & (p <= 1)).all()
        turned = Counts(bad[::-1], (bad + good)[::-1]), Counts(past_bad[::-1], (past_bad + past_good)[::-1])
        assert p == pytest.approx(test(*turned)[::-1], rel=1e-9)
        first = test(Counts(bad[0], bad[0] + good[0]), Counts(past_bad[0], past_bad[0] + past_good[0]))
        assert p[0] == pytest.approx(first[0], rel=1e-9)


@given(st.integers(1, 3000), st.integers(0, 200), st.integers(0, 200), st.data())
def test_more_failures_are_less_likely(n, x, y, data):
    k = data.draw(st.integers(0, n - 1))

    fewer, more = failures.against_past(Counts([k, k + 1], n), Counts(x, x + y))

    assert more <= fewer + 1e-5


def verdicts(n, own, network, seed=11, windows=1500):
    """Windows of a customer with n requests among 60 others with 25 each, whose shares of failures are beta(2, 18)."""
    rng = np.random.default_rng(seed)
    past = rng.binomial(14 * n, 0.1, windows)
    shares = np.minimum(rng.beta(2, 18, (windows, 60)) * network / 0.1, 1)
    now = rng.binomial(25, shares).sum(axis=1)
    before = rng.binomial(25 * 14, rng.beta(2, 18, (windows, 60))).sum(axis=1)
    everything = Counts(rng.binomial(n, own, windows), n), Counts(past, 14 * n)
    others = Counts(now, 60 * 25), Counts(before, 60 * 25 * 14)
    found = failures.scopes(failures.evidence(*everything, *others), 60 * 25)
    return np.bincount(found, minlength=5) / windows


def test_scopes_of_the_shared_table():
    normal, customer, network, both = (
        verdicts(20, *rates) for rates in ((0.1, 0.1), (0.5, 0.1), (0.35, 0.35), (0.8, 0.35))
    )

    assert normal[Scope.NORMAL] >= 0.99
    assert customer[Scope.CUSTOMER] == pytest.approx(0.82, abs=0.05)
    assert network[Scope.NETWORK] == pytest.approx(0.75, abs=0.05)
    assert network[Scope.CUSTOMER] <= 0.005
    assert both[Scope.BOTH] == pytest.approx(0.98, abs=0.03)


def test_who_could_not_be_found_is_unknown():
    past, others, before = Counts([7, 7, 7], [70, 70, 70]), Counts(0, [1500, 1500, 3]), Counts(0, 20_000)
    now = Counts([1, 0, 20], [1, 0, 20])

    found = failures.scopes(failures.evidence(now, past, others, before), others.trials)

    assert found.tolist() == [Scope.UNKNOWN] * 3


def test_others_differ_so_their_past_says_less_than_its_count():
    own, others, before = Counts(3, 20), Counts(190, 1500), Counts(2100, 21_000)

    assert failures.against_past(others, before) < failures.ALERT
    assert failures.evidence(own, own, others, before).network > failures.ALERT


def test_others_are_everybody_without_the_own():
    others = Counts(10, 100).without(Counts(np.array([1, 2]), np.array([5, 6])))

    assert (others.failed.tolist(), others.trials.tolist()) == ([9, 8], [95, 94])


def requests_to_alarm(rate, chart, seed=5, runs=300, most=20_000):
    rng = np.random.default_rng(seed)
    value, found = np.zeros(runs, np.float32), np.full(runs, most)
    for request in range(1, most + 1):
        value = failures.drift(value, rng.random(runs) < rate, chart)
        found = np.where((value > chart.h) & (found == most), request, found)
        if (found < most).all():
            break
    return found


def test_drift_is_found_as_soon_as_promised():
    chart = failures.Drift()

    assert np.median(requests_to_alarm(0.35, chart)) == pytest.approx(18, abs=3)
    assert np.median(requests_to_alarm(0.5, chart)) == pytest.approx(11, abs=2)
    assert requests_to_alarm(0.10, chart, runs=200).mean() == pytest.approx(2000, rel=0.3)


@pytest.mark.parametrize(("p0", "p1", "apart"), [(0.10, 0.35, 1648), (0.05, 0.20, 2594)])
def test_how_far_false_alarms_of_the_drift_are_apart(p0, p1, apart):
    """The chart as a Markov chain on a fine grid (Brook and Evans, 1972): the mean steps until it leaves it."""
    chart, cells = failures.Drift(p0, p1), 8000
    here = np.arange(cells + 1)
    up = np.round(here + chart.failed * cells / chart.h).astype(int)
    down = np.maximum(np.round(here + chart.fine * cells / chart.h).astype(int), 0)
    stays = up <= cells
    chances = np.r_[np.full(stays.sum(), p0), np.full(cells + 1, 1 - p0)]
    moves = sparse.csc_matrix((chances, (np.r_[here[stays], here], np.r_[up[stays], down])), shape=(cells + 1,) * 2)

    mean = linalg.spsolve(sparse.eye(cells + 1, format="csc") - moves, np.ones(cells + 1))

    assert mean[0] == pytest.approx(apart, rel=0.005)
