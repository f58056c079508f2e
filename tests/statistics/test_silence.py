"""How unlikely an open gap is."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from keepwell.statistics import silence

days = arrays(np.int64, (7, 30), elements=st.one_of(st.just(0), st.integers(0, 5), st.integers(0, 10**9)))
span = st.floats(0, 1e6)


def test_a_known_value():
    assert silence.chance(3.0, 1, 1.0, 1.0) == pytest.approx(1 / 8)  # (1 + 3 / 3)^-3
    assert silence.limit(1 / 8, 1, 1.0, 1.0) == pytest.approx(3.0)


def test_many_gaps_are_the_exponential():
    assert silence.chance(3.0, 10**7, 10**7, 1.0) == pytest.approx(np.exp(-3), rel=1e-5)


@given(span, span, st.integers(0, 40), span, st.floats(0.01, 365))
def test_a_longer_gap_is_less_likely(gap, more, n, total, base):
    now, later = silence.chance([gap, gap + more], n, total, base)

    assert 0 <= later <= now <= 1


@given(st.floats(1e-6, 0.5), st.integers(0, 40), span, st.floats(0.01, 365))
def test_the_limit_is_where_the_chance_crosses(p, n, total, base):
    limit = silence.limit(p, n, total, base)

    assert silence.chance(limit, n, total, base) == pytest.approx(p, rel=1e-6)


def test_gaps_are_those_between_active_days():
    counts = np.zeros((1, 50), np.int64)
    counts[0, [3, 10, 12, 40]] = 1

    rhythm = silence.rhythm(counts)

    assert (rhythm.n[0], rhythm.total[0]) == (3, 37)
    assert rhythm.rate[0] == pytest.approx(4 / 49)


def test_only_the_last_gaps_count():
    counts = np.zeros((1, 120), np.int64)
    counts[0, ::30] = 1
    counts[0, 70:120] = 1

    rhythm = silence.rhythm(counts)

    assert (rhythm.n[0], rhythm.rate[0] < silence.COUNTED_FROM) == (40, True)
    assert rhythm.total[0] == 40


def slow_rhythm(row):
    """One customer below the rate from which counts are used."""
    active = [day for day, count in enumerate(row) if count][-41:]
    gaps = [after - before for before, after in pairwise(active)]
    return len(gaps), sum(gaps)


@given(days)
def test_the_slow_reading_agrees(counts):
    rhythm = silence.rhythm(counts)

    seldom = rhythm.rate < silence.COUNTED_FROM
    expected = [slow_rhythm(row) for row in counts]
    assert rhythm.n.tolist() == [n for n, _ in expected]
    assert rhythm.total[seldom].tolist() == [total for (_, total), slow in zip(expected, seldom, strict=True) if slow]


@given(days)
def test_customers_are_strangers_to_each_other(counts):
    together, backwards = silence.rhythm(counts), silence.rhythm(counts[::-1])
    alone = [silence.rhythm(counts[each : each + 1]) for each in range(len(counts))]

    for name in ("n", "total", "rate"):
        whole = getattr(together, name)
        assert np.isfinite(whole).all()
        assert whole.tolist() == getattr(backwards, name)[::-1].tolist()
        assert whole.tolist() == [getattr(each, name)[0] for each in alone]


def test_today_ends_a_gap_and_is_no_silent_day():
    counts = np.full((2, 61), 5)
    counts[:, -1] = 0

    idle = silence.rhythm(counts)
    counts[1, -1] = 1
    busy = silence.rhythm(counts)

    assert busy.n[1] == idle.n[0]
    assert busy.rate[1] == idle.rate[0] == 5
    assert busy.total[1] == idle.total[0]


def test_who_is_busy_is_missed_sooner_than_active_days_say_but_not_for_a_weekend():
    daily, office = np.full((1, 112), 30), np.full((1, 112), 30)
    office[:, 5::7] = office[:, 6::7] = 0
    rhythms = [silence.rhythm(counts) for counts in (daily, office)]

    limits = [float(silence.limit(0.01, each.n, each.total, 1.0)[0]) for each in rhythms]

    assert limits[0] < 2
    assert limits[1] > 3.5  # from Friday to Monday noon


def test_days_before_the_first_are_not_silent():
    counts = np.zeros((2, 120), np.int64)
    counts[:, 60:] = 4

    known = silence.rhythm(counts, first=np.array([60, 0]))

    assert known.rate[0] == 4
    assert known.rate[1] == pytest.approx(2, rel=0.02)
    assert known.total[0] < known.total[1]


def test_a_base_gap_is_pooled():
    rhythm = silence.Rhythm(np.array([1, 1, 0]), np.array([10.0, 30.0, 0.0]), np.zeros(3))

    base = silence.base_gap(rhythm, np.array([0, 0, 1]), 3, usual=7.0)

    everybody = (2 * 20 + 20 * 7) / 22
    assert base == pytest.approx([(2 * 20 + 20 * everybody) / 22, everybody, everybody])
