"""Forecasts out of a data folder: from files of four columns to rows, and back-tests that go on where they stopped."""

import csv
import json

import numpy as np
import pytest

from keepwell.base.time import DAY_US, to_rfc3339
from keepwell.config.settings import load_settings
from keepwell.predictions.forecast import Outcome, Stage
from keepwell.predictions.landmarks import Question
from keepwell.runtime import rolling
from keepwell.runtime.forecast_rows import UnwritableError, forecast_rows, write_csv
from keepwell.runtime.foreseeing import UnknownEventError, check_events, foresee, read
from keepwell.runtime.importing import import_events
from keepwell.runtime.rolling import Roll, rolled
from keepwell.runtime.workspace import open_workspace
from tests.predictions.worlds import START, leaving

NOW = (START + 600) * DAY_US
ASKED = Question((30, 60, 90))


def rows_of(log, event, properties='{"amount": 12.5}'):
    own = log.own
    return [
        (f"c{who}", event, to_rfc3339(day * DAY_US + 3_600_000_000), properties)
        for who, day in zip(own.owner.tolist(), own.day.tolist(), strict=True)
    ]


def fill(folder, rows, header=("customer_id", "event", "timestamp", "properties")):
    path = folder / "events.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    space = open_workspace(load_settings(folder / "data"))
    with space as opened:
        import_events(opened, [path], NOW)
    return open_workspace(load_settings(folder / "data"))


@pytest.fixture(scope="module")
def log():
    return leaving(150, 460, seed=4)


@pytest.fixture(scope="module")
def shop(log, tmp_path_factory):
    rows = [*rows_of(log, "order_placed"), ("c1", "order_cancelled", to_rfc3339((START + 350) * DAY_US), "{}")]
    with fill(tmp_path_factory.mktemp("shop"), rows) as space:
        yield space


def at(day):
    return (START + day) * DAY_US


def test_a_log_of_names_of_its_own_is_watched_by_them(shop, log):
    found = foresee(shop, at(360), ASKED)

    assert found.foresight.forecasts.stage is Stage.SMALL
    assert found.reading.said[0].startswith("watched by order_placed")
    assert "not counted: order_cancelled" in found.reading.said[0]
    own = found.reading.diary.own
    assert (own.day < START + 360).all()
    assert len(own.day) == (log.own.day < START + 360).sum()
    assert set(own.cents.tolist()) == {1250}


def test_named_events_are_what_is_forecast(shop):
    found = foresee(shop, at(360), ASKED, ["order_cancelled"])

    assert found.reading.diary.own.day.tolist() == [START + 350]
    assert found.foresight.forecasts.stage is Stage.FACTS


def test_a_moment_within_a_day_knows_what_happened_before_it(shop):
    morning, evening = (read(shop, at(360) + hours * 3_600_000_000) for hours in (1, 2))

    assert morning.day == evening.day == START + 361
    assert (morning.diary.own.day < START + 360).all()
    assert (evening.diary.own.day == START + 360).any()


def test_rows_hold_the_contract_of_the_command_line(shop, tmp_path):
    found = foresee(shop, at(360), ASKED)
    rows = forecast_rows(shop, found, 5)

    assert len(rows) == 3 * len(found.foresight.forecasts.customer)
    assert {row.horizon_days for row in rows} == {30, 60, 90}
    assert sum(bool(row.reasons) for row in rows) == 15
    by_customer = {(row.customer_id, row.horizon_days): row.probability for row in rows}
    assert all(by_customer[who, 30] >= by_customer[who, 60] >= by_customer[who, 90] for who, _ in by_customer)
    write_csv(rows, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open() as file:
        written = list(csv.DictReader(file))
    assert list(written[0]) == [
        "customer_id", "horizon_days", "probability", "low", "high", "stage", "reasons", "because", "as_of", "active",
        "name",
    ]  # fmt: skip
    assert [row["probability"] for row in written] == [f"{row.probability:.4f}" for row in rows]
    assert {row["as_of"] for row in written} == {to_rfc3339(at(360))}
    assert [row["active"] for row in written] == ["true" if row.active else "false" for row in rows]
    assert {row["because"] for row in written} == {""}
    assert {row["name"] for row in written} == {""}  # nobody here has one
    for days in (30, 60, 90):
        near = [row.probability for row in rows if row.horizon_days == days and row.active]
        assert near == sorted(near, reverse=True)
    told = [row["reasons"] for row in written if row["reasons"]]
    assert told
    assert all(each.startswith(("raises: ", "lowers: ")) for each in told)


def test_a_row_of_a_refusal_says_why_by_itself(shop, tmp_path):
    rows = forecast_rows(shop, foresee(shop, at(560), ASKED), 5)
    write_csv(rows, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open() as file:
        assert all(row["probability"] == "" and "the log ends" in row["because"] for row in csv.DictReader(file))


@pytest.mark.parametrize(("name", "instead"), [
    ("order_place", ("order_placed",)), ("Order_Placed", ("order_placed",)),
    ("zzz", ("order_placed", "order_cancelled")), ("signed_in", ("order_placed", "order_cancelled")),
])  # fmt: skip
def test_an_event_that_is_not_there_is_refused_with_others(shop, name, instead):
    check_events(shop, at(360), ["order_placed"])
    with pytest.raises(UnknownEventError) as refused:
        check_events(shop, at(360), ["order_placed", name])
    assert refused.value.instead[: len(instead)] == instead


def test_what_has_not_happened_yet_is_no_event(shop):
    with pytest.raises(UnknownEventError):
        check_events(shop, at(300), ["order_cancelled"])


def test_a_file_that_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(UnwritableError) as refused:
        write_csv([], tmp_path / "no" / "out.csv")
    assert refused.value.path.name == "out.csv"


def test_a_log_that_ends_early_gives_no_number(shop):
    found = foresee(shop, at(560), ASKED).foresight.forecasts

    assert found.stage is Stage.FACTS
    assert "the log ends" in found.because
    assert np.isnan(found.chance).all()


def test_what_arrives_later_is_not_known_before(tmp_path, log):
    """Half of the events arrive forty days late: forecasts are those of a log without what had not arrived."""
    late = [each % 2 * 40 for each in range(len(log.own.day))]
    plain = rows_of(log, "signed_in", "{}")
    known = [to_rfc3339(day * DAY_US + 7_200_000_000) for day in (log.own.day + np.array(late)).tolist()]
    rows = [(*row[:3], arrived, row[3]) for row, arrived in zip(plain, known, strict=True)]
    arrived = [row for row in rows if row[3] < to_rfc3339(at(360))]
    header = ("customer_id", "event", "timestamp", "received_at", "properties")
    (tmp_path / "all").mkdir()
    (tmp_path / "some").mkdir()
    chances = []
    for name, chosen in (("all", rows), ("some", arrived)):
        with fill(tmp_path / name, chosen, header) as space:
            found = foresee(space, at(360), ASKED)
            assert found.reading.said == ()
            chances.append({row.customer_id: row.probability for row in forecast_rows(space, found, 0)})

    assert chances[0] == chances[1]
    assert len(arrived) < len(rows)


def test_contracts_are_read_from_the_events_of_the_plan(tmp_path):
    rows = []
    for who in range(30):
        rows += [(f"c{who}", "signed_in", to_rfc3339(at(day)), "{}") for day in range(who % 7, 300, 7)]
        rows += [(f"c{who}", "subscription_renewed", to_rfc3339(at(day)), "{}") for day in range(0, 300, 30)]
        rows += [(f"c{who}", "payment_failed", to_rfc3339(at(100)), "{}")]
    rows.append(("c3", "subscription_cancelled", to_rfc3339(at(290)), "{}"))
    with fill(tmp_path, rows) as space:
        found = foresee(space, at(300), Question((30,), 0, Outcome.CANCELLATION))

    assert len(found.foresight.seen) == 29
    assert found.foresight.seen.column("days_to_renewal").tolist() == [0.0] * 29
    assert set(found.foresight.seen.column("failed_payments_ago")) == {200.0}
    assert np.isnan(found.foresight.forecasts.chance).all()


ROLL = Roll(range(START + 300, START + 361, 30), ASKED)


def test_a_back_test_judges_what_was_said_by_what_came(shop):
    found = rolled(shop, ROLL, NOW)

    assert len(found.origins) == 9
    assert all(each.due for each in found.origins)
    judged = [each for each in found.origins if each.figures]
    assert judged
    assert all(each.coherent == 1 for each in judged)
    assert {each.horizon_days for each in found.together} == {30, 60, 90}
    assert all(0 <= each.figures["base_rate"] <= 1 for each in judged)


def test_a_back_test_goes_on_where_it_stopped(shop, monkeypatch):
    first = rolled(shop, ROLL, NOW)
    (shop.folder / "backtests").rename(shop.folder / "kept")
    steps = []

    def stop(_days):
        steps.append(1)
        if len(steps) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rolled(shop, ROLL, NOW, stop)
    made = []
    real = rolling.foreseen
    monkeypatch.setattr(rolling, "foreseen", lambda *given: made.append(1) or real(*given))
    again = rolled(shop, ROLL, NOW)

    assert len(made) == 1
    assert json.dumps([each.figures for each in again.origins]) == json.dumps([each.figures for each in first.origins])


def test_an_open_window_is_not_judged(shop):
    found = rolled(shop, Roll([START + 420], ASKED), NOW)

    assert [each.due for each in found.origins] == [True, False, False]
    assert not found.origins[1].figures


def test_what_arrives_later_on_the_same_day_is_not_known_at_noon(tmp_path):
    hour = 3_600_000_000
    row = ("c1", "signed_in", to_rfc3339(at(10) + 9 * hour), to_rfc3339(at(10) + 15 * hour), "{}")
    with fill(tmp_path, [row], ("customer_id", "event", "timestamp", "received_at", "properties")) as space:
        rows = [len(read(space, at(10) + hours * hour).diary.own.day) for hours in (12, 16)]

    assert rows == [0, 1]
