"""A dead feed and a stumbling chain are one incident each, and nobody is alarmed about a customer."""

from __future__ import annotations

import pytest

from keepwell.base.time import DAY_US, HOUR_US
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Event, Raw
from keepwell.runtime import cycle, outages, surveying
from keepwell.runtime.receive import Parcel, receive
from keepwell.store import evaluations, incidents
from keepwell.store.customers import ids_of
from tests.histories import NOW, house

CUSTOMERS = 24
STEP = 2  # hours between two rounds of events
FUNDS = [f"c{number}" for number in range(CUSTOMERS) if number % 12 < 5]
SWAP = {"kind": "swap", "asset": "SOL", "amount": 1}


def nothing(*_args):
    """Letters are not what is looked at here."""


class Life:
    """A platform that lives on: everybody signs in and trades on two chains every other hour."""

    def __init__(self, space) -> None:
        self.space = space
        self.now = NOW - 45 * DAY_US
        self.number = 0

    def event(self, customer: str, name: str, **properties) -> Event:
        self.number += 1
        raw = Raw(customer, name, self.now, properties, message_id=f"m{self.number}")
        found = accept(raw, Receipt(self.now, live=True))
        assert isinstance(found, Event)
        return found

    def named(self):
        """Ten customers of both chains are of one segment, the others of another."""
        events = [
            self.event(name, "customer_updated", segment="funds" if name in FUNDS else "retail")
            for name in (f"c{number}" for number in range(CUSTOMERS))
        ]
        receive(self.space, [Parcel("key:1", events)], self.now)

    def round(self, chains=("solana", "base"), failing=(), silent=()):
        """One round of events, folded."""
        events = []
        for number in range(CUSTOMERS):
            name = f"c{number}"
            if name in silent:
                continue
            if number % 3 == self.now // HOUR_US // STEP % 3:
                events.append(self.event(name, "signed_in"))
            chain = ("solana", "base")[number % 2]
            if chain in chains:
                status = "failed" if chain in failing else "succeeded"
                events.append(self.event(name, "transaction", chain=chain, status=status, **SWAP))
        receive(self.space, [Parcel("key:1", events)], self.now)

    def fold(self):
        while cycle.fold(self.space):
            pass

    def live(self, hours: float, **how):
        """Hours of ordinary life, or of what `how` says."""
        for _ in range(round(hours / STEP)):
            self.now += STEP * HOUR_US
            if how.get("feed", True):
                self.round(**{key: value for key, value in how.items() if key != "feed"})
        self.fold()

    def watch(self, hours: float, **how):
        """As `live`, looking for outages and at everybody's immediate rules every two hours."""
        for _ in range(round(hours / STEP)):
            self.live(STEP, **how)
            outages.check(self.space, cycle.alarms_at(self.space), self.now, nothing)
            self.evaluate()

    def evaluate(self):
        """Score whom something happened to, and who is due."""
        cycle.turn(self.space, self.now)
        ready = cycle.prepare(self.space, self.now)
        with self.space.database.write() as session:
            cycle.rescore(session, ready, evaluations.due(session, self.now, 1000), self.now)

    def survey(self):
        alarms = cycle.alarms_at(self.space)
        rules = [each for each in alarms.rules.values() if each.quiet]
        surveying.survey(self.space, alarms, rules, self.now, nothing)

    def told(self) -> list[tuple[str, str]]:
        """Incidents as kind and part."""
        with self.space.database.read() as session:
            return [(each.kind, each.part) for each in incidents.listed(session, 100)]

    def shown(self) -> list[tuple[object, ...]]:
        """Alerts that anybody was asked to answer."""
        with self.space.database.read() as session:
            return session.run("SELECT rule, customer FROM alert WHERE respond_by IS NOT NULL")


@pytest.fixture(scope="module")
def ordinary():
    with house() as space, space.writing():
        life = Life(space)
        life.named()
        life.live(44 * 24)
        cycle.turn(space, life.now)
        yield life


@pytest.fixture
def life(ordinary, monkeypatch):
    """The same weeks for each test; what happens after them is undone."""
    database = ordinary.space.database
    with database.write() as session:
        session.run("SAVEPOINT before")
        monkeypatch.setattr(database, "_session", session)
        kept = ordinary.now, ordinary.number
        monkeypatch.setattr(type(database), "read", lambda self: self.write())
        yield ordinary
        ordinary.now, ordinary.number = kept
        session.run("ROLLBACK TO SAVEPOINT before")


def test_ordinary_life_is_no_incident(life):
    life.watch(24)
    assert life.told() == []
    assert life.shown() == []


def test_a_dead_feed_is_one_incident_and_nobody_is_called_silent(life):
    life.watch(5 * 24, feed=False)
    life.survey()
    assert life.told() == [("source", "key:1")]
    assert life.shown() == []

    life.watch(48)
    life.survey()
    with life.space.database.read() as session:
        assert incidents.open_ones(session) == []
    assert life.told() == [("source", "key:1")]
    assert life.shown() == []


def test_a_chain_that_fails_is_one_incident_and_no_customers_alert(life):
    life.watch(24, failing=("solana",))
    assert life.told() == [("chain", "solana")]
    assert life.shown() == []

    life.watch(48)
    assert life.shown() == []


def test_a_chain_that_stops_is_one_incident(life):
    life.watch(24, chains=("base",))
    assert life.told() == [("chain", "solana")]


def test_one_customer_that_goes_quiet_is_no_incident_but_an_alert(life):
    life.watch(9 * 24, silent=("c3",))
    assert life.told() == []
    assert {rule for rule, _ in life.shown()} >= {"login_absence_72h"}


def test_a_quiet_customer_is_still_found_after_an_outage(life):
    life.watch(24, feed=False)
    life.watch(9 * 24, silent=("c3",))
    assert life.told() == [("source", "key:1")]
    assert {rule for rule, _ in life.shown()} >= {"login_absence_72h"}


def test_a_segment_that_stops_is_one_incident_and_holds_its_alerts(life):
    for _ in range(6):
        life.watch(24, silent=FUNDS)
        life.survey()
        assert life.told() == [("segment", "funds")]
    assert life.shown() == []


def test_of_a_segment_that_stays_away_every_customer_is_told_in_the_end(life):
    for _ in range(18):
        life.watch(24, silent=FUNDS)
        life.survey()
    with life.space.database.read() as session:
        assert incidents.open_ones(session) == []
        names = ids_of(session, [customer for _, customer in life.shown()])
    assert set(names.values()) == set(FUNDS)


def test_a_dead_feed_is_no_segment_that_fell(life):
    for _ in range(3):
        life.watch(24, feed=False)
        life.survey()
    for _ in range(3):
        life.watch(24)
        life.survey()
    assert life.told() == [("source", "key:1")]
