"""A template: words of ours with places for facts. It holds no figure of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final

import msgspec

Text = Mapping[str, str]
"""The same words in one or more languages."""


class Tone(StrEnum):
    """How it speaks."""

    CELEBRATING = "celebrating"
    CONCERN = "concern"
    SUPPORT = "support"


class Medium(StrEnum):
    """What it is: a letter to a customer, or what a colleague says on the telephone."""

    MAIL = "mail"
    CALL = "call"


class Paragraph(msgspec.Struct, frozen=True):
    """Some sentences, or a lead and a list.

    Attributes:
        text: the sentences; before a list, its lead.
        items: lines that appear each for itself, if its facts are known and may be said.
        part: what a playbook calls it when it asks for it, as `usage_patterns`; empty is always asked for.
        optional: whether it is left out when a fact is missing; else the message is refused.
        when: facts that must be known for it to appear, said or not.
        unless: facts of which none may be known.
    """

    text: Text
    items: tuple[Text, ...] = ()
    part: str = ""
    optional: bool = False
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()


class Template(msgspec.Struct, frozen=True):
    """A message in one or more languages; English is always among them.

    Attributes:
        name: as playbooks name it.
        title: a few words for lists.
        tone: how it speaks.
        medium: letter or call.
        subject, closing: its first line and its last.
        paragraphs: what stands between them.
    """

    name: str
    title: str
    tone: Tone
    medium: Medium
    subject: Text
    closing: Text
    paragraphs: tuple[Paragraph, ...]

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(self.subject)

    @property
    def parts(self) -> frozenset[str]:
        """What a playbook may ask for."""
        return frozenset(each.part for each in self.paragraphs if each.part)

    def texts(self) -> Iterator[Text]:
        """Every text of it."""
        yield self.subject
        for each in self.paragraphs:
            yield each.text
            yield from each.items
        yield self.closing


class Persona(msgspec.Struct, frozen=True):
    """Who signs."""

    name: str
    title: str


class Frame(msgspec.Struct, frozen=True):
    """What stands around every letter.

    Attributes:
        greeting: its first line.
        unnamed: its first line where the name is not known or cannot be written.
        phrase: the line with the customer's anti-phishing phrase, when one is set.
        safety: the line that says what we never ask for.
        disclosure: the line of a message that no person has written.
    """

    greeting: Text
    unnamed: Text
    phrase: Text
    safety: Text
    disclosure: Text


PLACE: Final = re.compile(r"\{([a-z][a-z0-9_]*)(?::([a-z]+))?\}")


def places(text: str) -> list[tuple[str, str]]:
    """The facts a text names, each with how it is written.

    >>> places("from {score_before:bare} to {score_now}")
    [('score_before', 'bare'), ('score_now', '')]
    """
    return [(found[1], found[2] or "") for found in PLACE.finditer(text)]
