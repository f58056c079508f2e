"""The only place that knows statuses: every anticipated error, its status, and the page that says it."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from keepwell.base.errors import KeepwellError
from keepwell.runtime.ports.idempotency import OtherRequest, StillRunning
from keepwell.runtime.ports.overrides import OverrideRefusedError
from keepwell.web.access import NoSession, UsedLink
from keepwell.web.api import problems, requests
from keepwell.web.api.asked import BodyTooLarge, NotJson, TooManyRequests, Unreadable
from keepwell.web.api.cursors import BadCursor
from keepwell.web.api.refusals import NoSuchKey
from keepwell.web.guard import HEADERS, CrossSite, ForeignHost
from keepwell.web.needs import NotAllowed, NotLoggedIn
from keepwell.web.pages import NoSuchCustomer, NoSuchIndicator
from keepwell.web.site import Site
from keepwell.web.views.change import UnknownSpan
from keepwell.web.views.customers import UnknownFilter

USE_THE_LINK = (
    "Keepwell opens with a one-time link. Use the one printed in the terminal where the server was started; "
    "a new start prints a new link."
)
LOOK_IN_THE_LIST = "Search for it, or look in the list of customers."
STATUS: dict[type[KeepwellError], tuple[HTTPStatus, str, str]] = {
    NoSession: (HTTPStatus.UNAUTHORIZED, "Please log in", USE_THE_LINK),
    UsedLink: (HTTPStatus.FORBIDDEN, "This link does not open Keepwell", USE_THE_LINK),
    CrossSite: (HTTPStatus.FORBIDDEN, "Not done", "Go back to Keepwell and do it there."),
    ForeignHost: (
        HTTPStatus.BAD_REQUEST,
        "Wrong address",
        "Open it by the address printed in the terminal, or add this name to the allowed hosts.",
    ),
    NoSuchCustomer: (HTTPStatus.NOT_FOUND, "No such customer", LOOK_IN_THE_LIST),
    NoSuchIndicator: (
        HTTPStatus.NOT_FOUND,
        "No such indicator",
        "Start again from the page of the customer.",
    ),
    UnknownFilter: (HTTPStatus.BAD_REQUEST, "No such list", "Start again from the list of customers."),
    UnknownSpan: (HTTPStatus.BAD_REQUEST, "No such comparison", "Choose one of the spans on the page."),
    NotLoggedIn: (
        HTTPStatus.UNAUTHORIZED,
        "Not logged in",
        "Log in, or send an API key as `Authorization: Bearer KEY`.",
    ),
    NotAllowed: (
        HTTPStatus.FORBIDDEN,
        "Not allowed",
        "Ask an administrator for the role, or for a key with the scope.",
    ),
    Unreadable: (HTTPStatus.UNPROCESSABLE_ENTITY, "Not understood", "Correct it and ask again."),
    BadCursor: (HTTPStatus.UNPROCESSABLE_ENTITY, "No such place", "Start the list again without a cursor."),
    NotJson: (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Not JSON", "Send JSON, with `Content-Type: application/json`."),
    BodyTooLarge: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Too large", "Send less at once."),
    TooManyRequests: (HTTPStatus.TOO_MANY_REQUESTS, "Too many requests", "Ask again after `Retry-After` seconds."),
    NoSuchKey: (HTTPStatus.NOT_FOUND, "No such key", "List the keys with GET /api/v1/keys."),
    OverrideRefusedError: (HTTPStatus.UNPROCESSABLE_ENTITY, "Not overridden", "Choose an end in the future, or none."),
    StillRunning: (HTTPStatus.CONFLICT, "Still running", "Ask again in a moment, with the same key."),
    OtherRequest: (HTTPStatus.UNPROCESSABLE_ENTITY, "Key used before", "Use a new idempotency key for a new request."),
    KeepwellError: (HTTPStatus.INTERNAL_SERVER_ERROR, "This did not work", ""),
}
STRANGERS = (NoSession, UsedLink, ForeignHost)  # who sees these gets no navigation


def install(app: FastAPI, site: Site) -> None:
    """Make every failure a calm page."""

    def known(request: Request, error: Exception) -> Response:
        assert isinstance(error, KeepwellError)  # noqa: S101 - registered for nothing else
        return page(site, request, error)

    def plain(request: Request, error: Exception) -> Response:
        if problems.wanted(request):
            return problems.of_framework(request, error)
        status = HTTPStatus(error.status_code if isinstance(error, HTTPException) else HTTPStatus.BAD_REQUEST)
        title, hint = _plain(status)
        return _render(site, request, (status, title, hint))

    def unknown(request: Request, _error: Exception) -> Response:
        program = problems.wanted(request)
        answer = problems.unforeseen(request) if program else _render(site, request, _UNFORESEEN)
        answer.headers.update(HEADERS)  # this one answers outside all middleware
        answer.headers[requests.HEADER] = requests.id_of(request)
        return answer

    app.add_exception_handler(KeepwellError, known)
    app.add_exception_handler(HTTPException, plain)
    app.add_exception_handler(RequestValidationError, plain)
    app.add_exception_handler(Exception, unknown)


def page(site: Site, request: Request, error: KeepwellError) -> Response:
    """The page for an anticipated error; for a program the problem."""
    if problems.wanted(request):
        return problem(request, error)
    return _render(site, request, _row(error), said=str(error), stranger=isinstance(error, STRANGERS))


def problem(request: Request, error: KeepwellError) -> Response:
    """The problem details of an anticipated error."""
    return problems.of_error(request, error, _row(error))


def _row(error: KeepwellError) -> tuple[HTTPStatus, str, str]:
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


_UNFORESEEN = (
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "Something went wrong in Keepwell",
    "Nothing was changed. What happened is in the log of the server.",
)


def _plain(status: HTTPStatus) -> tuple[str, str]:
    if status == HTTPStatus.NOT_FOUND:
        return "No such page", "Start again from the overview."
    if status == HTTPStatus.BAD_REQUEST:
        return "This address was not understood", "Start again from the overview."
    return status.phrase, "Start again from the overview."


def _render(
    site: Site,
    request: Request,
    row: tuple[HTTPStatus, str, str],
    *,
    said: str = "",
    stranger: bool = False,
) -> Response:
    status, title, hint = row
    words = {"title": title, "said": said, "hint": hint, "stranger": stranger}
    return site.page(request, "error.html", status=status, **words)
