"""Adding routes: what a route needs, takes and answers is written once, for the framework and for the document."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import FastAPI
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from keepwell.web.api.asked import Unreadable
from keepwell.web.api.problems import MEDIA_TYPE, Problem

PREFIX = "/api/v1"
Instant = Annotated[dt.datetime, msgspec.Meta(tz=True)]
"""A moment in an answer or a body: RFC 3339, with its offset."""

F = TypeVar("F", bound=Callable[..., Response])


class Spec(msgspec.Struct, frozen=True):
    """One route.

    Attributes:
        need: what `needs` gave.
        answers: the type of the answer, None when it has no body.
        takes: the type of the body, None when there is none.
    """

    method: str
    path: str
    need: Any
    answers: type | None
    takes: type | None = None
    status: int = 200


class RawRoute(APIRoute):
    """A route that is matched before percent-encoding is undone, so that a `/` in an id is no separator."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Refuses what the route would pass over: a misspelt parameter must not answer another question."""
        handle = super().get_route_handler()
        known = {each.alias for each in get_flat_params(self.dependant)} - self.param_convertors.keys()

        async def handled(request: Request) -> Response:
            unknown = [name for name in request.query_params if name not in known]
            if unknown:
                raise Unreadable(f"query.{unknown[0][:80]}", "there is no such parameter here")
            return await handle(request)

        return handled

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http":
            return super().matches(scope)
        return super().matches({**scope, "path": raw_path(scope)})


def raw_path(scope: Scope) -> str:
    """The path of a request as it was sent."""
    raw: bytes | None = scope.get("raw_path")
    return str(scope["path"]) if raw is None else raw.partition(b"?")[0].decode("latin-1")


class Register:
    """Adds routes to an application, and remembers the types that its document has to describe."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.types: list[type] = [Problem]

    def add(self, spec: Spec) -> Callable[[F], F]:
        """Make a function the answer of a route. Its docstring is the description in the document."""
        self.types += [each for each in (spec.answers, spec.takes) if each is not None]

        def added(function: F) -> F:
            self.app.router.add_api_route(
                PREFIX + spec.path,
                function,
                methods=[spec.method],
                operation_id=function.__name__,
                tags=[function.__module__.rpartition(".")[2]],
                status_code=spec.status,
                dependencies=[spec.need],
                response_model=None,
                response_class=Response,
                responses=_responses(spec),
                openapi_extra=_extra(spec),
                route_class_override=RawRoute,
            )
            return function

        return added


def reply(content: object, status: int = 200) -> Response:
    """A JSON answer that nobody keeps."""
    return Response(msgspec.json.encode(content), status, {"Cache-Control": "no-store"}, "application/json")


def _schema(kind: type) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


def _responses(spec: Spec) -> dict[int | str, dict[str, Any]]:
    done: dict[str, Any] = {"description": "Done"}
    if spec.answers is not None:
        done["content"] = {"application/json": {"schema": _schema(spec.answers)}}
    problem = {MEDIA_TYPE: {"schema": _schema(Problem)}}
    return {spec.status: done, "default": {"description": "Not done, and why", "content": problem}}


def _extra(spec: Spec) -> dict[str, Any]:
    if spec.takes is None:
        return {}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": _schema(spec.takes)}}}}
