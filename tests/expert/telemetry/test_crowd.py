"""The crowd: an incident is one when most are worse than before, and worse than others is by more than they differ."""

from __future__ import annotations

import numpy as np
import pytest

from keepwell.expert.scope import Topic, Whose, verdict
from keepwell.expert.telemetry.crowd import gather, standings
from keepwell.statistics import failures
from keepwell.statistics.failures import ALERT, WATCH, Counts
from tests.expert.telemetry.made import happened, look

DAY = 86_400


def trader(now, past, sizes=(20, 400)):
    """A customer with so many failures in the window and in the past."""
    rows = [
        *[happened("transaction", ago, feed="client_log", status="landed_failed", count=bad)
          for ago, bad in ((600, now), (3 * DAY, past)) if bad],
        *[happened("transaction", ago + 1, feed="client_log", status="landed_ok", count=size - bad)
          for ago, bad, size in ((600, now, sizes[0]), (3 * DAY, past, sizes[1])) if size > bad],
    ]  # fmt: skip
    return look(*rows)


def miner(now, past, hours=24):
    return look(*[happened("work", ago, accepted=n) for ago, n in ((hours * 1800, now), (28 * DAY, past)) if n])


def of(own, others, topic=Topic.TRANSACTIONS):
    return standings(own, gather(others))[topic]


def test_one_busy_customer_in_trouble_is_no_incident():
    busy, well = trader(900, 1400, (1000, 14_000)), [trader(2, 40) for _ in range(30)]

    standing = of(trader(2, 40), [busy, *well])

    assert standing.p_net > WATCH
    assert of(busy, well).p_peer < ALERT
    assert verdict(of(busy, well)) is Whose.CUSTOMER


def test_when_most_are_worse_than_before_it_is_an_incident():
    standing = of(trader(9, 40), [trader(8, 40) for _ in range(30)])

    assert standing.p_net < ALERT
    assert verdict(standing) is Whose.NETWORK


def test_of_few_others_none_may_be_an_exception():
    worse, well = 0.2, 0.7

    assert failures.breadth(np.full(4, worse)) == 0.0
    assert failures.breadth(np.array([worse] * 3 + [well])) == 1.0
    assert failures.breadth(np.array([])) == 1.0
    assert failures.breadth(np.full(10, worse)) == pytest.approx(0.5**10)
    assert failures.breadth(np.array([worse] * 5 + [well] * 5)) > 0.5


def test_an_incident_of_some_hours_hits_those_who_were_active_then():
    found, sound = 0.001, 0.9

    assert failures.breadth(np.array([found] * 9 + [sound] * 11)) < WATCH
    assert failures.breadth(np.array([found] * 5 + [sound] * 15)) > WATCH


def test_worse_than_others_is_by_more_than_they_differ():
    alike = [trader(2, 40) for _ in range(30)]
    differing = [trader(each % 10, 20 * (each % 10)) for each in range(30)]

    own = trader(9, 40)

    assert of(own, alike).p_peer < WATCH
    assert of(own, differing).p_peer > WATCH


def test_how_customers_differ_is_known_from_enough_of_them():
    chance = np.random.default_rng(3)
    trials = chance.integers(10, 200, 4000)
    a, b = failures.between(Counts(chance.binomial(trials, chance.beta(2, 18, 4000)), trials))

    assert (a, b) == (pytest.approx(2, rel=0.1), pytest.approx(18, rel=0.1))
    assert failures.between(Counts(np.full(20, 2), np.full(20, 20))) is None
    assert failures.between(Counts(np.array([]), np.array([]))) is None
    assert sum(failures.between(Counts(np.array([2, 2]), np.array([20, 20])))) == pytest.approx(20)


def test_how_much_a_miner_does_is_compared_with_its_own_promise():
    large = [miner(1000, 28_000) for _ in range(12)]

    small = of(miner(100, 2800), large, Topic.WORK)
    slower = of(miner(300, 28_000), large, Topic.WORK)

    assert small.p_peer > WATCH
    assert slower.p_peer < ALERT


def test_a_chart_begins_at_the_own_rate():
    usual, own = failures.Drift(), failures.chart(Counts(300, 1000))

    assert failures.chart(Counts(0, 0)).p0 == pytest.approx(usual.p0)
    assert failures.chart(Counts(0, 0)).p1 == pytest.approx(usual.p1)
    assert own.p0 == pytest.approx(302 / 1020)
    assert own.p1 / (1 - own.p1) == pytest.approx(own.p0 / (1 - own.p0) * (0.35 / 0.65) / (0.1 / 0.9))
