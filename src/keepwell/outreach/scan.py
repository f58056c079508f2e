"""Finding in a text what may not stand there by itself: figures, dates, units, links, markup, odd letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from keepwell.outreach import words


class Sign(StrEnum):
    """What was found."""

    FIGURE = "figure"
    DATE = "date"
    UNIT = "unit"
    NAME = "name"
    LINK = "link"
    MARKUP = "markup"
    LETTER = "letter"
    PROMISE = "promise"
    WALLET = "wallet"


@dataclass(frozen=True, order=True)
class Found:
    """A stretch of a text, half-open, and what it is."""

    start: int
    end: int
    sign: Sign


MASK: Final = "\x00"
"""Stands for every letter of a stretch that was looked at already."""
_PICTURES: Final = frozenset("🎉✅👋🙏🚀💡📈🎊")
_PUNCTUATION: Final = frozenset("\u00a0\u202f\u2018\u2019\u2013«»„“”—…•·¡¿")
_LINK: Final = re.compile(
    r"[a-z][a-z0-9+.-]*://[^\s\x00]*|\bwww\.[^\s\x00]*|\b(?:mailto|javascript|data|tel):[^\s\x00]*|"
    r"[^\s\x00@()]+@[^\s\x00@()]+|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}\b(?:/[^\s\x00]*)?",
    re.IGNORECASE,
)
_MARKUP: Final = re.compile(r"[<>`|\\]|&#?\w+;|!\[|\]\(|__|\*\*|\{|\}")


class Folded:
    """A text without accents and capitals, and where each of its letters comes from."""

    def __init__(self, text: str) -> None:
        letters = [fold(letter) for letter in text]
        self.text = "".join(letters)
        self._from = [place for place, several in enumerate(letters) for _ in several]

    def find(self, pattern: re.Pattern[str], sign: Sign) -> Iterator[Found]:
        for found in pattern.finditer(self.text):
            if found.end() > found.start():
                yield Found(self._from[found.start()], self._from[found.end() - 1] + 1, sign)


def fold(text: str) -> str:
    """Compatible letters without accents, in lower case: `Zwölf` and fullwidth letters become plain ones."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    return plain.replace("\u2019", "'").casefold()


def masked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with stretches blotted out; its length stays."""
    letters = list(text)
    for start, end in spans:
        letters[start:end] = MASK * (end - start)
    return "".join(letters)


def scan(text: str, language: str) -> list[Found]:
    """Everything in a text that must be bound or may not be there at all."""
    folded = Folded(text)
    found = [*_letters(text), *_as_written(text)]
    found += folded.find(words.PROMISES, Sign.PROMISE)
    found += folded.find(words.WALLETS, Sign.WALLET)
    for each in {"en", language}:
        found += folded.find(words.NUMBERS[each], Sign.FIGURE)
        found += folded.find(words.DATES[each], Sign.DATE)
    return sorted(set(found))


def _as_written(text: str) -> Iterator[Found]:
    """What is told apart by its capitals and its signs."""
    for pattern, sign in (
        (_LINK, Sign.LINK),
        (_MARKUP, Sign.MARKUP),
        (words.ROMAN, Sign.FIGURE),
        (words.DATES_AS_WRITTEN, Sign.DATE),
    ):
        for found in pattern.finditer(text):
            yield Found(found.start(), found.end(), sign)


def _letters(text: str) -> Iterator[Found]:
    """Digits of every script, signs of money and percent, and letters that are none of our languages."""
    for place, letter in enumerate(text):
        sign = _sign(letter)
        if sign is not None:
            yield Found(place, place + 1, sign)


def _sign(letter: str) -> Sign | None:
    if letter in (MASK, "\n") or letter in _PICTURES or letter in _PUNCTUATION:
        return None
    if unicodedata.numeric(letter, None) is not None or letter == "💯":
        return Sign.FIGURE
    if letter in "%‰‱٪" or unicodedata.category(letter) == "Sc":
        return Sign.UNIT
    if letter.isascii():
        return None if letter.isprintable() else Sign.LETTER
    plain = fold(letter)
    ours = unicodedata.category(letter) in ("Lu", "Ll") and plain.isascii() and plain.isalpha()
    return None if ours or letter in "œŒæÆøØłŁđĐı" else Sign.LETTER


_SENTENCE: Final = re.compile(r"(?<=[.!?])[\s]+|\n+")


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Where the sentences of a text begin and end; `text` has its figures masked."""
    start = 0
    for found in _SENTENCE.finditer(text):
        yield start, found.start()
        start = found.end()
    yield start, len(text)


_WORD: Final = re.compile(r"[^\W\d_]+(?:[-'][^\W\d_]+)*")


def proper_names(text: str, language: str) -> Iterator[Found]:
    """Words that look like names: with a capital inside, or with one in the middle of a sentence.

    German writes every noun with a capital, so there only the first sort is found.
    """
    for start, end in sentences(text):
        for place, found in enumerate(_WORD.finditer(text, start, end)):
            word = found.group()
            inside = any(letter.isupper() for letter in word[1:])
            first = place == 0 or language == "de"
            if inside or (word[0].isupper() and not first and word not in ("I", "I'm", "I'd", "I'll", "I've")):
                yield Found(found.start(), found.end(), Sign.NAME)


def links(text: str) -> list[Found]:
    """Addresses in a text, without the stop that ends a sentence."""
    found = ((each.start(), each.group().rstrip(".,;:!?)")) for each in _LINK.finditer(text))
    return [Found(start, start + len(said), Sign.LINK) for start, said in found]


def strange(text: str) -> list[Found]:
    """What a name may not carry: addresses, markup, letters that are not seen. Its script is its own."""
    found = links(text) + [Found(each.start(), each.end(), Sign.MARKUP) for each in _MARKUP.finditer(text)]
    unseen = (place for place, letter in enumerate(text) if unicodedata.category(letter) in ("Cc", "Cf", "Co", "Cn"))
    return sorted(found + [Found(place, place + 1, Sign.LETTER) for place in unseen])
