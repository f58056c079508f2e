"""An assessment: what a consultation answers, made of statements that each say what they rest on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from unicodedata import category

LONGEST: Final = 120
"""Letters of a stranger's text that are repeated."""
_HIDDEN: Final = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
"""Categories of what a reader does not see, or sees in another place: controls, directions, ends of lines."""


class Purpose(StrEnum):
    """What a consultation is for, as playbooks name it."""

    IDENTIFY = "technical_issue_identification"
    ANALYSE = "comprehensive_issue_analysis"


class Context(StrEnum):
    """What led to it."""

    GENERAL = "general"
    DECLINE = "customer_health_decline"


class Urgency(StrEnum):
    """How soon it is needed; in an emergency the actions come first."""

    NORMAL = "normal"
    EMERGENCY = "emergency"


class Audience(StrEnum):
    """Who may be told: hints, sanctions, scores and our own work are for staff only."""

    CUSTOMER = "customer"
    STAFF = "staff"


class Part(StrEnum):
    """The sections of an assessment."""

    SUMMARY = "summary"
    HEALTH = "health"
    FINDINGS = "findings"
    CAUSES = "causes"
    ACTIONS = "actions"
    UNKNOWN = "unknown"
    ASIDE = "set_aside"
    SOURCES = "sources"


@dataclass(frozen=True, slots=True)
class Quoted:
    """A piece of a stranger's text: a signature, an address, the id of a message. Never sent to a model."""

    text: str


def quoted(text: str) -> Quoted:
    """A stranger's text on one line, with all that is hidden made visible, and cut."""
    shown = "".join(
        f"\\u{{{ord(each):x}}}" if category(each) in _HIDDEN or (each.isspace() and each != " ") else each
        for each in text[: LONGEST + 1]
    )
    return Quoted(shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "\N{HORIZONTAL ELLIPSIS}")


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of ours.

    Attributes:
        id: unique in its assessment, as `TX-04/evidence-1`.
        pieces: our words, and between them what strangers wrote.
        cites: ids of the findings or facts it rests on; never empty.
        audience: who may be told.
    """

    id: str
    pieces: tuple[str | Quoted, ...]
    cites: tuple[str, ...]
    audience: Audience = Audience.STAFF

    @property
    def text(self) -> str:
        return "".join(each.text if isinstance(each, Quoted) else each for each in self.pieces)


@dataclass(frozen=True, slots=True)
class Group:
    """Statements about one thing; `note` says how bad and how sure it is. Without a heading there is one group."""

    heading: str
    statements: tuple[Statement, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of an assessment with its groups."""

    part: Part
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What is technically the matter with one customer, as far as it is known.

    Attributes:
        purpose, context, urgency: what was asked.
        as_of: microseconds.
        events: telemetry events that were looked at.
        others: customers it was compared with.
        sections: in the order in which they are read; never empty.
    """

    purpose: Purpose
    context: Context
    urgency: Urgency
    as_of: int
    events: int
    others: int
    sections: tuple[Section, ...]

    def statements(self, *parts: Part) -> Iterator[Statement]:
        """The statements of some sections; of all when none is named."""
        for section in self.sections:
            if not parts or section.part in parts:
                for group in section.groups:
                    yield from group.statements


@dataclass(frozen=True, slots=True)
class Fall:
    """A part of the health score that fell: its label, and by how many points, below zero."""

    label: str
    points: float


@dataclass(frozen=True, slots=True)
class Health:
    """How the health score moved.

    Attributes:
        since: the moment it is compared with: the highest day of the last 28, or 28 days ago.
        score, before: now and then; None where there was none.
        falls: what fell, the most first.
        steepest: the day on which it fell most, with by how many points below zero; None where it never fell.
        held: ids of findings that held before that day began; None where nothing was sent by then, or it did not fall.
    """

    since: int
    score: float | None
    before: float | None
    falls: tuple[Fall, ...] = ()
    steepest: tuple[int, float] | None = None
    held: frozenset[str] | None = None
