"""The page of sources, and trying refused items again."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from keepwell.runtime.ports.desk import Desk
from keepwell.runtime.ports.health import Health
from keepwell.web.needs import Role, needs, visitor
from keepwell.web.site import Site
from keepwell.web.views import sources, words

Number = Annotated[int | None, Query(ge=0)]


def add_routes(app: FastAPI, desk: Desk, health: Health, site: Site) -> None:
    @app.get("/sources", dependencies=[needs(Role.VIEWER)], include_in_schema=False)
    def source_page(request: Request, accepted: Number = None, refused: Number = None, left: Number = None) -> Response:
        """Who sends what. Raw items are shown to admins only: they may hold anything."""
        may = visitor(request).role >= Role.ADMIN
        rejects = desk.rejects.after(0, sources.SHOWN_REJECTS + 1) if may else ()
        said = "" if accepted is None else _said(accepted, refused or 0, left or 0)
        view = sources.page(health, rejects, desk.clock(), said)
        return site.page(request, "sources.html", view=view, may=may)

    @app.post("/sources/replay", dependencies=[needs(Role.ADMIN)], include_in_schema=False)
    def replay() -> Response:
        """Try everything that was refused again, for example after names were bound to accounts."""
        found = desk.rejects.replay()
        return RedirectResponse(
            f"/sources?accepted={found.accepted}&refused={found.rejected}&left={sum(found.left.values())}", 303
        )


def _said(accepted: int, refused: int, left: int) -> str:
    done = f"{words.count(accepted, 'item')} accepted now, {refused:,} still refused."
    return f"{done} {left:,} cannot be tried again: outside the limits of a key, or not kept whole." if left else done
