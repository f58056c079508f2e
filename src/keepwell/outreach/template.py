"""A template: words of ours with places for facts. It holds no figure of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec


class Tone(StrEnum):
    """How it speaks."""

    CELEBRATING = "celebrating"
    CONCERN = "concern"
    SUPPORT = "support"


class Medium(StrEnum):
    """What it is: a letter to a customer, or what a colleague says on the telephone."""

    MAIL = "mail"
    CALL = "call"


class Paragraph(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Some sentences, or a lead and a list.

    Attributes:
        text: the sentences; before a list, its lead.
        items: lines that appear each for itself, if its facts are known and may be said.
        most: items at most.
        optional: whether it is left out when a fact is missing; else the message is refused.
        when: facts that must be known for it to appear, said or not.
        unless: facts of which none may be known.
    """

    text: str
    items: tuple[str, ...] = ()
    most: int = 6
    optional: bool = False
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()


class Wording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message in one language."""

    subject: str
    closing: str
    paragraphs: tuple[Paragraph, ...]


class Template(msgspec.Struct, frozen=True):
    """A message in one or more languages; English is always among them.

    Attributes:
        name: as playbooks name it.
        title: a few words for lists.
        tone: how it speaks.
        medium: letter or call.
        wordings: by language.
    """

    name: str
    title: str
    tone: Tone
    medium: Medium
    wordings: Mapping[str, Wording]

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(self.wordings)


class Persona(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who signs."""

    name: str
    title: str


class Frame(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands around every letter in one language.

    Attributes:
        greeting: its first line.
        phrase: the line with the customer's anti-phishing phrase, when one is set.
        safety: the line that says what we never ask for.
        disclosure: the line of a message that no person has written.
    """

    greeting: str
    phrase: str
    safety: str
    disclosure: str


PLACE: Final = re.compile(r"\{([a-z][a-z0-9_]*)(?::([a-z0-9,]+))?\}")


def places(text: str) -> list[tuple[str, str]]:
    """The facts a text names, each with how it is written."""
    return [(found[1], found[2] or "") for found in PLACE.finditer(text)]


def literal(text: str) -> str:
    """The text without its places."""
    return PLACE.sub("\x00", text)
