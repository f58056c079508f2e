"""The worker: durable before told, everybody evaluated, and no customer, request or full disk stops the rest."""

from __future__ import annotations

import shutil
from typing import NamedTuple

import pytest

from keepwell.base.time import DAY_US, SECOND_US
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Event, Raw
from keepwell.runtime import chores, cycle, worker
from keepwell.runtime.health import LiveHealth
from keepwell.runtime.ports.health import UnknownEvent
from keepwell.runtime.ports.reception import LaterError
from keepwell.runtime.receive import Parcel, Refusal
from keepwell.runtime.worker import Worker
from keepwell.store import evaluations, rejects, scores
from tests.histories import NOW, house


class Usage(NamedTuple):
    """What `shutil.disk_usage` tells."""

    total: int
    used: int
    free: int


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
def space(request):
    url = request.getfixturevalue("clean_postgres")() if request.param == "postgresql" else None
    with house(url) as workspace, workspace.writing():
        yield workspace


@pytest.fixture
def one(space, clock):
    """A worker whose thread is not started: its steps are taken by hand."""
    return Worker(space, clock, beside=lambda work: work())


def event(number: int, customer: str = "ada", at: int = NOW) -> Event:
    found = accept(Raw(customer, "signed_in", at, message_id=f"m{number}"), Receipt(at, live=True))
    assert isinstance(found, Event)
    return found


def put(one: Worker, *events: Event, source: str = "key:1", refused=()):
    done = one.submit(Parcel(source, events, refused))
    jobs, _ = one._next()
    one._store(jobs)
    return done


def settle(one: Worker) -> None:
    """Slices until nothing is left to do."""
    one._busy = True
    while one._busy:
        one._slice()


def scored(space) -> dict[str, int]:
    with space.database.read() as session:
        names = dict(session.run("SELECT id, external_id FROM customer"))
        return {names[row.customer]: row.as_of for row in scores.current(session)}


def test_what_arrives_is_counted_once_and_scored(space, one, clock):
    first = put(one, event(1), event(2, "bob")).result()
    again = put(one, event(1), event(3), refused=[Refusal(1, "bad_event", "", "{}")]).result()
    clock.now += SECOND_US
    settle(one)

    assert (first.accepted, first.duplicates, first.rejected) == (2, 0, 0)
    assert (again.accepted, again.duplicates, again.rejected) == (1, 1, 1)
    assert scored(space) == {"ada": clock.now, "bob": clock.now}
    with space.database.read() as session:
        assert [each.reason for each in rejects.listed(session)] == ["bad_event"]


def test_sources_tell_how_much_came(space, one, clock):
    put(one, event(1), event(1), source="hook:stripe")
    with space.database.write() as session:
        session.run("SELECT 1")
    (line,) = LiveHealth(one, clock).sources()

    assert (line.name, line.accepted_day, line.duplicates_day, line.last_at) == ("hook:stripe", 1, 1, NOW)


def test_the_same_id_of_two_sources_is_two_events(one):
    assert put(one, event(1), source="key:1").result().accepted == 1
    assert put(one, event(1), source="key:2").result().accepted == 1


def test_a_poisoned_customer_is_set_apart_and_the_rest_go_on(space, one, clock, monkeypatch):
    put(one, *(event(number, f"c{number}") for number in range(20)))
    real = cycle.rescore

    def poisoned(session, ready, customers, now):
        if 7 in customers:
            raise ArithmeticError("boom")
        return real(session, ready, customers, now)

    monkeypatch.setattr(cycle, "rescore", poisoned)
    clock.now += SECOND_US
    settle(one)
    (held,) = LiveHealth(one, clock).watch().held

    assert len(scored(space)) == 19
    assert (held.failures, "boom" in held.reason) == (1, True)
    monkeypatch.undo()
    clock.now += evaluations.RETRY_US + SECOND_US
    settle(one)
    assert len(scored(space)) == 20
    assert not LiveHealth(one, clock).watch().held


def test_a_request_that_cannot_be_written_does_not_take_others_with_it(one, monkeypatch):
    good, bad = one.submit(Parcel("key:1", [event(1)])), one.submit(Parcel("key:2", [event(2)]))
    real = worker.receive

    def picky(workspace, parcels, now):
        if any(parcel.source == "key:2" for parcel in parcels):
            raise ArithmeticError
        return real(workspace, parcels, now)

    monkeypatch.setattr(worker, "receive", picky)
    jobs, _ = one._next()
    one._store(jobs)

    assert good.result().accepted == 1
    with pytest.raises(ArithmeticError):
        bad.result()


def test_too_much_at_once_is_refused_and_nothing_is_lost(one):
    taken = []

    def fill() -> None:
        while True:
            taken.append(one.submit(Parcel("key:1", [event(len(taken))] * 999)))

    with pytest.raises(LaterError):
        fill()
    while one._queue.jobs:
        jobs, _ = one._next()
        one._store(jobs)

    assert len(taken) * 1000 <= worker.WAITING_EVENTS
    assert sum(done.result().accepted for done in taken) == len(taken)


def test_a_full_disk_makes_it_read_only_until_there_is_room(one, monkeypatch):
    monkeypatch.setattr(worker, "CHECKED_EVERY_S", 0.0)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(100, 100, 0))
    one._slice()
    with pytest.raises(LaterError):
        one.submit(Parcel("key:1", [event(1)]))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 0, 10**12))
    one._slice()

    assert put(one, event(1)).result().accepted == 1


def test_names_that_the_plan_does_not_know_are_pointed_out(one, clock):
    strange = [accept(Raw("ada", "Sgined In", NOW, message_id=f"s{each}"), Receipt(NOW, live=True)) for each in (1, 2)]
    put(one, event(1), *strange)

    assert LiveHealth(one, clock).unknown() == [UnknownEvent("Sgined In", 2, NOW)]


def test_stopping_writes_what_waits_and_takes_nothing_more(space, one, clock):
    one.start()
    taken = [one.submit(Parcel("key:1", [event(number)])) for number in range(50)]
    one.stop()

    assert sum(done.result(timeout=0).accepted for done in taken) == 50
    with pytest.raises(LaterError):
        one.submit(Parcel("key:1", [event(51)]))


def test_what_is_written_elsewhere_during_a_slice_is_waited_for(one, monkeypatch):
    put(one, event(1))
    settle(one)
    real = one._score
    settled = []

    def meanwhile() -> int:
        settled.append(one.settle(patience_s=0.0))
        return real()

    monkeypatch.setattr(one, "_score", meanwhile)
    one._slice()

    assert settled == [False]
    assert one._busy
    assert not one._settled.is_set()


def test_while_the_reference_of_a_new_day_is_made_events_are_taken_and_nothing_is_settled(space, clock):
    held = []
    one = Worker(space, clock, beside=held.append)
    put(one, event(1))
    settle(one)
    assert scored(space) == {}
    assert not one.settle(patience_s=0.0)
    one._slice()
    assert not one._settled.is_set()
    assert put(one, event(2)).result(timeout=0).accepted == 1

    _prepared(held)
    assert one._busy
    settle(one)
    assert scored(space).keys() == {"ada"}
    assert one._settled.is_set()

    clock.now += DAY_US
    put(one, event(3, at=clock.now))
    settle(one)
    before = scored(space)
    _prepared(held)
    settle(one)
    assert scored(space) != before


def _prepared(held):
    """Let what was put beside happen, in its order."""
    while held:
        held.pop(0)()


def test_everybody_is_looked_at_before_the_limit_of_their_band(space, one, clock):
    put(one, *(event(number, f"c{number}") for number in range(30)))
    settle(one)
    for _ in range(3 * 24):
        clock.now += DAY_US // 24
        settle(one)
        assert LiveHealth(one, clock).watch().share == 1.0

    assert all(clock.now - at <= DAY_US for at in scored(space).values())


def test_who_was_not_looked_at_is_late(space, one, clock):
    put(one, event(1), event(2, "bob"))
    settle(one)
    clock.now += 2 * DAY_US
    watch = LiveHealth(one, clock).watch()

    assert (watch.customers, watch.late, watch.share) == (2, 2, 0.0)
    assert sorted(watch.late_ids) == ["ada", "bob"]


def test_who_waits_too_long_for_a_new_score_is_late(space, one, clock):
    put(one, event(1))
    cycle.fold(space)
    clock.now += chores.WAITED_TOO_LONG_US + SECOND_US

    assert LiveHealth(one, clock).watch().late == 1


def test_chores_seal_what_is_two_days_old(space, one, clock):
    put(one, event(1))
    settle(one)
    clock.now += 4 * DAY_US
    put(one, event(2, at=clock.now))
    settle(one)
    chores.tidy(space, clock.now)
    with space.database.read() as session:
        assert session.one("SELECT COUNT(*) FROM event") == 1
        assert session.one("SELECT SUM(rows) FROM segment WHERE stream = 'activity'") == 1
