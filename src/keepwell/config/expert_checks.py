"""What must hold of a knowledge base besides its form: everything it names exists, and means one thing only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from keepwell.config.refusal import FileRefusedError
from keepwell.expert.diagnose import NAMED
from keepwell.expert.features import STANDING, Feature, Sort, sort_of
from keepwell.expert.knowledge import Entry, Knowledge, Source, Tables
from keepwell.expert.signal import LISTS, Comparison, ProgramErrors, Signal

Refuse = Callable[..., FileRefusedError]
"""Makes the refusal of a problem, at the keys that lead to it."""
Problem = tuple[str, str]
"""The field it is in, and what is wrong."""
DOMAINS: Final = frozenset(
    {
        "meta", "solana_tx", "solana_dex", "rpc_api", "zkpow", "lp_yield", "bridge", "lending", "security",
        "compliance",
    }
)  # fmt: skip
CHAINS: Final = ("solana", "evm")
SANCTIONS: Final = ("cmp.sanctions", "cmp.list")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_FEATURE: Final = re.compile(r"[a-z]+\.[a-z0-9_]+")


def check(knowledge: Knowledge, tables: Tables, refuse: Refuse) -> None:
    """Nothing, when everything holds.

    Raises:
        FileRefusedError: the first thing that does not, with its line.
    """
    for name, feature in knowledge.features.items():
        if not _FEATURE.fullmatch(name) or not feature.unit or not feature.meaning:
            raise refuse(f"feature {name} needs a name like `tx.failed`, a unit and a meaning", "features", name)
    for name, source in knowledge.sources.items():
        for problem in _source(source):
            raise refuse(f"source {name}: {problem}", "sources", name)
    for name, entry in knowledge.entries.items():
        for field, problem in _entry(entry, knowledge, tables):
            raise refuse(f"{name}: {problem}", "entries", name, *field.split("."))
    for field, name, problem in _whole(knowledge):
        raise refuse(f"{name}: {problem}", field, name)


def _whole(knowledge: Knowledge) -> Iterator[tuple[str, str, str]]:
    """What concerns more than one entry."""
    for name in NAMED:
        if name not in knowledge.entries:
            yield "entries", name, "there is no such entry, and the engine asks it by name"
    for name, entry in knowledge.entries.items():
        if entry.domain == "meta" and name not in NAMED:
            yield "entries", name, "the domain `meta` is for the entries that the engine knows by name"
        if _circular(name, knowledge.entries):
            yield "entries", name, "it explains itself, by way of `explained_by`"
    cited = {ref for entry in knowledge.entries.values() for ref in entry.refs}
    for name in knowledge.sources:
        if name not in cited:
            yield "sources", name, "no entry cites this source"


def _circular(start: str, entries: Mapping[str, Entry]) -> bool:
    waiting, seen = list(entries[start].explained_by), set[str]()
    while waiting:
        name = waiting.pop()
        if name == start:
            return True
        if name not in seen:
            seen.add(name)
            waiting += entries[name].explained_by
    return False


def _entry(entry: Entry, knowledge: Knowledge, tables: Tables) -> Iterator[Problem]:
    if entry.domain not in DOMAINS:
        yield "domain", f"there is no domain `{entry.domain}`"
    for field in ("title", "diagnosis", "causes", "actions", "refs"):
        if not getattr(entry, field):
            yield field, f"`{field}` is empty"
    if not entry.threshold.why:
        yield "threshold", "the threshold needs a reason"
    yield from (("refs", f"there is no source `{ref}`") for ref in entry.refs if ref not in knowledge.sources)
    unknown = (name for name in entry.explained_by if name not in knowledge.entries)
    yield from (("explained_by", f"there is no entry `{name}`") for name in unknown)
    yield from _signal(entry.signal, tables)
    for group, asked in (("all", entry.signal.when.every), ("any", entry.signal.when.some)):
        for each in asked:
            yield from ((f"signal.when.{group}", problem) for problem in _comparison(each, knowledge.features))
    yield from _manners(entry)


def _manners(entry: Entry) -> Iterator[Problem]:
    """What the features asked oblige an entry to."""
    asked = [name for each in entry.signal.when.comparisons for name in each.features]
    if any(name.startswith(STANDING) for name in asked) != (entry.topic is not None) and entry.domain != "meta":
        yield "topic", "an entry has a topic if, and only if, it asks `stat.*`"
    if any(name.startswith(SANCTIONS) for name in asked) and not entry.confidential:
        yield "confidential", "what touches sanctions must be confidential"


def _signal(signal: Signal, tables: Tables) -> Iterator[Problem]:
    if not signal.kinds and not signal.when.comparisons:
        yield "signal", "the signal is empty"
    if signal.decode and any(getattr(signal, name) for name in LISTS.values()):
        yield "signal.decode", "`decode` stands alone"
    for errors in signal.errors:
        yield from (("signal.errors", problem) for problem in _errors(errors, tables))
    for field, known in (
        ("tx_errors", tables.transaction),
        ("ix_errors", tables.instruction),
        ("selectors", tables.selectors),
    ):
        missing = [name for name in getattr(signal, field) if name not in known]
        yield from ((f"signal.{field}", f"`{name}` is not in the tables") for name in missing)
    if signal.origin_program and not (signal.ix_errors and signal.origin_program in tables.programs):
        yield "signal.origin_program", "it must be a program of the tables, beside `ix_errors`"
    if bool(signal.rpc_errors) != (signal.chain in CHAINS):
        yield "signal.rpc_errors", "the same number means something else elsewhere: name the chain, solana or evm"


def _errors(errors: ProgramErrors, tables: Tables) -> Iterator[str]:
    table = tables.programs.get(errors.program)
    if table is None:
        yield f"there is no program `{errors.program}` in the tables"
        return
    if not errors.codes and not errors.names:
        yield f"no codes and no names of {errors.program}"
    for code in errors.codes:
        names = table.get(code, ())
        if not names:
            yield f"{errors.program} has no code {code}"
        if len(names) > 1:
            either = " or ".join(filter(None, names))
            yield f"{errors.program} {code} is {either}, depending on the version of the program: use the name"
    known = {name for names in table.values() for name in names}
    yield from (f"{errors.program} has no error `{name}`" for name in errors.names if name not in known or not name)


def _comparison(asked: Comparison, features: Mapping[str, Feature]) -> Iterable[str]:
    unknown = [name for name in asked.features if name not in features]
    if unknown:
        return [f"there is no feature `{name}`" for name in unknown]
    left = features[asked.feature].sort
    right = features[str(asked.value)].sort if asked.other else sort_of(asked.value)
    if left is not right:
        return [f"{asked.feature} is a {left.value} and is compared with a {right.value}"]
    if left is not Sort.NUMBER and asked.operator not in ("==", "!="):
        return [f"{asked.feature} is a {left.value}, which has no order"]
    return []


def _source(source: Source) -> Iterator[str]:
    ways = [bool(source.repo), bool(source.url), bool(source.where)]
    if sum(ways) != 1:
        yield "one of `repo`, `url` and `where` says what was read"
    if source.repo and not (source.path and _COMMIT.fullmatch(source.commit)):
        yield "a repository needs a `path`, and a `commit` of 40 hexadecimal digits"
    if source.url and not source.url.startswith("https://"):
        yield "the url must begin with https://"
    if source.where and not source.what:
        yield "files of this project need a word on `what` they show"
