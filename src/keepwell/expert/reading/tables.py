"""Error names by program and number, variants of the runtime, and EVM selectors: typed, and handed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ANCHOR_OWN = 6000
"""Errors of an Anchor program begin here; smaller numbers belong to the framework (coral-xyz/anchor, lang)."""


@dataclass(frozen=True)
class ProgramTable:
    """The errors of one program.

    Attributes:
        key: our name of the table, for example `jupiter_v6`.
        label: its name for people, for example "Jupiter v6".
        anchor: it is built with Anchor, and so owns the numbers from 6000 on.
        names: every name a number had, the newest version first; None is a version that did not know the number.
        reference: where the names were read.
    """

    key: str
    label: str
    anchor: bool
    names: Mapping[int, tuple[str | None, ...]]
    reference: str


@dataclass(frozen=True)
class Selector:
    """One EVM error: its signature such as `Panic(uint256)`, the protocols that declare it, where they do."""

    signature: str
    protocols: tuple[str, ...]
    reference: str


@dataclass(frozen=True)
class Variants:
    """The variants of a runtime error, and where they were read."""

    names: frozenset[str]
    reference: str


@dataclass(frozen=True)
class Found:
    """What the tables know of a number: one name, several candidates, or nothing, and why it is not one.

    Attributes:
        names: distinct names; more than one, or `settled` false, means that none may be chosen.
        settled: exactly one name in every version that was read.
        anchor: the program is an Anchor program, which prints the names of its errors itself.
    """

    names: tuple[str, ...] = ()
    settled: bool = False
    anchor: bool = False
    why: str = ""
    reference: str | None = None


@dataclass(frozen=True)
class Tables:
    """All tables: programs by id, the Anchor framework, variants of the runtime, EVM errors by selector."""

    programs: Mapping[str, ProgramTable]
    anchor: ProgramTable
    transaction: Variants
    instruction: Variants
    selectors: Mapping[str, tuple[Selector, ...]]

    def label(self, program: str) -> str:
        """The name of a program for people, or its id."""
        known = self.programs.get(program)
        return known.label if known else f"program {program}"

    def lookup(self, program: str | None, code: int) -> Found:
        """The name of a number that a program raised; without the program it never settles a name."""
        table = None if program is None else self.programs.get(program)
        if table is None:
            framework = _named(self.anchor, code)
            if framework is None:
                return Found(why=_UNKNOWN_PROGRAM if program is None else "no table holds this program")
            return Found(framework.names, why="it has this name only if this is an Anchor program")
        if not table.anchor or code >= ANCHOR_OWN:
            return _named(table, code) or Found(anchor=table.anchor, why=f"the table of {table.label} has no {code}")
        return _named(self.anchor, code) or Found(anchor=True, why=f"the Anchor framework has no {code}")


_UNKNOWN_PROGRAM = "a number means nothing without the program that raised it"


def _named(table: ProgramTable, code: int) -> Found | None:
    versions = table.names.get(code)
    if versions is None:
        return None
    names = tuple(dict.fromkeys(name for name in versions if name is not None))
    settled = len(set(versions)) == 1
    why = "" if settled else f"the number differs between versions of {table.label}"
    return Found(names, settled, table.anchor, why, table.reference)
