"""For the operator's monitoring: alive, ready, figures."""

from __future__ import annotations

from fastapi import FastAPI
from starlette import types
from starlette.responses import JSONResponse, Response

from keepwell.runtime.ports.health import Health
from keepwell.web.needs import Role, Scope, needs, open_to_all

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


class Counted:
    """Counts requests by the pattern of their route and their status; what has no route is one pattern.

    Who answers before there is a route says the pattern in the scope.
    """

    def __init__(self, app: types.ASGIApp, *, health: Health) -> None:
        self.app = app
        self.health = health

    async def __call__(self, scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
        async def counting(message: types.Message) -> None:
            if message["type"] == "http.response.start":
                pattern = scope.get("pattern") or getattr(scope.get("route"), "path", "other")
                self.health.counted(str(pattern), message["status"])
            await send(message)

        await self.app(scope, receive, counting)


def add_routes(app: FastAPI, health: Health) -> None:
    @app.api_route("/readyz", methods=["GET", "HEAD"], dependencies=[open_to_all()], include_in_schema=False)
    def readyz() -> Response:
        """Whether events can be taken."""
        problem = health.ready()
        if problem is None:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "not ready", "because": problem}, 503, headers={"Retry-After": "5"})

    @app.get("/metrics", dependencies=[needs(Role.VIEWER, Scope.READ)], include_in_schema=False)
    def metrics() -> Response:
        """Counters and gauges in the text format of Prometheus."""
        return Response(health.metrics(), media_type=PROMETHEUS)
