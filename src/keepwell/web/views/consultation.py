"""An assessment in words for a page: its sections, what stands in code, and what a model said beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from keepwell.expert.consultation import Wish
from keepwell.expert.consultation_record import (
    Audience,
    Context,
    Group,
    Part,
    Purpose,
    Quoted,
    Section,
    Statement,
    Urgency,
)
from keepwell.expert.consultation_text import STAFF_ONLY, TITLES
from keepwell.runtime.ports.consultation import Consulted, Said
from keepwell.web.views import links

PURPOSES: Mapping[Purpose, str] = {
    Purpose.IDENTIFY: "Most probable technical reasons",
    Purpose.ANALYSE: "Comprehensive analysis",
}
CONTEXTS: Mapping[Context, str] = {Context.GENERAL: "In general", Context.DECLINE: "Health declines"}
URGENCIES: Mapping[Urgency, str] = {Urgency.NORMAL: "Normal", Urgency.EMERGENCY: "Emergency: actions first"}
FOLDED = (Part.SOURCES, Part.UNKNOWN, Part.ASIDE)
"""Sections that are opened by hand when they are long."""
LONG = 8


@dataclass(frozen=True)
class Piece:
    """A part of a sentence; what a stranger wrote is shown as code."""

    text: str
    stranger: bool


@dataclass(frozen=True)
class StatementRow:
    """One statement, with where it can be pointed to."""

    anchor: str
    pieces: Sequence[Piece]
    cites: str
    mark: str


@dataclass(frozen=True)
class GroupRow:
    """Statements about one thing."""

    heading: str
    note: str
    statements: Sequence[StatementRow]


@dataclass(frozen=True)
class SectionRow:
    """A section; `folded` when it is opened by hand."""

    key: str
    title: str
    groups: Sequence[GroupRow]
    folded: bool


@dataclass(frozen=True)
class SaidRow:
    """A sentence of a model, beside the statement of ours that it says."""

    text: str
    row: StatementRow


@dataclass(frozen=True)
class Choice:
    """A value that can be chosen."""

    key: str
    label: str
    chosen: bool


@dataclass(frozen=True)
class SaidView:
    """What a model said; `problem` says why it is nothing."""

    question: str
    rows: Sequence[SaidRow]
    dropped: int
    problem: str


@dataclass(frozen=True)
class ConsultationView:
    """All the page shows."""

    customer_id: str
    name: str
    customer_href: str
    expert_href: str
    markdown_href: str
    purposes: Sequence[Choice]
    contexts: Sequence[Choice]
    urgencies: Sequence[Choice]
    sections: Sequence[SectionRow]
    asks: bool
    said: SaidView | None


def view(found: Consulted, name: str, *, asks: bool = False, question: str = "") -> ConsultationView:
    """The view of an assessment; `asks` when a model may be asked about it."""
    made = found.assessment
    wish = Wish(made.purpose, made.context, made.urgency)
    return ConsultationView(
        customer_id=found.customer_id, name=name, customer_href=links.customer(found.customer_id),
        expert_href=links.expert(found.customer_id), markdown_href=_markdown(found.customer_id, wish),
        purposes=[Choice(each.value, PURPOSES[each], each is made.purpose) for each in Purpose],
        contexts=[Choice(each.value, CONTEXTS[each], each is made.context) for each in Context],
        urgencies=[Choice(each.value, URGENCIES[each], each is made.urgency) for each in Urgency],
        sections=[_section(each) for each in made.sections], asks=asks,
        said=None if found.said is None else _said(found.said, question),
    )  # fmt: skip


def _markdown(customer_id: str, wish: Wish) -> str:
    asked = {"customer": customer_id, "purpose": wish.purpose, "context": wish.context, "urgency": wish.urgency}
    return f"/expert/consultation/markdown?{urlencode(asked)}"


def _section(section: Section) -> SectionRow:
    groups = [_group(each) for each in section.groups]
    length = sum(len(each.statements) for each in groups)
    return SectionRow(section.part.value, TITLES[section.part], groups, section.part in FOLDED and length > LONG)


def _group(group: Group) -> GroupRow:
    return GroupRow(group.heading, group.note, [_row(each) for each in group.statements])


def _row(each: Statement) -> StatementRow:
    pieces = [
        Piece(one.text, stranger=True) if isinstance(one, Quoted) else Piece(one, stranger=False) for one in each.pieces
    ]
    return StatementRow(
        f"s-{each.id}", pieces, ", ".join(each.cites), STAFF_ONLY if each.audience is Audience.STAFF else ""
    )


def _said(said: Said, question: str) -> SaidView:
    rows = [SaidRow(each.text, _row(each.statement)) for each in said.kept]
    return SaidView(question, rows, said.dropped, said.problem)
