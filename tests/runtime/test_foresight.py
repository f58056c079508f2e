"""What is likely next, in a house where months passed: the round fills it, a restart remakes it, requests only read."""

from __future__ import annotations

from dataclasses import replace
from math import isclose

import msgspec
import numpy as np
import pytest

from keepwell.alerts.conditions import CONDITIONS
from keepwell.alerts.rota import Person
from keepwell.base.time import DAY_US
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Raw
from keepwell.predictions import logit
from keepwell.predictions.forecast import Stage
from keepwell.runtime import doctor, foretelling, publishing, seeing
from keepwell.runtime.foresight import StoredForesight
from keepwell.runtime.foretelling import Foretelling
from keepwell.runtime.workspace import Workspace
from tests.histories import house, put
from tests.predictions.worlds import START, leaving

DAY = 360


class Home:
    """A house in which customers come and leave, on one of its days."""

    def __init__(self, space: Workspace, day: int = DAY) -> None:
        self.space = space
        self.now = (START + day) * DAY_US + 5 * 3_600_000_000
        self.told = 0
        self.start()

    def start(self) -> None:
        """As after a restart: nothing is in memory."""
        self.foresight = StoredForesight(self.space, lambda: self.now)
        self.thread = Foretelling(self.space, self.foresight, lambda: self.now, self.changed)

    def changed(self) -> None:
        self.told += 1

    def round(self, days: int = 0) -> None:
        self.now += days * DAY_US
        assert self.thread.once()

    def leaving(self, horizon: int = 90):
        found = self.foresight.outlook().leaving
        return next(each for each in found if each.horizon == horizon)

    def alerts(self):
        """Whose condition holds: chances and operating points of those, and chances of the others."""
        seen = seeing.everybody(self.space, self.now + 60_000_000)
        found = CONDITIONS["churn_predicted"].read(seen, self.space.alarms.rules["churn_predicted"].params)
        chance = found.measure
        return chance[found.holds], np.unique(found.threshold[found.holds]), chance[~found.holds & np.isfinite(chance)]

    def staff(self, capacity: int) -> None:
        rota = self.space.alarms.rota
        ada = Person("ada", "Ada", capacity=capacity)
        self.space.alarms = replace(self.space.alarms, rota=msgspec.structs.replace(rota, people={"ada": ada}))


def days_of(log):
    return zip(log.own.owner.tolist(), log.own.day.tolist(), strict=True)


@pytest.fixture(scope="module")
def log():
    return leaving(150, 420, seed=4)


@pytest.fixture(scope="module")
def events(log):
    receipt = Receipt((START + 500) * DAY_US)
    raws = (Raw(f"c{who}", "signed_in", day * DAY_US + 3_600_000_000, {}, f"{who}-{day}") for who, day in days_of(log))
    return [accept(each, receipt) for each in raws]


@pytest.fixture
def home(events):
    with house() as space, space.writing():
        put(space, events)
        yield Home(space)


@pytest.fixture(scope="module")
def filled(events):
    """After the first round; for tests that change nothing."""
    with house() as space, space.writing():
        put(space, events)
        made = Home(space)
        made.round()
        yield made


def test_before_the_first_round_nothing_is_said_and_a_customer_is_known(home):
    outlook = home.foresight.outlook()
    assert (outlook.made_at, list(outlook.leaving), list(outlook.upgrades)) == (None, [], [])
    one = home.foresight.customer("c1")
    assert one is not None
    assert (one.newest, list(one.past), list(one.parts)) == (None, [], [])
    assert home.foresight.customer("nobody") is None
    assert home.foresight.report().publications == 0


def test_the_round_fills_the_outlook(filled):
    outlook = filled.foresight.outlook()
    assert filled.told == 1
    assert outlook.made_at == filled.now
    assert [(each.outcome, each.horizon) for each in outlook.leaving] == [("inactivity", each) for each in (30, 60, 90)]
    found = filled.leaving()
    assert found.stage == Stage.SMALL
    assert found.because.startswith("logit, tried on")
    assert found.made_at == (START + DAY) * DAY_US
    chances = [each.chance for each in found.lines]
    assert chances == sorted(chances, reverse=True)
    assert found.customers >= len(found.lines) == 50
    assert 0 < found.base_rate < 1
    assert sum(chances) <= found.expected <= found.customers
    assert all(each.low <= each.chance <= each.high for each in found.lines)
    assert filled.leaving(30).operating_point is None
    assert found.operating_point >= found.base_rate


def test_who_has_long_gone_is_not_among_those_who_may_leave(filled, log):
    day = START + DAY
    active = {f"c{who}" for who, when in days_of(log) if day - 90 <= when < day}
    assert {each.customer_id for each in filled.leaving().lines} <= active
    assert filled.leaving().customers == len(active)


def test_a_forecast_is_what_was_published_and_its_parts_add_up_to_it(filled):
    for line in filled.leaving().lines[:10]:
        found = filled.foresight.customer(line.customer_id)
        assert found.newest.horizons[-1].chance == line.chance
        assert found.newest.horizons[-1].came == "open"
        said = logit.sigmoid(np.array([sum(each.points for each in found.parts) + found.average]))[0]
        assert isclose(min(max(said, 0.0001), 0.9999), line.chance, abs_tol=0.5001e-4)
        assert [each.chance < line.chance for each in found.would_change] == [True]
        assert found.base_rate == filled.leaving().base_rate


def test_a_request_reads_neither_the_log_nor_a_model(filled, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("the log was read")

    for place in ("foreseeing.look", "adopting.look", "expanding.look", "satisfying.look", "happened.look"):
        monkeypatch.setattr(f"keepwell.runtime.{place}", refuse)
    monkeypatch.setattr("keepwell.runtime.foresight.at_midnight", refuse)
    line = filled.leaving().lines[0]
    assert filled.foresight.customer(line.customer_id).parts
    assert filled.foresight.report().publications == 1


def test_after_a_restart_the_ledger_answers_and_the_thread_explains_again(home):
    home.round()
    before = home.leaving()
    who = before.lines[0].customer_id
    explained = home.foresight.customer(who)
    assert explained.parts
    home.start()
    bare = home.foresight.customer(who)
    assert [each.chance for each in home.leaving().lines] == [each.chance for each in before.lines]
    assert bare.newest == explained.newest
    assert (list(bare.parts), home.leaving().base_rate) == ([], None)
    assert home.foresight.outlook().unfinished
    assert home.foresight.report().unfinished
    home.round()
    assert not home.foresight.outlook().unfinished
    assert not home.foresight.report().unfinished
    again = home.foresight.customer(who)
    assert again.parts == explained.parts
    assert again.average == explained.average
    assert home.leaving().base_rate == before.base_rate
    assert home.told == 2


def test_a_log_of_which_nothing_can_be_said_gives_no_number_and_no_alert(home):
    home.now -= (DAY - 40) * DAY_US
    home.round()
    found = home.leaving()
    assert (found.stage, found.customers, list(found.lines), found.operating_point) == (0, 0, [], None)
    assert "not enough history" in found.because
    assert home.foresight.customer("c1").newest is None
    assert len(home.alerts()[0]) == 0


def test_a_round_that_fails_is_told_and_what_was_shown_stays(home, monkeypatch):
    home.round()
    before = home.foresight.outlook()

    def fail(*_):
        raise MemoryError("too many")

    with monkeypatch.context() as patch:
        patch.setattr("keepwell.runtime.foresight.at_midnight", fail)
        home.now += DAY_US
        assert not home.thread.once()
    assert home.foresight.outlook() == before
    assert home.foresight.report().failed == "MemoryError: too many"
    assert home.thread.once()
    assert (home.foresight.report().failed, home.foresight.report().failed_at) == ("", None)


def test_the_capacity_of_the_staff_moves_the_operating_point(home):
    home.staff(7)
    home.round()
    few = home.leaving()
    alerted, points, others = home.alerts()
    assert few.capacity == 7
    assert 0 < len(alerted) <= 7
    assert points == pytest.approx([few.operating_point * 100])
    assert others.max() < points[0] <= alerted.min()
    assert few.operating_point > few.base_rate


def test_with_more_staff_more_are_told_of_and_none_below_the_base_rate(home):
    home.staff(100)
    home.round()
    many = home.leaving()
    alerted, points, others = home.alerts()
    assert len(alerted) > 7
    assert many.base_rate <= many.operating_point <= many.base_rate + 0.001
    assert others.max() < points[0] <= alerted.min()


def test_the_next_week_tells_of_those_who_did_not_fit_before(home):
    home.staff(7)
    home.round()
    first = {each.customer_id for each in home.leaving().lines if each.chance >= home.leaving().operating_point}
    then, before = home.now, home.alerts()
    home.round(7)
    second = home.leaving()
    now = {each.customer_id for each in second.lines if each.chance >= second.operating_point}
    assert len(now - first) <= 7
    assert len(now | first) > 7
    assert second.lines[0].before is not None
    alerted, points, others = home.alerts()
    assert np.isclose(points, second.operating_point * 100).any()
    assert len(alerted) >= len(now)
    assert others.max() < points.max()
    home.now = then  # a past moment knows the point of its day
    assert all(np.array_equal(one, other) for one, other in zip(home.alerts(), before, strict=True))


def test_a_number_of_the_installation_wins_over_what_forecasts_told(home):
    home.staff(7)
    home.round()
    before = len(home.alerts()[0])
    home.space.alarms.rules[publishing.RULE].params["probability"] = 0.05
    alerted, points, others = home.alerts()
    assert list(points) == [5.0]
    assert len(alerted) > before
    assert alerted.min() >= 5 > others.max()


def test_a_model_of_another_kind_is_written_down_with_how_both_did(home):
    home.now -= (DAY - 200) * DAY_US
    home.round()
    assert home.leaving().stage == Stage.ASSUMED
    assert list(home.foresight.report().decisions) == []
    home.round(DAY - 200)
    (decision,) = home.foresight.report().decisions
    assert home.leaving().stage == Stage.SMALL
    assert decision.promoted
    assert decision.customers > 20
    assert decision.low <= decision.difference <= decision.high
    assert home.thread.once()
    assert all(each.ok for each in doctor.checks(home.space, home.now) if each.check == "forecasts")


def test_past_weeks_are_relived_as_they_would_have_been(home):
    home.now += 30 * DAY_US
    done = foretelling.relive(home.space, home.foresight.foretell, home.now)
    assert done == len(foretelling.RELIVED_WEEKS)
    home.round()
    report = home.foresight.report()
    assert report.relived
    assert report.publications == done + 1
    assert {each.horizon for each in report.groups} == {30, 60, 90}
    one = home.foresight.customer(home.leaving().lines[0].customer_id)
    assert not one.newest.relived
    assert all(each.relived and each.known_before == each.made_at for each in one.past)
    assert {each.came for line in one.past for each in line.horizons} > {"open"}
    assert all(each.ok for each in doctor.checks(home.space, home.now) if each.check == "forecasts")


def test_relived_forecasts_are_those_of_a_log_without_what_came_later(home, events):
    day = START + DAY
    known = [each for each in events if each.known_at < day * DAY_US]
    foretelling.go_round(home.space, home.foresight.foretell, day * DAY_US, relived=True)
    with house() as space, space.writing():
        put(space, known)
        other = Home(space)
        other.round()
        expected = {each.customer_id: each.chance for each in other.leaving().lines}
    assert len(known) < len(events)
    assert {each.customer_id: each.chance for each in home.leaving().lines} == expected
