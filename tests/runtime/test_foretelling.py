"""The daily round of forecasts: once a day, taken up again, and never in the way of anything else."""

from __future__ import annotations

import threading

import pytest

from keepwell.base.time import DAY_US
from keepwell.runtime import doctor, foretelling
from keepwell.runtime.foretelling import Foretelling, Foretold
from keepwell.store import forecasts as store
from tests.histories import house
from tests.runtime.forecast_scene import Scene

CHANCES = {"ada": 0.9, "bob": 0.2}


class Round:
    """A scene with a round, and what was asked of the maker of forecasts."""

    def __init__(self, space) -> None:
        self.scene = Scene(space)
        self.asked: list[int] = []
        self.told = 0
        self.counts: tuple[str, ...] = ()
        self.fails: Exception | None = None
        self.settled: list[int] = []
        self.unsettled: Exception | None = None
        self.thread = Foretelling(space, self, lambda: self.scene.now, self.changed)

    def foretell(self, _, now):
        self.asked.append(now)
        if self.fails:
            raise self.fails
        return Foretold([self.scene.forecasts(CHANCES, at=now)], self.counts)

    def settle(self, now):
        self.settled.append(now)
        if self.unsettled:
            raise self.unsettled
        return len(self.settled) == 1

    def changed(self) -> None:
        self.told += 1

    def doctor(self):
        return next(each for each in doctor.checks(self.scene.space, self.scene.now) if each.check == "forecasts")


@pytest.fixture
def round_():
    with house() as space:
        made = Round(space)
        made.scene.active(CHANCES, -20, -2)
        yield made


def test_a_round_is_made_once_a_day(round_):
    assert round_.thread.once()
    assert round_.thread.once()
    assert (len(round_.asked), round_.told) == (1, 1)
    round_.scene.go_on(1)
    assert round_.thread.once()
    assert (len(round_.asked), round_.told) == (2, 1)  # nothing was worth publishing on the second day
    assert len(round_.settled) == 3  # what is shown is looked after each time


def test_nobody_is_nothing_to_forecast():
    with house() as space:
        made = Round(space)
        assert made.thread.once()
        assert made.asked == []


def test_a_failure_is_told_by_the_doctor_until_a_round_comes_to_its_end_and_scoring_goes_on(round_):
    scene = round_.scene
    assert round_.thread.once()
    scene.active(CHANCES, 34)
    scene.go_on(35)
    round_.fails = ValueError("no model")
    assert not round_.thread.once()
    assert scene.came("ada")[0] == "happened"
    assert not round_.doctor().ok
    assert "ValueError: no model" in round_.doctor().detail
    assert (scene.book().report().failed_at, scene.book().report().failed) == (scene.now, "ValueError: no model")
    round_.fails = None
    assert round_.thread.once()
    assert round_.doctor().ok
    assert len(scene.book().past("ada", 9)) == 2


def test_a_round_that_was_cut_off_is_taken_up_and_doubles_nothing(round_, monkeypatch):
    scene = round_.scene
    with monkeypatch.context() as patch:
        patch.setattr("keepwell.runtime.foretelling.set_mark", _crash)
        with pytest.raises(SystemExit):
            round_.thread.once()
    assert scene.rows("ledger_entry") == 1
    scene.now += 60_000_000
    assert round_.thread.once()
    assert (scene.rows("ledger_entry"), len(scene.told()), scene.flaws()) == (1, 2, [])


def test_what_could_not_be_shown_is_tried_again_and_was_published_nevertheless(round_):
    round_.unsettled = OSError("no room")
    assert not round_.thread.once()
    assert "OSError: no room" in round_.doctor().detail
    assert len(round_.scene.told()) == 2
    round_.unsettled, round_.settled = None, []
    assert round_.thread.once()
    assert round_.doctor().ok
    assert round_.asked == round_.asked[:1]


def _crash(*_):
    raise SystemExit


def test_a_failure_that_cannot_be_written_down_ends_nothing(round_, monkeypatch):
    round_.fails = ValueError("no model")
    monkeypatch.setattr("keepwell.runtime.foretelling.set_mark", _refuse)
    assert not round_.thread.once()


def _refuse(*_):
    raise OSError("the disk is full")


def test_the_thread_begins_and_ends(round_):
    done = threading.Event()
    round_.thread._changed = done.set
    round_.thread.start()
    assert done.wait(30)
    round_.thread.stop()
    assert "keepwell-foretelling" not in {each.name for each in threading.enumerate()}


def test_forecasts_are_of_midnight_and_judged_by_the_events_they_were_made_of(round_):
    round_.counts = ("order placed", "login")
    assert round_.thread.once()
    with round_.scene.space.database.read() as session:
        (published,) = store.publications(session)
    assert round_.asked == [round_.scene.now // DAY_US * DAY_US]
    assert (published.made_at, published.basis.known_before) == (round_.asked[0], round_.asked[0])
    assert published.basis.counts == round_.counts


def test_a_day_is_a_utc_day(round_):
    space, now = round_.scene.space, round_.scene.now
    assert round_.thread.once()
    midnight = (now // DAY_US + 1) * DAY_US
    with space.database.read() as session:
        assert not foretelling.is_due(session, midnight - 1)
        assert foretelling.is_due(session, midnight)
