"""Finding in a text what may not stand there by itself: figures, dates, units, links, markup, odd letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
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
    WALLET = "wallet"


@dataclass(frozen=True, order=True)
class Found:
    """A stretch of a text, half-open, and what it is."""

    start: int
    end: int
    sign: Sign


MASK: Final = "\x00"
"""Stands for every letter of a stretch that was looked at already."""
_PICTURES: Final = "🎉✅👋🙏🚀💡📈🎊"
_PLAIN: Final = re.compile(
    rf"[A-Za-z \n!\"#&'()*+,\-./:;=?@\[\]^_~<>`|\\{{}}{MASK}äöüÄÖÜß\u2018\u2019“”„«»\u2013\u2014…•\u00a0{_PICTURES}]+"
)
"""Letters and punctuation at which nobody has to look twice; what markup is made of is looked for apart."""
_LINK: Final = re.compile(
    r"[a-z][a-z0-9+.-]*://[^\s\x00]*|\bwww\.[^\s\x00]*|\b(?:mailto|javascript|data|tel):[^\s\x00]*|"
    r"[^\s\x00@()]+@[^\s\x00@()]+|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}\b(?:/[^\s\x00]*)?",
    re.IGNORECASE,
)
_MARKUP: Final = re.compile(r"[<>`|\\{}]|&#?\w+;|!\[|\]\(|__|\*\*")
_WORD: Final = re.compile(r"[^\W\d_]+(?:[-'\u2019][^\W\d_]+)*")


class Folded:
    """A text without accents and capitals, and where each of its letters comes from."""

    def __init__(self, text: str) -> None:
        letters = [letter.lower() if letter.isascii() else fold(letter) for letter in text]
        self.text = "".join(letters)
        self._from = [place for place, several in enumerate(letters) for _ in several]

    def find(self, pattern: re.Pattern[str], sign: Sign) -> Iterator[Found]:
        for found in pattern.finditer(self.text):
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
    found = [*_letters(text), *_as_written(text), *folded.find(words.WALLETS, Sign.WALLET)]
    for each in {"en", language}:
        found += folded.find(words.NUMBERS[each], Sign.FIGURE)
        found += folded.find(words.DATES[each], Sign.DATE)
    return sorted(set(found))


def _as_written(text: str) -> Iterator[Found]:
    """What is told apart by its capitals and its signs."""
    yield from links(text)
    for pattern, sign in (
        (_MARKUP, Sign.MARKUP),
        (words.ROMAN, Sign.FIGURE),
        (words.DATES_AS_WRITTEN, Sign.DATE),
    ):
        for found in pattern.finditer(text):
            yield Found(found.start(), found.end(), sign)


def _letters(text: str) -> Iterator[Found]:
    """Digits of every script, signs of money and percent, and letters that are none of our languages."""
    for place, letter in enumerate(_PLAIN.sub(lambda found: MASK * len(found[0]), text)):
        sign = None if letter == MASK else _sign(letter)
        if sign is not None:
            yield Found(place, place + 1, sign)


def _sign(letter: str) -> Sign | None:
    if unicodedata.numeric(letter, None) is not None or letter == "💯":
        return Sign.FIGURE
    if letter in "%‰‱٪﹪\uff05" or unicodedata.category(letter) == "Sc":
        return Sign.UNIT
    plain = fold(letter)
    accented = unicodedata.category(letter) in ("Lu", "Ll") and plain.isascii() and plain.isalpha()
    latin = accented and unicodedata.name(letter, "").startswith("LATIN")
    return None if latin or letter in "œŒæÆøØłŁđĐı" else Sign.LETTER


def links(text: str) -> Iterator[Found]:
    """Addresses in a text, without the stop that ends a sentence."""
    for each in _LINK.finditer(text):
        yield Found(each.start(), each.start() + len(each[0].rstrip(".,;:!?)")), Sign.LINK)


def strange(text: str) -> list[Found]:
    """What a name may not carry: addresses, markup, requests, letters that are not seen. Its script is its own."""
    found = [*links(text), *Folded(text).find(words.WALLETS, Sign.WALLET)]
    found += [Found(each.start(), each.end(), Sign.MARKUP) for each in _MARKUP.finditer(text)]
    unseen = (place for place, each in enumerate(text) if unicodedata.category(each) in ("Cc", "Cf", "Co", "Cn", "Cs"))
    return sorted(found + [Found(place, place + 1, Sign.LETTER) for place in unseen])


def named(text: str, names: frozenset[str]) -> Iterator[Found]:
    """Names that stand in a text, however they are written."""
    return Folded(text).find(_pattern(names), Sign.NAME) if names else iter(())


@lru_cache(maxsize=64)
def _pattern(names: frozenset[str]) -> re.Pattern[str]:
    longest = sorted({fold(each) for each in names if any(map(str.isalnum, each))}, key=lambda each: (-len(each), each))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest)) or '(?!)'})(?!\w)")


def spoken(text: str) -> Iterator[tuple[Found, str]]:
    """The words of a text, each folded and with its place."""
    for each in _WORD.finditer(text):
        yield Found(each.start(), each.end(), Sign.NAME), fold(each[0])


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Where the sentences and items of a text begin and end; `text` has its figures masked."""
    start = 0
    for found in re.finditer(r"\n+(?:• )?|(?<=[.!?])\s+", text):
        yield start, found.start()
        start = found.end()
    yield start, len(text)
