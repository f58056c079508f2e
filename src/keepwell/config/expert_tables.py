"""Loading the Expert's tables of errors: names by program and number, variants of the runtime, EVM selectors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from keepwell.config.refusal import FileRefusedError
from keepwell.expert.reading.tables import ProgramTable, Selector, Tables, Variants

FOLDER = Path(__file__).parent / "defaults" / "expert"
ERROR_CODES = "error_codes.json"
SELECTORS = "evm_error_selectors.json"
UNCHANGED = "No failure was read"
ANCHOR = "anchor"

_Name = Annotated[str, Meta(pattern=r"\A[A-Za-z][A-Za-z0-9_]{0,99}\Z")]
_Number = Annotated[str, Meta(pattern=r"\A(?:0|[1-9][0-9]{0,9})\Z")]
_Address = Annotated[str, Meta(pattern=r"\A(?:\*|[1-9A-HJ-NP-Za-km-z]{32,44})\Z")]
_Selector = Annotated[str, Meta(pattern=r"\A0x[0-9a-f]{8}\Z")]
_Signature = Annotated[str, Meta(pattern=r"\A[A-Za-z_]\w*\(.*\)\Z")]
_Text = Annotated[str, Meta(min_length=1)]
_Commit = Annotated[str, Meta(pattern=r"\A[0-9a-f]{40}\Z")]
Read = TypeVar("Read")


class _Older(msgspec.Struct):
    codes: dict[_Number, _Name]


class _Program(msgspec.Struct):
    program: _Text
    program_id: _Address
    framework: Annotated[str, Meta(pattern=r"\A(?:native|anchor)\Z")]
    source: _Text
    commit: _Commit
    commit_date: _Text
    codes: dict[_Number, _Name]
    older: list[_Older] = []


class _Variants(msgspec.Struct):
    """`later` are variants that came after `commit`, each with the commit it was read at."""

    source: _Text
    commit: _Commit
    commit_date: _Text
    variants: list[_Name]
    later: dict[_Name, _Commit] = {}


class _ErrorCodes(msgspec.Struct):
    programs: dict[_Text, _Program]
    transaction_error: _Variants
    instruction_error: _Variants


class _Declared(msgspec.Struct):
    signature: _Signature
    protocol: _Text
    source: _Text


_Selectors = dict[_Selector, Annotated[list[_Declared], Meta(min_length=1)]]


@cache
def load_tables(folder: Path = FOLDER) -> Tables:
    """The tables of a folder, by default those that ship; read once.

    Raises:
        FileRefusedError: a file is missing or malformed, or a program or variant is in it twice.
    """
    path = folder / ERROR_CODES
    given = _decoded(path, _ErrorCodes)
    _unique(path, "program", (each.program_id for each in given.programs.values()))
    for part in (given.transaction_error, given.instruction_error):
        _unique(path, "variant", [*part.variants, *part.later])
    if ANCHOR not in given.programs:
        raise FileRefusedError(path, None, f"there is no table `{ANCHOR}`", UNCHANGED)
    tables = {key: _table(key, each) for key, each in given.programs.items()}
    return Tables(
        programs={each.program_id: tables[key] for key, each in given.programs.items() if each.program_id != "*"},
        anchor=tables[ANCHOR],
        transaction=_variants(given.transaction_error),
        instruction=_variants(given.instruction_error),
        selectors={
            selector: tuple(Selector(each.signature, (each.protocol,), each.source) for each in declared)
            for selector, declared in _decoded(folder / SELECTORS, _Selectors).items()
        },
    )


def _table(key: str, given: _Program) -> ProgramTable:
    """Names by number, the newest version first; a version that lacks a number says so with None."""
    versions = [given.codes, *(each.codes for each in given.older)]
    numbers = {number for version in versions for number in version}
    names = {int(number): tuple(version.get(number) for version in versions) for number in numbers}
    return ProgramTable(key, given.program, given.framework == "anchor", names, _reference(given))


def _variants(given: _Variants) -> Variants:
    return Variants(frozenset((*given.variants, *given.later)), _reference(given))


def _reference(given: _Program | _Variants) -> str:
    return f"{given.source} @{given.commit[:7]} ({given.commit_date})"


def _decoded(path: Path, kind: type[Read]) -> Read:
    """A JSON file as a typed value, in which no key stands twice."""
    try:
        return msgspec.convert(json.loads(path.read_bytes(), object_pairs_hook=_once), kind)
    except OSError as error:
        raise FileRefusedError(path, None, f"cannot be read: {error.strerror}", UNCHANGED) from None
    except json.JSONDecodeError as error:
        raise FileRefusedError(path, error.lineno, f"not valid JSON: {error.msg}", UNCHANGED) from None
    except ValueError as error:  # no UTF-8, a key that stands twice, a value of a wrong type
        raise FileRefusedError(path, None, str(error), UNCHANGED) from None
    except RecursionError:
        raise FileRefusedError(path, None, "nested too deeply", UNCHANGED) from None


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for place, (key, _) in enumerate(pairs) if key in dict(pairs[:place]))
        raise ValueError(f"the key `{twice}` stands twice in one object")
    return found


def _unique(path: Path, what: str, names: Iterator[str] | list[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise FileRefusedError(path, None, f"the {what} `{name}` is in it twice", UNCHANGED)
        seen.add(name)
