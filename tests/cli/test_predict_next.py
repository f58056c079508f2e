"""`keepwell predict`: documents, files, and reasons."""

import csv
import json

import pytest

from keepwell.cli.predict_next import FileNotWrittenError, _soonest
from keepwell.runtime.explain import UnknownCustomerError
from keepwell.runtime.ports.next import Expanding

ASKED = ("--as-of", "2026-11-20T12:00:00Z")


@pytest.fixture
def answered(imported):
    lines = [
        f'c{who},survey_answered,2026-{month:02}-10T09:00:00Z,"{{""score"": {(who * 3 + month) % 11}}}"'
        for who in range(12)
        for month in (3, 5, 7, 9)
    ]
    imported(*lines, header="customer_id,event,timestamp,properties")


def test_forecasts_of_answers_are_one_document_and_a_file(run, answered, tmp_path):
    out = tmp_path / "answers.csv"
    printed = run("predict", "satisfaction", *ASKED, "--out", out, "--json")
    found = json.loads(printed[printed.index("{") : printed.rindex("}") + 1])
    rows = list(csv.DictReader(out.read_text().splitlines()))

    assert list(found) == ["as_of", "surveys", "who_answers", "forecasts"]
    assert found["surveys"][0]["scale"] == [0, 10]
    assert [each["customer_id"] for each in rows] == [each["customer_id"] for each in found["forecasts"]]
    assert len(rows) == 12
    assert float(rows[0]["low"]) <= float(rows[0]["expected"]) <= float(rows[0]["high"])


def test_a_person_reads_a_table_and_who_answers(run, answered):
    printed = run("predict", "satisfaction", *ASKED)

    assert "nps: 36 answers that followed another." in printed
    assert "answered in 180 days" in printed
    assert "Next answers as of 2026-11-20T12:00:00Z" in printed


@pytest.mark.parametrize(("what", "says"), [("adoption", "No use of a feature"), ("expansion", "holds 0 upgrades")])
def test_where_nothing_can_be_said_the_reason_is(run, answered, what, says):
    assert says in run("predict", what, *ASKED)
    assert says in json.loads(run("predict", what, *ASKED, "--json"))["because"]


def test_an_unknown_customer_and_a_bad_file_are_refused(run, answered, tmp_path):
    with pytest.raises(UnknownCustomerError):
        run("predict", "adoption", "--customer", "nobody")
    with pytest.raises(FileNotWrittenError):
        run("predict", "adoption", *ASKED, "--out", tmp_path / "missing" / "a.csv")


def test_upgrades_are_told_the_most_likely_first():
    def one(who, chance=None, at=None, used=None):
        return Expanding(who, "orders", used, at, None, None, chance, "", "")

    some = [one("d", used=0.2), one("c", used=0.9), one("b", at=5), one("e", 0.3, 9), one("a", 0.6)]

    assert [each.customer_id for each in sorted(some, key=_soonest)] == ["a", "e", "b", "c", "d"]
