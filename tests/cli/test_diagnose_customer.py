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
