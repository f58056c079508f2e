"""An assessment as plain data and as Markdown. What strangers wrote is never markup: it stands in code, as it came."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from keepwell.base.time import SECOND_US, to_rfc3339
from keepwell.expert.consultation_record import Assessment, Audience, Part, Quoted, Statement, Urgency, quoted

TITLES: Final[Mapping[Part, str]] = {
    Part.SUMMARY: "In short",
    Part.HEALTH: "The health score",
    Part.FINDINGS: "Findings and evidence",
    Part.CAUSES: "Possible causes",
    Part.ACTIONS: "What to do",
    Part.UNKNOWN: "What is not known",
    Part.ASIDE: "Not said, and why",
    Part.SOURCES: "Sources",
}
STAFF_ONLY: Final = "staff only"
_MARKS: Final = re.compile(r"([\\`*_\[\]<>&#|~!$])")
"""What is markup in Markdown inside of a line; a backslash makes it plain."""
_BLANKS: Final = re.compile(r"\s+")
_TICKS: Final = re.compile(r"`+")


def plain(assessment: Assessment) -> dict[str, object]:
    """The assessment as JSON says it."""
    return {
        "purpose": assessment.purpose.value,
        "context": assessment.context.value,
        "urgency": assessment.urgency.value,
        "as_of": to_rfc3339(assessment.as_of),
        "events": assessment.events,
        "compared_with": assessment.others,
        "sections": [
            {
                "part": section.part.value,
                "title": TITLES[section.part],
                "groups": [
                    {
                        "heading": group.heading or None,
                        "note": group.note or None,
                        "statements": [_statement(each) for each in group.statements],
                    }
                    for group in section.groups
                ],
            }
            for section in assessment.sections
        ],
    }


def _statement(each: Statement) -> dict[str, object]:
    return {"id": each.id, "text": each.text, "cites": list(each.cites), "audience": each.audience.value}


def markdown(assessment: Assessment, name: str) -> str:
    """The assessment as Markdown, headed by the name of the customer."""
    return "\n".join(_lines(assessment, name)) + "\n"


def _lines(assessment: Assessment, name: str) -> Iterator[str]:
    yield f"# Technical assessment of {code(quoted(name).text)}"
    yield ""
    urgent = ", emergency" if assessment.urgency is Urgency.EMERGENCY else ""
    at = to_rfc3339(assessment.as_of // SECOND_US * SECOND_US)
    yield f"{escaped(assessment.purpose.value)}, {escaped(assessment.context.value)}{urgent}, as of {escaped(at)}"
    for section in assessment.sections:
        yield ""
        yield f"## {TITLES[section.part]}"
        for group in section.groups:
            yield ""
            if group.heading:
                yield f"### {escaped(group.heading)}"
                yield ""
            if group.note:
                yield f"{escaped(group.note)}"
                yield ""
            for each in group.statements:
                yield f"- {_line(each)}"


def _line(each: Statement) -> str:
    said = "".join(code(one.text) if isinstance(one, Quoted) else escaped(one) for one in each.pieces)
    mark = f" _({STAFF_ONLY})_" if each.audience is Audience.STAFF else ""
    return f"{said} \\[{escaped(', '.join(each.cites))}\\]{mark}"


def escaped(text: str) -> str:
    """Our words, without anything that Markdown would read as markup."""
    return _MARKS.sub(r"\\\1", _BLANKS.sub(" ", text))


def code(text: str) -> str:
    """A span of code that holds any text of one line: fenced by more backticks than it has."""
    fence = "`" * (max((len(each) for each in _TICKS.findall(text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") or not text.strip() else ""
    return f"{fence}{pad}{text}{pad}{fence}"
