"""A draft: the text of a message, with every figure bound to the fact it says."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import msgspec

from keepwell.outreach.locales import LANGUAGES, locale_of
from keepwell.outreach.render import Style


class Binding(msgspec.Struct, frozen=True, order=True):
    """A stretch of a text, half-open, that says a fact.

    Attributes:
        start, end: places in the text.
        fact: its id.
        form: how it is written.
        meaning: what the fact was of when it was bound.
        value: what it was then.
    """

    start: int
    end: int
    fact: str
    form: str
    meaning: str
    value: int | float | str


class Passage(msgspec.Struct, frozen=True):
    """A text and its bindings, in order."""

    text: str
    bindings: tuple[Binding, ...] = ()


class LeftOut(msgspec.Struct, frozen=True):
    """A part of a template that is not said, and why."""

    part: str
    fact: str
    because: str


class Draft(msgspec.Struct, frozen=True):
    """A message as it would be sent.

    Attributes:
        template: its name.
        language: of the words.
        region: the tag of the forms of figures.
        zone: whose dates count.
        subject: one line.
        paragraphs: plain text.
        left_out: what the template has besides.
        made_at: when it was composed.
    """

    template: str
    language: str
    region: str
    zone: str
    subject: Passage
    paragraphs: tuple[Passage, ...]
    left_out: tuple[LeftOut, ...] = ()
    made_at: int = 0

    @property
    def style(self) -> Style:
        return Style(locale_of(self.region, LANGUAGES), self.zone)

    @property
    def plain(self) -> str:
        """The body."""
        return "\n\n".join(each.text for each in self.paragraphs) + "\n"

    @property
    def digest(self) -> str:
        """Of the exact bytes: what is approved is what is sent."""
        return digest_of(self.subject.text, self.plain)

    def passages(self) -> Iterator[tuple[int, Passage]]:
        """The subject as 0, and the paragraphs from 1."""
        yield 0, self.subject
        yield from enumerate(self.paragraphs, 1)


def digest_of(subject: str, body: str) -> str:
    """SHA-256 of a message's subject and body, told apart by the length of the first."""
    return sha256(f"{len(subject)}\n{subject}\n{body}".encode()).hexdigest()
