"""Whatever senders wrote, the terminal is not made to obey it."""

import json
import unicodedata

import pytest

from keepwell.cli.options import plain, say

NASTY = "ada\x1b]0;owned\x07\x9b31m\u202etxt\x7f[bold]"
SHOWN = "ada\\x1b]0;owned\\x07\\x9b31m\\u202etxt\\x7f[bold]"


@pytest.fixture
def nasty(tmp_path, run):
    """A customer whose id, name and event would be obeyed, and a row that was refused."""
    rows = [
        {"customer_id": NASTY, "event": NASTY, "timestamp": "2026-08-01T09:00:00Z", "message_id": NASTY},
        {"customer_id": NASTY, "event": "customer_updated", "timestamp": "2026-08-01T09:00:00Z",
         "properties": {"name": NASTY}},
        {"customer_id": NASTY, "event": "signed_in", "timestamp": NASTY},
    ]  # fmt: skip
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return run("import", "events", path)


def obeyed(printed):
    return [letter for letter in printed if letter != "\n" and unicodedata.category(letter) in ("Cc", "Cf")]


@pytest.mark.parametrize(
    "command",
    [("customers",), ("score",), ("events",), ("rejects", "list"), ("explain", NASTY), ("override", NASTY, "--clear")],
    ids=lambda command: command[0],
)
def test_no_command_lets_a_name_reach_the_terminal(run, nasty, command):
    printed = run(*command)

    assert obeyed(nasty + printed) == []
    assert SHOWN[:20] in printed


def test_names_of_all_scripts_are_left_alone_and_json_is_json(run, nasty):
    for name in ("Zoë", "日本", "\u0646\u0627\u0645\u200c\u0647\u0627", "👩\u200d🚀"):
        assert plain(name) == name
    assert SHOWN in nasty
    assert json.loads(run("customers", "--json"))[0]["id"] == NASTY


def test_an_error_is_said_without_escapes(capsys):
    say(NASTY, to_errors=True)

    assert capsys.readouterr().err == f"{SHOWN}\n"
