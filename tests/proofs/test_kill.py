"""Killed or stopped under load, the server keeps every event it accepted, exactly once."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from keepwell.base.time import to_rfc3339
from keepwell.config.settings import Settings
from keepwell.events.catalog import Stream
from keepwell.runtime.clock import now_us
from keepwell.runtime.workspace import open_workspace
from keepwell.store.segments import manifest
from tests.proofs import stand_in
from tests.proofs.kill import CLOSED, NotInTimeError, Program, kill_loop, stop_under_load

KEEPWELL = Path(sys.executable).with_name("keepwell")


def run(*arguments: object) -> str:
    """What a command of Keepwell prints; it must end well."""
    done = subprocess.run([KEEPWELL, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def message(identity: str) -> dict[str, object]:
    """A call of a feature by one of ten customers, as SDKs send it."""
    return {
        "type": "track",
        "messageId": identity,
        "userId": f"user-{identity}",
        "event": "feature_used",
        "properties": {"feature": "swap"},
        "timestamp": to_rfc3339(now_us()),
        "context": {"groupId": f"account-{hash(identity) % 10}"},
    }


def in_the_log(data: Path) -> Counter[str]:
    """Message ids of all hot rows; nothing is old enough to be sealed."""
    with open_workspace(Settings(data=data), create=False) as space, space.database.read() as session:
        assert manifest(session, list(Stream)) == []
        return Counter(name for (name,) in session.run("SELECT message_id FROM event"))


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def keepwell(data):
    made = json.loads(run("keys", "create", "--kind", "write", "--name", "proof", "--json", "--data", data))
    return Program(
        command=[str(KEEPWELL), "serve", "--port", "0", "--data", str(data)],
        key=made["key"],
        stored=partial(in_the_log, data),
        message=message,
        environment={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def assert_content(data: Path) -> None:
    """Keepwell's own checks find nothing, and so does SQLite."""
    assert all(check["ok"] for check in json.loads(run("doctor", "--json", "--data", data)))
    connection = sqlite3.connect(data / "keepwell.sqlite")
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


def assert_killed_in_vain(program: Program, data: Path, kills: int) -> None:
    verdict = kill_loop(program, data.parent, kills, seed=kills)

    assert verdict.holds, verdict
    assert not verdict.unaccepted, verdict
    assert set(verdict.answers) <= {"200", "503", CLOSED}
    assert verdict.accepted > kills
    assert verdict.status == 0
    assert_content(data)


@pytest.mark.timeout(180)
def test_nothing_accepted_is_lost_when_the_server_is_killed(keepwell, data):
    assert_killed_in_vain(keepwell, data, 5)


@pytest.mark.proof
@pytest.mark.timeout(7200)
def test_nothing_accepted_is_lost_in_two_hundred_kills(keepwell, data):
    assert_killed_in_vain(keepwell, data, 200)


@pytest.mark.timeout(180)
def test_a_server_that_is_stopped_under_load_keeps_what_it_accepted(keepwell, data):
    verdict = stop_under_load(keepwell, data.parent, busy_s=3.0)

    assert verdict.holds, verdict
    assert verdict.accepted > 0
    assert verdict.status == 0
    assert set(verdict.answers) <= {"200", "503", CLOSED}
    assert_content(data)


def in_the_stand_in(path: Path) -> Counter[str]:
    connection = sqlite3.connect(path)
    found = Counter(name for (name,) in connection.execute("SELECT id FROM message"))
    connection.close()
    return found


def standing_in(folder: Path, fault: str = "") -> Program:
    path = folder / "messages.sqlite"
    command = [sys.executable, stand_in.__file__, str(path), "--fault", fault]
    return Program(command, "key", partial(in_the_stand_in, path), message)


def test_the_loop_is_content_with_a_server_that_keeps_everything(tmp_path):
    verdict = kill_loop(standing_in(tmp_path), tmp_path, 3, seed=1)

    assert verdict.holds, verdict
    assert not verdict.unaccepted
    assert verdict.answers[CLOSED]


def test_the_loop_finds_what_was_accepted_before_it_was_kept(tmp_path):
    assert kill_loop(standing_in(tmp_path, "early"), tmp_path, 3, seed=1).lost


def test_the_loop_finds_what_is_counted_twice(tmp_path):
    assert kill_loop(standing_in(tmp_path, "twice"), tmp_path, 3, seed=1).doubled


def test_a_stop_of_a_server_that_keeps_everything(tmp_path):
    verdict = stop_under_load(standing_in(tmp_path), tmp_path, busy_s=0.3)

    assert verdict.holds, verdict
    assert verdict.accepted
    assert verdict.status == 0


def test_a_stop_finds_what_was_accepted_before_it_was_kept(tmp_path):
    verdict = stop_under_load(standing_in(tmp_path, "early"), tmp_path, busy_s=0.3)

    assert verdict.lost
    assert verdict.status != 0


def test_a_stop_that_takes_too_long_is_found(tmp_path):
    with pytest.raises(NotInTimeError):
        stop_under_load(standing_in(tmp_path, "deaf"), tmp_path, busy_s=0.1, within=0.5)


def test_a_stop_sees_other_refusals(tmp_path):
    assert stop_under_load(standing_in(tmp_path, "refuses"), tmp_path, busy_s=0.3).answers["500"]
