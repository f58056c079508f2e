"""Alerts in the terminal: the list, one of them, and what is done about them."""

import json
import re

import pytest
from typer.testing import CliRunner

from keepwell.base.time import DAY_US, HOUR_US, to_rfc3339
from keepwell.cli.app import app
from keepwell.config.settings import load_settings
from keepwell.runtime.clock import now_us
from keepwell.runtime.offline import NoSuchAlertError
from keepwell.runtime.ports.alerts import AlertRefusedError
from keepwell.runtime.workspace import FolderBusyError, open_workspace

LATER = to_rfc3339(now_us() + 30 * DAY_US)
SECOND = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ"


@pytest.fixture
def numbers(run, imported):
    """Two open alerts."""
    at = to_rfc3339(now_us() - HOUR_US)
    imported(
        f'ada,ticket_opened,{at},"{{""ticket"": ""1"", ""severity"": ""urgent""}}"',
        f'bob,ticket_opened,{at},"{{""ticket"": ""2"", ""severity"": ""urgent""}}"',
        header="customer_id,event,timestamp,properties",
    )
    found = json.loads(run("alerts", "--open", "--json"))
    return [each["id"] for each in sorted(found, key=lambda each: each["customer_id"])]


@pytest.fixture
def refused(tmp_path, monkeypatch):
    """Runs a command that must be refused, and returns the error."""
    monkeypatch.delenv("KEEPWELL_DATA", raising=False)

    def refused(*arguments):
        done = CliRunner().invoke(app, [*map(str, arguments), "--data", str(tmp_path / "data")])
        assert done.exit_code == 1
        return done.exception

    return refused


def states(run):
    return {each["id"]: each["state"] for each in json.loads(run("alerts", "--json"))}


def cells(printed):
    lines = [line for line in printed.replace("┃", "│").splitlines() if "│" in line]
    return [[cell.strip() for cell in line.split("│")] for line in lines]


DEEDS = {
    "acknowledged": ("acknowledge",),
    "snoozed": ("snooze", "--until", LATER, "--reason", "on holiday"),
    "resolved": ("resolve", "--verdict", "expected"),
}


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
def test_numbers_that_do_not_exist_are_named_before_anything_is_done(run, numbers, refused, deed):
    error = refused("alerts", *deed, *numbers, 998, 10**30, 998)

    assert isinstance(error, NoSuchAlertError)
    assert error.numbers == (998, 10**30)
    assert str(error).startswith("No alert has the numbers 998, 1000")
    assert set(states(run).values()) == {"open"}


def test_one_number_that_does_not_exist_is_one(refused, numbers):
    assert str(refused("alerts", "show", 998)) == "No alert has the number 998."


@pytest.mark.parametrize(("state", "deed"), DEEDS.items(), ids=DEEDS)
def test_what_was_left_as_it_is_is_named_with_its_state(run, numbers, state, deed):
    ada, bob = numbers
    assert run("alerts", *deed, ada) == "1 alert changed\n"
    printed = run("alerts", *deed, ada, bob, ada)

    assert printed == f"1 alert changed\nLeft as they are: {ada} ({state})\n"
    assert states(run) == {ada: state, bob: state}


def test_what_is_over_is_left_as_it_is(run, numbers):
    run("alerts", "resolve", numbers[0])

    assert run("alerts", "acknowledge", numbers[0]) == f"0 alerts changed\nLeft as they are: {numbers[0]} (resolved)\n"


@pytest.mark.parametrize(
    "deed", [("snooze", "--until", LATER, "--reason"), ("resolve", "--note")], ids=["reason", "note"]
)
def test_a_text_that_is_too_long_is_refused_and_not_cut(run, numbers, refused, deed):
    error = refused("alerts", *deed, "x" * 501, numbers[0])

    assert isinstance(error, AlertRefusedError)
    assert "at most 500 characters, and this one has 501" in str(error)
    assert states(run)[numbers[0]] == "open"
    assert run("alerts", *deed, "x" * 500, numbers[0]) == "1 alert changed\n"


def test_the_list_says_by_when_and_who(run, numbers):
    header, *lines = cells(run("alerts", "--open"))

    assert header[-3:] == ["opened", "react by", "owner"]
    assert len(lines) == 2
    for line in lines:
        assert all(re.fullmatch(SECOND, cell) for cell in line[-3:-1])


def test_one_alert_says_whose_it_is_and_how_it_stands(run, numbers):
    opened = dict(line[:2] for line in cells(run("alerts", "show", numbers[0])) if len(line) == 2)
    assert opened["Rule"] == "ticket_severity_high"
    assert opened["Owner"]
    assert opened["Threshold"] == "1 ticket"
    assert re.fullmatch(SECOND, opened["React by"])
    assert {"Snoozed until", "Verdict"}.isdisjoint(opened)

    run("alerts", "snooze", numbers[0], "--until", LATER, "--reason", "on holiday")
    snoozed = run("alerts", "show", numbers[0])
    assert f"Snoozed until │ {LATER[:19]}Z" in re.sub(" +", " ", snoozed)
    assert "Snoozed because │ on holiday" in re.sub(" +", " ", snoozed)

    run("alerts", "resolve", numbers[0], "--verdict", "false", "--note", "a test")
    over = re.sub(" +", " ", run("alerts", "show", numbers[0]))
    assert "Verdict │ false" in over
    assert "Note │ a test" in over
    assert not re.search(r"\d\d:\d\d:\d\d\.", over)


def test_while_somebody_serves_the_refusal_names_the_inbox_and_the_api(tmp_path, numbers, refused):
    with open_workspace(load_settings(tmp_path / "data")) as space, space.writing():
        error = refused("alerts", "acknowledge", numbers[0])

    assert isinstance(error, FolderBusyError)
    assert "in the inbox under /alerts" in str(error)
    assert "POST /api/v1/alerts/N/acknowledge" in str(error)
