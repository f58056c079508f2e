"""Playbooks: what each does, and what may be said of its effect."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import unquote

from fastapi import Path
from starlette.responses import Response

from keepwell.runtime.ports.desk import Desk
from keepwell.web.api.register import Register, Spec, reply
from keepwell.web.documents import playbooks
from keepwell.web.documents.playbooks import PlaybookDetails, PlaybookList
from keepwell.web.needs import Role, Scope, needs
from keepwell.web.playbooks import NoSuchPlaybook


def add_routes(api: Register, desk: Desk) -> None:
    @api.add(Spec("GET", "/playbooks", needs(Role.VIEWER, Scope.READ), PlaybookList))
    def list_playbooks() -> Response:
        """All playbooks in force."""
        return reply(PlaybookList([playbooks.playbook(each) for each in desk.playbooks.all()]))

    @api.add(Spec("GET", "/playbooks/{name}", needs(Role.VIEWER, Scope.READ), PlaybookDetails))
    def get_playbook(name: Annotated[str, Path(max_length=600)]) -> Response:
        """One playbook: what became of its steps, and its effect."""
        found = desk.playbooks.playbook(unquote(name))
        if found is None:
            raise NoSuchPlaybook(unquote(name))
        return reply(playbooks.page(found))
