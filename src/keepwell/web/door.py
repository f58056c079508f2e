"""The door: finds out who asks, and refuses what the route is not for. Default deny."""

from __future__ import annotations

import base64
import binascii
from re import Pattern

from fastapi import FastAPI
from fastapi.routing import RouteContext
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from keepwell.base.errors import KeepwellError
from keepwell.runtime.limiting import Limits
from keepwell.runtime.ports.access import Access
from keepwell.runtime.ports.keys import KeyBook
from keepwell.web.api.register import RawRoute, raw_path
from keepwell.web.cookies import session_of
from keepwell.web.guard import takes_no_cookies
from keepwell.web.needs import OPEN, Need, NotLoggedIn, Visitor, need_of, refusal, routes

PER_KEY = "600/minute"
_Row = tuple[Pattern[str], bool, set[str], Need | None]
"""The addresses of a route, whether they are matched as they were sent, its methods and its need."""


class NoSuchPage(KeepwellError):
    """An address that leads nowhere."""

    def __init__(self) -> None:
        super().__init__("There is nothing at this address.")


class Door:
    """Asked once a request. Routes are read at the first one, when all have been declared."""

    def __init__(self, app: FastAPI, access: Access, keys: KeyBook) -> None:
        self._app = app
        self._access = access
        self._keys = keys
        self._limits = Limits()
        self._table: list[_Row] | None = None

    async def __call__(self, request: Request) -> KeepwellError | None:
        """Why this visitor may not come in; None, and `request.state.visitor`, when they may."""
        found, need = self._need(request)
        if need == OPEN:
            return None
        try:
            who = await run_in_threadpool(self._visitor, request)
        except KeepwellError as refused:
            return refused
        request.state.visitor = who
        if found or who == Visitor():
            return refusal(need, who)
        return NoSuchPage()

    def _need(self, request: Request) -> tuple[bool, Need | None]:
        """Whether a route is there, and its need. The method decides between routes of one address."""
        if self._table is None:
            self._table = [_row(each) for each in routes(self._app)]
        paths = {True: raw_path(request.scope), False: request.scope["path"]}
        matching = [(methods, need) for pattern, raw, methods, need in self._table if pattern.match(paths[raw])]
        if not matching:
            return False, None
        return True, next((need for methods, need in matching if request.method in methods), matching[0][1])

    def _visitor(self, request: Request) -> Visitor:
        """Who asks: a program by its key, else a person by their session; never the one for the other."""
        secret = secret_of(request)
        if secret is not None:
            return self._program(secret)
        session_id = None if takes_no_cookies(request) else session_of(request)
        return (session_id and self._access.visitor(session_id)) or Visitor()

    def _program(self, secret: str) -> Visitor:
        """Raises TooManyAttemptsError for a key that asks too often."""
        key = self._keys.find(secret)
        if key is None:
            raise NotLoggedIn
        self._limits.spend(PER_KEY, "key", str(key.id))
        return Visitor(key.name, scopes=key.scopes, key=key.id)


def _row(route: RouteContext) -> _Row:
    return route.path_regex, isinstance(route.original_route, RawRoute), route.methods or set(), need_of(route)


def secret_of(request: Request) -> str | None:
    """The key that a request carries: as Bearer, or as Basic where it is the name or the password.

    None when it carries no Authorization; an empty text when that cannot be read.
    """
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        name, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return name or password
