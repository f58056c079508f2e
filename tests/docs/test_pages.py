"""Every page: its links lead somewhere, what it names exists, what it tells to type can be typed."""

import re

import pytest

from docs.generator.commands import commands as real_commands
from keepwell.sources.posthog.terms import ACCOUNT_GROUPS
from tests.docs.markdown import FILES, NAMES, ROOT, anchors, commands, links, prose, read
from tools.checks.rules import MACHINE_PATH, UNFINISHED

COMMANDS = real_commands()
TARGETS = set(re.findall(r"^(\w+):.*##", read("Makefile"), re.MULTILINE))
OURS = ("src/", "tests/", "docs/", "decisions/", "examples/", "tools/", "benchmarks/")


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name):
    page = ROOT / name
    for link in links(read(name)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), link


@pytest.mark.parametrize("name", NAMES)
def test_every_test_it_names_exists(name):
    for path, function in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", read(name)):
        assert re.search(rf"^def {function}\(", read(path), re.MULTILINE), f"{path}::{function}"


@pytest.mark.parametrize("name", NAMES)
def test_every_file_it_names_exists(name):
    for path in re.findall(r"`([\w./-]+/[\w./-]*)`", read(name)):
        if path.startswith(OURS) and "NAME" not in path:
            assert (ROOT / path).exists(), path


@pytest.mark.parametrize("name", NAMES)
def test_what_it_tells_to_type_can_be_typed(name):
    for words in commands(read(name)):
        check(words)


def check(words):
    program, rest = words[0], words[1:]
    if program == "make":
        assert set(rest) <= TARGETS, words
        return
    if program == "python3":
        assert rest[0].startswith("examples/"), words
        assert (ROOT / rest[0]).exists(), words
        return
    assert program in ("keepwell", ".venv/bin/keepwell"), words
    length = next(n for n in (2, 1) if " ".join(rest[:n]) in COMMANDS)
    known = {"--help"} | {option for each in COMMANDS[" ".join(rest[:length])].params for option in each.opts}
    for word in rest[length:]:
        assert not word.startswith("--") or word in known, words


@pytest.mark.parametrize(
    "words", [["make", "coffee"], ["keepwell", "score", "--since", "x"], ["keepwell", "import", "nothing"], ["ls"]]
)
def test_what_cannot_be_typed_is_noticed(words):
    with pytest.raises((AssertionError, StopIteration)):
        check(words)


@pytest.mark.parametrize("name", NAMES)
def test_commands_in_the_text_exist(name):
    for words in re.findall(r"`keepwell ([a-z][^`]*)`", read(name)):
        first = words.split()
        assert any(" ".join(first[:n]) in COMMANDS for n in (1, 2)) or f"{first[0]} show" in COMMANDS, words
        known = {option for spoken in COMMANDS if spoken.split()[0] == first[0] for each in COMMANDS[spoken].params
                 for option in each.opts}  # fmt: skip
        assert {word for word in first if word.startswith("--")} <= known | {"--help"}, words


@pytest.mark.parametrize("name", NAMES)
def test_the_text_is_finished_and_of_no_one_machine(name):
    text = read(name)

    assert not MACHINE_PATH.search(text)
    assert not UNFINISHED.search(text)
    assert text.endswith("\n")
    assert not re.search(r"[ \t]$", text, re.MULTILINE)


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_page_can_be_reached(path):
    """From the README, over links."""
    seen, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        found = [link.partition("#")[0] for link in links(page.read_text(encoding="utf-8"))]
        waiting += [(page.parent / link).resolve() for link in found if link and not re.match(r"[a-z]+:", link)]

    assert path in seen


def test_lines_have_a_width():
    for name in NAMES:
        for line in prose(read(name)).splitlines():
            generated = read(name).startswith("<!-- Made by")
            assert len(line) <= 120 or line.startswith("|") or generated, f"{name}: {line}"


def test_the_types_of_groups_that_are_the_account_are_all_named():
    page = read("docs/live.md")
    assert [kind for kind in ACCOUNT_GROUPS if f"`{kind}`" not in page] == []
