"""Options that many commands share."""

from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from keepwell.cli.app import app
from keepwell.cli.options import shown, table
from keepwell.runtime.workspace import FolderRefusedError
from keepwell.web.figures import tenths
from keepwell.web.views.words import points


def test_an_empty_data_folder_of_the_environment_is_not_set(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KEEPWELL_DATA", "")
    done = CliRunner().invoke(app, ["simulate", "--customers", "1", "--days", "7"], catch_exceptions=False)

    assert done.exit_code == 0, done.output
    assert [path.name for path in Path().iterdir()] == ["keepwell-data"]


def test_the_version_is_told():
    done = CliRunner().invoke(app, ["--version"], catch_exceptions=False)

    assert (done.exit_code, done.output.strip()) == (0, version("keepwell"))


@pytest.mark.parametrize("command", ["customers", "score", "events", "doctor", "rejects list", "keys list"])
def test_looking_at_a_folder_without_data_makes_none(tmp_path, command):
    done = CliRunner().invoke(app, [*command.split(), "--data", str(tmp_path)])

    assert isinstance(done.exception, FolderRefusedError), done.output
    assert "there is no data here" in str(done.exception)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("score", "said"), [(44.87, "44.8"), (79.96, "79.9"), (100.0, "100.0"), (0.57 * 100, "57.0")])
def test_a_score_is_cut_off_as_on_the_pages(score, said):
    assert shown(score) == points(tenths(score)) == said


def test_a_table_of_nothing_is_a_sentence(capsys):
    table("Keys", ("name", "kind"), [])

    assert capsys.readouterr().out == "Keys: none.\n"
