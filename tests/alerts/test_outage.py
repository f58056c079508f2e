"""Outage or silence: what is the matter with everybody is one incident, and no alert about anybody."""

from __future__ import annotations

import numpy as np
import pytest

from keepwell.alerts.incident import Began, Ended, Noticed, decide
from keepwell.alerts.outage import (
    Failing,
    Kind,
    Pulse,
    Signal,
    SourcePulse,
    broken_join,
    failing,
    fallen,
    mass_change,
    silent_sources,
)
from keepwell.base.time import HOUR_US

HOURS = 24 * 7 * 5
NOW = 10**6 * HOUR_US


def busy(a_day: int = 2000, seed: int = 1):
    """Five weeks of hours with a night in each day."""
    rate = a_day / 24 * (1 + 0.8 * np.sin(np.arange(HOURS) * 2 * np.pi / 24))
    return np.random.default_rng(seed).poisson(rate).astype(np.int64)


def source(silent_h: float, hourly=None):
    return SourcePulse("key:1", "site", NOW - round(silent_h * HOUR_US), busy() if hourly is None else hourly)


@pytest.mark.parametrize(("silent_h", "found"), [(0.2, False), (0.6, True), (6, True)])
def test_a_source_that_sends_all_the_time_is_missed_soon(silent_h, found):
    assert bool(silent_sources([source(silent_h)], NOW)) is found


def test_a_source_that_sends_seldom_is_given_time():
    seldom = np.zeros(HOURS, np.int64)
    seldom[::12] = 1
    assert not silent_sources([source(48, seldom)], NOW)
    assert silent_sources([source(24 * 40, seldom)], NOW)


def pulse(hourly):
    return Pulse(Kind.FLEET, "", "Activity", hourly)


@pytest.mark.parametrize("seed", range(40))
def test_ordinary_ups_and_downs_are_no_incident(seed):
    assert fallen([pulse(busy(seed=seed))]) == []


@pytest.mark.parametrize(
    ("hours", "factor", "found"), [(2, 0.1, True), (6, 0.3, True), (24, 0.4, True), (24, 0.8, False)]
)
def test_a_fall_to_less_than_half_is_one(hours, factor, found):
    hourly = busy(20_000)
    hourly[-hours:] = (hourly[-hours:] * factor).astype(np.int64)
    assert bool(fallen([pulse(hourly)])) is found


def test_nothing_is_said_of_few_events_or_of_a_first_week():
    assert fallen([pulse(np.zeros(HOURS, np.int64))]) == []
    fresh = busy(20_000)[: 24 * 5]
    fresh[-6:] = 0
    assert fallen([pulse(fresh)]) == []


@pytest.mark.parametrize("hours", [0, 1, 2, 5, 6, 7])
def test_nothing_is_said_of_a_few_first_hours(hours):
    assert fallen([pulse(busy(20_000)[:hours])]) == []


def test_more_failures_than_usual_for_everybody_is_one():
    usual = {"tried_before": 10_000, "bad_before": 300}
    assert failing([Failing(Kind.CHAIN, "solana", "solana", 500, 250, **usual)])
    assert not failing([Failing(Kind.CHAIN, "solana", "solana", 500, 20, **usual)])
    assert not failing([Failing(Kind.CHAIN, "solana", "solana", 10, 9, **usual)])


def test_events_that_no_longer_find_their_customers_are_one():
    accepted = busy(2000)
    counted = accepted * 9 // 10
    assert broken_join(accepted, counted) == []
    counted[-6:] //= 4
    (found,) = broken_join(accepted, counted)
    assert found.kind is Kind.JOIN
    assert broken_join(accepted[-48:], counted[-48:]) == []


@pytest.mark.parametrize(
    ("customers", "fell", "found"), [(1000, 201, True), (1000, 200, False), (50, 19, False), (50, 20, True)]
)
def test_a_mass_change_asks_a_person(customers, fell, found):
    assert bool(mass_change(customers, fell)) is found


def signal(part="site"):
    return Signal(Kind.SOURCE, part, "silent")


def test_an_incident_opens_once_and_ends_after_an_hour_without_its_signal():
    state, began, ended = None, 0, 0
    for minute in range(0, 600, 5):
        at = NOW + minute * HOUR_US // 60
        signals = (signal(),) if minute < 300 else ()
        decision = decide(state, [Noticed(at, signals)], at)
        state = decision.state
        began += sum(isinstance(each, Began) for each in decision.intents)
        ended += sum(isinstance(each, Ended) for each in decision.intents)
        assert (decision.due is None) == (minute < 300 or not state)

    assert (began, ended) == (1, 1)
    assert not state


def test_a_signal_that_comes_and_goes_is_one_incident():
    state, began = None, 0
    for minute in range(0, 600, 5):
        at = NOW + minute * HOUR_US // 60
        decision = decide(state, [Noticed(at, (signal(),) if minute % 30 < 10 else ())], at)
        state, began = decision.state, began + sum(isinstance(each, Began) for each in decision.intents)

    assert began == 1


def test_two_sources_are_two_incidents():
    decision = decide(None, [Noticed(NOW, (signal("a"), signal("b")))], NOW)
    assert len(decision.intents) == 2
