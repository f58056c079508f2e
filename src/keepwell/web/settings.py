"""The pages of settings, for admins: keys of programs, and people."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from keepwell.runtime.keys import KeyRefusedError
from keepwell.runtime.people import NoSuchPersonError, PersonRefusedError
from keepwell.runtime.ports.access import Access, KeyWish
from keepwell.web.access import NO_STORE
from keepwell.web.needs import Role, needs
from keepwell.web.site import Site
from keepwell.web.views import settings

ADMIN = [needs(Role.ADMIN)]
KEYS = "/settings/keys"
PEOPLE = "/settings/people"
Text = Annotated[str, Form(max_length=2000)]
RoleName = Annotated[str, Form(pattern="^(viewer|csm|admin)$")]


def add_routes(app: FastAPI, access: Access, site: Site) -> None:
    """The routes of the settings."""

    @app.get("/settings", dependencies=ADMIN)
    def start() -> Response:
        return RedirectResponse(KEYS, 303)

    _keys(app, access, site)
    _people(app, access, site)


def _keys(app: FastAPI, access: Access, site: Site) -> None:
    @app.get(KEYS, dependencies=ADMIN)
    def key_list(request: Request) -> Response:
        return site.page(request, "settings/keys.html", view=settings.keys(access.keys.listed()))

    @app.post(KEYS, dependencies=ADMIN)
    def make_key(
        request: Request,
        kind: Text,
        name: Text,
        scopes: Annotated[tuple[str, ...], Form()] = (),
        *,
        events: Text = "",
        customers: Text = "",
    ) -> Response:
        """Make a key and show it: this once, and in no cache."""
        wish = KeyWish(kind, name, tuple(scopes), settings.entries(events), settings.entries(customers))
        secret, said, status = "", "", 200
        try:
            secret = access.keys.create(wish)[1]
        except KeyRefusedError as refused:
            said, status = str(refused), 400
        view = settings.keys(access.keys.listed(), secret=secret, said=said)
        answer = site.page(request, "settings/keys.html", status=status, view=view)
        answer.headers.update(NO_STORE)
        return answer

    @app.post(KEYS + "/{key_id}/revoke", dependencies=ADMIN)
    def revoke_key(key_id: int) -> Response:
        access.keys.revoke(key_id)
        return RedirectResponse(KEYS, 303)


def _people(app: FastAPI, access: Access, site: Site) -> None:
    def page(request: Request, said: str = "", status: int = 200) -> Response:
        view = settings.people(access.people.listed(), said=said)
        return site.page(request, "settings/people.html", status=status, view=view)

    @app.get(PEOPLE, dependencies=ADMIN)
    def people_list(request: Request) -> Response:
        return page(request)

    @app.post(PEOPLE, dependencies=ADMIN)
    def add_person(request: Request, name: Text, role: RoleName, password: Text) -> Response:
        try:
            access.people.add(name, Role[role.upper()], password)
        except PersonRefusedError as refused:
            return page(request, str(refused), 400)
        return RedirectResponse(PEOPLE, 303)

    @app.post(PEOPLE + "/role", dependencies=ADMIN)
    def change_role(name: Text, role: RoleName) -> Response:
        access.people.set_role(name, Role[role.upper()])
        return RedirectResponse(PEOPLE, 303)

    @app.post(PEOPLE + "/password", dependencies=ADMIN)
    def change_password(request: Request, name: Text, password: Text) -> Response:
        try:
            access.people.set_password(name, password)
        except (PersonRefusedError, NoSuchPersonError) as refused:
            return page(request, str(refused), 400)
        return RedirectResponse(PEOPLE, 303)

    @app.post(PEOPLE + "/remove", dependencies=ADMIN)
    def remove_person(name: Text) -> Response:
        access.people.remove(name)
        return RedirectResponse(PEOPLE, 303)
