"""Runs, tasks, messages and playbooks in the terminal, over fakes: what is printed, and what is done."""

import json

import pytest
from typer.testing import CliRunner

from keepwell.base.time import DAY_US, to_rfc3339
from keepwell.cli.app import app
from keepwell.runtime import acts
from keepwell.runtime.acts import Acts
from keepwell.runtime.clock import now_us
from keepwell.runtime.ports.messages import MessageRefusedError
from keepwell.runtime.ports.playbooks import PlaybookRefusedError
from keepwell.runtime.ports.runs import RunRefusedError
from keepwell.runtime.ports.tasks import TaskRefusedError
from keepwell.runtime.workspace import FolderBusyError, open_workspace
from tests.web.fake_messages import FakeMessages
from tests.web.fake_playbooks import NOTHING, FakePlaybooks
from tests.web.fake_runs import FakeRuns, FakeTasks
from tests.web.fakes import FakeBook


@pytest.fixture
def made(run, imported, monkeypatch):
    """A data folder whose runs, tasks, messages and playbooks are faked."""
    imported(f"ada,signed_in,{to_rfc3339(now_us() - DAY_US)}")
    lines = FakeBook(40).lines
    found = Acts(FakeRuns(lines), FakeTasks(lines), FakeMessages(lines), FakePlaybooks())
    monkeypatch.setattr(acts, "open_acts", lambda _space, _clock: found)
    return found


@pytest.fixture
def refused(tmp_path, monkeypatch):
    """Runs a command that must be refused, and returns the error."""
    monkeypatch.delenv("KEEPWELL_DATA", raising=False)

    def refused(*arguments):
        done = CliRunner().invoke(app, [*map(str, arguments), "--data", str(tmp_path / "data")])
        assert done.exit_code == 1
        return done.exception

    return refused


def test_runs_are_listed_what_happens_next_first(run, made):
    found = json.loads(run("runs", "list", "--json"))

    assert {each["outcome"] for each in found} == {None}
    assert len(found) == made.runs.counts().active
    moments = [each["next_at"] or "9" for each in found]
    assert moments == sorted(moments)
    assert f"{len(found)} runs" in run("runs", "list")
    assert all(each["outcome"] for each in json.loads(run("runs", "list", "--closed", "--json")))


def test_runs_are_narrowed(run, made):
    found = json.loads(run("runs", "list", "--playbook", "critical", "--json"))

    assert {each["playbook"] for each in found} == {"critical"}
    assert len(json.loads(run("runs", "list", "--customer", made.runs.kept[2].customer_id, "--json"))) == 1
    assert "no playbook is called" in run("runs", "list", "--playbook", "nothing", status=2)


def test_a_run_is_shown_and_stopped(run, made):
    printed = run("runs", "show", 1)
    assert "immediate_personal_outreach" in printed
    assert "Held: a reply waits for a person to look at it" in printed
    assert all(each["id"] in printed for each in json.loads(run("runs", "show", 1, "--json"))["steps"])

    assert run("runs", "stop", 1, "--reason", "they asked us to") == "1 run stopped\n"
    assert run("runs", "stop", 1, "--reason", "again") == "run 1 is over already; nothing was changed\n"
    assert made.runs.deeds == [("stop", 1, "the command line", "they asked us to")]


def test_tasks_are_listed_shown_and_closed(run, made):
    found = json.loads(run("tasks", "list", "--json"))
    assert {each["state"] for each in found} == {"open"}
    assert {each["state"] for each in json.loads(run("tasks", "list", "--state", "done", "--json"))} == {"done"}
    assert "I saw that 62 % of your swaps failed." in run("tasks", "show", 5)
    assert json.loads(run("tasks", "show", 5, "--json"))["reach"]

    assert run("tasks", "done", 5, "--note", "we spoke") == "1 task closed\n"
    assert run("tasks", "drop", 5, "--reason", "late") == "task 5 is closed already; nothing was changed\n"
    assert run("tasks", "drop", 1, "--reason", "solved") == "1 task closed\n"
    assert made.tasks.deeds == [
        ("done", 5, "the command line", "we spoke"),
        ("dropped", 1, "the command line", "solved"),
    ]


def test_messages_that_wait_are_listed_and_that_nothing_can_leave(run, made):
    found = json.loads(run("messages", "list", "--json"))

    assert {each["state"] for each in found} == {"asked"}
    assert (
        "By the settings of this shell, nothing leaves for customers: this is a dry run: nothing leaves."
        " A server that runs has its own.\n"
    ) in run("messages", "list")
    made.messages.off = ""
    assert "othing leaves" not in run("messages", "list")
    assert {each["state"] for each in json.loads(run("messages", "list", "--state", "sent", "--json"))} == {"sent"}


def test_a_message_is_shown_and_the_text_that_was_read_is_approved(run, made, refused):
    printed = run("messages", "show", 1)
    assert "you traded 38 % less." in printed
    assert "Digest: digest-1-0" in printed
    assert "its fact is now another" in run("messages", "show", 2)

    assert isinstance(refused("messages", "approve", 1, "--digest", "digest-2-0"), MessageRefusedError)
    run("messages", "approve", 1, "--digest", "digest", status=2)
    assert made.messages.deeds == []
    assert run("messages", "approve", 1, "--digest", "digest-1") == "1 message approved\n"
    assert made.messages.deeds == [("approve", {1: "digest-1-0"}, "the command line")]


def test_a_message_is_rejected_and_everything_is_stopped(run, made):
    assert run("messages", "reject", 1, "--reason", "not our tone") == "1 message rejected\n"
    assert run("messages", "stop", "--reason", "an outage") == "everything to customers is stopped\n"
    printed = run("messages", "list")
    assert printed.startswith("Nothing leaves for customers: everything was stopped by the command line: an outage\n")
    assert run("messages", "go").startswith("the stop is over; by the settings of this shell, ")
    assert [each[0] for each in made.messages.deeds] == ["reject", "stop", "go_on"]


def test_playbooks_are_listed_and_one_is_shown_with_its_effect(run, made):
    assert len(json.loads(run("playbook", "list", "--json"))) == len(made.playbooks.all())
    assert "switched off" in run("playbook", "list")
    printed = run("playbook", "show", NOTHING)
    assert "No effect shown" in printed
    assert "This proves nothing by itself" in printed
    assert "uccess" not in printed
    assert json.loads(run("playbook", "show", NOTHING, "--json"))["effect"]["is_success"] is False


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("runs", "show", 999), RunRefusedError),
        (("runs", "stop", 999, "--reason", "r"), RunRefusedError),
        (("runs", "stop", 1, "--reason", " "), RunRefusedError),
        (("tasks", "show", 999), TaskRefusedError),
        (("tasks", "drop", 5, "--reason", " "), TaskRefusedError),
        (("messages", "show", 999), MessageRefusedError),
        (("messages", "reject", 1, "--reason", " "), MessageRefusedError),
        (("messages", "approve", 999, "--digest", "digest-9"), MessageRefusedError),
        (("messages", "stop", "--reason", " "), MessageRefusedError),
        (("playbook", "show", "nothing"), PlaybookRefusedError),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_reason(made, refused, arguments, error):
    assert isinstance(refused(*arguments), error)
    assert made.runs.deeds + made.tasks.deeds + made.messages.deeds == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("runs", "show", -1), ("runs", "show", 2**63), ("runs", "stop", 1), ("tasks", "list", "--state", "late"),
        ("messages", "list", "--state", "lost"), ("messages", "approve", 1),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_usage(made, run, arguments):
    run(*arguments, status=2)
    assert made.runs.deeds == []


def test_nothing_is_changed_while_somebody_serves_the_folder(made, refused, tmp_path):
    from keepwell.config.settings import load_settings

    with open_workspace(load_settings(tmp_path / "data"), create=False) as space, space.writing():
        for words in (
            ("runs", "stop", 1, "--reason", "r"), ("tasks", "done", 5), ("messages", "reject", 1, "--reason", "r"),
            ("messages", "go"),
        ):  # fmt: skip
            assert isinstance(refused(*words), FolderBusyError)
    assert made.runs.deeds + made.tasks.deeds + made.messages.deeds == []


def test_a_folder_in_which_no_run_began_has_none(run, imported):
    imported(f"ada,signed_in,{to_rfc3339(now_us() - DAY_US)}")

    assert json.loads(run("runs", "list", "--json")) == []
    assert json.loads(run("messages", "list", "--json")) == []
