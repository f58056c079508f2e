"""What a model may say: our own statements, chosen, put in order and led in. Everything else is dropped.

A program can check that a sentence is one of ours. It cannot check that a paraphrase means the same: with the same
words in another order, or with one of them left out, a sentence says something else. So a sentence passes when it is
word for word the statement it cites, but for articles and a lead-in from a closed list. What a model decides is what
is said first, and what is left out: that is no fact, and the whole assessment stands beside it.

Strangers' texts are not in it at all: a model sees `ref-1` in their place, and we put them back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from keepwell.expert.consultation_record import Quoted, Statement

LONGEST: Final = 1200
"""Letters of a sentence."""
MOST: Final = 40
"""Sentences that are read of an answer."""
LEAD_INS: Final = frozenset({
    ("first,",), ("second,",), ("third,",), ("next,",), ("then,",), ("finally,",), ("also,",), ("besides,",),
    ("in", "addition,"), ("in", "short,"), ("here,",),
})  # fmt: skip
"""How a sentence may begin before the statement begins: nothing that denies, doubts, blames or compares."""
ARTICLES: Final = frozenset({"a", "an", "the"})
_LETTERS: Final = re.compile(r"[\x20-\x7e]*")
_PSEUDONYM: Final = re.compile(r"\bref-([1-9][0-9]*)\b")


class Dropped(StrEnum):
    """Why a sentence of a model is not shown."""

    LETTERS = "it has letters that are none of ours"
    LONG = "it is too long"
    UNCITED = "it cites nothing that was said here"
    FOREIGN = "it does not say what it cites"
    AGAIN = "it was said before"
    BEYOND = "too much was said before it"


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a model wrote: a text, and the ids of the statements it claims to say."""

    text: str
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """A sentence that passed, and the statement it says."""

    text: str
    statement: Statement


@dataclass(frozen=True, slots=True)
class Checked:
    """What is left of an answer, and what was dropped and why."""

    kept: tuple[Kept, ...]
    dropped: tuple[tuple[Sentence, Dropped], ...]


class Pool:
    """The statements that a model may say, with the names it knows strangers' texts by."""

    def __init__(self, statements: Iterable[Statement]) -> None:
        self._statements: dict[str, Statement] = {}
        self._names: dict[str, str] = {}
        self.add(statements)

    def add(self, statements: Iterable[Statement]) -> None:
        """More statements; those that are known stay as they are."""
        for each in statements:
            self._statements.setdefault(each.id, each)
            for piece in each.pieces:
                if isinstance(piece, Quoted):
                    self._names.setdefault(piece.text, f"ref-{len(self._names) + 1}")

    def get(self, name: str) -> Statement | None:
        return self._statements.get(name)

    def masked(self, statement: Statement) -> str:
        """The statement with a pseudonym for each text of a stranger."""
        return "".join(self._names[each.text] if isinstance(each, Quoted) else each for each in statement.pieces)

    def restored(self, text: str) -> str:
        """A text with the strangers' texts put back, in one go."""
        texts: Mapping[str, str] = {name: said for said, name in self._names.items()}
        return _PSEUDONYM.sub(lambda found: texts.get(found.group(), found.group()), text)


def check(sentences: Sequence[Sentence], pool: Pool) -> Checked:
    """The sentences that say a statement of the pool, each statement once, in the model's order."""
    kept: dict[str, Kept] = {}
    dropped: list[tuple[Sentence, Dropped]] = []
    for place, each in enumerate(sentences):
        found = Dropped.BEYOND if place >= MOST else _checked(each, pool)
        if isinstance(found, Statement) and found.id in kept:
            found = Dropped.AGAIN
        if isinstance(found, Dropped):
            dropped.append((each, found))
        else:
            kept[found.id] = Kept(pool.restored(" ".join(each.text.split(" "))).strip(), found)
    return Checked(tuple(kept.values()), tuple(dropped))


def _checked(sentence: Sentence, pool: Pool) -> Statement | Dropped:
    """The statement that a sentence says; or why it says none."""
    if len(sentence.text) > LONGEST:
        return Dropped.LONG
    if not _LETTERS.fullmatch(sentence.text):
        return Dropped.LETTERS
    cited = [found for name in sentence.cites[:MOST] if (found := pool.get(name)) is not None]
    if not cited:
        return Dropped.UNCITED
    said = set(_readings(sentence.text))
    return next((each for each in cited if _words(pool.masked(each)) in said), Dropped.FOREIGN)


def _readings(text: str) -> Iterator[tuple[str, ...]]:
    """The words of a sentence: with its beginning, and without what may lead in."""
    yield _words(text)
    words = text.split()
    for length in (1, 2):
        if tuple(each.lower() for each in words[:length]) in LEAD_INS:
            yield _words(" ".join(words[length:]))


def _words(text: str) -> tuple[str, ...]:
    """The words that must agree: all but articles, exactly as written but for the first letter and the last stop."""
    words = text.split()
    if words:
        words[0] = words[0][:1].lower() + words[0][1:]
        words[-1] = words[-1].removesuffix(".")
    return tuple(each for each in words if each not in ARTICLES)
