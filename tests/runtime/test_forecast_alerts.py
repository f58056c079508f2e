"""Alerts of forecasts: looked at once the round has published, and never of somebody who has left."""

from __future__ import annotations

import pytest

from keepwell.alerts.alert import Status
from keepwell.runtime import cycle, surveying
from keepwell.runtime.foretelling import Foretelling, Foretold
from keepwell.runtime.publishing import RULE
from keepwell.runtime.worker import Worker
from keepwell.store import alerts
from keepwell.store.customers import number_of
from tests.histories import house
from tests.runtime.forecast_scene import Scene

PEOPLE = ("ada", "bob")
HIGH, LOW = 0.9, 0.3  # of 30 days; those of 90, which alerts read, are lower by a fifth


class Server:
    """A worker and a round of forecasts over the same log, each taking its turn when it is told to."""

    def __init__(self, space) -> None:
        self.scene = Scene(space)
        self.scene.active(PEOPLE, -40, -2)
        self.scene.set_point(0.5)
        self.chances = {"ada": HIGH, "bob": LOW}
        self.fails = False
        self.worker = Worker(space, lambda: self.scene.now, lambda work: work())
        self.rounds = Foretelling(space, self, lambda: self.scene.now, lambda: None)

    def foretell(self, _, midnight):
        if self.fails:
            raise ValueError("no model")
        return Foretold([self.scene.forecasts(self.chances, at=midnight)])

    def settle(self, _):
        return False

    def round(self) -> None:
        self.rounds.once()
        self.scene.now += 60_000_000

    def survey(self) -> None:
        self.worker._look_around()
        self.scene.now += 60_000_000

    def day(self) -> None:
        """The survey is there first, as it is quicker than the round."""
        self.survey()
        self.round()
        self.survey()

    def said(self) -> dict[str, str]:
        """Why the open alerts are, by customer; those whose condition is gone and that only wait for calm left out."""
        with self.scene.space.database.read() as session:
            states = alerts.all_states(session, [RULE])
            numbers = {number_of(session, each): each for each in PEOPLE}
        return {
            numbers[customer]: state.because
            for (customer, _), state in states.items()
            if state.status is Status.OPEN and state.untrue_since is None
        }

    def due(self, *, foretelling: bool = False) -> set[str]:
        with self.scene.space.database.read() as session:
            alarms = cycle.alarms_at(self.scene.space)
            rules = surveying.due_rules(session, alarms, self.scene.now, foretelling=foretelling)
        return {each.id for each in rules}


@pytest.fixture
def server():
    with house() as space, space.writing():
        yield Server(space)


def test_who_crossed_with_the_round_of_the_day_has_an_alert_on_that_day(server):
    server.day()
    assert list(server.said()) == ["ada"]
    server.chances["bob"] = HIGH
    server.scene.go_on(1)
    server.day()
    assert set(server.said()) == {"ada", "bob"}


def test_nothing_is_raised_on_a_forecast_that_is_about_to_be_replaced(server):
    server.day()
    server.chances = {"ada": LOW, "bob": LOW}
    server.scene.go_on(1)
    server.day()
    assert server.said() == {}


def test_what_is_due_waits_for_the_round_only_where_it_rests_on_forecasts(server):
    assert RULE in server.due()
    assert server.due() - server.due(foretelling=True) == {RULE}
    server.day()
    assert server.due() == set()
    server.scene.go_on(1)
    server.round()
    server.survey()
    assert server.due() == set()


def test_a_round_that_fails_holds_no_alert_back(server):
    server.day()
    server.scene.set_point(0.1)
    server.fails = True
    server.scene.go_on(1)
    server.day()
    assert set(server.said()) == {"ada", "bob"}


def test_who_has_left_has_no_alert_whatever_was_forecast(server):
    server.day()
    assert list(server.said()) == ["ada"]
    server.scene.did("ada", 0.1, "subscription_cancelled", ends_at="2024-10-02")
    server.chances = {"ada": HIGH, "bob": HIGH}
    server.scene.go_on(1)
    server.day()
    assert list(server.said()) == ["bob"]
    server.scene.go_on(1.1)
    server.worker._alarm()
    with server.scene.space.database.read() as session:
        state = alerts.all_states(session, [RULE])[number_of(session, "ada"), RULE]
    assert state.status is Status.RESOLVED
