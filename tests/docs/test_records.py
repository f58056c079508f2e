"""Decisions and compromises have their shape, and each names a check that exists."""

import re

import pytest

from tests.docs.markdown import ROOT, read

DECISIONS = sorted(path.name for path in (ROOT / "decisions").glob("[0-9]*.md"))
HEADINGS = ["Context", "Decision", "Consequences", "Alternatives", "Check"]
CHECK = r"`tests/[\w/]+\.py::test_\w+`"
ENTRIES = re.split(r"^## ", read("COMPROMISES.md"), flags=re.MULTILINE)[1:]


def test_decisions_are_numbered_without_a_gap():
    assert [int(name[:4]) for name in DECISIONS] == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_has_its_shape_and_a_check(name):
    text = read(f"decisions/{name}")
    title = re.match(r"# (\d{4}) (.+)\n", text)

    assert title
    assert title[1] == name[:4]
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    assert re.search(CHECK, text.split("## Check")[1])
    assert f"[{name[:4]}]({name}) | {title[2]} |" in read("decisions/README.md")
    assert len(text.splitlines()) <= 60


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry.splitlines()[0] for entry in ENTRIES])
def test_a_compromise_says_why_and_when_and_is_pinned(entry):
    said = re.findall(r"^- (Why|Revisit|Pinned by): \S", entry, re.MULTILINE)

    assert said == ["Why", "Revisit", "Pinned by"]
    assert re.search(rf"Pinned by: {CHECK}", entry)


def test_every_pin_is_named():
    pins = re.findall(r"^def (test_\w+)", read("tests/docs/test_pins.py"), re.MULTILINE)
    told = read("COMPROMISES.md") + "".join(read(f"decisions/{name}") for name in DECISIONS)

    assert [pin for pin in pins if f"::{pin}`" not in told] == []
