"""The only place that knows statuses: every anticipated error, its status, and the page that says it."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from keepwell.base.errors import KeepwellError
from keepwell.runtime.people import NoSuchPersonError, PersonRefusedError
from keepwell.runtime.ports.access import LoginRefusedError, NoRoleError, TooManyAttemptsError
from keepwell.runtime.ports.alerts import AlertRefusedError
from keepwell.runtime.ports.consultation import NoModelError
from keepwell.runtime.ports.idempotency import OtherRequest, StillRunning
from keepwell.runtime.ports.keys import KeyRefusedError, NoSuchKeyError
from keepwell.runtime.ports.knowledge import VerdictRefusedError
from keepwell.runtime.ports.messages import MessageRefusedError
from keepwell.runtime.ports.overrides import OverrideRefusedError
from keepwell.runtime.ports.reception import (
    LaterError,
    NotVerifiedError,
    TooLargeError,
    UnknownHookError,
    UnknownKeyError,
    UnreadableError,
)
from keepwell.runtime.ports.runs import RunRefusedError
from keepwell.runtime.ports.tasks import TaskRefusedError
from keepwell.web.access import UsedLink
from keepwell.web.alerts import NoSuchAlert, NoSuchIncident, NoSuchRule
from keepwell.web.api import problems, requests
from keepwell.web.api.asked import BodyTooLarge, NotJson, Unreadable
from keepwell.web.api.cursors import BadCursor
from keepwell.web.door import NoSuchPage
from keepwell.web.expert import NoFindingNamed, NoSuchFinding
from keepwell.web.guard import HEADERS, CrossSite, ForeignHost
from keepwell.web.indicators import NoCustomerNamed
from keepwell.web.knowledge import NoSuchEntry, NoSuchVerdict
from keepwell.web.letters import NoSuchLetter
from keepwell.web.messages import NoSuchMessage
from keepwell.web.needs import NotAllowed, NotLoggedIn
from keepwell.web.oidc import SsoRefused, SsoUnreachable
from keepwell.web.pages import NoSuchCustomer, NoSuchIndicator
from keepwell.web.playbooks import NoSuchPlaybook
from keepwell.web.runs import NoSuchRun
from keepwell.web.site import Site
from keepwell.web.tasks import NoSuchMoment, NoSuchTask
from keepwell.web.views import links
from keepwell.web.views.alert_rows import Link
from keepwell.web.views.alerts import UnknownAlertFilter
from keepwell.web.views.change import UnknownSpan
from keepwell.web.views.customers import UnknownFilter
from keepwell.web.views.lists import UnknownListFilter
from keepwell.web.views.observed import UnknownExpertFilter

USE_THE_LINK = (
    "Keepwell opens with a one-time link. Use the one printed in the terminal where the server was started; "
    "a new start prints a new link."
)
START_AGAIN = "Start again from the login page."
FROM_THE_SETTINGS = "Go back to the settings and try again."
FROM_THE_INBOX = "Start again from the list of alerts."
LOOK_IN_THE_LIST = "Search for it, or look in the list of customers."
STATUS: dict[type[KeepwellError], tuple[HTTPStatus, str, str]] = {
    NotLoggedIn: (HTTPStatus.UNAUTHORIZED, "Please log in", START_AGAIN),
    NotAllowed: (HTTPStatus.FORBIDDEN, "Not allowed", "Ask somebody with the role admin to do it."),
    NoSuchPage: (HTTPStatus.NOT_FOUND, "No such page", "Start again from the overview."),
    LoginRefusedError: (HTTPStatus.UNAUTHORIZED, "Not logged in", START_AGAIN),
    NoRoleError: (HTTPStatus.FORBIDDEN, "Not logged in", START_AGAIN),
    TooManyAttemptsError: (HTTPStatus.TOO_MANY_REQUESTS, "Please wait", START_AGAIN),
    SsoRefused: (HTTPStatus.FORBIDDEN, "Not logged in", START_AGAIN),
    SsoUnreachable: (HTTPStatus.BAD_GATEWAY, "Not logged in", "Try again later, or log in with a password."),
    KeyRefusedError: (HTTPStatus.UNPROCESSABLE_ENTITY, "No key was made", FROM_THE_SETTINGS),
    NoSuchKeyError: (HTTPStatus.NOT_FOUND, "No such key", FROM_THE_SETTINGS),
    PersonRefusedError: (HTTPStatus.BAD_REQUEST, "Nothing was changed", FROM_THE_SETTINGS),
    NoSuchPersonError: (HTTPStatus.NOT_FOUND, "Nobody has this name", FROM_THE_SETTINGS),
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
    NoSuchFinding: (HTTPStatus.NOT_FOUND, "No such diagnosis", "Look in the list of the Expert."),
    NoFindingNamed: (HTTPStatus.BAD_REQUEST, "Which diagnosis?", "Choose one in the list of the Expert."),
    NoCustomerNamed: (HTTPStatus.BAD_REQUEST, "Which customer?", LOOK_IN_THE_LIST),
    NoSuchAlert: (HTTPStatus.NOT_FOUND, "No such alert", FROM_THE_INBOX),
    NoSuchIncident: (HTTPStatus.NOT_FOUND, "No such incident", FROM_THE_INBOX),
    NoSuchRule: (HTTPStatus.NOT_FOUND, "No such rule", FROM_THE_INBOX),
    UnknownAlertFilter: (HTTPStatus.BAD_REQUEST, "No such list", FROM_THE_INBOX),
    AlertRefusedError: (HTTPStatus.UNPROCESSABLE_ENTITY, "Not done", "Correct it and ask again."),
    NoSuchRun: (HTTPStatus.NOT_FOUND, "No such run", "Look in the list of runs."),
    NoSuchTask: (HTTPStatus.NOT_FOUND, "No such task", "Look in the list of tasks."),
    NoSuchMoment: (HTTPStatus.BAD_REQUEST, "When?", "Choose a day and a time on the page of the task."),
    NoSuchMessage: (HTTPStatus.NOT_FOUND, "No such message", "Look in the list of messages."),
    NoSuchPlaybook: (HTTPStatus.NOT_FOUND, "No such playbook", "Look in the list of playbooks."),
    UnknownListFilter: (HTTPStatus.BAD_REQUEST, "No such list", "Start again from the list without filters."),
    RunRefusedError: (HTTPStatus.UNPROCESSABLE_ENTITY, "Not done", "Correct it and ask again."),
    TaskRefusedError: (HTTPStatus.UNPROCESSABLE_ENTITY, "Not done", "Correct it and ask again."),
    MessageRefusedError: (HTTPStatus.UNPROCESSABLE_ENTITY, "Not done", "Read the message again as it is now."),
    NoSuchLetter: (HTTPStatus.NOT_FOUND, "No such letter", "List the letters of its customer."),
    NoSuchEntry: (HTTPStatus.NOT_FOUND, "No such entry", "Search the knowledge base for it."),
    NoSuchVerdict: (HTTPStatus.BAD_REQUEST, "Not kept", "Go back to the diagnosis and choose one of the two."),
    VerdictRefusedError: (HTTPStatus.UNPROCESSABLE_ENTITY, "Not kept", "Look at the diagnosis again."),
    UnknownFilter: (HTTPStatus.BAD_REQUEST, "No such list", "Start again from the list of customers."),
    UnknownExpertFilter: (HTTPStatus.BAD_REQUEST, "No such list", "Start again from the page of the Expert."),
    UnknownSpan: (HTTPStatus.BAD_REQUEST, "No such comparison", "Choose one of the spans on the page."),
    Unreadable: (HTTPStatus.UNPROCESSABLE_ENTITY, "Not understood", "Correct it and ask again."),
    BadCursor: (HTTPStatus.UNPROCESSABLE_ENTITY, "No such place", "Start the list again without a cursor."),
    NotJson: (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Not JSON", "Send JSON, with `Content-Type: application/json`."),
    BodyTooLarge: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Too large", "Send less at once."),
    NoModelError: (HTTPStatus.NOT_FOUND, "No language model", "Read the assessment: it says what is known."),
    OverrideRefusedError: (HTTPStatus.UNPROCESSABLE_ENTITY, "Not overridden", "Correct it and ask again."),
    UnknownKeyError: (
        HTTPStatus.UNAUTHORIZED,
        "No valid key",
        "Send a write key as the user name of Basic.",
    ),
    UnknownHookError: (HTTPStatus.NOT_FOUND, "No such webhook", "Set its secret, or look at its name."),
    NotVerifiedError: (HTTPStatus.UNAUTHORIZED, "Not verified", "Look at the secret and at the sender's clock."),
    UnreadableError: (HTTPStatus.BAD_REQUEST, "Not understood", "Correct it and send it again."),
    TooLargeError: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Too large", "Send less at once."),
    LaterError: (HTTPStatus.SERVICE_UNAVAILABLE, "Later", "Send it again after `Retry-After` seconds."),
    StillRunning: (HTTPStatus.CONFLICT, "Still running", "Ask again in a moment, with the same key."),
    OtherRequest: (HTTPStatus.UNPROCESSABLE_ENTITY, "Key used before", "Use a new idempotency key for a new request."),
    KeepwellError: (HTTPStatus.INTERNAL_SERVER_ERROR, "This did not work", ""),
}
ACTIONS: Mapping[type[KeepwellError], str] = {
    NotLoggedIn: "Send an API key as `Authorization: Bearer KEY`, or log in.",
    NotAllowed: "Ask an administrator for the role, or for a key with the scope.",
    NoSuchPage: "See /api/docs for what there is.",
    TooManyAttemptsError: "Ask again after `Retry-After` seconds.",
    KeyRefusedError: "Correct it and ask again.",
    NoSuchKeyError: "List the keys with GET /api/v1/keys.",
}
"""What programs are told to do where it is something else than what people are told."""
EXPERT: Link = ("Expert", links.fleet())
BACK: Mapping[type[KeepwellError], Link] = {
    NoSuchFinding: EXPERT,
    NoFindingNamed: EXPERT,
    UnknownExpertFilter: EXPERT,
    NoSuchEntry: ("Knowledge base", links.KNOWLEDGE),
    NoSuchRun: ("Runs", links.runs()),
    NoSuchTask: ("Tasks", links.tasks()),
    NoSuchMessage: ("Messages", links.messages()),
    NoSuchPlaybook: ("Playbooks", links.PLAYBOOKS),
}
"""Where people start again, where it is neither the overview nor the customers."""
STRANGERS = (  # who sees these gets no navigation
    *(NotLoggedIn, UsedLink, ForeignHost, LoginRefusedError, NoRoleError, TooManyAttemptsError),
    *(SsoRefused, SsoUnreachable),
)


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
    stranger = isinstance(error, STRANGERS)
    answer = _render(site, request, _row(error), said=str(error), stranger=stranger, back=BACK.get(type(error)))
    answer.headers.update(_headers(error))
    return answer


def problem(request: Request, error: KeepwellError) -> Response:
    """The problem details of an anticipated error."""
    status, title, hint = _row(error)
    if isinstance(error, LaterError) and error.sender:
        status = HTTPStatus.TOO_MANY_REQUESTS
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    row = status, title, ACTIONS.get(type(error), hint)
    return problems.of_error(request, error, row, {**headers, **_headers(error)})


def _row(error: KeepwellError) -> tuple[HTTPStatus, str, str]:
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def _headers(error: KeepwellError) -> dict[str, str]:
    if isinstance(error, TooManyAttemptsError):
        return {"Retry-After": str(error.wait_s)}
    return {"Retry-After": str(error.after_s)} if isinstance(error, LaterError) else {}


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
    back: Link | None = None,
) -> Response:
    status, title, hint = row
    words = {"title": title, "said": said, "hint": hint, "stranger": stranger, "back": back}
    return site.page(request, "error.html", status=status, **words)
