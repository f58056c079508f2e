"""The README keeps its word: its commands run, its picture is small, its promises hold."""

import ast
import importlib.util
import json
import runpy
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from typer.testing import CliRunner

from docs.generator.commands import commands as real_commands
from keepwell.cli.app import app
from keepwell.config.settings import Settings
from keepwell.scores.score import ENOUGH, NEUTRAL
from keepwell.sources.files.read import CHUNK_ROWS
from tests.docs.markdown import ROOT, blocks, commands, read, section

RUN = ("import", "rejects", "customers", "score")  # the rest serve, or take long


def run(*words):
    done = CliRunner().invoke(app, [*map(str, words), "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.mark.parametrize(("page", "customers"), [("README.md", 2), ("docs/guides/import.md", 2)])
def test_its_examples_are_accepted_whole(page, customers, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for block in blocks(read(page)):
        if block.name:
            (tmp_path / block.name).write_text(block.text)
    imports = 0
    for words in commands(read(page)):
        if words[0] == "python3":
            monkeypatch.setattr(sys, "argv", words[1:2])
            with Path(words[3]).open("w") as file, redirect_stdout(file):
                runpy.run_path(str(ROOT / words[1]), run_name="__main__")
        if words[:3] == ["keepwell", "predict", "churn"]:
            assert {each["stage"] for each in run(*words[1:])} <= {"small", "learned"}, words
        if words[:2] == ["keepwell", "import"]:
            found = run(*words[1:])
            assert (found["rejected"], found["duplicates"]) == (0, 0), words
            imports += found["accepted"]
        elif words[0] == "keepwell" and words[1] in RUN:
            run(*words[1:])

    assert imports > 0
    assert len(run("customers", "--data", "my-platform")) == customers


def test_the_overview_names_every_command():
    told = section(read("README.md"), "Commands")

    for words in real_commands():
        group, _, name = words.partition(" ")
        assert f"`keepwell {words}`" in told or (f"`keepwell {group} " in told and f"`{name}`" in told), words


def test_the_picture_is_small():
    pictures = list((ROOT / "docs/images").iterdir())

    assert [path.name for path in pictures] == ["overview.png"]
    assert pictures[0].stat().st_size < 150 * 1024
    assert int.from_bytes(pictures[0].read_bytes()[16:20]) == 1280


def test_the_numbers_are_those_of_the_code():
    assert f"{ENOUGH:.0%}".replace("%", " %") in section(read("README.md"), "How to read a score")
    assert f"starts at {NEUTRAL:g}" in read("docs/concepts/scores.md")
    assert f"{CHUNK_ROWS:,} at a time" in read("docs/guides/import.md")
    assert f"({CHUNK_ROWS:,})" in read("decisions/0009-segments-are-not-cut-by-day.md")
    assert f"./{Settings.model_fields['data'].default}" in read("docs/reference/settings.md")


CALLERS = {"aiohttp", "ftplib", "http.client", "httpx", "httpx2", "requests", "smtplib", "urllib.request", "urllib3"}


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_nothing_calls_anybody():
    """A fresh install sends nothing to anyone: only single sign-on, the heartbeat and channels that are set can."""
    modules = list((ROOT / "src/keepwell").rglob("*.py"))
    callers = {path.name for path in modules if CALLERS & set(imported(path))}
    sockets = {path.relative_to(ROOT).as_posix() for path in modules if "socket" in set(imported(path))}

    assert callers == {"oidc.py", "health.py", "guarded.py"}
    assert sockets == {
        "src/keepwell/runtime/serving.py", "src/keepwell/cli/serve.py", "src/keepwell/channels/guarded.py",
    }  # fmt: skip


def test_pages_load_nothing_from_elsewhere():
    files = [path for path in (ROOT / "src/keepwell/web").rglob("*") if path.suffix in (".html", ".css", ".js", ".svg")]
    lines = [line.strip() for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    addresses = {line for line in lines if "://" in line}

    assert {line for line in addresses if "http://www.w3.org/" not in line} == set()


def test_the_example_map_is_read():
    from keepwell.config.mappings import load_map

    found = load_map(ROOT / "examples/online_retail/map.toml")

    assert set(found.events) == {"order_placed"}
    assert found.events["order_placed"].set == {"kind": "transfer", "status": "succeeded", "asset": "GBP"}


def test_typical_customers_can_be_made_again(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("typical", ROOT / "examples/typical_customers.py")
    script = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "typical", script)
    spec.loader.exec_module(script)
    monkeypatch.setattr(script, "keepwell", lambda folder, *words: run(*words, "--data", folder))
    script.main(["--customers", "20", "--days", "60", "--seeds", "1", "--out", str(tmp_path / "page.md")])
    kept, made = read("docs/typical-customers.md").splitlines(), (tmp_path / "page.md").read_text().splitlines()

    assert [line for line in kept if line.startswith("#")] == [line for line in made if line.startswith("#")]
    assert sum(line.startswith("| ") for line in made) >= 6
