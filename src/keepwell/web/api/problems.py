"""Errors as programs read them: problem details (RFC 9457), with what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from keepwell.base.errors import KeepwellError
from keepwell.web import guard
from keepwell.web.api import requests

MEDIA_TYPE = "application/problem+json"
ADDRESSES = ("/api", "/metrics", *guard.PROGRAMS)
FOR_PEOPLE = "/api/docs"


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong with a request. It never repeats what was sent: that may be a secret."""

    place: str
    message: str


class Problem(msgspec.Struct, frozen=True):
    """Why a request was not done. `action` says what to do about it, `instance` is the id of the request."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    action: str
    errors: Sequence[Fault] = ()


def wanted(request: Request) -> bool:
    """Whether a program asks: by its key, or by the address, so that it holds for addresses that do not exist too."""
    mine = guard.lies_under(request, ADDRESSES) and request.scope["path"] != FOR_PEOPLE
    return mine or guard.shows_bearer(request)


def of_error(
    request: Request, error: KeepwellError, row: tuple[HTTPStatus, str, str], headers: Mapping[str, str]
) -> Response:
    """The problem for an anticipated error and its row of the table."""
    status, title, action = row
    kind = "urn:keepwell:problem:" + re.sub(r"(?<=[a-z])(?=[A-Z])", "-", type(error).__name__).lower()
    faults: Sequence[Fault] = getattr(error, "faults", ())
    found = Problem(kind, title, status, str(error), requests.id_of(request), action, faults)
    return answer(found, headers)


def of_framework(request: Request, error: Exception) -> Response:
    """The problem for a refusal of the framework itself."""
    if isinstance(error, RequestValidationError):
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        detail, faults = "Some parameters are not what this address takes. Nothing was changed.", _faults(error)
        return answer(_plain(request, status, (detail, "Correct them and ask again.", faults)))
    status = HTTPStatus(error.status_code if isinstance(error, HTTPException) else HTTPStatus.BAD_REQUEST)
    headers = dict((error.headers or {}) if isinstance(error, HTTPException) else {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED and (taken := _allowed(request)):
        headers["Allow"] = ", ".join(taken)
    return answer(_plain(request, status, _SAID.get(status, ("This was not done.", _LOOK, ()))), headers)


def unforeseen(request: Request) -> Response:
    """The problem when something broke."""
    said = ("Something went wrong in Keepwell.", "Ask again; if it stays, look in the log of the server.", ())
    return answer(_plain(request, HTTPStatus.INTERNAL_SERVER_ERROR, said))


def answer(found: Problem, headers: Mapping[str, str] | None = None) -> Response:
    kept = {"Cache-Control": "no-store", **(headers or {})}
    return Response(msgspec.json.encode(found), found.status, kept, MEDIA_TYPE)


_LOOK = "See /api/docs for what there is."
_Said = tuple[str, str, Sequence[Fault]]
_SAID: Mapping[HTTPStatus, _Said] = {
    HTTPStatus.NOT_FOUND: ("There is nothing at this address.", _LOOK, ()),
    HTTPStatus.METHOD_NOT_ALLOWED: ("This address does not take this method.", "Use one of those in `Allow`.", ()),
    HTTPStatus.BAD_REQUEST: ("The request cannot be read. Nothing was changed.", _LOOK, ()),
}


def _plain(request: Request, status: HTTPStatus, said: _Said) -> Problem:
    detail, action, faults = said
    return Problem("about:blank", status.phrase, status, detail, requests.id_of(request), action, faults)


def _faults(error: RequestValidationError) -> list[Fault]:
    return [Fault(".".join(map(str, each["loc"])), str(each["msg"])) for each in error.errors()]


def _allowed(request: Request) -> list[str]:
    """The methods of an address, over all its routes; none for one that is answered before them."""
    app = request.scope.get("app")
    routes: Sequence[Any] = app.routes if app else ()
    found = (route for route in routes if isinstance(route, APIRoute))
    return sorted({m for route in found if route.matches(request.scope)[0] != Match.NONE for m in route.methods or ()})
