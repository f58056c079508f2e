"""`keepwell consult`: on the terminal, as JSON, and as Markdown."""

import json

from keepwell.runtime.explain import UnknownCustomerError

CALLS = 'api_called,2026-11-22T10:00:00Z,"{""count"": 100, ""http_statuses"": {""200"": 60, ""429"": 40}}"'
HEADER = "customer_id,event,timestamp,properties"
AT = ("--as-of", "2026-11-22T12:00:00Z")


def test_an_assessment_in_three_forms(run, imported):
    imported(f"ada,{CALLS}", header=HEADER)
    told = run("consult", "ada", *AT)
    found = json.loads(run("consult", "ada", "--purpose", "comprehensive_issue_analysis", *AT, "--json"))
    text = run("consult", "ada", "--urgency", "emergency", *AT, "--markdown")

    assert told.startswith("IN SHORT\n")
    assert "Possible cause: " in told
    assert found["customer_id"] == "ada"
    assert [each["part"] for each in found["sections"]][:2] == ["summary", "health"]
    assert text.startswith("# Technical assessment of `ada`\n")
    assert text.index("## What to do") < text.index("## Findings and evidence")


def test_without_telemetry_it_says_so(run, imported):
    imported("ada,page_viewed,2026-11-22T10:00:00Z")

    assert "nothing can be said about technical causes" in run("consult", "ada", *AT)


def test_nobody_and_two_forms_at_once_are_refused(run, imported):
    imported("ada,signed_in,2026-11-22T10:00:00Z")
    run("consult", "ada", "--json", "--markdown", status=2)
    run("consult", "ada", "--purpose", "gossip", status=2)
    try:
        run("consult", "nobody", *AT)
    except UnknownCustomerError as error:
        assert error.customer_id == "nobody"  # noqa: PT017 - the runner hands it on
    else:
        raise AssertionError
