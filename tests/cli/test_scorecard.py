"""Scorecards shown, edited and put in force."""

import json


def test_a_shown_scorecard_is_a_draft(run, imported, tmp_path):
    imported("ada,signed_in,2026-08-01T09:00:00Z")
    draft = tmp_path / "t.toml"
    draft.write_text(run("scorecard", "show", "trader"))

    assert "0 customers" in run("scorecard", "preview", draft)
    before = json.loads(run("scorecard", "show", "trader", "--json"))
    draft.write_text(draft.read_text().replace("usage_frequency = 15", "usage_frequency = 40"))
    run("scorecard", "publish", draft)
    after = json.loads(run("scorecard", "show", "trader", "--json"))

    assert after.pop("version") != before.pop("version")
    assert after == {**before, "metrics": {**before["metrics"], "usage_frequency": 40.0}}
    assert {"measure", "curve", "weight"} == set(after["indicators"]["active_days"])
