"""`keepwell findings`: everybody's diagnoses, and the customers of one."""

import json

import pytest
from typer.testing import CliRunner

from keepwell.base.time import HOUR_US, to_rfc3339
from keepwell.cli.app import app
from keepwell.cli.findings import UnknownEntryError
from keepwell.runtime.clock import now_us

HEADER = "customer_id,event,timestamp,properties"
NASTY = "\x1b[31mred"


@pytest.fixture
def handed_over(imported):
    """Two customers whose accounts were handed over an hour ago, and one who signed in."""
    at = to_rfc3339(now_us() - HOUR_US)
    what = '"{""what"": ""system_assign""}"'
    imported(
        f"ada,authority_changed,{at},{what}",
        f"{NASTY},authority_changed,{at},{what}",
        f"bob,signed_in,{at},{{}}",
        header=HEADER,
    )


def test_it_brings_itself_up_to_date_and_counts(run, handed_over):
    (found,) = json.loads(run("findings", "--json"))

    assert (found["entry"], found["customers"], found["everybody"]) == ("SEC-02", 2, False)
    assert (found["severity"], found["certainty"], found["domain"]) == ("critical", "entailed", "security")
    assert found["first_since"] == found["last_since"]
    assert list(found) == [
        "entry", "topic", "title", "domain", "severity", "certainty", "everybody", "customers", "first_since",
        "last_since",
    ]  # fmt: skip


def test_the_customers_of_one(run, handed_over):
    found = json.loads(run("findings", "--entry", "SEC-02", "--json"))

    assert sorted(each["customer_id"] for each in found) == [NASTY, "ada"]
    assert {each["scope"] for each in found} == {"customer"}
    assert json.loads(run("findings", "--entry", "SEC-02", "--limit", "1", "--json")) == found[:1]


def test_a_person_reads_it_and_the_terminal_obeys_nothing(run, handed_over):
    fleet, some = run("findings"), run("findings", "--entry", "SEC-02")

    assert fleet.startswith("3 customers diagnosed, 0 waiting.\n1 diagnosis ")
    assert "Account ownership handed over" in fleet
    assert "customers'" in fleet
    assert "SEC-02, Account ownership handed over: 2 customers" in some
    assert "\x1b" not in some
    assert "\\x1b[31mred" in some


def test_a_domain_narrows_it(run, handed_over):
    assert len(json.loads(run("findings", "--domain", "security", "--json"))) == 1
    assert json.loads(run("findings", "--domain", "lending", "--json")) == []


def test_nothing_is_said_in_words(run, imported):
    imported(f"bob,signed_in,{to_rfc3339(now_us() - HOUR_US)},{{}}", header=HEADER)

    assert "Nothing was found to be technically wrong" in run("findings")
    assert "SEC-02, Account ownership handed over: it is said of nobody now." in run("findings", "--entry", "SEC-02")
    assert json.loads(run("findings", "--entry", "SEC-02", "--json")) == []


def test_an_unknown_entry_is_refused(run, imported, tmp_path):
    imported(f"bob,signed_in,{to_rfc3339(now_us() - HOUR_US)},{{}}", header=HEADER)
    done = CliRunner().invoke(app, ["findings", "--entry", "NOTHING", "--data", str(tmp_path / "data")])

    assert isinstance(done.exception, UnknownEntryError)
    assert str(done.exception) == "The Expert knows nothing called `NOTHING`."


def test_an_entry_and_a_domain_are_wrong_usage(run, tmp_path):
    assert "not both" in run("findings", "--entry", "SEC-02", "--domain", "security", status=2)
    assert "--limit" in run("findings", "--limit", "0", status=2)
