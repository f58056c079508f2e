"""Publishing and scoring: of whom an event is made, what came of forecasts, and what nobody could know."""

from __future__ import annotations

import numpy as np
import pytest

from keepwell.alerts.conditions.health import forecast
from keepwell.base.time import DAY_US
from keepwell.predictions.forecast import Outcome
from keepwell.predictions.ledger import Basis
from keepwell.runtime import publishing, seeing
from keepwell.runtime.history import refresh
from keepwell.runtime.scoring import view_at
from keepwell.store import forecasts as store
from tests.histories import NOW, house
from tests.runtime.forecast_scene import Scene

PEOPLE = ("ada", "bob", "cyd")


@pytest.fixture
def scene():
    with house() as space:
        made = Scene(space)
        made.active(PEOPLE, -40, -2)
        yield made


def chances(ada: float, bob: float = 0.1, cyd: float = 0.1) -> dict[str, float]:
    """Chances of 90 days, which is what events tell of."""
    return {name: chance / 0.81 for name, chance in (("ada", ada), ("bob", bob), ("cyd", cyd))}


def published(scene) -> list[tuple[bool, int]]:
    with scene.space.database.read() as session:
        return [(each.whole, each.rows) for each in store.publications(session)]


# ---------------------------------------------------------------------- what is published


def test_everybody_once_a_week_and_in_between_those_who_crossed_the_operating_point(scene):
    scene.set_point(0.5)
    scene.publish(chances(0.3))
    for ada in (0.35, 0.45, 0.55, 0.56, 0.57, 0.57, 0.58):
        scene.go_on(1)
        scene.publish(chances(ada))
    assert published(scene) == [(True, 3), (False, 1), (True, 3)]
    assert [told for told in scene.told() if told[0] == "ada"] == [("ada", 300), ("ada", 550)]
    assert scene.flaws() == []


def test_who_is_new_is_published_the_next_day(scene):
    scene.publish(chances(0.3))
    scene.go_on(1)
    scene.active(("dee",), 0.5)
    scene.publish({**chances(0.3), "dee": 0.2})
    assert published(scene) == [(True, 3), (False, 1)]
    assert [each for each, _ in scene.told()].count("dee") == 1


def test_after_a_week_an_event_is_made_only_of_what_moved_and_after_four_of_all(scene):
    scene.publish(chances(0.3, 0.2))
    for ada, bob in ((0.34, 0.26), (0.34, 0.26), (0.34, 0.26), (0.34, 0.26)):
        scene.go_on(7)
        scene.publish(chances(ada, bob))
    assert [each for each, _ in scene.told()].count("ada") == 2  # the first, and four weeks later
    assert [each for each in scene.told() if each[0] == "bob"] == [("bob", 200), ("bob", 260)]
    assert published(scene) == [(True, 3)] * 5


def test_who_has_gone_is_told_of_only_where_an_alert_tells_of_it_already(scene):
    scene.set_point(0.5)
    scene.publish(chances(0.6, 0.3))
    scene.go_on(91)
    scene.publish(chances(0.8, 0.8))
    assert [told for told in scene.told() if told[0] == "ada"] == [("ada", 600), ("ada", 800)]
    assert [told for told in scene.told() if told[0] == "bob"] == [("bob", 300)]


def test_the_operating_point_is_that_of_the_alert(scene):
    scene.set_point(0.2)
    scene.publish(chances(0.15))
    scene.go_on(1)
    scene.publish(chances(0.25))
    assert published(scene) == [(True, 3), (False, 1)]


def points(scene):
    with scene.space.database.read() as session:
        return [each.point for each in store.publications(session)]


def test_the_operating_point_of_a_week_holds_until_the_next_one_and_is_told(scene):
    scene.publish(chances(0.3))
    scene.go_on(1)
    scene.publish(chances(0.75, 0.7))
    first, second = points(scene)
    assert first == second is not None
    with scene.space.database.read() as session:
        told = session.run("SELECT DISTINCT v2 FROM event WHERE kind = 80")
    assert [int(each) for (each,) in told] == [first // 10]
    scene.go_on(6)
    scene.publish(chances(0.75, 0.7))
    assert points(scene)[2] != first


def test_without_a_horizon_of_90_days_no_event_is_made(scene):
    scene.publish(chances(0.6), horizons=(30, 60))
    assert scene.told() == []
    assert published(scene) == [(True, 3)]


# ---------------------------------------------------------------------- what came of it


def test_who_did_nothing_within_a_horizon_left_and_who_did_something_did_not(scene):
    scene.publish(chances(0.3))
    scene.did("ada", 29)
    scene.did("bob", 31)
    scene.active(("bob", "cyd"), 95)
    scene.go_on(100)
    assert [(each.horizon, each.happened, each.not_told) for each in scene.score()] == [
        (30, 2, 0),
        (60, 1, 0),
        (90, 1, 0),
    ]
    assert scene.came("ada") == ["did_not"] * 3
    assert scene.came("bob") == ["happened", "did_not", "did_not"]
    assert scene.came("cyd") == ["happened"] * 3


def test_who_has_gone_by_a_day_may_have_been_busy_before(scene):
    scene.publish(chances(0.3), outcome=Outcome.DEPARTURE, quiet_days=30, horizons=(30, 90))
    scene.did("ada", 29)
    scene.did("bob", 31)
    scene.active(("cyd",), 61, 121)
    scene.go_on(59)
    assert scene.score() == []
    scene.go_on(65)
    assert [(each.horizon, each.happened) for each in scene.score()] == [(30, 2), (90, 3)]
    assert scene.came("ada") == ["happened"] * 2
    assert scene.came("bob") == ["did_not", "happened"]
    assert scene.came("cyd") == ["happened"] * 2


def test_a_lead_moves_the_window(scene):
    scene.publish(chances(0.3), lead_days=30)
    scene.did("ada", 29)
    scene.did("bob", 31)
    scene.active(("cyd",), 63)
    scene.go_on(64)
    assert [each.horizon for each in scene.score()] == [30]
    assert [scene.came(each)[0] for each in PEOPLE] == ["happened", "did_not", "happened"]


def test_the_bounds_of_a_window_are_half_open(scene):
    scene.publish(chances(0.3))
    scene.did("ada", 0)
    scene.did("bob", 30)
    scene.active(("cyd",), 33)
    scene.go_on(34)
    scene.score()
    assert [scene.came(each)[0] for each in PEOPLE] == ["did_not", "happened", "happened"]


def test_nothing_is_scored_before_the_time_for_late_events_is_over_and_what_comes_later_changes_nothing(scene):
    scene.publish(chances(0.3))
    scene.active(("cyd",), 30)
    scene.did("ada", 20, known=32)
    scene.did("bob", 20, known=40)
    scene.go_on(33 - 1e-6)
    assert scene.score() == []
    scene.go_on(2e-6)
    assert len(scene.score()) == 1
    assert [scene.came(each)[0] for each in PEOPLE] == ["did_not", "happened", "happened"]
    scene.go_on(20)
    assert scene.score() == []
    assert scene.came("bob")[0] == "happened"


def test_of_a_log_that_ended_early_nothing_is_told_of_anybody(scene):
    scene.publish(chances(0.3))
    scene.active(PEOPLE, 10)
    scene.go_on(40)
    assert scene.score() == []
    scene.go_on(20)
    (scored,) = scene.score()
    assert (scored.horizon, scored.not_told, scored.because) == (30, 3, "the log ended before the horizon did")
    assert scene.came("ada") == ["cannot_be_told", "open", "open"]
    scene.active(PEOPLE, 59)
    assert scene.score() == []
    assert scene.flaws() == []


def test_our_own_events_are_no_sign_that_the_log_goes_on(scene):
    scene.publish(chances(0.3))
    for _ in range(6):
        scene.go_on(7)
        scene.publish(chances(0.3))
    assert len(scene.told()) > 3
    assert scene.score() == []


def test_of_who_was_paused_nothing_is_told(scene):
    scene.publish(chances(0.3))
    scene.did("ada", 5, "customer_paused", until=NOW + 15 * DAY_US)
    scene.active(("bob", "cyd"), 31)
    scene.go_on(34)
    refresh(scene.space, scene.now)
    assert [(each.happened, each.not_told) for each in scene.score()] == [(2, 1)]
    assert scene.came("ada")[0] == "cannot_be_told"


def test_a_cancellation_counts_for_forecasts_of_contracts_only(scene):
    contracts = scene.forecasts({"ada": 0.3, "bob": 0.4}, outcome=Outcome.CANCELLATION)
    scene.publish(None, contracts)
    scene.did("ada", 10, "subscription_cancelled")
    scene.active(("ada", "cyd"), 31)
    scene.go_on(34)
    scene.score()
    assert [scene.came(each)[0] for each in ("ada", "bob")] == ["happened", "did_not"]


def test_events_that_count_are_frozen_with_the_forecast(scene):
    scene.did("ada", -3, "order placed")
    basis = Basis(scene.now, 6, ("order placed", "featureUsed"))
    publishing.publish(scene.space, [scene.forecasts(chances(0.3))], basis, scene.now)
    scene.did("ada", 5, "order placed")
    scene.did("bob", 5, "feature_used", feature="swap")
    scene.active(PEOPLE, 6, 31)
    scene.go_on(34)
    assert scene.score() == []
    scene.did("cyd", 32, "order placed")
    assert [(each.happened, each.not_told) for each in scene.score()] == [(1, 0)]
    assert [scene.came(each)[0] for each in PEOPLE] == ["did_not", "did_not", "happened"]


# ---------------------------------------------------------------------- what nobody could know


def test_the_alert_and_the_score_hear_of_the_event(scene):
    scene.publish(chances(0.7))
    scene.go_on(0.1)
    rows = view_at(scene.space, scene.now).rows("latest")
    assert 700 in rows["answer"].tolist()
    assert np.nanmax(forecast(seeing.everybody(scene.space, scene.now))[0]) == 0.7
