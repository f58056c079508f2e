"""Overrides by the command line."""

import json


def test_clearing_an_override_that_is_not_there_changes_nothing(run, imported):
    imported("ada,signed_in,2026-08-01T09:00:00Z")
    before = run("events", "--json")
    said = run("override", "ada", "--clear")

    assert "no override" in said
    assert run("events", "--json") == before
    run("override", "ada", "--band", "stable", "--reason", "called them")
    assert "no override" not in run("override", "ada", "--clear")
    assert len(json.loads(run("events", "--json"))) == len(json.loads(before)) + 2
    assert "no override" in run("override", "ada", "--clear")
