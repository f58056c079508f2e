"""`keepwell findings`: everybody's diagnoses, and the customers of one."""

import json

import pytest
from typer.testing import CliRunner

from keepwell.base.time import HOUR_US, to_rfc3339
from keepwell.cli.app import app
from keepwell.cli.findings import CertaintyName, DomainName, SeverityName, UnknownEntryError, WhoseName
from keepwell.expert.knowledge import Certainty, Severity
from keepwell.runtime.clock import now_us
from keepwell.web.views.fleet import NARROWED
from keepwell.web.views.observed import DOMAINS

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


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (("--severity", "critical", "--certainty", "entailed", "--whose", "customers"), 1),
        (("--severity", "warn"), 0),
        (("--certainty", "hint"), 0),
        (("--whose", "everybody"), 0),
    ],
)
def test_filters_narrow_it(run, handed_over, asked, found):
    assert len(json.loads(run("findings", *asked, "--json"))) == found
    if not found:
        assert NARROWED in run("findings", *asked)


CHOICES = {
    "--domain": (DomainName, tuple(DOMAINS)),
    "--severity": (SeverityName, tuple(Severity)),
    "--certainty": (CertaintyName, tuple(Certainty)),
    "--whose": (WhoseName, ("everybody", "customers")),
}


@pytest.mark.parametrize("option", CHOICES)
def test_a_filter_has_the_values_that_there_are_and_lists_them(run, option):
    names, allowed = CHOICES[option]

    assert sorted(each.value for each in names) == sorted(allowed)
    refused = run("findings", option, "nonsense", status=2)
    assert all(f"'{each.value}'" in " ".join(refused.replace("│", " ").split()) for each in names)


def test_an_id_may_be_written_in_small_letters(run, handed_over):
    assert run("findings", "--entry", "sec-02") == run("findings", "--entry", "SEC-02")


def test_tables_say_words_and_json_says_codes(run, handed_over):
    fleet, some = run("findings"), run("findings", "--entry", "SEC-02")

    for word in ("critical", "established", "Security", "customers'", "known since (first)"):
        assert word in fleet
    for word in ("established", "this customer", "known since"):
        assert word in some
    assert "entailed" not in fleet + some
    assert next(line for line in some.splitlines() if line.startswith("ada")).count("ada") == 2


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


def test_an_entry_and_a_filter_are_wrong_usage(run, tmp_path):
    for given in (("--domain", "security"), ("--severity", "warn"), ("--certainty", "hint"), ("--whose", "customers")):
        assert "not both" in run("findings", "--entry", "SEC-02", *given, status=2)
    assert "--limit" in run("findings", "--limit", "0", status=2)
