"""The OpenAPI document, and the pages that show it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from keepwell.web.access import COOKIE
from keepwell.web.api.register import PREFIX, Register, reply
from keepwell.web.guard import CONTENT_SECURITY_POLICY
from keepwell.web.needs import Role, Scope, need_of, needs
from keepwell.web.site import Site

ADDRESS = "/api/openapi.json"
REF = "#/components/schemas/{name}"
SECURITY = {
    "key": {"type": "http", "scheme": "bearer", "description": "An API key."},
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "A person's login."},
}


def add_routes(api: Register, site: Site, version: str) -> None:
    @cache
    def document() -> dict[str, Any]:
        return describe(api, version)

    @api.app.get(ADDRESS, include_in_schema=False, dependencies=[needs(Role.VIEWER, Scope.READ)])
    def openapi_document() -> Response:
        """What this API takes and answers, as OpenAPI 3.1."""
        return reply(document())

    @api.app.get("/api/docs", include_in_schema=False, dependencies=[needs(Role.VIEWER)])
    def api_docs(request: Request) -> Response:
        """The same for people: Swagger UI from this server's own files."""
        page = site.page(request, "api_docs.html", document=ADDRESS)
        page.headers["Content-Security-Policy"] = f"{CONTENT_SECURITY_POLICY}; img-src 'self' data:"  # its own icons
        return page


def describe(api: Register, version: str) -> dict[str, Any]:
    """The document of all routes of the API; every type in it is described once."""
    routes = [each for each in api.app.routes if isinstance(each, APIRoute) and each.path.startswith(PREFIX)]
    found = get_openapi(title="Keepwell", version=version, description=_ABOUT, routes=routes)
    _, types = msgspec.json.schema_components(_unique(api.types), ref_template=REF)
    parts = found.setdefault("components", {})
    parts["schemas"] = {**parts.get("schemas", {}), **types}
    parts["securitySchemes"] = SECURITY
    for route in routes:
        for method in route.methods or ():
            found["paths"][route.path][method.lower()]["security"] = _security(route)
    return found


_ABOUT = "Customers, their scores and what they are made of. Times are RFC 3339; errors are RFC 9457 problems."


def _security(route: APIRoute) -> list[dict[str, list[str]]]:
    need = need_of(route)
    scope = need[1] if need else None
    return [*([{"key": [scope.value]}] if scope else []), {"session": []}]


def _unique(types: Sequence[type]) -> list[type]:
    return list(dict.fromkeys(types))
