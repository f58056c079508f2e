"""Searching the knowledge base, and the tables of errors beside it: by id, code, name, message or words.

What people have at hand is a line of a log, a number in either notation, a name, or a symptom. Every word is looked up
by itself, so a whole line may be pasted. Nothing that is typed is an error; at worst nothing is found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, TypeVar

from keepwell.expert.knowledge import Entry, Knowledge
from keepwell.expert.reading import meanings
from keepwell.expert.reading.reading import words as spelled
from keepwell.expert.reading.tables import ProgramTable, Tables

LONGEST: Final = 1000
"""Characters of a query that are looked at."""
MOST_WORDS: Final = 40
_WORD: Final = re.compile(r"-?\w[\w.\-]*")
_HEX: Final = re.compile(r"0x[0-9a-f]{1,8}")
_NUMBER: Final = re.compile(r"-?[0-9]{1,10}")
_TOLD: Final = 3
"""Digits from which on a number is taken for a code in a longer query: a `[1]` in a log is none."""
_SHORT: Final = 3
"""Words up to which every number is taken for a code, and letters up to which a text stands anywhere by chance."""
_MARKUP: Final = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|$)|</[a-z][^<>]*>|(?<!\w)<[a-z!][^<>]*>", re.DOTALL)
"""Tags, with what stands in a script; the parameter of a type, as `Option<Pubkey>`, is none."""
_DISTINCT: Final = re.compile(r"[a-z0-9][A-Z]|[_0-9:-]")
"""What a name has that is no word of a sentence: `Failed` in a longer query need not be the state of a bridge."""
T = TypeVar("T")


class Rank(IntEnum):
    """How a query meets something, the best first."""

    ID = 0
    CODE = 1
    NAME = 2
    PART = 3
    WORDS = 4


@dataclass(frozen=True, slots=True)
class Code:
    """An error of the tables: what a number or name means in one program, and the entries that explain it.

    Attributes:
        program: for people.
        number: None where the runtime knows the name only.
        hexadecimal: as logs write it; of EVM errors the selector.
        names: more than one where versions of the program differ.
        meaning: of each name, in words.
        reference: where it was read.
        entries: ids, in the order of the knowledge base.
    """

    program: str
    number: int | None
    hexadecimal: str
    names: tuple[str, ...]
    meaning: tuple[str, ...]
    reference: str
    entries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Results:
    """Entries and codes that were found, the best first."""

    entries: tuple[Entry, ...]
    codes: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class _Card:
    """What something is found by; all of it casefolded. `title` and `text` are surrounded by spaces.

    `names` are those that mean it wherever they stand; `words` are names that sentences have too.
    """

    id: str
    codes: frozenset[str]
    names: frozenset[str]
    words: frozenset[str]
    title: str
    text: str


@dataclass(frozen=True)
class Index:
    """All that can be found: entries in their order; codes that an entry explains, then the others."""

    entries: tuple[tuple[_Card, Entry], ...]
    codes: tuple[tuple[_Card, Code], ...] = field(default=())

    def search(self, query: str) -> Results:
        """What a query finds; everything in the knowledge base, and no codes, when it holds no word.

        Of markup only what stands between its tags is looked for; with nothing between them nothing is found.
        """
        typed = plain(query[:LONGEST])
        meant = _MARKUP.sub(" ", typed)
        asked = _Asked.of(meant)
        if not asked.words:
            return Results(tuple(entry for _, entry in self.entries) if meant == typed else (), ())
        return Results(_best(self.entries, asked), _best(self.codes, asked))


def index(knowledge: Knowledge, tables: Tables) -> Index:
    """The index of a knowledge base and the tables it was checked against."""
    codes = _codes(knowledge, tables)
    explained: dict[str, list[Code]] = {}
    for code in codes:
        for name in code.entries:
            explained.setdefault(name, []).append(code)
    entries = ((_card(each, explained.get(each.id, ()), knowledge), each) for each in knowledge.entries.values())
    first = sorted(codes, key=lambda each: not each.entries)
    return Index(tuple(entries), tuple((_card_of_code(each), each) for each in first))


# ---------------------------------------------------------------------- what is asked


@dataclass(frozen=True, slots=True)
class _Asked:
    """A query: as a whole, and word by word.

    `forms` are the whole and the words that may be a name by themselves, `codes` those words in all notations.
    """

    whole: str
    words: tuple[str, ...]
    forms: tuple[str, ...]
    codes: frozenset[str]

    @classmethod
    def of(cls, query: str) -> _Asked:
        whole = plain(query)
        found = tuple(dict.fromkeys(_trimmed(each) for each in _WORD.findall(whole)))[:MOST_WORDS]
        words = tuple(each for each in found if each)
        few = len(words) <= _SHORT
        told = tuple(each for each in words if few or _is_told(each))
        return cls(whole, words, (whole, *told), frozenset(name for each in told for name in _notations(each)))


def plain(text: str) -> str:
    """A text as it is compared: one form of each letter, no case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _trimmed(word: str) -> str:
    """A word without what a sentence leaves at its end."""
    return word.rstrip(".-_")


def _is_told(word: str) -> bool:
    return not _NUMBER.fullmatch(word) or len(word.lstrip("-")) >= _TOLD


def _notations(word: str) -> tuple[str, ...]:
    """A number as it is and in the other notation; any other word as it is."""
    if _HEX.fullmatch(word):
        return word, str(int(word, 16))
    return (word, str(int(word))) if _NUMBER.fullmatch(word) else (word,)


# ---------------------------------------------------------------------- what can be found


def _card(entry: Entry, explained: Iterable[Code], knowledge: Knowledge) -> _Card:
    signal = entry.signal
    numbers = [*signal.rpc_errors, *signal.http, *signal.pool_codes, *(code.number for code in explained)]
    told_by_apis = [each for api in signal.api_codes for each in api.codes]
    own = [each for errors in signal.errors for each in errors.codes] + told_by_apis
    codes = {str(each).casefold() for each in (*numbers, *own, *signal.selectors) if each is not None}
    names = {*signal.tx_errors, *signal.ix_errors, *signal.codes, *signal.outcomes, *signal.states, *signal.messages}
    names |= {name for errors in signal.errors for name in errors.names}
    names |= {name for code in explained for name in code.names} | set(map(str, told_by_apis))
    meant = [knowledge.features[name] for each in signal.when.comparisons for name in each.features
             if name in knowledge.features]  # fmt: skip
    told = [entry.diagnosis, *entry.causes, *entry.actions, entry.domain]
    told += [part for each in meant for part in (each.name, each.meaning)] + [code.program for code in explained]
    return _made(entry.id, codes, names, entry.title, told)


def _card_of_code(code: Code) -> _Card:
    codes = {code.hexadecimal, *([] if code.number is None else [str(code.number)])} - {""}
    return _made("", codes, code.names, f"{code.program} {' '.join(code.names)}", code.meaning)


def _made(name: str, codes: Iterable[str], names: Iterable[str], title: str, told: Iterable[str]) -> _Card:
    forms = [form for each in names for form in _forms(each)]
    distinct = frozenset(plain(each) for each in forms if _DISTINCT.search(each))
    text = f" {plain(' '.join((title, *told, *forms, *map(spelled, forms))))} "
    words = frozenset(map(plain, forms)) - distinct
    return _Card(plain(name), frozenset(codes), distinct, words, f" {plain(title)} ", text)


def _forms(name: str) -> tuple[str, ...]:
    """A name as logs write it: a tool's code without its brackets, an EVM error without its parameters."""
    return name, name.strip("[]"), name.partition("(")[0] if name.endswith(")") else name


def _codes(knowledge: Knowledge, tables: Tables) -> list[Code]:
    programs = [*tables.programs.values(), tables.anchor]
    found = [
        _code(table, number, names, knowledge) for table in programs for number, names in sorted(table.names.items())
    ]
    for what, variants in (("tx_errors", tables.transaction), ("ix_errors", tables.instruction)):
        found += [_variant(what, name, variants.reference, knowledge) for name in sorted(variants.names)]
    for selector, declared in tables.selectors.items():
        entries = tuple(each.id for each in knowledge.entries.values() if selector in each.signal.selectors)
        protocols = ", ".join(dict.fromkeys(name for each in declared for name in each.protocols))
        signatures = tuple(dict.fromkeys(each.signature for each in declared))
        said = tuple(spelled(each.partition("(")[0]) for each in signatures)
        found.append(Code(f"EVM, {protocols}", None, selector, signatures, said, declared[0].reference, entries))
    return found


def _code(table: ProgramTable, number: int, versions: Iterable[str | None], knowledge: Knowledge) -> Code:
    names = tuple(dict.fromkeys(name for name in versions if name is not None))
    entries = tuple(each.id for each in knowledge.entries.values() if _explains(each, table.key, number, names))
    said = tuple(meanings.of_program(table, name).partition(": ")[2] for name in names)
    return Code(table.label, number, hex(number), names, said, table.reference, entries)


def _explains(entry: Entry, program: str, number: int, names: tuple[str, ...]) -> bool:
    return any(
        errors.program == program and (number in errors.codes or bool(set(names) & set(errors.names)))
        for errors in entry.signal.errors
    )


def _variant(what: str, name: str, reference: str, knowledge: Knowledge) -> Code:
    entries = tuple(each.id for each in knowledge.entries.values() if name in getattr(each.signal, what))
    runtime = "Solana runtime, of a transaction" if what == "tx_errors" else "Solana runtime, of an instruction"
    said = meanings.TRANSACTION.get(name) if what == "tx_errors" else None
    return Code(runtime, None, "", (name,), (said or spelled(name),), reference, entries)


# ---------------------------------------------------------------------- how they meet

_Place = tuple[Rank, int, int]


def _best(cards: Iterable[tuple[_Card, T]], asked: _Asked) -> tuple[T, ...]:
    found = [(place, thing) for card, thing in cards if (place := _place(card, asked)) is not None]
    return tuple(thing for _, thing in sorted(found, key=lambda each: each[0]))


def _place(card: _Card, asked: _Asked) -> _Place | None:
    """The rank, then how many words are missed, then how many are not in the title; None when it is not meant."""
    rank = _rank(card, asked)
    if rank is None:
        return None
    inside = [f" {each}" in card.text or each in card.codes for each in asked.words]
    return rank, inside.count(False), sum(f" {each}" not in card.title for each in asked.words)


def _rank(card: _Card, asked: _Asked) -> Rank | None:
    if card.id and card.id in asked.words:
        return Rank.ID
    if not card.codes.isdisjoint(asked.codes):
        return Rank.CODE
    if asked.whole == card.title.strip() or asked.whole in card.words or not card.names.isdisjoint(asked.forms):
        return Rank.NAME
    names = card.names | card.words
    if _stands(asked.whole, card.title) or any(_contains(asked.whole, name) for name in names):
        return Rank.PART
    return Rank.WORDS if all(_stands(each, card.text) for each in asked.words) else None


def _stands(text: str, within: str) -> bool:
    """Whether a text stands in another one; one or two letters only as a word."""
    if len(text) >= _SHORT or text not in within:
        return text in within
    return re.search(rf"(?<!\w){re.escape(text)}(?!\w)", within) is not None


def _contains(whole: str, name: str) -> bool:
    """Whether a message stands in the query, or the query in a name; what is short stands anywhere by chance."""
    return (len(name) > _SHORT and " " in name and name in whole) or (len(whole) > _SHORT and whole in name)
