"""Who may use a route: every route says so, and a test walks all of them."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Any

import msgspec
from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute
from starlette.requests import Request

from keepwell.base.errors import KeepwellError


class Role(IntEnum):
    """What a person may do; each role includes those below it."""

    NOBODY = 0
    VIEWER = 1
    CSM = 2
    ADMIN = 3


class Scope(StrEnum):
    """What a key may do. Write keys hold only `INGEST`."""

    INGEST = "ingest:write"
    READ = "scores:read"
    WRITE = "scores:write"
    ADMIN = "admin"


class Visitor(msgspec.Struct, frozen=True):
    """Who asks. A person has a role and a session; a program has the scopes of its key."""

    name: str = ""
    role: Role = Role.NOBODY
    scopes: frozenset[str] = frozenset()
    key: int | None = None  # the number of the API key, when it is a program


class NotLoggedIn(KeepwellError):
    """Nobody is logged in, and no valid key was sent."""

    def __init__(self) -> None:
        super().__init__("You are not logged in.")


class NotAllowed(KeepwellError):
    """Somebody is logged in, or a key was sent, and it is not enough."""

    def __init__(self) -> None:
        super().__init__("Your account does not allow this.")


def visitor(request: Request) -> Visitor:
    """Who asks, as the door found out."""
    found = getattr(request.state, "visitor", None)
    return found if isinstance(found, Visitor) else Visitor()


def needs(role: Role, scope: Scope | None = None) -> Any:  # noqa: ANN401 - what FastAPI takes as a dependency
    """A dependency that lets in people of a role, and keys that hold a scope (no key when it is None).

    Raises:
        NotLoggedIn: nobody is known.
        NotAllowed: the role or the scopes are not enough.
    """

    def check(request: Request) -> Visitor:
        who = visitor(request)
        if who.role >= role:
            return who
        if scope is not None and who.key is not None and (scope in who.scopes or Scope.ADMIN in who.scopes):
            return who
        raise NotAllowed if who.role or who.key is not None else NotLoggedIn

    check.need = (role, scope)  # type: ignore[attr-defined]  # what `need_of` reads
    return Depends(check)


def need_of(route: APIRoute) -> tuple[Role, Scope | None] | None:
    """What a route needs; None when it does not say."""
    found = (getattr(each.call, "need", None) for each in route.dependant.dependencies)
    return next((need for need in found if need), None)


def routes(app: FastAPI) -> list[APIRoute]:
    """All routes of an application."""
    return [route for route in app.routes if isinstance(route, APIRoute)]
