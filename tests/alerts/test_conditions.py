"""Conditions: each rule fires on its history and not on the neighbour; and one reading serves one and all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from keepwell.alerts.conditions import CONDITIONS
from keepwell.alerts.fleet import Fleet
from keepwell.alerts.rule import Cadence
from keepwell.base.time import DAY_US, last_day_before
from keepwell.config.alerts import shipped_rules
from keepwell.events.event import Event
from keepwell.metrics.view import View
from keepwell.runtime import cycle, rounds, seeing
from keepwell.runtime.history import refresh
from keepwell.runtime.receive import Parcel, receive
from keepwell.runtime.scoring import Scored
from keepwell.store import evaluations, rollups
from tests.alerts.scenarios import SCENARIOS, events, others
from tests.histories import NOW, house, put

RULES = shipped_rules()
OF_THE_SCORE = ("score_drop_15", "band_fell")


def test_every_rule_has_a_condition_and_every_condition_a_rule():
    assert RULES.keys() == CONDITIONS.keys() == SCENARIOS.keys()


@pytest.fixture(scope="module")
def crowd():
    """Everybody of all scenarios, and ordinary customers beside."""
    with house() as space:
        found: list[Event] = [each for name, history in others(12) for each in events(history, name)]
        for rule, (fires, does_not) in SCENARIOS.items():
            found += events(fires(), f"{rule}-yes") + events(does_not(), f"{rule}-no")
        arrive(space, found)
        yield space


def arrive(space, found):
    """What is older comes from a file, the rest live."""
    put(space, [each for each in found if each.occurred_at < NOW - 2 * DAY_US])
    receive(space, [Parcel("key:1", [each for each in found if each.occurred_at >= NOW - 2 * DAY_US])], NOW)
    refresh(space, NOW)
    while cycle.fold(space):
        pass
    with space.database.write() as session:
        rounds.diagnose_everybody(session)
    rounds.catch_up(space, NOW - 1)


def names(space, seen):
    with space.database.read() as session:
        known = dict(session.run("SELECT id, external_id FROM customer"))
    return [known[each] for each in seeing.customers_of(seen).tolist()]


@pytest.fixture(scope="module")
def seen(crowd):
    return seeing.everybody(crowd, NOW)


@pytest.mark.parametrize("rule", [name for name in SCENARIOS if name not in OF_THE_SCORE])
def test_a_history_fires_its_rule_and_its_neighbour_does_not(crowd, seen, rule):
    found = CONDITIONS[rule].read(seen, RULES[rule].params)
    named = names(crowd, seen)
    holding = {named[row] for row in np.flatnonzero(found.holds)}

    assert f"{rule}-yes" in holding
    assert f"{rule}-no" not in holding
    assert not any(name.startswith("other") for name in holding)


@pytest.mark.parametrize("rule", RULES)
def test_what_fires_says_why_with_numbers(seen, rule):
    found = CONDITIONS[rule].read(seen, RULES[rule].params)

    assert len(found.holds) == len(found.measure) == len(found.threshold) == len(seen)
    for row in np.flatnonzero(found.holds).tolist():
        assert found.because(row)
        assert all(label and value for label, value in found.evidence(row))
        assert any(character.isdigit() for _, value in found.evidence(row) for character in value)


def scores(seen, **columns):
    """The same customers with other scores."""
    return replace(seen, scores=replace(seen.scores, **columns))


def test_a_steep_fall_of_the_score_fires(seen):
    now = np.full(len(seen), 70.0)
    before = np.full(len(seen), 84.0)
    before[0], before[1] = 85.0, np.nan
    fresh = scores(seen, score=now, provisional=np.zeros(len(seen), np.bool_))
    found = CONDITIONS["score_drop_15"].read(replace(fresh, past=replace(seen.past, week_ago=before)), {"points": 15})

    assert np.flatnonzero(found.holds).tolist() == [0]


def test_a_lower_band_fires_for_a_week(seen):
    fell = np.zeros(len(seen), np.int64)
    fell[:3] = NOW - np.array([1, 8, 1]) * DAY_US
    standing = np.full(len(seen), 1)
    standing[2] = 2
    past = replace(seen.past, fell_at=fell, standing=standing)
    found = CONDITIONS["band_fell"].read(replace(seen, past=past), {"days": 7})

    assert np.flatnonzero(found.holds).tolist() == [0]


@pytest.mark.parametrize("rule", [rule.id for rule in RULES.values() if rule.cadence is Cadence.IMMEDIATE])
def test_one_customer_alone_is_seen_as_among_all(crowd, seen, rule):
    """The live path looks at few, out of the rollups; the survey at all, out of the log."""
    known = names(crowd, seen)
    alone = CONDITIONS[rule].read(_few(crowd, seen), RULES[rule].params)
    among = CONDITIONS[rule].read(seen, RULES[rule].params)

    assert [known[row] for row in np.flatnonzero(alone.holds)] == [known[row] for row in np.flatnonzero(among.holds)]


def _few(space, seen):
    now, day = NOW, last_day_before(NOW)
    customers = seeing.customers_of(seen).tolist()
    with space.database.write() as session:
        table = rollups.aggregate(session, [(0, now, day, 1)], customers)
        scored = Scored(View(table, seen.view.references), cycle.prepare(space, now).deck)
        found, _ = seeing.few(session, scored, seeing.Fresh(seen.fleet, RULES), now)
    return found


def test_everybody_again_is_the_same_in_any_order_of_arrival(crowd):
    first, second = (seeing.everybody(crowd, NOW) for _ in range(2))
    for rule in RULES.values():
        holds = [CONDITIONS[rule.id].read(each, rule.params).holds.tolist() for each in (first, second)]
        assert holds[0] == holds[1]


def test_with_nobody_there_is_nothing_to_say():
    with house() as space:
        empty = seeing.everybody(space, NOW)
        for rule in RULES.values():
            assert not CONDITIONS[rule.id].read(empty, rule.params).holds.any()
        assert empty.fleet == Fleet(last_day_before(NOW))


def test_who_paused_or_left_is_not_called_silent():
    with house() as space:
        fires, _ = SCENARIOS["login_absence_72h"]
        paused = [*fires(), ("customer_paused", 1.0, {"until": "2030-01-01"})]
        arrive(space, [*events(fires()), *events(paused, "bob")])
        found = seeing.everybody(space, NOW)
        holds = CONDITIONS["login_absence_72h"].read(found, RULES["login_absence_72h"].params).holds

        assert [name for name, held in zip(names(space, found), holds, strict=True) if held] == ["ada"]


def test_an_event_makes_an_alert_in_the_same_turn():
    with house() as space, space.writing():
        (ticket,) = events([("ticket_opened", 0.0, {"ticket": "t", "severity": "urgent"})])
        receive(space, [Parcel("key:1", [ticket])], NOW)
        cycle.turn(space, NOW + 1)
        with space.database.read() as session:
            rows = session.run("SELECT rule, status, severity FROM alert")
            waiting = evaluations.touched(session, NOW + 2, 10)

    assert rows == [("ticket_severity_high", "open", "critical")]
    assert not waiting
