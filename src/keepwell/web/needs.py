"""Who may use a route: every route says so, the door reads it, and a test walks all of them."""

from __future__ import annotations

from typing import Any

from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.requests import Request

from keepwell.base.errors import KeepwellError
from keepwell.runtime.ports.access import Role, Scope, Visitor

__all__ = ["NotAllowed", "NotLoggedIn", "Role", "Scope", "UndeclaredRoute", "Visitor"]
__all__ += ["need_of", "needs", "open_to_all", "refusal", "require_declared", "routes", "visitor"]

Need = tuple[Role, Scope | None]
OPEN: Need = (Role.NOBODY, None)


class NotLoggedIn(KeepwellError):
    """Nobody is logged in, and no valid key was sent."""

    def __init__(self) -> None:
        super().__init__("You are not logged in.")


class NotAllowed(KeepwellError):
    """Somebody is logged in, or a key was sent, and it is not enough."""

    def __init__(self) -> None:
        super().__init__("Your account does not allow this.")


class UndeclaredRoute(KeepwellError):
    """A route that does not say who may use it; the application does not start."""

    def __init__(self, path: str) -> None:
        super().__init__(f"The route {path} does not say who may use it: give it `needs(...)` or `open_to_all()`")


def visitor(request: Request) -> Visitor:
    """Who asks, as the door found out."""
    found = getattr(request.state, "visitor", None)
    return found if isinstance(found, Visitor) else Visitor()


def refusal(need: Need | None, who: Visitor) -> KeepwellError | None:
    """Why somebody may not use a route; None when they may. A route without a need is for nobody."""
    if need is not None and who.role >= need[0]:
        return None
    if need is not None and need[1] is not None and who.key is not None and {need[1], Scope.ADMIN} & who.scopes:
        return None
    return NotAllowed() if who.role or who.key is not None else NotLoggedIn()


def needs(role: Role, scope: Scope | None = None) -> Any:  # noqa: ANN401 - what FastAPI takes as a dependency
    """A dependency that lets in people of a role, and keys that hold a scope (no key when it is None).

    Raises:
        NotLoggedIn: nobody is known.
        NotAllowed: the role or the scopes are not enough.
    """

    def check(request: Request) -> Visitor:
        who = visitor(request)
        refused = refusal((role, scope), who)
        if refused is not None:
            raise refused
        return who

    check.need = (role, scope)  # type: ignore[attr-defined]  # what `need_of` reads
    return Depends(check)


def open_to_all() -> Any:  # noqa: ANN401 - as above
    """A dependency for the few routes that strangers may use, or that check what is sent themselves."""
    return needs(*OPEN)


def need_of(route: APIRoute | RouteContext) -> Need | None:
    """What a route needs, the most when it says it twice; None when it does not say."""
    found = (getattr(each.call, "need", None) for each in route.dependant.dependencies)
    return max((need for need in found if need), key=lambda need: need[0], default=None)


def routes(app: FastAPI) -> list[RouteContext]:
    """All routes of an application, those of included routers too, each under its whole path."""
    return [each for each in iter_route_contexts(app.routes) if isinstance(each.original_route, APIRoute)]


def require_declared(app: FastAPI) -> None:
    """Refuse an application in which anything does not say who may use it.

    Raises:
        UndeclaredRoute: a route without a need, or something that is no route of FastAPI and cannot say.
    """
    for each in iter_route_contexts(app.routes):
        if not isinstance(each.original_route, APIRoute) or need_of(each) is None:
            raise UndeclaredRoute(each.path or repr(each.original_route))
