"""`keepwell consult`: a written assessment of what is technically the matter with a customer."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keepwell.cli.options import AsOf, Data, Json, emit, moment, say, workspace

if TYPE_CHECKING:
    from keepwell.runtime.ports.consultation import Consulted


class PurposeName(enum.StrEnum):
    """What the assessment is for, as playbooks name it."""

    IDENTIFY = "technical_issue_identification"
    ANALYSE = "comprehensive_issue_analysis"


class ContextName(enum.StrEnum):
    """What led to it."""

    GENERAL = "general"
    DECLINE = "customer_health_decline"


class UrgencyName(enum.StrEnum):
    """How soon it is needed."""

    NORMAL = "normal"
    EMERGENCY = "emergency"


Purpose = Annotated[PurposeName, typer.Option("--purpose", help="What it is for: the main reasons, or everything.")]
Context = Annotated[ContextName, typer.Option("--context", help="A decline of health adds the way of the score.")]
Urgency = Annotated[UrgencyName, typer.Option("--urgency", help="In an emergency the actions come first.")]
Markdown = Annotated[bool, typer.Option("--markdown", help="Print it as Markdown.")]


def consult(
    customer: Annotated[str, typer.Argument(help="The customer's id.")],
    *,
    purpose: Purpose = PurposeName.IDENTIFY,
    context: Context = ContextName.DECLINE,
    urgency: Urgency = UrgencyName.NORMAL,
    as_of: AsOf = None,
    data: Data = None,
    json: Json = False,
    markdown: Markdown = False,
) -> None:
    """Write down what is technically the matter with a customer: causes, actions, and what is not known."""
    if json and markdown:
        raise typer.BadParameter("either --json or --markdown")
    found = _consulted(customer, (purpose, context, urgency), moment(as_of), data)
    if json:
        from keepwell.expert.consultation_text import plain

        emit({"customer_id": customer, **plain(found.assessment)})
    elif markdown:
        from keepwell.expert.consultation_text import markdown as written

        print(written(found.assessment, customer), end="")
    else:
        _tell(found)


def _consulted(
    customer: str, asked: tuple[PurposeName, ContextName, UrgencyName], at: int, data: Path | None
) -> Consulted:
    """The assessment as known before a moment.

    Raises:
        UnknownCustomerError: nobody has this id.
    """
    from keepwell.expert.consultation import Wish
    from keepwell.expert.consultation_record import Context as Led
    from keepwell.expert.consultation_record import Purpose as For
    from keepwell.expert.consultation_record import Urgency as How
    from keepwell.runtime.consulting import opened
    from keepwell.runtime.explain import UnknownCustomerError

    purpose, context, urgency = asked
    with workspace(data) as space:
        found = opened(space, lambda: at).consult(customer, Wish(For(purpose), Led(context), How(urgency)), at)
    if found is None:
        raise UnknownCustomerError(customer)
    return found


def _tell(found: Consulted) -> None:
    from keepwell.expert.consultation_text import TITLES

    for place, section in enumerate(found.assessment.sections):
        if place:
            say("")
        say(TITLES[section.part].upper())
        for group in section.groups:
            if group.heading:
                say(f"  {group.heading}{f' ({group.note})' if group.note else ''}")
            for each in group.statements:
                mark = " (staff only)" if each.audience == "staff" else ""
                say(f"  - {each.text} [{', '.join(each.cites)}]{mark}")
