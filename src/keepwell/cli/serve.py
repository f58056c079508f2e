"""`keepwell serve`: the dashboard over a data folder."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from keepwell.cli.options import Data, workspace

if TYPE_CHECKING:
    from socket import socket

    from keepwell.runtime.workspace import Workspace

Port = Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine; 0 takes any free one.")]


def serve(port: Port = 8710, data: Data = None) -> None:
    """Serve the dashboard on 127.0.0.1 and print a login link that works once."""
    from keepwell.runtime.serving import listening

    with workspace(data) as space, listening(port) as listener:
        run(space, listener)


def run(space: Workspace, listener: socket) -> None:
    """Bring scores up to date, print the link, and serve until stopped."""
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.serving import kept_fresh, login_url
    from keepwell.runtime.serving import serve as prepare
    from keepwell.web.app import create_app

    with space.writing():
        print("Bringing scores up to date ...", file=sys.stderr, flush=True)
        with kept_fresh(space, now_us):
            go = prepare(space, listener, now_us, partial(create_app, persona=space.settings.persona))
            print(f"Open {login_url(space, listener, now_us)}", flush=True)
            print("The link works once, on this machine. Stop with Ctrl-C.", file=sys.stderr, flush=True)
            go()
