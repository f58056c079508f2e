"""The page of rejections: why a row is refused."""

from __future__ import annotations

from docs.generator.markdown import WORDS, code, document, table
from keepwell.events import accept, slots
from keepwell.runtime.importing import CONFLICT

REASONS: tuple[str, ...] = (*(reason.value for reason in accept.Reason), CONFLICT)
"""All reasons a summary may count."""

_INTRODUCTION = f"""
A row that cannot be an event is refused with one of these reasons, counted in the summary of the import, and kept:
`keepwell rejects list` shows it and `keepwell rejects replay` tries it again. The rest of the file is imported. An
id, a name or a short text has at most {slots.MAX_TEXT} characters, the properties of an event at most
{accept.MAX_PROPERTIES // 1024} KiB.
""".strip()


def page() -> str:
    """The whole page."""
    rows = [(code(reason), WORDS["reasons"].get(reason, "")) for reason in REASONS]
    return document("Rejections", _INTRODUCTION, table(("reason", "the row is refused because"), rows))
