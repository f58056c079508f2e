"""Published forecasts as they are read: one customer's past, and the report of all."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from keepwell.cli.app import app
from keepwell.predictions.accuracy import Judged, auroc, figure
from keepwell.runtime import origins, publishing
from keepwell.store import forecasts as store
from keepwell.store.customers import number_of
from tests.histories import house
from tests.runtime.forecast_scene import Scene

NUMBER = 60
PEOPLE = [f"c{number:02}" for number in range(NUMBER)]
QUIET = [f"q{number}" for number in range(5)]
STAYS = PEOPLE[::2]


def chances(week: int) -> dict[str, float]:
    """Those who stay have lower chances, but for some."""
    rng = np.random.default_rng(week)
    said = {each: rng.uniform(0.1, 0.6) if each in STAYS else rng.uniform(0.4, 0.9) for each in PEOPLE}
    return said | dict.fromkeys(QUIET, 0.95)


@pytest.fixture(scope="module")
def scene():
    """Two weeks of forecasts, both closed for 30 days, one for 60; news in between; some long gone."""
    with house() as space:
        made = Scene(space)
        made.active(PEOPLE, -3)
        made.active(QUIET, -200)
        made.publish(chances(1))
        made.go_on(3)
        made.publish(chances(1) | {"c01": 0.1})
        made.go_on(4)
        made.publish(chances(2))
        made.active(STAYS, 20, 64)
        made.go_on(58)
        made.score()
        yield made


def test_the_report_is_of_those_who_were_active(scene):
    page = scene.book().report(2)
    groups = {each.horizon: each for each in page.groups}
    assert {days: (each.origins, each.forecasts, each.happened) for days, each in groups.items()} == {
        30: (2, 2 * NUMBER, NUMBER), 60: (1, NUMBER, NUMBER // 2)
    }  # fmt: skip
    assert (page.publications, page.open_horizons, page.capacity, page.share) == (3, 5, 2, 1.0)
    said = np.rint(np.array([chances(week)[each] for week in (1, 2) for each in PEOPLE]) * 10_000) / 10_000
    happened = np.array([each not in STAYS for _ in (1, 2) for each in PEOPLE])
    rows = Judged(happened, said, np.arange(len(said)))
    assert groups[30].figures["auroc"].value == pytest.approx(figure(auroc, rows))
    assert groups[30].figures["base_rate"].value == 0.5


def test_new_alerts_are_those_above_the_point_that_was_published(scene):
    with scene.space.database.read() as session:
        points = [each.point / 10_000 for each in store.publications(session) if each.whole]
    first, second = ({each for each in PEOPLE if chances(week)[each] * 0.81 >= points[week - 1]} for week in (1, 2))
    new = [*first, *(second - first)]
    found = next(each for each in scene.book().report(2).groups if each.horizon == 30).figures["precision_when_new"]
    assert 0 < len(new) < 2 * NUMBER
    assert found.value == pytest.approx(sum(each not in STAYS for each in new) / len(new))


def test_publications_of_news_are_not_counted(scene):
    with scene.space.database.read() as session:
        assert [(each.whole, each.rows) for each in store.publications(session)] == [(True, 65), (False, 1), (True, 65)]
    assert [(each.horizon, each.origins) for each in scene.book().report().groups] == [(30, 2), (60, 1)]


def test_the_budget_is_that_of_the_staff(scene):
    assert scene.book().report().capacity == 12


def test_the_past_is_the_newest_first_with_what_came_of_each(scene):
    newest, oldest = scene.book().past("c03", 9)
    assert [each.came for each in oldest.horizons] == ["happened", "happened", "open"]
    assert [each.came for each in newest.horizons] == ["happened", "open", "open"]
    assert scene.book().past("c03", 1) == [newest]
    assert [each.came for each in scene.book().past("c00", 9)[1].horizons] == ["did_not", "did_not", "open"]
    assert scene.book().past("nobody", 9) == []


def test_a_very_large_base_is_judged_by_a_fixed_sample_of_whole_customers(scene, monkeypatch):
    monkeypatch.setattr("keepwell.runtime.origins.MOST", NUMBER)
    page = scene.book().report(2)
    group = page.groups[0]
    assert page.share < 1
    assert 0 < group.customers < NUMBER
    assert group.forecasts == 2 * group.customers
    assert group.figures["recall_at_budget"].value <= 0.5  # 2 a day of everybody are 1 a day of half of them
    assert scene.book().report(2).groups == page.groups


def test_the_sample_is_of_the_share_that_was_asked_for():
    customers = np.arange(1, 100_001)
    for share in (0.01, 0.3, 0.9):
        assert origins._sampled(customers, share).mean() == pytest.approx(share, rel=0.03)
    assert origins._sampled(customers, 1.0).all()


def test_chances_that_are_spread_otherwise_than_a_week_before_are_told():
    with house() as space:
        made = Scene(space)
        made.active(PEOPLE, -3)
        made.publish(chances(1))
        made.go_on(7)
        made.publish(dict.fromkeys(PEOPLE, 0.1))
        moved = made.book().report().moved
    assert [(each.outcome, each.horizon) for each in moved] == [("inactivity", days) for days in (30, 60, 90)]
    assert all(each.index > 0.25 for each in moved)


# ---------------------------------------------------------------------- the command line


def run(scene, *arguments: str):
    return CliRunner().invoke(app, ["predict", *arguments, "--data", str(scene.space.folder)])


def test_the_report_is_printed_and_given_as_json(scene):
    plain = run(scene, "report", "--capacity", "2")
    assert plain.exit_code == 0, plain.output
    assert "inactivity within 30 days, stage small: 120 forecasts of 60 customers, 2 weeks" in plain.output
    assert "precision at budget" in plain.output
    document = json.loads(run(scene, "report", "--json").stdout)
    assert set(document["groups"][0]["figures"]) >= {"auroc", "brier_skill", "median_lead_days", "coverage_at_95"}


def test_nothing_published_is_said_so():
    with house() as space:
        found = run(Scene(space), "report")
        assert found.exit_code == 0, found.output
        assert "Nothing is scored yet" in found.output


def test_verify_says_so_and_fails_when_somebody_changed_anything(scene):
    head = scene.book().verify().head
    assert run(scene, "verify", "--head", head).exit_code == 0
    assert json.loads(run(scene, "verify", "--json").stdout) == {"entries": 7, "head": head, "flaws": []}
    assert run(scene, "verify", "--head", f" {head.upper()} ").exit_code == 0
    no_link = run(scene, "verify", "--head", "abc")
    assert no_link.exit_code == 2
    assert "abc" in no_link.output
    assert "made anew" not in no_link.output
    made_anew = run(scene, "verify", "--head", "0" * 63 + "1")
    assert made_anew.exit_code == 1
    assert "made anew" in made_anew.output
    assert "NOT as written" in made_anew.output


def test_erasing_leaves_the_report_without_that_customer():
    with house() as space:
        made = Scene(space)
        made.active(PEOPLE, -3)
        made.publish(chances(1))
        made.active(STAYS, 34)
        made.go_on(35)
        made.score()
        with space.database.write() as session:
            publishing.erase(session, number_of(session, "c00"), made.now)
        assert made.book().report().groups[0].customers == NUMBER - 1
