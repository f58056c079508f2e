"""The knowledge base: entries as data, frozen. `config/expert.py` reads it and refuses what does not hold together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Literal

import msgspec

from keepwell.expert.case import Kind
from keepwell.expert.features import Feature
from keepwell.expert.scope import Topic
from keepwell.expert.signal import Signal, Weighed, weigh


class Severity(StrEnum):
    """How bad it is, the mildest first."""

    INFO = "info"
    WATCH = "watch"
    WARN = "warn"
    CRITICAL = "critical"


class Certainty(StrEnum):
    """What sort of sentence a diagnosis is, the surest first."""

    ENTAILED = "entailed"
    INFERRED = "inferred"
    HINT = "hint"


class Basis(StrEnum):
    """Where the numbers of an entry come from."""

    SOURCE = "source"
    STATISTICS = "statistics"
    POLICY = "policy"


class Threshold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why it is raised from there on and not before."""

    basis: Basis
    why: str


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One diagnosis.

    Attributes:
        domain: what it is about.
        title: a few words for lists.
        severity: how bad it is.
        certainty: what sort of sentence it is.
        signal: what must be observed.
        threshold: why from there on.
        diagnosis: what is the matter, in one sentence.
        causes: what may be behind it; always hypotheses.
        actions: what to do, or to check.
        refs: keys of sources.
        scope: `network` when the cause lies outside the customer, `either` when the topic's standing decides.
        topic: which counts `stat.*` are about.
        explained_by: entries that say the same and more.
        wraps: whether it only reports another error.
        confidential: whether it must never be said to the customer.
        id: as `TX-04`.
    """

    domain: str
    title: str
    severity: Severity
    certainty: Certainty
    signal: Signal
    threshold: Threshold
    diagnosis: str
    causes: tuple[str, ...]
    actions: tuple[str, ...]
    refs: tuple[str, ...]
    scope: Literal["", "network", "either"] = ""
    topic: Topic | None = None
    explained_by: tuple[str, ...] = ()
    wraps: bool = False
    confidential: bool = False
    id: str = ""


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was read: a file of a repository at a commit, a page, or files of this project."""

    what: str = ""
    url: str = ""
    repo: str = ""
    path: str = ""
    commit: str = ""
    date: str = ""
    note: str = ""
    where: tuple[str, ...] = ()

    @property
    def cite(self) -> str:
        """The source on one line, so that it can be found."""
        place = f"{self.repo} {self.path} @ {self.commit}" if self.repo else self.url or ", ".join(self.where)
        told = f"{self.what}: {place}" if self.what else place
        return f"{told} ({self.note})" if self.note else told


class Conventions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the words of the knowledge base mean, for people."""

    meaning_check: str
    scope: str
    scope_rule: str
    certainty: Mapping[Certainty, str]
    basis: Mapping[Basis, str]
    signal: Mapping[str, str]
    tests: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Knowledge:
    """All that the Expert may say, and all it may ask.

    Attributes:
        version: of the form of the file.
        conventions: what its words mean.
        features: by name.
        entries: by id, in the order of the file.
        sources: by key.
    """

    version: int
    conventions: Conventions
    features: Mapping[str, Feature]
    entries: Mapping[str, Entry]
    sources: Mapping[str, Source]

    @cached_property
    def kinds(self) -> Mapping[str, tuple[Kind, ...]]:
        """The kinds of observation that each entry asks for."""
        return {name: entry.signal.kinds for name, entry in self.entries.items()}

    @cached_property
    def asks(self) -> Mapping[str, frozenset[str]]:
        """The features that each entry asks for."""
        return {
            name: frozenset(each for asked in entry.signal.when.comparisons for each in asked.features)
            for name, entry in self.entries.items()
        }

    @cached_property
    def blanks(self) -> Mapping[str, Weighed]:
        """How each entry is answered by a case in which nothing it asks for is known."""
        return {name: weigh(entry.signal, self.kinds[name], {}, _nothing) for name, entry in self.entries.items()}

    @cached_property
    def references(self) -> Mapping[str, tuple[str, ...]]:
        """The sources of each entry, each on one line."""
        return {name: tuple(self.sources[ref].cite for ref in entry.refs) for name, entry in self.entries.items()}


def _nothing(_: str) -> None:
    """The value of a feature of which nothing is known."""


@dataclass(frozen=True, eq=False)
class Tables:
    """Names of errors, against which the knowledge base is checked.

    Attributes:
        programs: program, number, and the names it has had: more than one where versions differ.
        transaction: variants of TransactionError.
        instruction: variants of InstructionError.
        selectors: of EVM errors, `0x` and eight hexadecimal digits.
    """

    programs: Mapping[str, Mapping[int, tuple[str, ...]]]
    transaction: frozenset[str]
    instruction: frozenset[str]
    selectors: frozenset[str]
