"""Loading the knowledge base of the Expert from TOML: what ships, with an installation's own numbers laid over it.

What ships is checked whenever it is loaded: that every id, feature, source and code it names exists, that no number
is used whose meaning depends on the version of a program, and that no JSON-RPC code stands without its chain.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import TypeVar

import msgspec

from keepwell.config.expert_checks import Refuse, check
from keepwell.config.expert_tables import load_tables
from keepwell.config.refusal import FileRefusedError, line_of, read_toml
from keepwell.expert.features import STANDING, Feature, Sort
from keepwell.expert.knowledge import Basis, Conventions, Entry, Knowledge, Source, Tables
from keepwell.expert.reading import tables as reading
from keepwell.expert.signal import Comparison, ProgramErrors, When

DEFAULTS = Path(__file__).parent / "defaults" / "expert" / "knowledge.toml"
OWN = "knowledge.toml"
"""The installation's own numbers, in the data folder."""
UNCHANGED = "The knowledge base in use was not changed"
VERSION = 1
T = TypeVar("T")


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    conventions: Conventions
    features: dict[str, object]
    entries: dict[str, object]
    sources: dict[str, object]


class _Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an installation may say of an entry: other numbers, and why."""

    when: dict[str, float] = {}
    why: str = ""


def names_of(tables: reading.Tables) -> Tables:
    """The names that the knowledge base is checked against; an empty one where a version did not know the number."""
    programs = {
        table.key: {number: tuple(dict.fromkeys(name or "" for name in names)) for number, names in table.names.items()}
        for table in (*tables.programs.values(), tables.anchor)
    }
    return Tables(programs, tables.transaction.names, tables.instruction.names, frozenset(tables.selectors))


@cache
def shipped_names() -> Tables:
    """The names in the tables that ship."""
    return names_of(load_tables())


@lru_cache(maxsize=4)
def shipped_knowledge(tables: Tables) -> Knowledge:
    """The knowledge base that ships, checked; remembered for the same tables.

    Raises:
        FileRefusedError: it does not hold together.
    """
    return knowledge_of(DEFAULTS, tables)


def load_knowledge(own: Path | None, tables: Tables) -> Knowledge:
    """The shipped knowledge base with the numbers of the installation's own file; without a file, the shipped one.

    Raises:
        FileRefusedError: the file is malformed, or changes what is not ours to choose; nothing was changed.
    """
    knowledge = shipped_knowledge(tables)
    if own is None or not own.exists():
        return knowledge
    table, text = read_toml(own, UNCHANGED)

    def refuse(problem: str, *where: str) -> FileRefusedError:
        return FileRefusedError(own, line_of(text, *where), problem, UNCHANGED)

    changed = {name: _changed(knowledge, name, given, refuse) for name, given in table.items()}
    entries = {**knowledge.entries, **changed}
    return Knowledge(knowledge.version, knowledge.conventions, knowledge.features, entries, knowledge.sources)


def knowledge_of(path: Path, tables: Tables) -> Knowledge:
    """A whole knowledge base from a file, checked.

    Raises:
        FileRefusedError: it is malformed or does not hold together.
    """
    table, text = read_toml(path, UNCHANGED)

    def refuse(problem: str, *where: str) -> FileRefusedError:
        return FileRefusedError(path, line_of(text, *where), problem, UNCHANGED)

    file = _converted(table, _File, refuse)
    if file.version != VERSION:
        raise refuse(f"version {file.version} of the form is not known, only {VERSION}", "version")
    features = {
        name: msgspec.structs.replace(_converted(given, Feature, refuse, "features", name), name=name)
        for name, given in file.features.items()
    }
    entries = {
        name: _completed(name, _converted(given, Entry, refuse, "entries", name), features, tables)
        for name, given in file.entries.items()
    }
    sources = {name: _converted(given, Source, refuse, "sources", name) for name, given in file.sources.items()}
    knowledge = Knowledge(file.version, file.conventions, features, entries, sources)
    check(knowledge, tables, refuse)
    return knowledge


def _converted(given: object, wanted: type[T], refuse: Refuse, *where: str) -> T:
    """The value as a struct, or a refusal at the field that does not fit."""
    try:
        return msgspec.convert(given, wanted)
    except msgspec.ValidationError as error:
        said, _, place = str(error).partition(" - at ")
        fields = [each.partition("[")[0] for each in place.strip("`").split(".")[1:]]
        fields += re.findall(r"unknown field `(\w+)`", said)
        raise refuse(f"{where[-1]}: {said}" if where else said, *where, *fields) from None


def _completed(name: str, entry: Entry, features: Mapping[str, Feature], tables: Tables) -> Entry:
    """The entry with its id, the names of its error codes, and which right sides of comparisons are features."""
    signal = entry.signal
    errors = tuple(_meant(each, tables) for each in signal.errors)
    when = When(
        tuple(_sided(each, features) for each in signal.when.every),
        tuple(_sided(each, features) for each in signal.when.some),
    )
    return msgspec.structs.replace(entry, id=name, signal=msgspec.structs.replace(signal, errors=errors, when=when))


def _meant(errors: ProgramErrors, tables: Tables) -> ProgramErrors:
    table = tables.programs.get(errors.program, {})
    return msgspec.structs.replace(errors, meaning={code: table[code] for code in errors.codes if code in table})


def _sided(asked: Comparison, features: Mapping[str, Feature]) -> Comparison:
    """A text on the right is a feature, unless the left side is itself a text and there is no such feature."""
    left = features.get(asked.feature)
    literal = left is not None and left.sort is Sort.TEXT and asked.value not in features
    return Comparison(asked.feature, asked.operator, asked.value, isinstance(asked.value, str) and not literal)


def _changed(knowledge: Knowledge, name: str, given: object, refuse: Refuse) -> Entry:
    """An entry with other numbers in its conditions."""
    entry = knowledge.entries.get(name)
    if entry is None:
        raise refuse(f"there is no entry `{name}`", name, "when")
    if entry.threshold.basis is not Basis.POLICY:
        raise refuse(
            f"{name}: its numbers come from a {entry.threshold.basis.value} and are not ours to choose", name, "when"
        )
    change = _converted(given, _Change, refuse, name)
    when, own = entry.signal.when, {_key(each): each for each in entry.signal.when.comparisons}
    for key, value in change.when.items():
        problem = _problem(name, key, value, own)
        if problem:
            raise refuse(problem, name, "when", key)

    def numbered(asked: Comparison) -> Comparison:
        return msgspec.structs.replace(asked, value=change.when.get(_key(asked), asked.value))

    replaced = When(tuple(map(numbered, when.every)), tuple(map(numbered, when.some)))
    threshold = msgspec.structs.replace(entry.threshold, why=change.why or entry.threshold.why)
    signal = msgspec.structs.replace(entry.signal, when=replaced)
    return msgspec.structs.replace(entry, signal=signal, threshold=threshold)


def _problem(name: str, key: str, value: float, own: Mapping[str, Comparison]) -> str:
    """Why a number cannot be set; nothing when it can."""
    numbers = [each for each, asked in own.items() if not isinstance(asked.value, bool | str)]
    if key not in numbers:
        listed = ", ".join(f'"{each}"' for each in numbers)
        return f"{name} has no number `{key}`; there {'are ' + listed if listed else 'is none'}"
    if key.startswith(STANDING):
        return f"{name}: `{key}` sets the share of false alarms and stays as it is"
    return "" if math.isfinite(value) else f"{name}: `{key}` must be a finite number"


def _key(asked: Comparison) -> str:
    """How a file names a comparison, as `lp.in_range_share <`."""
    return f"{asked.feature} {asked.operator}"


def in_use(own: Path) -> tuple[Knowledge, str]:
    """The knowledge base with an installation's own numbers; what ships, and why, while they are refused."""
    try:
        return load_knowledge(own, shipped_names()), ""
    except FileRefusedError as error:
        return shipped_knowledge(shipped_names()), str(error)
