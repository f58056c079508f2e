"""`keepwell diagnose CUSTOMER`: what is said, what is left open, and what is told when nothing was sent."""

import json

import pytest

from keepwell.base.time import DAY_US, HOUR_US, to_rfc3339
from keepwell.expert.consultation import NOTHING_SENT
from keepwell.runtime.clock import now_us
from keepwell.web.views.diagnosis import NOTHING

HEADER = "customer_id,event,timestamp,properties"


@pytest.fixture
def told(imported):
    """One customer whose account was handed over, one whose call succeeded, and one who sent no telemetry."""
    at = to_rfc3339(now_us() - HOUR_US)
    imported(
        f'ada,authority_changed,{at},"{{""what"": ""system_assign""}}"',
        f'cay,api_called,{at},"{{""endpoint"": ""a"", ""http_status"": 200, ""method"": ""b""}}"',
        f"bob,ticket_opened,{at},{{}}",
        header=HEADER,
    )


@pytest.mark.parametrize("asked", [("bob",), ("ada", "--as-of", to_rfc3339(now_us() - DAY_US))])
def test_without_telemetry_neither_trouble_nor_its_absence_is_claimed(run, told, asked):
    printed, found = run("diagnose", *asked), json.loads(run("diagnose", *asked, "--json"))

    assert f"{asked[0]}: {NOTHING_SENT}" in printed
    assert "technically wrong" not in printed
    assert (found["events"], found["findings"]) == (0, [])


def test_with_telemetry_that_tells_of_no_trouble_nothing_was_found(run, told):
    printed = run("diagnose", "cay")

    assert "cay: 1 telemetry event of 29 days, compared with " in printed
    assert NOTHING in printed
    assert json.loads(run("diagnose", "cay", "--json"))["events"] == 1


def test_a_finding_stands_with_its_entry_its_sources_and_its_mark(run, told):
    printed = run("diagnose", "ada")
    (found,) = json.loads(run("diagnose", "ada", "--json"))["findings"]

    assert "Critical: Account ownership handed over" in printed
    assert lines(printed, "entry") == ["SEC-02"]
    assert lines(printed, "diagnosis")[0] in found["diagnosis"]
    assert lines(printed, "reference") == found["reference"]
    assert lines(printed, "to do") == found["actions"]
    assert lines(printed, "certainty") == ["established"]
    assert found["id"] in run("knowledge", "show", lines(printed, "entry")[0])


def lines(printed, name):
    """The rows of a name, without it."""
    return [each.partition("│")[2].strip() for each in printed.splitlines() if each.split("│")[0].strip() == name]


def test_what_is_not_for_the_customer_and_what_could_not_be_judged(run, imported):
    at = now_us() - HOUR_US
    calls = [
        f'c,api_called,{to_rfc3339(at - place)},"{{""endpoint"": ""a"", ""http_status"": 429, ""method"": ""b""}}"'
        for place in range(2)
    ]
    traded = f'c,transaction,{to_rfc3339(at)},"{{""chain"": ""solana"", ""status"": ""failed""}}"'
    screened = f'c,screening_hit,{to_rfc3339(at)},"{{""address"": ""a"", ""hit"": true}}"'
    imported(*calls, traded, screened, header=HEADER)
    printed = run("diagnose", "c")
    before, _, reserved = printed.partition("What could not be judged")

    assert "established, not for the customer" in lines(before, "certainty")
    assert "Too few events to judge" not in before
    assert reserved.count("Too few events to judge") == 1
    assert "Too few events to judge: failed calls, failed transactions" in reserved
    assert "META-03" in reserved
