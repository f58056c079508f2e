"""`keepwell serve`: the dashboard over a data folder."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from keepwell.cli.options import Data, workspace

if TYPE_CHECKING:
    from keepwell.runtime.workspace import Workspace

Port = Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine; 0 takes any free one.")]


def serve(port: Port = 8710, data: Data = None) -> None:
    """Serve the dashboard on 127.0.0.1 and print a login link that works once."""
    with workspace(data) as space:
        run(space, port)


def run(space: Workspace, port: int) -> None:
    """Bring scores up to date, print the link, and serve until stopped."""
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.serving import kept_fresh, listening, login_url
    from keepwell.runtime.serving import serve as prepare
    from keepwell.web.app import create_app

    print("Bringing scores up to date ...", file=sys.stderr, flush=True)
    with listening(port) as listener, space.writing(), kept_fresh(space, now_us):
        go = prepare(space, listener, now_us, create_app)
        print(f"Open {login_url(space, listener, now_us)}", flush=True)
        print("The link works once, on this machine. Stop with Ctrl-C.", file=sys.stderr, flush=True)
        go()
