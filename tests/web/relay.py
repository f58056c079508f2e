"""One application for many tests: building it takes longer than most of them.

An application is built over relays, which ask what the test at hand has each time they are used.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import fields
from functools import cache

from fastapi import FastAPI

from keepwell.runtime.ports.desk import Desk
from keepwell.web.app import create_app

_at_hand: ContextVar[dict[str, object] | None] = ContextVar("_at_hand", default=None)


class Relay:
    """Whatever the test at hand has under a name; while the application is built, what will be found there."""

    def __init__(self, *path: str) -> None:
        self._path = path

    def __getattr__(self, name):
        return Relay(*self._path, name) if _at_hand.get() is None else getattr(self._found(), name)

    def __call__(self, *arguments, **named):
        return self._found()(*arguments, **named)

    def _found(self):
        first, *rest = self._path
        found = _at_hand.get()[first]
        for name in rest:
            found = getattr(found, name)
        return found


class Staged:
    """An application that is shared, with what this test has."""

    def __init__(self, app: FastAPI, at_hand: dict[str, object]) -> None:
        self.app = app
        self.at_hand = at_hand

    async def __call__(self, scope, receive, send) -> None:
        token = _at_hand.set(self.at_hand)
        try:
            await self.app(scope, receive, send)
        finally:
            _at_hand.reset(token)


def relayed() -> Desk:
    """A desk of which every part is asked of the test at hand."""
    return Desk(*(Relay("desk", each.name) for each in fields(Desk)))


def dashboard(desk: Desk, access) -> Staged:
    """What `create_app` makes of them."""
    return Staged(_dashboard(), {"desk": desk, "access": access})


@cache
def _dashboard() -> FastAPI:
    return create_app(relayed(), Relay("access"))
