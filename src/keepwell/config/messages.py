"""Loading the messages from TOML: what ships, with an installation's own files in the place of those of their name.

A file says a message in all its languages side by side, so that none can say more than another. It is checked when it
is loaded: its places are facts that may be said, its own words hold no figure, date, address or request for keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final, TypeVar

from keepwell.config.refusal import FileRefusedError, line_of, read_toml
from keepwell.outreach.catalog import CATALOG
from keepwell.outreach.check import glued
from keepwell.outreach.fact import Surface
from keepwell.outreach.locales import LANGUAGES
from keepwell.outreach.render import FORMS
from keepwell.outreach.scan import Sign, masked, scan
from keepwell.outreach.template import PLACE, Frame, Medium, Paragraph, Template, Text, Tone, places

DEFAULTS: Final = Path(__file__).parent / "defaults" / "messages"
OWN: Final = "messages"
"""The folder of the installation's own messages, in the data folder."""
FRAME: Final = "frame"
UNCHANGED: Final = "The messages in use were not changed"
_FOUND: Final = {
    Sign.FIGURE: "a figure stands",
    Sign.DATE: "a date stands",
    Sign.UNIT: "a unit stands",
    Sign.NAME: "a name stands",
    Sign.LINK: "an address stands",
    Sign.MARKUP: "markup, or a place that is none, stands",
    Sign.LETTER: "a letter that our languages do not have stands",
    Sign.WALLET: "what only a thief asks for stands",
}
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True)
class Messages:
    """The templates by name, and what stands around every letter."""

    templates: Mapping[str, Template]
    frame: Frame


@cache
def shipped_messages() -> Messages:
    """The messages that ship."""
    return _laid_over(DEFAULTS, None)


def load_messages(own: Path | None) -> Messages:
    """The shipped messages with the files of the installation's own folder; without a folder, the shipped ones.

    Raises:
        FileRefusedError: a file is malformed, or says what a message may not; nothing was changed.
    """
    shipped = shipped_messages()
    return _laid_over(own, shipped) if own is not None and own.is_dir() else shipped


def _laid_over(folder: Path, below: Messages | None) -> Messages:
    templates = dict(below.templates) if below else {}
    frame = below.frame if below else None
    for path in sorted(folder.glob("*.toml")):
        table, text = read_toml(path, UNCHANGED)
        top = _Place(path, text, table)
        if path.stem == FRAME:
            frame = _frame(top)
        else:
            templates[path.stem] = _template(top, path.stem, templates.get(path.stem))
    assert frame is not None  # noqa: S101 - one ships
    return Messages(templates, frame)


@dataclass(frozen=True)
class _Place:
    """A table of a file, and the line it begins at; 0 is the file itself."""

    path: Path
    text: str
    table: Mapping[str, object]
    line: int = 0

    def refuse(self, problem: str, key: str = "") -> FileRefusedError:
        return FileRefusedError(self.path, self._line(key) or None, problem, UNCHANGED)

    def _line(self, key: str) -> int:
        """The line of a key; that of its table when it is not there."""
        for number, line in enumerate(self.text.split("\n")[self.line :], self.line + 1):
            if line.lstrip().startswith("["):
                break
            if key and re.match(rf"\s*{re.escape(key)}\s*=", line):
                return number
        return self.line or line_of(self.text, key) or 0

    def only(self, *known: str) -> None:
        for key in self.table:
            if key not in known:
                raise self.refuse(f"`{key}` is not one of {', '.join(known)}", key)

    def string(self, key: str, default: str | None = None) -> str:
        value = self.table.get(key, default)
        if not isinstance(value, str) or not (value.strip() or default == ""):
            raise self.refuse(f"`{key}` must be a text", key)
        return " ".join(value.split())

    def yes(self, key: str) -> bool:
        value = self.table.get(key, False)
        if not isinstance(value, bool):
            raise self.refuse(f"`{key}` must be true or false", key)
        return value

    def choice(self, key: str, of: type[E]) -> E:
        value = self.string(key)
        if value not in list(of):
            raise self.refuse(f"`{value}` is not one of {', '.join(of)}", key)
        return of(value)

    def facts(self, key: str) -> tuple[str, ...]:
        """A list of facts that may decide what is said."""
        value = self.table.get(key, [])
        if not isinstance(value, list):
            raise self.refuse(f"`{key}` must be a list of facts", key)
        for name in value:
            if name not in CATALOG:
                raise self.refuse(f"there is no fact `{name}`", key)
            if CATALOG[name].surface is Surface.HOLD:
                raise self.refuse(f"`{name}` is held: no message may depend on it", key)
        return tuple(value)

    def inner(self, key: str) -> _Place:
        value = self.table.get(key)
        if not isinstance(value, dict):
            raise self.refuse(f"`{key}` must be a table with the text in each language", key)
        return _Place(self.path, self.text, value, line_of(self.text, key) or 0)

    def list(self, key: str, header: str) -> list[_Place]:
        """A list of tables; `header` is its full name in the file."""
        value = self.table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.refuse(f"`{key}` must be a list of tables", key)
        lines = list(self._headers(header))
        lines = lines if len(lines) == len(value) else [self._line(key)] * len(value)
        return [_Place(self.path, self.text, item, line) for item, line in zip(value, lines, strict=True)]

    def _headers(self, header: str) -> Iterator[int]:
        """The lines at which its tables begin, up to the next table of its own sort."""
        for number, line in enumerate(self.text.split("\n")[self.line :], self.line + 1):
            found = re.match(r"\s*\[\[\s*([\w.]+)\s*\]\]", line)
            if found and found[1] == header:
                yield number
            elif self.line and found:
                return


def _template(top: _Place, name: str, below: Template | None) -> Template:
    top.only("title", "tone", "medium", "subject", "closing", "paragraphs")
    medium = top.choice("medium", Medium)
    if below is not None and below.medium is not medium:
        raise top.refuse(f"`{name}` is a {below.medium}, and stays one", "medium")
    subject = _text(top.inner("subject"))
    languages = tuple(subject)
    paragraphs = tuple(_paragraph(place, languages) for place in top.list("paragraphs", "paragraphs"))
    if not any(each for each in paragraphs if not each.optional):
        raise top.refuse("a message needs a paragraph that is not optional", "paragraphs")
    return Template(
        name=name,
        title=top.string("title"),
        tone=top.choice("tone", Tone),
        medium=medium,
        subject=subject,
        closing=_text(top.inner("closing"), languages),
        paragraphs=paragraphs,
    )


def _paragraph(place: _Place, languages: tuple[str, ...]) -> Paragraph:
    own = ("items", "part", "optional", "when", "unless")
    items = place.list("items", "paragraphs.items")
    return Paragraph(
        text=_text(place, languages, own),
        items=tuple(_text(each, languages) for each in items),
        part=place.string("part", ""),
        optional=place.yes("optional"),
        when=place.facts("when"),
        unless=place.facts("unless"),
    )


def _frame(top: _Place) -> Frame:
    """The frame, in every language, since a template may exist in any."""
    names = ("greeting", "unnamed", "phrase", "safety", "disclosure")
    top.only(*names)
    frame = {name: _text(top.inner(name), LANGUAGES) for name in names}
    for name, text in frame.items():
        allowed = {"greeting": {"recipient_name"}, "phrase": {"phrase"}}.get(name, set())
        for fact, _ in places(text["en"]):
            if fact not in allowed:
                raise top.inner(name).refuse(f"`{name}` cannot say `{fact}`: it is not known of everybody", "en")
    return Frame(**frame)


def _text(place: _Place, wanted: tuple[str, ...] | None = None, others: tuple[str, ...] = ()) -> Text:
    """A text in all its languages, English first; the same facts in each."""
    place.only(*LANGUAGES, *others)
    given = tuple(each for each in LANGUAGES if each in place.table)
    wanted = wanted or ("en", *(each for each in given if each != "en"))
    for language in LANGUAGES:
        if (language in given) is not (language in wanted):
            there = "is missing" if language in wanted else "is there, but not everywhere"
            raise place.refuse(f"the text in `{language}` {there}", language)
    text = {language: place.string(language) for language in wanted}
    for language, words in text.items():
        _judge(place, language, words)
    for one, other in pairwise(text):
        if sorted(places(text[one])) != sorted(places(text[other])):
            raise place.refuse(f"`{one}` and `{other}` do not say the same facts", other)
    return text


def _judge(place: _Place, language: str, text: str) -> None:
    """Refuse a text with a place that cannot be filled, or with words that need a fact."""
    spans = [found.span() for found in PLACE.finditer(text)]
    for name, form in places(text):
        if name not in CATALOG:
            raise place.refuse(f"there is no fact `{name}`", language)
        if CATALOG[name].surface is not Surface.SAY:
            raise place.refuse(f"`{name}` may not be said", language)
        if form not in FORMS[CATALOG[name].kind]:
            known = ", ".join(f"`{each}`" for each in sorted(FORMS[CATALOG[name].kind]) if each) or "none"
            raise place.refuse(f"`{name}` cannot be written as `{form}`; there is {known}", language)
    for start, end in spans:
        if glued(text, start, end):
            raise place.refuse(f"`{text[start:end]}` touches what stands beside it", language)
    for found in scan(masked(text, spans), language):
        said = text[found.start : found.end]
        raise place.refuse(f"{_FOUND[found.sign]} in the text itself: `{said}`; a fact has to say it", language)
