"""The crowd: an incident is one when most are worse than before, and worse than others is by more than they differ."""

from __future__ import annotations

import numpy as np
import pytest

from keepwell.expert.case import Case
from keepwell.expert.crowd import gather, standings
from keepwell.expert.diagnose import diagnose
from keepwell.expert.scope import Topic, Whose, verdict
from keepwell.expert.telemetry.observe import compared
from keepwell.statistics import failures
from keepwell.statistics.failures import ALERT, WATCH, Counts
from tests.expert import made
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


def miner(*days):
    """A customer by what was accepted on each day, the last of which is now."""
    return look(*[happened("work", ago * DAY + DAY / 2, accepted=n) for ago, n in enumerate(reversed(days)) if n])


def of(own, others, topic=Topic.TRANSACTIONS):
    crowd = gather(dict(enumerate(others)))
    ((found),) = standings([(len(others), compared(own, crowd.slippage))], crowd)
    return found[topic]


def at_hours(failed, tried, past=(40, 400), **said):
    """A customer with so many failures and trials in each hour of the window (by hours ago), and in the past."""
    rows = []
    for ago, n in tried.items():
        bad = failed.get(ago, 0)
        rows += [
            happened("transaction", ago * 3600 + 60, feed="client_log", status="landed_failed", count=bad, **said)
        ] * (bad > 0)
        rows += [
            happened("transaction", ago * 3600 + 61, feed="client_log", status="landed_ok", count=n - bad, **said)
        ] * (n > bad)
    rows.append(happened("transaction", 3 * DAY, feed="client_log", status="landed_failed", count=past[0], **said))
    rows.append(
        happened("transaction", 3 * DAY + 1, feed="client_log", status="landed_ok", count=past[1] - past[0], **said)
    )
    return look(*rows)


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
    shares = chance.beta(2, 18, 4000)

    assert failures.between(Counts(chance.binomial(trials, shares), trials)) == pytest.approx(20, rel=0.1)
    twice = chance.integers(1, 3, 4000)
    moved = Counts(chance.binomial(trials, chance.beta(2 * twice, 20 - 2 * twice)), trials)
    assert failures.between(moved, 0.1 * twice) == pytest.approx(20, rel=0.1)
    assert failures.between(moved) < 19
    assert failures.between(Counts(np.full(20, 2), np.full(20, 20))) is None
    assert failures.between(Counts(np.array([]), np.array([]))) is None
    assert failures.between(Counts(np.array([2, 2]), np.array([20, 20]))) == pytest.approx(20)


def test_how_much_a_miner_does_is_compared_with_its_own_promise():
    large = [miner(*[1000] * 29) for _ in range(12)]

    small = of(miner(*[100] * 29), large, Topic.WORK)
    slower = of(miner(*[1000] * 28, 300), large, Topic.WORK)

    assert small.p_peer > WATCH
    assert slower.p_peer < ALERT


def uneven(days, today=1.0, since=0):
    """Miners of whom each works half as much on two days of seven, more on some days than on others."""
    chance = np.random.default_rng(days)
    habit = np.array([1, 1, 1, 1, 1, 0.5, 0.5])[(np.arange(29) + days) % 7] * 400
    habit[-1] *= today
    return [miner(*chance.poisson(habit * chance.gamma(20, 1 / 20, 29))[since:].tolist()) for _ in range(30)]


@pytest.mark.parametrize("days", range(7))
def test_a_quiet_day_of_the_week_is_nobodys_trouble(days):
    own, *others = uneven(days)

    assert verdict(of(own, others, Topic.WORK)) is Whose.NORMAL


@pytest.mark.parametrize("days", range(7))
def test_a_day_on_which_all_do_less_than_on_its_like_is_everybodys(days):
    own, *others = uneven(days, today=0.3)

    assert verdict(of(own, others, Topic.WORK)) is Whose.NETWORK


def test_without_a_like_day_nothing_is_said_of_the_amount_of_work():
    assert Topic.WORK not in look(happened("work", 60, accepted=1), happened("work", 5 * DAY, accepted=90)).tallies


ALL_DAY, IN_IT = dict.fromkeys(range(1, 24), 1), {2: 8, 3: 8, 4: 8}


def test_who_was_active_mostly_during_an_incident_is_no_worse_than_others():
    """Everybody fails in two of three in hours 2 to 4; one customer tried in these hours alone."""
    others = [at_hours({2: 4, 3: 4, 4: 4, 9: 1}, {**dict.fromkeys(range(24), 3), **dict.fromkeys((2, 3, 4), 6)})] * 20
    own = at_hours({2: 5, 3: 5, 4: 5}, IN_IT)

    assert of(own, others).p_peer > WATCH
    assert verdict(of(own, others)) is Whose.NETWORK


def test_who_always_fails_more_is_no_worse_than_others_when_as_much_is_added():
    others, own = [trader(9, 40) for _ in range(40)], trader(15, 140)

    assert of(own, others).p_own < ALERT
    assert verdict(of(own, others)) is Whose.NETWORK
    assert verdict(of(trader(20, 40), others)) is Whose.BOTH


def test_who_fails_when_others_do_not_is_worse_though_they_fail_at_other_hours():
    others = [at_hours({12: 2, 13: 2, 14: 2}, {**dict.fromkeys(range(24), 2), **dict.fromkeys((12, 13, 14), 3)})] * 20
    own = at_hours({2: 6, 3: 6, 4: 6}, IN_IT)

    standing = of(own, others)

    assert standing.p_peer < ALERT
    assert verdict(standing) in (Whose.CUSTOMER, Whose.BOTH)


def test_an_outage_of_three_hours_is_told_to_who_felt_it_though_the_day_is_well():
    others = [at_hours({2: 1, 3: 1}, {1: 4, 2: 2, 3: 2, **dict.fromkeys(range(5, 24), 8)}, (600, 6000))] * 24
    felt, slept = at_hours({2: 5, 3: 5}, {2: 8, 3: 8}), at_hours({12: 1}, {12: 8, 13: 8})

    assert of(felt, others).p_net < ALERT
    assert of(slept, others).p_net > WATCH


def test_what_the_users_of_a_pool_have_in_common_is_not_blamed_on_one_of_them():
    bad, day = dict.fromkeys(range(1, 24), 2), dict.fromkeys(range(1, 24), 4)
    sharing = [at_hours(bad, day, pool="a") for _ in range(4)]
    well = [at_hours({5: 2}, day, pool="b") for _ in range(30)]
    own = at_hours(bad, day, pool="a")

    standing = of(own, sharing + well)
    assert (standing.among, standing.others) == ("pool a", 4)
    assert verdict(standing) is Whose.NETWORK
    assert verdict(of(own, sharing[:2] + well)) is Whose.CUSTOMER
    assert verdict(of(at_hours(bad, day), sharing + well)) is Whose.CUSTOMER
    assert verdict(of(own, [at_hours({5: 2}, day, pool="a")] * 4 + well)) is Whose.CUSTOMER


def test_what_is_set_aside_for_those_who_share_a_pool_says_so():
    bad, day = dict.fromkeys(range(1, 24), 2), dict.fromkeys(range(1, 24), 4)
    standing = of(at_hours(bad, day, pool="a"), [at_hours(bad, day, pool="a")] * 4 + [at_hours({5: 2}, day)] * 30)
    features = {"tx.attempted": 92, "tx.failed": 46, "swap.quote_age_s": 25.0}
    late = made.seen({"kind": "error", "program": "jupiter_v6", "code": 6001, "name": "SlippageToleranceExceeded"})

    found = diagnose(Case(made.NOW, features, [late], {Topic.TRANSACTIONS: standing}), made.knowledge())

    assert [each.id for each in found.findings if each.id.startswith("META-0")] == ["META-02"]
    (aside,) = (each for each in found.set_aside if each.id == "DEX-02")
    assert aside.because.startswith("`transactions` is bad for 4 others who use `pool a` as well")


def test_a_member_is_not_among_its_own_others():
    seen = {place: trader(2, 40) for place in range(12)} | {12: trader(18, 40)}
    crowd = gather(seen)
    owned = [(who, compared(each, crowd.slippage)) for who, each in seen.items()]

    without = gather({who: each for who, each in seen.items() if who != 12})
    assert standings(owned, crowd)[12] == standings(owned[12:], without)[0]


def test_many_at_once_are_answered_as_each_alone():
    seen = {place: at_hours({2: place % 5}, {2: 6, 9: place + 1}, (place, 100)) for place in range(12)}
    crowd = gather(seen)
    owned = [(who, compared(each, crowd.slippage)) for who, each in seen.items()]

    assert standings(owned, crowd) == [standings([each], crowd)[0] for each in owned]


def test_a_chart_begins_at_the_own_rate():
    usual, own = failures.Drift(), failures.chart(Counts(300, 1000))

    assert failures.chart(Counts(0, 0)).p0 == pytest.approx(usual.p0)
    assert failures.chart(Counts(0, 0)).p1 == pytest.approx(usual.p1)
    assert own.p0 == pytest.approx(302 / 1020)
    assert own.p1 / (1 - own.p1) == pytest.approx(own.p0 / (1 - own.p0) * (0.35 / 0.65) / (0.1 / 0.9))
