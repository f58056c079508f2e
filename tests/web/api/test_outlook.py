"""What is likely next over the API: moments as texts, stages by name, and nothing where nothing can be said."""

from keepwell.base.time import DAY_US, to_rfc3339
from tests.web.api.test_routes import ask, problem
from tests.web.fake_foresight import COMPARED_AT, MADE_AT, POINT, chance
from tests.web.people import NOW


def test_everybody_is_told_of_by_horizon_the_likeliest_first(client, desk):
    found = ask(client, "GET", "/outlook").json()
    months = [each for each in found["leaving"] if each["outcome"] == "inactivity"]

    assert found["made_at"] == to_rfc3339(NOW)
    assert [(each["horizon"], each["stage"]) for each in months] == [(30, "learned"), (60, "learned"), (90, "learned")]
    assert [each["operating_point"] for each in months] == [None, None, POINT]
    assert months[2]["made_at"] == to_rfc3339(MADE_AT)
    first, same = months[2]["lines"][0], desk.foresight.outlook().leaving[2].lines[0]
    assert (first["customer_id"], first["chance"], first["before"]) == (same.customer_id, same.chance, same.before)
    assert first["last_active"] == to_rfc3339(same.last_active)
    assert months[2]["compared_at"] == to_rfc3339(COMPARED_AT)
    assert found["upgrades"][0]["found"]["expected_at"] == to_rfc3339(NOW + 12 * DAY_US)
    assert found["wishes"][0]["feature"] == "limit-orders"


def test_where_nothing_can_be_said_there_is_no_number_but_a_reason(client):
    found = ask(client, "GET", "/outlook").json()
    silent = [each for each in found["leaving"] if each["outcome"] == "cancellation"]

    assert [each["stage"] for each in silent] == ["facts"] * 3
    assert all(each["lines"] == [] and each["operating_point"] is None and each["because"] for each in silent)


def test_before_the_first_round_there_is_nothing(client, desk):
    desk.foresight.lines = []

    found = ask(client, "GET", "/outlook").json()
    assert (found["made_at"], found["leaving"], found["upgrades"]) == (None, [], [])
    assert ask(client, "GET", "/forecasts/report").json()["publications"] == 0


def test_a_customer_has_its_forecast_its_parts_and_what_came_of_earlier_ones(client, desk):
    found = ask(client, "GET", "/customers/c003/outlook").json()
    months = found["newest"]["horizons"]

    assert [(each["days"], each["came"], each["scored_at"]) for each in months] == [
        (30, "open", None), (60, "open", None), (90, "open", None),
    ]  # fmt: skip
    assert [each["chance"] for each in months] == [chance(desk.foresight.places["c003"], days) for days in (30, 60, 90)]
    assert {each["came"] for line in found["past"] for each in line["horizons"]} > {"open"}
    assert sum(each["points"] for each in found["parts"]) != 0
    assert set(found["answers"]) == {"nps", "csat"}


def test_a_customer_without_a_forecast_is_answered_and_an_unknown_one_is_not(client, desk):
    silent = next(each.id for place, each in enumerate(desk.foresight.lines) if place == 8)
    found = ask(client, "GET", f"/customers/{silent}/outlook").json()

    assert (found["newest"], found["past"], found["parts"]) == (None, [], [])
    assert problem(ask(client, "GET", "/customers/nobody/outlook")).status == 404


def test_the_report_has_its_figures_with_their_intervals(client):
    found = ask(client, "GET", "/forecasts/report").json()
    month = found["groups"][0]

    assert month["stage"] == "learned"
    assert month["figures"]["auroc"] == {
        "value": 0.81, "low": 0.78, "high": 0.84, "lowest": None, "highest": None, "steady": True,
    }  # fmt: skip
    assert month["figures"]["observed_over_expected"]["highest"] == 1.29
    assert month["figures"]["accuracy_when_covered"]["low"] is None
    assert (found["groups"][2]["figures"], bool(found["groups"][2]["because"])) == ({}, True)
    assert found["decisions"][0]["at"] == to_rfc3339(NOW - 6 * DAY_US)
    assert found["failed_at"] == to_rfc3339(NOW - DAY_US)
