"""A diagnosis as plain data."""

from __future__ import annotations

import json

from hypothesis import given

from keepwell.expert.answer import answer
from keepwell.expert.case import Case, Kind, Seen
from keepwell.expert.diagnose import diagnose
from tests.expert import made
from tests.expert.test_laws import cases

PROMISED = {"id", "certainty", "scope", "diagnosis", "evidence", "causes", "actions", "reference"}


@given(cases)
def test_it_is_plain_and_has_what_the_contract_promises(case):
    found = answer(diagnose(case, made.knowledge()), made.knowledge())

    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert isinstance(found["unknown"], list)
    for each in found["findings"]:
        assert each.keys() >= PROMISED
        assert all(line["text"] for line in each["evidence"])


def test_it_says_what_would_decide():
    seen = Seen(Kind.ERROR, "jupiter_v6", 6001, "SlippageToleranceExceeded", count=3, first=made.NOW, last=made.NOW)
    case = Case(made.NOW, {"hw.power_violation_share": 0.4}, [seen])

    found = answer(diagnose(case, made.knowledge()), made.knowledge())

    assert found["as_of"] == "2026-09-21T14:13:20Z"
    (first,) = found["findings"]
    assert first["evidence"][0]["last"] == found["as_of"]
    assert first["evidence"][0]["reference"] is None
    (unknown,) = (each for each in found["unknown"] if each["id"] == "HW-02")
    assert unknown["missing"][0]["name"] == "hw.sm_clock_ratio"
    assert "SM_CLOCK" in unknown["missing"][0]["meaning"]
