"""The reference is complete, and says what the code says."""

import pytest

from docs.generate import FOLDER, PAGES, main
from docs.generator import commands, settings
from docs.generator.events import GROUPS
from docs.generator.markdown import WORDS
from docs.generator.rejections import REASONS
from keepwell.cli import app as command_line
from keepwell.config.settings import Settings, load_settings
from keepwell.events.catalog import BY_KEY, CATALOG
from keepwell.metrics.measures import MEASURES
from tests.docs.markdown import ROOT, anchors

COMMANDS = commands.commands()


def page(name):
    return (FOLDER / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_generator_writes(name):
    assert page(name) == PAGES[name](), "run `python -m docs.generate`"


def test_nothing_else_is_in_the_folder():
    assert {path.name for path in FOLDER.iterdir()} == set(PAGES)


def test_check_fails_on_a_stale_page(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("docs.generate.FOLDER", tmp_path)

    assert main(["--check"]) == 1
    assert len(capsys.readouterr().out.splitlines()) == len(PAGES)
    assert main([]) == 0
    assert main(["--check"]) == 0


@pytest.mark.parametrize("key", BY_KEY)
def test_every_event_is_described(key):
    assert WORDS["events"].get(key, "").endswith("."), f"add a sentence on {key} to docs/generator/words.toml"
    assert key in anchors(page("events.md"))


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_is_described(reason):
    assert WORDS["reasons"].get(reason), f"say in docs/generator/words.toml what {reason} means"
    assert f"`{reason}`" in page("rejections.md")


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_is_described(name):
    assert (MEASURES[name].read.__doc__ or "").strip(), f"{name} has no docstring"
    assert WORDS["no_data"].get(name), f"say in docs/generator/words.toml when {name} has no data"
    assert name in anchors(page("measures.md"))


def test_no_word_is_left_over():
    assert WORDS.keys() == {"events", "reasons", "no_data"}
    assert WORDS["events"].keys() == BY_KEY.keys()
    assert WORDS["reasons"].keys() == set(REASONS)
    assert WORDS["no_data"].keys() == MEASURES.keys()
    assert GROUPS.keys() <= BY_KEY.keys()
    assert CATALOG[0].key in GROUPS


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_has_help(words):
    assert COMMANDS[words].help
    assert [parameter.name for parameter in COMMANDS[words].params if not parameter.help] == []
    assert f"## {words}\n" in page("commands.md")


def test_a_group_that_does_something_alone_is_a_command():
    assert {"--open", "--customer", "--json"} <= {option for each in COMMANDS["alerts"].params for option in each.opts}
    assert "alerts show" in COMMANDS
    assert "keys" not in COMMANDS


def test_every_module_of_the_command_line_is_a_command():
    modules = {path.stem for path in (ROOT / "src/keepwell/cli").glob("*.py")} - {"__init__", "app", "options"}
    registered = {name for name, module in vars(command_line).items() if type(module).__name__ == "module"}

    assert modules <= registered


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_described(name):
    assert Settings.model_fields[name].description
    assert f"`KEEPWELL_{name.upper()}`" in page("settings.md")


@pytest.mark.parametrize("name", settings.SECRETS)
def test_a_secret_is_read_from_a_file(name, tmp_path, monkeypatch):
    (tmp_path / "secret").write_text("hidden\n")
    monkeypatch.setenv(f"KEEPWELL_{name.upper()}_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv(f"KEEPWELL_{name.upper()}", "shown")

    assert getattr(load_settings(), name) == "hidden"
