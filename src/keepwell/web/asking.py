"""What the pages of runs, tasks, messages and playbooks have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Path, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import RedirectResponse

from keepwell.base.errors import KeepwellError
from keepwell.web.needs import Role, visitor
from keepwell.web.views.acting import Asking, Typed
from keepwell.web.views.lists import UnknownListFilter

LONGEST_TEXT = 500  # characters of a reason or a note, as in the API
NUL = "\x00"  # PostgreSQL cannot store it
Text = Annotated[str, Query(max_length=200)]
Written = Annotated[str, Field(max_length=2000)]
Number = Annotated[int, Path(ge=0, lt=2**63)]
Page = Annotated[int, Field(ge=1, le=1_000_000)]


class TextRefusedError(KeepwellError):
    """A text of a form that cannot be kept."""


def kept(text: str, what: str) -> str:
    """A reason or a note as it is kept.

    Raises:
        TextRefusedError: it is too long, or holds what cannot be stored.
    """
    if len(text) > LONGEST_TEXT:
        raise TextRefusedError(f"{what} has at most {LONGEST_TEXT} characters, and this one has {len(text):,}")
    if NUL in text:
        raise TextRefusedError(f"{what} holds a character that cannot be stored")
    return text.strip()


def customer(text: str) -> str:
    """A customer's id in a filter.

    Raises:
        UnknownListFilter: no id can be this.
    """
    if NUL in text:
        raise UnknownListFilter("customer", text)
    return text.strip()


def asking(request: Request, now: int, said: str = "", typed: Typed | None = None) -> Asking:
    """What the reader may do: CSMs act, administrators stop everything."""
    role = visitor(request).role
    return Asking(role >= Role.CSM, now, said, typed or Typed(), admin=role >= Role.ADMIN)


def back(address: str, **done: object) -> RedirectResponse:
    """To a page, saying what was done."""
    told: Mapping[str, object] = {name: value for name, value in done.items() if value is not None}
    return RedirectResponse(f"{address}{'&' if '?' in address else '?'}{urlencode(told)}", 303)
