"""`keepwell serve`: the dashboard over a data folder."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from keepwell.cli.options import Data, say, workspace

if TYPE_CHECKING:
    from socket import socket

    from keepwell.runtime.workspace import Workspace
    from keepwell.web.oidc import SingleSignOn

FIRST_EVENTS = (
    "Nobody is watched yet. Make a write key on the page Settings and send events to /v1/events, point a webhook to"
    " /hooks/NAME, or stop and run `keepwell import events FILE`."
)
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine; 0 takes any free one.")]


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; others than this machine's own need a login.")] = (
        "127.0.0.1"
    ),
    port: Port = 8710,
    allowed_host: Annotated[
        list[str] | None, typer.Option(help="A name by which browsers reach it; may be given several times.")
    ] = None,
    data: Data = None,
) -> None:
    """Serve the dashboard, of a new data folder too. On this machine's own address a login link works once."""
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.serving import listening, require_login

    with workspace(data, create=True) as space, listening(host, port) as listener:
        require_login(space, listener, now_us)
        run(space, listener, [host, *(allowed_host or ())])


def run(space: Workspace, listener: socket, hosts: Sequence[str] = (), *, breathing: bool = False) -> None:
    """Bring scores up to date, print the link, and serve until stopped."""
    from keepwell.runtime import logs
    from keepwell.runtime.breathing import breath
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.serving import address, login_url, running
    from keepwell.runtime.serving import serve as go
    from keepwell.web.app import Options, create_app

    logs.configure()
    settings = space.settings
    public = urlsplit(settings.public_url or "").hostname
    names = [*hosts, *([public] if public else [])]
    options = Options(names, settings.persona, _single_sign_on(space), settings.public_url)
    with space.writing():
        print("Bringing scores up to date ...", file=sys.stderr, flush=True)
        with running(space, listener, now_us) as house, breath(house.worker, now_us, wanted=breathing):
            listener.listen()  # whoever follows the link at once waits a moment, and is not refused
            link = login_url(space, listener, now_us)
            if not house.desk.book.overview().customers:
                say(FIRST_EVENTS, to_errors=True)
            print(f"Open {link or address(listener)}", flush=True)
            said = "The link works once, on this machine. " if link else ""
            print(f"{said}Stop with Ctrl-C.", file=sys.stderr, flush=True)
            go(house, listener, create_app(house.desk, house.access, house.live, options))


def _single_sign_on(space: Workspace) -> SingleSignOn | None:
    """The identity provider of the settings."""
    from keepwell.runtime.clock import now_us
    from keepwell.web.needs import Role
    from keepwell.web.oidc import Provider, SingleSignOn

    settings = space.settings
    if not settings.oidc_issuer:
        return None
    names = {"none": Role.NOBODY, "viewer": Role.VIEWER, "csm": Role.CSM, "admin": Role.ADMIN}
    roles = {value: names[role] for value, role in settings.oidc_role_names().items()}
    provider = Provider(
        settings.oidc_issuer,
        settings.oidc_client_id or "",
        settings.oidc_client_secret or "",
        settings.oidc_role_claim,
        roles,
    )
    return SingleSignOn(provider, now_us)
