"""The pages of settings, for admins: keys of programs, and people."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from keepwell.runtime.people import NoSuchPersonError, PersonRefusedError
from keepwell.runtime.ports.access import People
from keepwell.runtime.ports.keys import KeyBook, KeyRefusedError, KeyWish, NoSuchKeyError
from keepwell.web.access import NO_STORE
from keepwell.web.needs import Role, needs
from keepwell.web.site import Site
from keepwell.web.views import settings

ADMIN = [needs(Role.ADMIN)]
KEYS = "/settings/keys"
PEOPLE = "/settings/people"
Text = Annotated[str, Form(max_length=2000)]
RoleName = Annotated[str, Form(pattern="^(viewer|csm|admin)$")]


def add_routes(app: FastAPI, keys: KeyBook, people: People, site: Site) -> None:
    """The routes of the settings."""

    @app.get("/settings", dependencies=ADMIN)
    def start() -> Response:
        return RedirectResponse(KEYS, 303)

    _keys(app, keys, site)
    _people(app, people, site)


def _keys(app: FastAPI, keys: KeyBook, site: Site) -> None:
    @app.get(KEYS, dependencies=ADMIN)
    def key_list(request: Request) -> Response:
        return site.page(request, "settings/keys.html", view=settings.keys(keys.keys()))

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
            secret = keys.create(wish).key
        except KeyRefusedError as refused:
            said, status = str(refused), 422
        view = settings.keys(keys.keys(), secret=secret, said=said)
        answer = site.page(request, "settings/keys.html", status=status, view=view)
        answer.headers.update(NO_STORE)
        return answer

    @app.post(KEYS + "/{key_id}/revoke", dependencies=ADMIN)
    def revoke_key(key_id: int) -> Response:
        if not keys.revoke(key_id):
            raise NoSuchKeyError(key_id)
        return RedirectResponse(KEYS, 303)


def _people(app: FastAPI, people: People, site: Site) -> None:
    def page(request: Request, said: str = "", status: int = 200) -> Response:
        view = settings.people(people.listed(), said=said)
        return site.page(request, "settings/people.html", status=status, view=view)

    @app.get(PEOPLE, dependencies=ADMIN)
    def people_list(request: Request) -> Response:
        return page(request)

    @app.post(PEOPLE, dependencies=ADMIN)
    def add_person(request: Request, name: Text, role: RoleName, password: Text) -> Response:
        try:
            people.add(name, Role[role.upper()], password)
        except PersonRefusedError as refused:
            return page(request, str(refused), 400)
        return RedirectResponse(PEOPLE, 303)

    @app.post(PEOPLE + "/role", dependencies=ADMIN)
    def change_role(name: Text, role: RoleName) -> Response:
        people.set_role(name, Role[role.upper()])
        return RedirectResponse(PEOPLE, 303)

    @app.post(PEOPLE + "/password", dependencies=ADMIN)
    def change_password(request: Request, name: Text, password: Text) -> Response:
        try:
            people.set_password(name, password)
        except (PersonRefusedError, NoSuchPersonError) as refused:
            return page(request, str(refused), 400)
        return RedirectResponse(PEOPLE, 303)

    @app.post(PEOPLE + "/remove", dependencies=ADMIN)
    def remove_person(name: Text) -> Response:
        people.remove(name)
        return RedirectResponse(PEOPLE, 303)
