"""The pages of playbooks: what each does, what became of it, and what may be said of its effect."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from keepwell.base.errors import KeepwellError
from keepwell.runtime.ports.desk import Desk
from keepwell.web.needs import Role, needs
from keepwell.web.site import Site
from keepwell.web.views import playbooks


class NoSuchPlaybook(KeepwellError):
    """No playbook in force has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"No playbook is called {name[:80]!r}.")


def add_routes(app: FastAPI, desk: Desk, site: Site) -> None:
    @app.get("/playbooks", dependencies=[needs(Role.VIEWER)])
    def playbook_list(request: Request) -> Response:
        rows = [playbooks.row(each) for each in desk.playbooks.all()]
        return site.page(request, "playbooks/list.html", rows=rows)

    @app.get("/playbooks/{name}", dependencies=[needs(Role.VIEWER)])
    def playbook(request: Request, name: str) -> Response:
        found = desk.playbooks.playbook(name)
        if found is None:
            raise NoSuchPlaybook(name)
        return site.page(request, "playbooks/playbook.html", view=playbooks.view(found))
