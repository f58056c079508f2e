"""`keepwell knowledge`: searching, one entry, and how right it was."""

import json
import re
from dataclasses import dataclass

import pytest
from typer.testing import CliRunner

from keepwell.cli.app import app
from keepwell.cli.knowledge import NoSuchEntryError
from keepwell.config.expert import shipped_knowledge, shipped_names
from keepwell.config.settings import Settings
from keepwell.expert.judging import Verdict
from keepwell.expert.knowledge import Certainty
from keepwell.expert.signal import LISTS
from keepwell.runtime.clock import now_us
from keepwell.runtime.knowing import StoredKnowledge
from keepwell.runtime.ports.knowledge import Judged
from keepwell.runtime.workspace import open_workspace
from tests.web.fake_expert import FakeExpert

ROW = "acme,signed_in,2025-10-01T09:12:00Z"


@dataclass
class Line:
    id: str


@pytest.mark.parametrize("words", [["0x1771"], ["search", "0x1771"], ["custom", "program", "error:", "0x1771"]])
def test_a_query_finds_entries_and_codes_without_any_data(run, words):
    told = run("knowledge", *words)
    found = json.loads(run("knowledge", *words, "--json"))

    assert "DEX-01" in told
    assert "SlippageToleranceExceeded" in told
    assert {"DEX-01", "DEX-02"} <= {each["id"] for each in found["entries"]}
    assert "SlippageToleranceExceeded" in {name for each in found["codes"] for name in each["names"]}


def test_without_a_query_all_entries_are_listed(run):
    assert len(json.loads(run("knowledge", "--json"))["entries"]) == 139
    assert "META-01" in run("knowledge")


@pytest.mark.parametrize(("words", "commands"), [(["accurcy"], True), (["nothing", "is", "called", "zzyzx"], False)])
def test_what_is_not_found_is_said_so(run, words, commands):
    told = run("knowledge", *words)

    assert f"Nothing was found for `{' '.join(words)}`." in told
    assert all(each in told for each in ("search", "show ID", "accuracy")) is commands
    assert json.loads(run("knowledge", *words, "--json")) == {"entries": [], "codes": []}


def test_a_code_without_an_entry_stands_alone(run):
    told = run("knowledge", "6135")

    assert "Errors of programs" in told
    assert "Entries" not in told


def test_an_entry_is_shown_with_all_it_rests_on(run):
    told = " ".join(run("knowledge", "show", "lp-01").split())
    found = json.loads(run("knowledge", "show", "LP-01", "--json"))

    assert "share of time the pool price was inside the position's range: below 50 %, lp.in_range_share" in told
    assert found["all_of"][0] | {"meaning": ""} == {
        "feature": "lp.in_range_share", "meaning": "", "unit": "ratio", "operator": "<", "value": 0.5, "shipped": None,
    }  # fmt: skip
    assert found["observed"] == {}
    assert json.loads(run("knowledge", "show", "DEX-01", "--json"))["observed"]["errors"][0]["program"] == "jupiter_v6"


ENTRIES = shipped_knowledge(shipped_names()).entries.values()
ONE_OF_EACH = {name: next(each for each in ENTRIES if getattr(each.signal, name)) for name in LISTS.values()}


@pytest.mark.parametrize("entry", ONE_OF_EACH.values(), ids=ONE_OF_EACH)
def test_every_sort_of_entry_is_shown_in_words(run, entry):
    told = run("knowledge", "show", entry.id)
    names = [name for name in LISTS.values() if "_" in name and f"│ {name}" in told]

    assert names == []
    assert not re.search(r"\('|\['|\{'", told)  # a tuple, a list or a dictionary of the program
    assert entry.diagnosis in told
    assert ("staff only" in told) is (entry.confidential or entry.certainty is Certainty.HINT)


def test_observations_stand_under_what_they_are(run):
    told = " ".join(run("knowledge", "show", "TX-04").split())

    assert "at least 3 of │ Errors of Solana runtime, of an instruction: ComputationalBudgetExceeded" in told


def test_a_number_of_the_installation_says_what_ships(run, tmp_path):
    own = tmp_path / "data" / "knowledge.toml"
    own.parent.mkdir()
    own.write_text('[LP-01]\n[LP-01.when]\n"lp.in_range_share <" = 0.33\n')

    told = " ".join(run("knowledge", "show", "LP-01").split())
    assert "below 33 % (changed here, ships with 50 %), lp.in_range_share" in told
    own.write_text("[NO-99]\n")
    assert "there is no entry `NO-99`" in run("knowledge", "show", "LP-01")


def test_what_is_no_entry_is_said_so(tmp_path):
    with pytest.raises(NoSuchEntryError):
        CliRunner().invoke(app, ["knowledge", "show", "NO-99", "--data", str(tmp_path)], catch_exceptions=False)


def test_the_accuracy_is_that_of_the_verdicts(run, imported, tmp_path):
    imported(ROW)
    empty = json.loads(run("knowledge", "accuracy", "--json"))
    assert empty["overall"] == {"judged": 0, "right": 0, "wrong": 0, "share": None, "interval": None}
    with open_workspace(Settings(data=tmp_path / "data")) as space, space.writing():
        book = StoredKnowledge(space, now_us, FakeExpert([Line("acme")]))
        for place in range(10):
            verdict = Verdict.WRONG if place == 0 else Verdict.RIGHT
            book.judge(Judged("acme", "RPC-01", "", f"person {place}"), verdict, "", None)
    found = json.loads(run("knowledge", "accuracy", "--json"))

    assert found["overall"] == found["by_entry"]["RPC-01"] == found["by_certainty"]["entailed"]
    assert (found["overall"]["share"], found["by_certainty"]["hint"]["share"]) == (0.9, None)
    assert found["overall"]["interval"] == pytest.approx([0.596, 0.982], abs=0.001)
    assert "RPC-01" in run("knowledge", "accuracy")
