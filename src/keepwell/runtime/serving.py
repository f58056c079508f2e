"""Serving the dashboard on this machine: scores brought up to date, a one-time link, and the pages."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fastapi import FastAPI

from keepwell.base.errors import KeepwellError
from keepwell.runtime.access import LinkAccess
from keepwell.runtime.book import StoredBook
from keepwell.runtime.history import is_fresh, refresh
from keepwell.runtime.overriding import StoredOverrides
from keepwell.runtime.workspace import Workspace

LOOPBACK = "127.0.0.1"

Assemble = Callable[[StoredBook, LinkAccess, Callable[[], int], StoredOverrides], FastAPI]
"""Makes the application of pages; given by who knows the web."""


class PortTakenError(KeepwellError):
    """The port to serve on is in use.

    Attributes:
        port: the port.
    """

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is in use on this machine; choose another with --port, or 0 for any")
        self.port = port


@contextmanager
def listening(port: int) -> Iterator[socket.socket]:
    """A socket bound to the loopback address.

    Raises:
        PortTakenError: somebody else listens there.
    """
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            raise PortTakenError(port) from None
        yield listener


CHECKED_EVERY_S = 60.0


def catch_up(workspace: Workspace, now: int) -> None:
    """Bring the remembered scores up to date, if anything happened or a day has passed."""
    if not is_fresh(workspace, now):
        refresh(workspace, now)


@contextmanager
def kept_fresh(workspace: Workspace, clock: Callable[[], int]) -> Iterator[None]:
    """Catch up now, and then whenever a day has passed, in the background."""
    catch_up(workspace, clock())
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(CHECKED_EVERY_S):
            catch_up(workspace, clock())

    watcher = threading.Thread(target=watch, name="kept-fresh", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        stop.set()
        watcher.join()


def serve(
    workspace: Workspace, listener: socket.socket, clock: Callable[[], int], assemble: Assemble
) -> Callable[[], None]:
    """Prepare the server; the function that is returned runs it until it is stopped."""
    import uvicorn

    access = LinkAccess(workspace, clock)
    application = assemble(StoredBook(workspace, clock), access, clock, StoredOverrides(workspace, clock))
    config = uvicorn.Config(application, log_level="warning", timeout_graceful_shutdown=5, lifespan="off")
    server = uvicorn.Server(config)
    return lambda: server.run(sockets=[listener])


def login_url(workspace: Workspace, listener: socket.socket, clock: Callable[[], int]) -> str:
    """A link that works once, for a browser on this machine."""
    port = listener.getsockname()[1]
    return f"http://{LOOPBACK}:{port}/login?token={LinkAccess(workspace, clock).issue()}"
