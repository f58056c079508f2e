"""The knowledge base as shipped, with its tables; and cases made of plain data."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path

from keepwell.config import expert
from keepwell.expert.case import Case, Kind, Seen
from keepwell.expert.scope import Standing, Topic

FOLDER = expert.DEFAULTS.parent
CASES = Path(__file__).parent / "cases"
NOW = 1_790_000_000_000_000


@cache
def documents():
    return tuple(json.loads((FOLDER / name).read_text()) for name in ("error_codes.json", "evm_error_selectors.json"))


def tables():
    return expert.shipped_names()


def knowledge():
    return expert.shipped_knowledge(tables())


@cache
def raw():
    """The file, as TOML has it: what the slow reading reads."""
    return tomllib.loads(expert.DEFAULTS.read_text())


def seen(given):
    return Seen(**{**given, "kind": Kind(given["kind"]), "candidates": tuple(given.get("candidates", ()))})


def case(given):
    """A case from a table of a file, or from one like it."""
    crowd = {Topic(topic): Standing(**values) for topic, values in given.get("crowd", {}).items()}
    return Case(NOW, given.get("features", {}), [seen(each) for each in given.get("readings", ())], crowd)


@cache
def golden():
    """All cases of the files, each with the file it stands in."""
    found = []
    for path in sorted(CASES.glob("*.toml")):
        found += [(path.stem, each) for each in tomllib.loads(path.read_text())["case"]]
    return found
