"""A draft: the text of a message, with every figure bound to the fact it says."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import msgspec

from keepwell.outreach.locales import locale_of
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

    @property
    def placed(self) -> str:
        """The text with its places again, as a person edits it."""
        pieces, behind = [], 0
        for each in self.bindings:
            pieces += [self.text[behind : each.start], f"{{{each.fact}{each.form and ':' + each.form}}}"]
            behind = each.end
        return "".join([*pieces, self.text[behind:]])


def joined(*passages: Passage) -> Passage:
    """Passages as one, with their bindings."""
    bindings: list[Binding] = []
    length = 0
    for each in passages:
        bindings += [
            msgspec.structs.replace(bound, start=bound.start + length, end=bound.end + length)
            for bound in each.bindings
        ]
        length += len(each.text)
    return Passage("".join(each.text for each in passages), tuple(bindings))


class LeftOut(msgspec.Struct, frozen=True):
    """A part of a template that is not said, and why."""

    part: str
    fact: str
    because: str


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it would be sent. A person may edit its subject and paragraphs; what stands around them is ours.

    Attributes:
        template: its name.
        language: of the words.
        region: the tag of the forms of figures.
        zone: whose dates count.
        subject: one line.
        opening: the greeting; nothing in a call.
        paragraphs: the body, plain text; items of a list are lines that begin with a bullet.
        ending: signature, phrase, what we never ask for, disclosure.
        needs, needs_not: facts that must, and must not, be known: its paragraphs were chosen by them.
        left_out: what the template has besides.
        made_at: when it was composed.
    """

    template: str
    language: str
    region: str
    zone: str
    subject: Passage
    opening: tuple[Passage, ...]
    paragraphs: tuple[Passage, ...]
    ending: tuple[Passage, ...]
    needs: tuple[str, ...] = ()
    needs_not: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    made_at: int = 0

    @property
    def style(self) -> Style:
        return Style(locale_of(self.region), self.zone)

    @property
    def body(self) -> tuple[Passage, ...]:
        return (*self.opening, *self.paragraphs, *self.ending)

    @property
    def plain(self) -> str:
        """The body as plain text."""
        return "\n\n".join(each.text for each in self.body) + "\n"

    def passages(self) -> Iterator[tuple[int, Passage, bool]]:
        """The subject as 0 and the body from 1, and whether a person may edit it."""
        yield 0, self.subject, True
        first = len(self.opening)
        for place, each in enumerate(self.body):
            yield place + 1, each, first <= place < first + len(self.paragraphs)


def digest_of(to: str, subject: str, body: str) -> str:
    """SHA-256 of a message's address, subject and body: what is approved is what is sent, and to whom.

    The lengths keep them apart: no two messages have one text.
    """
    return sha256(f"{len(to)} {len(subject)}\n{to}\n{subject}\n{body}".encode()).hexdigest()
