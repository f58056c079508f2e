"""The whole product through its command line."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from keepwell.base.time import DAY_US, to_rfc3339
from keepwell.cli.app import app
from keepwell.runtime.clock import now_us

KEEPWELL = str(Path(sys.executable).with_name("keepwell"))
SHARED = Path(__file__).parents[3] / "shared" / "datasets"


def keepwell(*arguments: object, data: Path, ok: bool = True) -> object:
    """Run a command with --json in this process; its document, or its error text when it is refused."""
    done = CliRunner().invoke(app, [*map(str, arguments), "--data", str(data), "--json"])
    said = f"{done.stderr}{done.exception or ''}"
    assert (done.exit_code == 0) is ok, (done.exit_code, done.stdout[-2000:], said[-2000:])
    return json.loads(done.stdout) if ok else said


def write(path: Path, rows: list[list[str]]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


HEADER = ["customer_id", "event", "timestamp", "properties"]


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    """A simulated platform, two months old."""
    data = tmp_path_factory.mktemp("world")
    filled = keepwell(
        "simulate", "--customers", 40, "--days", 120, "--seed", 7, "--until", "2026-09-01T00:00:00Z", data=data
    )
    assert filled["customers"] == 40
    assert Path(filled["truth"]).exists()
    return data


AS_OF = "2026-09-01T00:00:00Z"


def test_scores_of_a_world(world):
    rows = keepwell("score", "--as-of", AS_OF, data=world)
    scored = [row for row in rows if row["score"] is not None]

    assert len(scored) >= 38
    for row in scored:
        assert 0 <= row["score"] <= 100
        assert 0 < row["coverage"] <= 1
        assert row["band"] in ("healthy", "stable", "at_risk", "critical")
    before = keepwell("score", "--as-of", "2026-01-01T00:00:00Z", data=world)
    assert all(row["score"] is row["band"] is None for row in before)
    assert len(before) == len(rows)


def test_an_explanation_adds_up(world):
    rows = keepwell("score", "--as-of", AS_OF, data=world)
    for row in sorted(rows, key=lambda each: each["score"] or 100)[:3]:
        found = keepwell("explain", row["customer_id"], "--as-of", AS_OF, "--since", "2026-08-01T00:00:00Z", data=world)
        assert found["score"] == row["score"]
        assert sum(m["contribution"] for m in found["metrics"]) == pytest.approx(found["uncapped_score"], abs=1e-9)
        for metric in found["metrics"]:
            inner = sum(line["contribution"] for line in metric["indicators"])
            assert inner == pytest.approx(metric["contribution"], abs=1e-9)
        parts = found["change"]["parts"]
        assert sum(part["points"] for part in parts) == pytest.approx(found["change"]["total"], abs=1e-9)
        assert {"kind", "name", "points"} <= set(parts[0])


def test_customers_and_events(world):
    everybody = keepwell("customers", data=world)
    band = everybody[0]["band"]
    listed = keepwell("customers", "--band", band, data=world)
    one = listed[0]["id"]
    events = keepwell("events", "--customer", one, "--limit", 5, data=world)

    assert len(everybody) == 40
    assert {each["band"] for each in listed} == {band}
    assert [each["customer_id"] for each in events] == [one] * 5
    assert events[0]["occurred_at"] >= events[-1]["occurred_at"]
    assert all(each["ok"] for each in keepwell("doctor", data=world))


def test_the_same_seed_is_the_same_world(world, tmp_path):
    options = ("--customers", 40, "--days", 120, "--seed", 7, "--until", "2026-09-01T00:00:00Z")
    again = keepwell("simulate", *options, data=tmp_path)

    assert again["events"] > 0
    assert keepwell("score", "--as-of", AS_OF, data=tmp_path) == keepwell("score", "--as-of", AS_OF, data=world)
    assert "already holds events" in keepwell("simulate", *options, data=tmp_path, ok=False)


def test_hostile_rows_are_counted_kept_and_replayed(tmp_path):
    rows = [
        HEADER,
        ["ada", "signed_in", "2026-08-01T09:00:00Z", ""],
        ["ada", "signed_in", "2026-08-01T09:00:00Z", ""],
        ["ada", "transaction", "2026-08-02T09:00:00Z", '{"amount": -5}'],
        ["ada", "transaction", "2026-08-02T09:00:00Z", '{"amount": 1e30}'],
        ["ada", "transaction", "2026-08-02T09:00:00Z", '{"amount": NaN}'],
        ["", "signed_in", "2026-08-01T09:00:00Z", ""],
        ["ada", "signed_in", "yesterday", ""],
        ["ada", "signed_in", "1970-01-01T00:00:00Z", ""],
        ["ada", "signed_in", "2099-01-01T00:00:00Z", ""],
        ["ada", "survey_answered", "2026-08-02T09:00:00Z", '{"score": 99}'],
        ["ada", "signed_in", "2026-08-01T09:00:00Z", "{" + "x" * 10_000_000],
        ["ada", "rating", "2026-08-03T09:00:00Z", '{"stars": 4}'],
        ["bob", "signed_in"],
    ]
    path = write(tmp_path / "rows.csv", rows)
    data = tmp_path / "data"
    summary = keepwell("import", "events", path, data=data)

    assert (summary["accepted"], summary["duplicates"], summary["rejected"]) == (3, 0, 10)
    assert sum(summary["reasons"].values()) == 10
    assert len(keepwell("rejects", "list", data=data)) == 10
    assert keepwell("import", "events", path, data=data)["accepted"] == 0
    replayed = keepwell("rejects", "replay", data=data)
    assert replayed["accepted"] == 0
    fix = tmp_path / "fix.toml"
    fix.write_text('[events.survey_answered]\nevent = "feedback_given"\n')
    assert keepwell("rejects", "replay", "--map", fix, data=data)["accepted"] == 1
    assert len(keepwell("rejects", "list", data=data)) == 2 * 10 - 2


def test_refusals_say_what_is_wrong_and_change_nothing(tmp_path):
    path = write(tmp_path / "rows.csv", [HEADER, ["ada", "signed_in", "2026-08-01T09:00:00Z", ""]])
    broken = tmp_path / "map.toml"
    broken.write_text('[events.x]\nevent = "signed_in"\n\n[events.y]\nevent = "no_such"\n')
    said = keepwell("import", "events", path, "--map", broken, data=tmp_path / "data", ok=False)

    assert "map.toml:5" in said
    assert "no_such" in said
    assert "Nothing was imported" in said
    card = tmp_path / "card.toml"
    card.write_text('name = "trader"\nextends = "trader"\nsegments = ["trader"]\n\n[metrics]\nusage_frequency = -1\n')
    said = keepwell("scorecard", "publish", card, data=tmp_path / "data", ok=False)
    assert "card.toml:6" in said
    assert "not changed" in said
    assert "nobody" in keepwell("explain", "nobody", data=tmp_path / "data", ok=False)


def test_a_published_scorecard_counts_from_its_moment(world, tmp_path):
    card = tmp_path / "trader.toml"
    card.write_text('name = "trader"\nextends = "trader"\nsegments = ["trader"]\n\n[metrics]\nusage_frequency = 60\n')
    before = keepwell("score", "--as-of", AS_OF, data=world)
    moves = keepwell("scorecard", "preview", card, data=world)
    keepwell("scorecard", "publish", card, data=world)

    assert isinstance(moves, list)
    assert keepwell("score", "--as-of", AS_OF, data=world) == before


def test_an_override_changes_the_band_and_not_the_score(tmp_path):
    day = to_rfc3339(now_us() - 3 * DAY_US)
    path = write(tmp_path / "rows.csv", [HEADER, ["ada", "signed_in", day, ""]])
    data = tmp_path / "data"
    keepwell("import", "events", path, data=data)
    (before,) = keepwell("score", data=data)
    keepwell("override", "ada", "--band", "critical", "--reason", "champion left", data=data)
    (after,) = keepwell("score", data=data)
    keepwell("override", "ada", "--clear", data=data)
    (cleared,) = keepwell("score", data=data)

    assert after["band"] == "critical"
    assert after["computed_band"] == before["band"] == cleared["band"]
    assert after["score"] == pytest.approx(before["score"], abs=0.1)


def test_an_import_points_out_names_outside_the_tracking_plan(tmp_path):
    day = to_rfc3339(now_us() - 3 * DAY_US)
    names = ["signed_in", *["swap.done"] * 3, "\x1b[31mred", *(f"odd {number}" for number in range(30))]
    path = write(tmp_path / "rows.csv", [HEADER, *([f"c{i}", name, day, ""] for i, name in enumerate(names))])
    summary = keepwell("import", "events", path, data=tmp_path / "data")

    assert summary["accepted"] == len(names)
    assert len(summary["unknown_events"]) == 20
    assert summary["unknown_events"]["swap.done"] == 3
    said = subprocess.run(
        [KEEPWELL, "import", "events", path, "--data", tmp_path / "data"], capture_output=True, text=True, check=True
    ).stdout
    assert "20 or more event names are not in the tracking plan: swap.done (3)" in said
    assert "\x1b[31m" not in said


FAILING = [
    (1, ["explain", "nobody", "--json"], "keepwell customers"),
    (1, ["scorecard", "show", "nope"], "trader"),
    (2, ["customers", "--band", "purple", "--json"], "at_risk"),
    (2, ["score", "--as-of", "soon", "--json"], "--as-of"),
]


@pytest.mark.parametrize(("status", "arguments", "helpful"), FAILING)
def test_what_fails_says_why_on_standard_error_only(world, status, arguments, helpful):
    done = subprocess.run([KEEPWELL, *arguments, "--data", str(world)], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (status, "")
    assert helpful in done.stderr
    assert "Value error" not in done.stderr


def api_call(number: int) -> list[str]:
    when = f"2026-0{1 + number % 8}-{1 + number % 27:02}T{number % 24:02}:{number % 60:02}:00Z"
    return [f"c{number % 500}", "api_called", when, f'{{"endpoint": "/v1/{number % 7}", "count": {1 + number % 90}}}']


@pytest.mark.timeout(300)
def test_an_import_that_is_killed_goes_on_where_it_stopped(tmp_path):
    rows = [api_call(number) for number in range(150_000)]
    rows += rows[:1000]  # truly repeated rows
    path = write(tmp_path / "rows.csv", [HEADER, *rows])
    calm = keepwell("import", "events", path, data=tmp_path / "calm")
    stormy = tmp_path / "stormy"
    kills = 0
    for wait in (1.5, 2.0, 3.0):
        process = subprocess.Popen(
            [KEEPWELL, "import", "events", str(path), "--data", str(stormy), "--json"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        time.sleep(wait)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            kills += 1
        process.wait()
    done = keepwell("import", "events", path, data=stormy)
    if done["accepted"] == 0:  # the last attempt had finished before it could be killed
        done["accepted"], done["duplicates"] = done["duplicates"], 0

    assert kills > 0
    assert calm["accepted"] == 151_000
    assert done["accepted"] == calm["accepted"]
    assert all(each["ok"] for each in keepwell("doctor", data=stormy))
    moment = "2026-09-01T00:00:00Z"
    assert keepwell("score", "--as-of", moment, data=stormy) == keepwell(
        "score", "--as-of", moment, data=tmp_path / "calm"
    )


@pytest.mark.skipif(not SHARED.exists(), reason="the public data set is not part of the repository")
def test_online_retail(tmp_path):
    source = SHARED / "online_retail.events.parquet"
    example = Path(__file__).parents[2] / "examples" / "online_retail" / "map.toml"
    first = keepwell("import", "events", source, "--map", example, data=tmp_path)
    again = keepwell("import", "events", source, "--map", example, data=tmp_path)
    rows = keepwell("score", "--as-of", "2011-12-01T00:00:00Z", data=tmp_path)

    assert (first["accepted"], first["rejected"], first["customers"]) == (22_221, 0, 4_372)
    assert (again["accepted"], again["duplicates"]) == (0, 22_221)
    assert len(rows) == 4_372
    assert sum(row["score"] is not None for row in rows) == 4_331
    assert all((row["score"] is None) == (row["band"] is None) for row in rows)
