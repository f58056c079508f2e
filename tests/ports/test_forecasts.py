"""The ledger of forecasts in the store, on SQLite and on PostgreSQL."""

from __future__ import annotations

import dataclasses
import importlib

import pytest

from keepwell.base.time import DAY_US
from keepwell.predictions.drift import Contest
from keepwell.predictions.forecast import Outcome, Stage
from keepwell.predictions.ledger import ForecastsRefusedError
from keepwell.predictions.ledger_check import verify
from keepwell.runtime import doctor, publishing
from keepwell.store import forecasts as store
from keepwell.store.customers import number_of
from tests.histories import NOW, house
from tests.runtime.forecast_scene import Scene

PEOPLE = ("ada", "bob", "cyd", "dee", "eva")
CHANCES = dict(zip(PEOPLE, (0.9, 0.2, 0.4, 0.6, 0.1), strict=True))


@pytest.fixture(params=["sqlite", "postgresql"])
def scene(request):
    url = request.getfixturevalue("clean_postgres")() if request.param == "postgresql" else None
    with house(url) as space:
        made = Scene(space)
        made.active(PEOPLE, -40, -10, -2)
        yield made


local = pytest.mark.parametrize("scene", ["sqlite"], indirect=True)


@pytest.fixture
def small(monkeypatch):
    """Two rows a part, and one part a transaction."""
    monkeypatch.setattr("keepwell.predictions.sheet.ROWS", 2)
    monkeypatch.setattr("keepwell.runtime.publishing.TOLD_AT_ONCE", 1)


def test_what_was_published_is_read_back(scene, small):
    (number,) = scene.publish(CHANCES)
    line = scene.book().newest("dee")
    assert (line.publication, line.made_at, line.published_at, line.known_before) == (number, NOW, NOW, NOW)
    assert (line.outcome, line.lead_days, line.stage, line.because, line.model) == ("inactivity", 0, 2, "few", "m1")
    assert [(each.days, each.chance, each.came) for each in line.horizons] == [
        (30, 0.6, "open"), (60, 0.54, "open"), (90, 0.486, "open")
    ]  # fmt: skip
    assert [(each.low, each.high) for each in line.horizons] == [(0.3, 0.9), (0.27, 0.81), (0.243, 0.729)]
    assert [each.ends_at for each in line.horizons] == [NOW + days * DAY_US for days in (30, 60, 90)]
    assert scene.book().newest("nobody") is None
    assert scene.flaws() == []


def test_events_are_made_in_the_log_with_the_chance_of_90_days(scene, small):
    scene.publish(CHANCES)
    assert sorted(scene.told()) == [("ada", 729), ("bob", 162), ("cyd", 324), ("dee", 486), ("eva", 81)]
    assert scene.book().newest("ada").told


def test_a_model_that_abstains_publishes_why_and_nothing_to_be_scored(scene):
    nothing = scene.forecasts({}, stage=Stage.FACTS, because="not enough history")
    assert scene.publish(None, nothing) == [1]
    assert (scene.rows("ledger_entry"), scene.rows("ledger_part"), scene.rows("ledger_window")) == (1, 0, 0)
    assert scene.flaws() == []


@local
def test_a_horizon_that_is_not_answered_is_none(scene):
    made = scene.forecasts(CHANCES)
    made.chance[0, 1] = made.low[0, 1] = made.high[0, 1] = float("nan")
    scene.publish(None, made)
    line = scene.book().newest("ada")
    assert [each.chance for each in line.horizons] == [0.9, None, 0.729]


# ---------------------------------------------------------------------- once, whatever happens


def test_the_same_day_is_published_once(scene, small):
    first = scene.publish(CHANCES)
    before = scene.told(), scene.rows("ledger_part"), scene.book().verify().head
    scene.now += 3600
    assert scene.publish({**CHANCES, "ada": 0.1}) == first
    assert (scene.told(), scene.rows("ledger_part"), scene.book().verify().head) == before


WRITES = ("publish", "note", "note_told", "introduce", "append")
PUBLISHING = tuple(f"keepwell.store.forecasts.{each}" for each in WRITES)
TELLING = ("keepwell.runtime.publishing.receive", "keepwell.runtime.publishing.set_mark")
SCORING = tuple(f"keepwell.store.forecasts.{each}" for each in ("score", "append", "set_mark"))


def test_a_crash_while_publishing_leaves_nothing(scene, small, monkeypatch):
    for step in (*PUBLISHING, *TELLING):
        with monkeypatch.context() as patch:
            _crash_at(patch, step)
            with pytest.raises(SystemExit):
                scene.publish(CHANCES)
        tables = [scene.rows(f"ledger_{each}") for each in ("entry", "part", "window", "customer")]
        assert (tables, scene.told(), scene.flaws()) == ([0, 0, 0, 0], [], []), step


@local
@pytest.mark.parametrize("step", TELLING)
def test_a_crash_while_telling_is_taken_up_where_it_was(scene, small, monkeypatch, step):
    with monkeypatch.context() as patch:
        _crash_at(patch, step, after=2 if step.endswith("set_mark") else 1)
        with pytest.raises(SystemExit):
            scene.publish(CHANCES)
    assert (len(scene.told()), scene.rows("ledger_entry"), scene.flaws()) == (2, 1, [])

    assert scene.publish(CHANCES) == [1]
    assert sorted(name for name, _ in scene.told()) == sorted(PEOPLE)
    assert (scene.rows("ledger_entry"), scene.flaws()) == (1, [])


def test_a_crash_while_scoring_leaves_no_half_and_no_double(scene, monkeypatch):
    scene.publish(CHANCES)
    scene.active(("bob",), 34)
    scene.go_on(35)
    for step in SCORING:
        with monkeypatch.context() as patch:
            _crash_at(patch, step)
            with pytest.raises(SystemExit):
                scene.score()
        assert (scene.rows("ledger_entry"), scene.came("ada")[0], scene.flaws()) == (1, "open", []), step

    assert len(scene.score()) == 1
    assert (scene.rows("ledger_entry"), scene.came("ada")[0], scene.flaws()) == (2, "happened", [])
    assert scene.score() == []


def _crash_at(patch, step: str, after: int = 0) -> None:
    """The step is done in full before the crash, `after` times without one."""
    module, name = step.rsplit(".", 1)
    holder = importlib.import_module(module)
    whole, calls = getattr(holder, name), []

    def done(*given, **named):
        found = whole(*given, **named)
        calls.append(1)
        if len(calls) > after:
            raise SystemExit
        return found

    patch.setattr(holder, name, done)


def test_a_horizon_is_scored_once_also_by_two_at_a_time(scene, monkeypatch):
    scene.publish(CHANCES)
    scene.active(PEOPLE, 34)
    scene.go_on(35)
    with scene.space.database.read() as session:
        window = store.open_windows(session, scene.now)[0]
    assert publishing._score(scene.space, window, scene.now) is not None
    assert publishing._score(scene.space, window, scene.now) is None
    assert (scene.rows("ledger_entry"), scene.flaws()) == (2, [])


# ---------------------------------------------------------------------- what is refused


REFUSED = (
    ({"at": NOW + 1}, "a moment that lies ahead"),
    ({"at": NOW - 2 * DAY_US}, "a moment that lies ahead"),
    ({"at": NOW - 1}, "more is known"),
    ({"horizons": (60, 30, 90)}, "horizons do not ascend"),
    ({"horizons": (30, 60)}, "a chance each is missing"),
)


@local
def test_forecasts_that_are_malformed_or_know_too_much_are_refused(scene):
    whole = scene.forecasts(CHANCES)
    for changed, problem in REFUSED:
        with pytest.raises(ForecastsRefusedError, match=problem):
            scene.publish(None, dataclasses.replace(whole, **changed))
    assert scene.rows("ledger_entry") == 0


@local
def test_chances_beyond_one_and_customers_in_disorder_are_refused(scene):
    for wrong in (1.01, -0.01, float("inf")):
        made = scene.forecasts(CHANCES)
        made.chance[2, 2] = wrong
        with pytest.raises(ForecastsRefusedError, match="between 0 and 1"):
            scene.publish(None, made)
    made = scene.forecasts(CHANCES)
    made.customer[0] = made.customer[1]
    with pytest.raises(ForecastsRefusedError, match="customers do not ascend"):
        scene.publish(None, made)


# ---------------------------------------------------------------------- erasing


def test_who_is_erased_is_in_no_row_and_the_chain_holds(scene, small):
    scene.publish(CHANCES)
    scene.active(PEOPLE, 34)
    scene.go_on(35)
    scene.score()
    salt = _salt(scene, "cyd")
    with scene.space.database.write() as session:
        assert publishing.erase(session, number_of(session, "cyd"), scene.now) == 2
    assert scene.flaws() == []
    assert scene.book().past("cyd", 9) == []
    with scene.space.database.read() as session:
        assert salt not in [bytes(each) for (each,) in session.run("SELECT salt FROM ledger_customer")]
    assert [each.days for each in scene.book().newest("dee").horizons] == [30, 60, 90]

    with scene.space.database.write() as session:
        assert publishing.erase(session, number_of(session, "cyd"), scene.now) == 0
    scene.go_on(28)
    scene.active(("ada",), 62.9)
    assert [each.horizon for each in scene.score()] == [60]
    assert scene.flaws() == []


@local
def test_who_comes_back_after_an_erasure_is_somebody_new(scene):
    scene.publish(CHANCES)
    salt = _salt(scene, "cyd")
    with scene.space.database.write() as session:
        publishing.erase(session, number_of(session, "cyd"), scene.now)
    scene.go_on(7)
    scene.publish(CHANCES)
    assert len(scene.book().past("cyd", 9)) == 1
    assert _salt(scene, "cyd") != salt
    assert scene.flaws() == []


@local
def test_an_erasure_that_is_cut_off_erased_nothing(scene, monkeypatch):
    scene.publish(CHANCES)
    with monkeypatch.context() as patch:
        _crash_at(patch, "keepwell.store.forecasts.append")
        with pytest.raises(SystemExit), scene.space.database.write() as session:
            publishing.erase(session, number_of(session, "cyd"), scene.now)
    assert scene.book().newest("cyd") is not None
    assert scene.flaws() == []


def _salt(scene, customer: str) -> bytes:
    with scene.space.database.read() as session:
        return store.known(session, [number_of(session, customer)]).salt[0]


# ---------------------------------------------------------------------- whether anybody changed it

EDITS = (
    "UPDATE ledger_entry SET content = REPLACE(content, '\"m1\"', '\"m2\"') WHERE number = 1",
    "UPDATE ledger_entry SET at = at + 1 WHERE number = 1",
    "DELETE FROM ledger_entry WHERE number = 2",
    "DELETE FROM ledger_part WHERE entry = 2",
    "UPDATE ledger_part SET data = (SELECT data FROM ledger_part WHERE entry = 2 AND part = 0) WHERE entry = 1",
    "UPDATE ledger_part SET entry = 7 WHERE entry = 2",
    "UPDATE ledger_window SET scored = NULL",
    "UPDATE ledger_window SET ends_at = ends_at + 1 WHERE horizon = 90",
    "UPDATE ledger_customer SET told = told + 1",
    "DELETE FROM ledger_customer WHERE customer = 1",
    "UPDATE setting SET value = 'x' WHERE name = 'ledger_head'",
)


def test_the_doctor_finds_what_somebody_changed_in_the_database(scene):
    scene.publish(CHANCES)
    scene.active(PEOPLE, 34)
    scene.go_on(35)
    scene.score()
    assert _doctor(scene).ok
    for edit in EDITS:
        with pytest.raises(Undone):
            _try(scene, edit)
    assert _doctor(scene).ok
    with scene.space.database.write() as session:
        session.run(EDITS[0])
    assert not _doctor(scene).ok
    assert "entry 1" in _doctor(scene).detail


def _try(scene, edit: str) -> None:
    with scene.space.database.write() as session:
        session.run(edit)
        assert session.changed, edit
        assert verify(store.held(session)).flaws, edit
        raise Undone


class Undone(Exception):
    """Ends a transaction without a trace."""


def _doctor(scene):
    return next(each for each in doctor.checks(scene.space, scene.now) if each.check == "forecasts")


# ---------------------------------------------------------------------- decisions


def test_what_was_decided_about_models_is_in_the_chain(scene):
    contest = Contest(-0.02, -0.03, -0.01, 400, won=True)
    publishing.decide(scene.space, ("m1", "m2"), contest, "better on the newest window", scene.now)
    nothing = float("nan")
    publishing.decide(scene.space, ("m2", "m3"), Contest(nothing, nothing, nothing, 0, won=False), "nobody", scene.now)
    newest, oldest = scene.book().report().decisions
    assert (oldest.champion, oldest.challenger, oldest.promoted, oldest.difference) == ("m1", "m2", True, -0.02)
    assert (newest.promoted, newest.difference, newest.because) == (False, None, "nobody")
    assert scene.flaws() == []


@local
def test_two_outcomes_of_one_customer_are_two_publications_and_one_event(scene):
    contract = scene.forecasts({"ada": 0.3}, outcome=Outcome.CANCELLATION)
    assert len(scene.publish(None, contract, scene.forecasts(CHANCES))) == 2
    assert sorted(name for name, _ in scene.told()) == sorted(PEOPLE)
    assert ("ada", 243) in scene.told()
    assert [each.outcome for each in scene.book().past("ada", 9)] == ["inactivity", "cancellation"]
    assert scene.flaws() == []


def test_the_same_events_are_taken_once_by_the_log(scene):
    scene.publish(CHANCES)
    with scene.space.database.write() as session:
        session.run("DELETE FROM setting WHERE name IN ('forecasts_told_entry', 'forecasts_told_part')")
    publishing.tell(scene.space, scene.now + 5)
    assert len(scene.told()) == len(PEOPLE)
