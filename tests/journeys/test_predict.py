"""A new folder, a file of four columns, three commands."""

from __future__ import annotations

import csv
import json

from typer.testing import CliRunner

from keepwell.base.time import DAY_US, to_rfc3339
from keepwell.cli.app import app
from tests.predictions.worlds import START, leaving
from tests.runtime.test_foreseeing import rows_of


def keepwell(*words):
    return CliRunner().invoke(app, [*map(str, words)], catch_exceptions=False)


def test_a_new_folder_forecasts_from_a_file_of_four_columns(tmp_path):
    events, out, data = tmp_path / "events.csv", tmp_path / "out.csv", tmp_path / "fresh"
    with events.open("w", newline="") as file:
        header = ("customer_id", "event", "timestamp", "properties")
        csv.writer(file).writerows([header, *rows_of(leaving(150, 460, seed=4), "purchase")])
    at, first = (to_rfc3339((START + day) * DAY_US) for day in (360, 300))

    assert keepwell("import", "events", events, "--data", data).exit_code == 0
    told = keepwell("predict", "churn", "--as-of", at, "--horizons", "30,60,90", "--out", out, "--data", data)
    assert told.exit_code == 0
    assert "small: logit" in told.stdout
    assert "watched by purchase" in told.stderr
    tried = keepwell("backtest", "predictions", "--from", first, "--to", at, "--step", "30d", "--json", "--data", data)
    assert tried.exit_code == 0

    with out.open() as file:
        rows = list(csv.DictReader(file))
    assert {row["horizon_days"] for row in rows} == {"30", "60", "90"}
    assert all(0 < float(row["probability"]) < 1 for row in rows)
    assert any("last active" in row["reasons"] for row in rows)
    assert len(json.loads(tried.stdout)["origins"]) == 9

    asked = keepwell("predict", "churn", "--as-of", at, "--data", data, "--json", "--reasons", 3)
    found = json.loads(asked.stdout)
    assert {"customer_id", "horizon_days", "probability", "stage", "reasons"} <= found[0].keys()
    assert found[0]["reasons"][0].keys() == {"feature", "says", "points"}

    late = keepwell("predict", "churn", "--data", data)
    asked_again = late.stderr.split("--as-of ")[1].split(",")[0]
    assert asked_again == to_rfc3339((START + 460) * DAY_US)


def test_options_that_make_no_sense_are_refused(tmp_path):
    for words in (
        ("predict", "churn", "--horizons", "0"),
        ("predict", "churn", "--horizons", "30,30"),
        ("predict", "churn", "--horizons", "soon"),
        ("backtest", "predictions", "--from", "2026-01-01", "--to", "2025-01-01"),
        ("backtest", "predictions", "--from", "2026-01-01", "--to", "2026-02-01", "--step", "month"),
    ):
        assert keepwell(*words, "--data", tmp_path).exit_code == 2, words
