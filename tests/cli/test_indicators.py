"""`keepwell indicators`: trends on the terminal and as JSON."""

import json

import pytest

from keepwell.runtime.explain import UnknownCustomerError

ASKED = ("--as-of", "2026-11-20T12:00:00Z")


@pytest.fixture
def mined(imported):
    lines = [
        f'ada,work,2026-{month:02}-{day:02}T09:00:00Z,"{{""accepted"": {accepted}, ""rejected"": {{""21"": 5}}}}"'
        for month, day, accepted in ((10, 16, 95), (10, 23, 90), (10, 30, 80), (11, 6, 60), (11, 13, 45), (11, 20, 20))
    ]
    imported(*lines, header="customer_id,event,timestamp,properties")


def test_a_person_reads_values_changes_and_what_is_not_observed(run, mined):
    printed = run("indicators", "ada")

    assert "ada: 6 telemetry events, 12 weeks to " in printed
    printed = run("indicators", "ada", *ASKED)
    assert "shares accepted" in printed
    assert "Not observed: Proof success. It needs work: kind proof, with outcome or result." in printed


def test_a_program_reads_every_week(run, mined):
    found = json.loads(run("indicators", "ada", "--json"))

    assert list(found) == ["customer_id", "as_of", "events", "indicators"]
    assert len(found["indicators"]) == 12
    trend = found["indicators"][0]
    assert (trend["id"], trend["unit"], trend["better"]) == ("mining_efficiency", "share", "up")
    assert len(trend["weeks"]) == 12
    known = [week for week in trend["weeks"] if week["value"] is not None]
    assert trend["latest"] == known[-1]
    assert trend["change"] == known[-1]["value"] - known[0]["value"]
    assert trend["direction"] == "falling"
    assert trend["good"] is False
    assert trend["slope"]["high"] < 0


def test_nobody_has_no_indicators(run, mined):
    with pytest.raises(UnknownCustomerError):
        run("indicators", "nobody")


def test_a_moment_that_is_none_is_wrong_usage(run, mined):
    assert "no moment" in run("indicators", "ada", "--as-of", "soon", status=2)
