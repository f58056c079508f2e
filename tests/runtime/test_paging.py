"""Who is written to about what: at once, once a day, or not at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from keepwell.alerts.rota import Person
from keepwell.base.time import DAY_US, HOUR_US
from keepwell.config.settings import Settings
from keepwell.config.staff import alone
from keepwell.runtime import cycle, paging
from keepwell.runtime.alertbook import StoredAlerts
from keepwell.runtime.ports.alerts import Deed
from keepwell.runtime.receive import Parcel, receive
from keepwell.store import alerts, outbox
from keepwell.store.customers import all_ids
from tests.alerts.scenarios import events
from tests.histories import NOW, house

MORNING = NOW // DAY_US * DAY_US + paging.DIGEST_HOUR * HOUR_US + DAY_US


@pytest.fixture
def space():
    with house() as workspace, workspace.writing():
        rota = alone("Ada Byron")
        ada = Person("ada_byron", "Ada Byron", ("inbox", "email"), email="ada@keepwell.example")
        workspace.alarms = replace(workspace.alarms, rota=replace_people(rota, ada))
        yield workspace


def replace_people(rota, *people):
    return type(rota)({person.key: person for person in people}, rota.shifts, rota.levels)


def happens(space, *history, at=NOW + 1):
    """Events arrive, and what they cause is written."""
    receive(space, [Parcel("key:1", events(list(history)))], NOW)
    while cycle.fold(space):
        pass
    evaluate(space, at)


def evaluate(space, at):
    """Look at everybody, and write what follows."""
    ready = cycle.prepare(space, at)
    with space.database.write() as session:
        done = cycle.rescore(session, ready, list(all_ids(session)), at)
        paging.post(session, desk(space), done.outcome, at)


def desk(space):
    return paging.Desk(space.alarms, Settings(data=space.folder, public_url="https://kw.example"))


def letters(space):
    with space.database.read() as session:
        return outbox.listed(session, 100)


def test_a_severe_one_goes_to_its_owner_at_once(space):
    happens(space, ("ticket_opened", 0.0, {"ticket": "t", "severity": "urgent"}))

    (letter,) = letters(space)
    assert (letter.channel, letter.recipient, letter.urgent) == ("email", "ada@keepwell.example", True)
    assert "https://kw.example/alerts/1" in letter.payload


def test_nothing_is_written_twice_about_what_goes_on(space):
    for _ in range(5):
        happens(space, ("ticket_opened", 0.0, {"ticket": "t", "severity": "urgent"}))

    assert len(letters(space)) == 1


def test_what_goes_on_unchanged_is_not_written_again(space):
    def states():
        with space.database.read() as session:
            return alerts.all_states(session, ["ticket_severity_high"])

    happens(space, ("ticket_opened", 0.0, {"ticket": "t", "severity": "urgent"}))
    before = states()
    evaluate(space, NOW + 5 * HOUR_US)

    assert states() == before


def test_another_urgent_ticket_is_told_to_who_took_care_of_the_first(space):
    happens(space, ("ticket_opened", 0.0, {"ticket": "t", "severity": "urgent"}))
    book = StoredAlerts(space, lambda: NOW + 2, lambda *_: None, lambda: None)
    book.act([1], Deed("acknowledge", "ada"))
    happens(space, ("ticket_opened", 0.0, {"ticket": "u", "severity": "urgent"}), at=NOW + 3)

    assert len(letters(space)) == 2
    assert book.alert(1).line.because == "2 open tickets of severity urgent or escalated"


def test_the_digest_is_written_once_a_day_and_not_before_its_hour(space):
    happens(space, ("ticket_opened", 0.0, {"ticket": "t", "severity": "high"}))
    before = len(letters(space))
    written = []
    for at in (MORNING - HOUR_US, MORNING, MORNING + HOUR_US, MORNING + DAY_US):
        with space.database.write() as session:
            written.append(paging.write_digests(session, desk(space), at))

    assert written == [0, 1, 0, 1]
    assert len(letters(space)) == before + 2


def test_who_reads_the_inbox_only_gets_no_letter(space):
    space.alarms = replace(space.alarms, rota=alone("Ada Byron"))
    happens(space, ("ticket_opened", 0.0, {"ticket": "t", "severity": "urgent"}))
    with space.database.write() as session:
        assert paging.write_digests(session, desk(space), MORNING) == 0

    assert letters(space) == []
