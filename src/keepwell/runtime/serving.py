"""Serving the dashboard on this machine: scores brought up to date, a one-time link, and the pages."""

from __future__ import annotations

import errno
import ipaddress
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import FrameType

import structlog
from starlette.types import ASGIApp

from keepwell.base.errors import KeepwellError
from keepwell.config.settings import unread_variables
from keepwell.runtime.access import StoredAccess
from keepwell.runtime.acting import Acting
from keepwell.runtime.delivering import Delivery
from keepwell.runtime.desk import Bells, Shared, open_desk
from keepwell.runtime.diagnosing import CrowdOfTheHour
from keepwell.runtime.foresight import StoredForesight
from keepwell.runtime.foretelling import Foretelling
from keepwell.runtime.health import Heartbeat, LiveHealth
from keepwell.runtime.interventions import furnish
from keepwell.runtime.keys import KeyRing
from keepwell.runtime.letters import StoredLetters
from keepwell.runtime.mailbox import mailbox_of
from keepwell.runtime.mailroom import MailRoom
from keepwell.runtime.offline import catch_up
from keepwell.runtime.outward import outward
from keepwell.runtime.people import People
from keepwell.runtime.polling import poller_of
from keepwell.runtime.ports.desk import Desk
from keepwell.runtime.ports.live import Live
from keepwell.runtime.pressing import Buttons
from keepwell.runtime.reception import Hands, LiveReception, hooks_of
from keepwell.runtime.rounds import Rounds
from keepwell.runtime.worker import Worker
from keepwell.runtime.workspace import Workspace

LOOPBACK = "127.0.0.1"

log = structlog.get_logger("keepwell.serving")


class PortTakenError(KeepwellError):
    """The port to serve on is in use.

    Attributes:
        port: the port.
    """

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is in use on this machine; choose another with --port, or 0 for any")
        self.port = port


class BindRefusedError(KeepwellError):
    """An address that this machine does not have, or has no right to listen on.

    Attributes:
        host: the address or name.
    """

    def __init__(self, host: str, reason: str) -> None:
        super().__init__(f"cannot listen on {host[:200]}: {reason}. Nothing was started; choose another with --host")
        self.host = host


class NobodyCanLogInError(KeepwellError):
    """Other machines could reach the server, and nobody could log in from there."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host[:200]} can be reached by other machines, and login links work on this one only. Nothing was"
            " started; make somebody known first (`keepwell people add NAME --role admin`) or set KEEPWELL_OIDC_ISSUER"
        )


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket bound to an address of this machine.

    Raises:
        PortTakenError: somebody else listens there.
        BindRefusedError: it is no address to listen on.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise BindRefusedError(host, "the name leads nowhere") from None
    with socket.socket(family, kind) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTakenError(port) from None
            raise BindRefusedError(host, error.strerror or "it was refused") from None
        yield listener


def is_private(listener: socket.socket) -> bool:
    """Whether only this machine can reach a socket."""
    return ipaddress.ip_address(listener.getsockname()[0].partition("%")[0]).is_loopback


def require_login(workspace: Workspace, listener: socket.socket, clock: Callable[[], int]) -> None:
    """Refuse to be reached by others as long as nobody can log in.

    Raises:
        NobodyCanLogInError: nobody has a password, and there is no identity provider.
    """
    if is_private(listener) or workspace.settings.oidc_issuer:
        return
    if not People(workspace, clock).has_passwords():
        raise NobodyCanLogInError(listener.getsockname()[0])


@dataclass(frozen=True)
class House:
    """Everything that a server is made of, running."""

    desk: Desk
    access: StoredAccess
    live: Live
    worker: Worker


@contextmanager
def running(workspace: Workspace, listener: socket.socket, clock: Callable[[], int]) -> Iterator[House]:
    """Scores brought up to date, and the worker at work until the end: then everything that waits is written."""
    catch_up(workspace, clock())
    keys = KeyRing(workspace, clock)
    worker = Worker(workspace, clock)
    for name in unread_variables(hooks_of(worker)):
        log.warning("a variable of the environment means nothing here", variable=name)
    acts = furnish(workspace, clock, lambda: worker.posted(), worker.acted)  # noqa: PLW0108 - it is set below
    ways = replace(outward(workspace.settings, clock), gate=acts.permit)
    delivery = Delivery(workspace.database, ways, clock, worker.telemetry)
    worker.posted = delivery.wake
    crowds, foresight = CrowdOfTheHour(workspace), StoredForesight(workspace, clock)
    bells = Bells(worker.settle, worker.page, worker.alerted)
    desk = open_desk(workspace, clock, keys, bells, Shared(crowds, acts, foresight))
    acting = Acting(acts.tools(desk.book, desk.consultant), clock, worker.acted)
    foretelling = Foretelling(workspace, foresight, clock, worker.foretold)
    rounds = Rounds(workspace, clock, crowds, worker.alerted)
    buttons = Buttons(desk.alerts, desk.messages, workspace.alarms.rota, clock)
    mailroom = MailRoom(workspace, worker.submit, clock)
    reception = LiveReception(worker, keys, clock, Hands(buttons, mailroom))
    pollers = [each for each in (poller_of(worker, clock), mailbox_of(workspace, mailroom, clock)) if each]
    health = LiveHealth(worker, clock, reception.refusals, lambda: [each.line() for each in pollers])
    desk.book.overview()  # everybody is read into memory now, and not when the first page is opened
    url = workspace.settings.heartbeat_url
    threads = [delivery, worker, rounds, acting, foretelling, *pollers, *([Heartbeat(health, url)] if url else [])]
    for thread in threads:
        thread.start()
    try:
        with keys.uses_kept():
            access = StoredAccess(workspace, clock, links=is_private(listener))
            letters = StoredLetters(workspace, clock, worker.submit)
            yield House(desk, access, Live(reception, worker.changes, health, letters), worker)
    finally:
        for ending in (mailroom, buttons, *reversed(threads)):  # what others post is sent as long as there is time
            ending.stop()


def serve(house: House, listener: socket.socket, application: ASGIApp) -> None:
    """Serve until stopped. SIGTERM ends it as Ctrl-C does: nothing new is taken, and what was taken is finished."""
    import uvicorn

    class Server(uvicorn.Server):
        """Refuses new events from the moment of the signal on, so that the open ones can be finished."""

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            house.worker.drain()
            super().handle_exit(sig, frame)

    signal.signal(signal.SIGTERM, _end)
    config = uvicorn.Config(
        application, log_level="warning", access_log=False, timeout_graceful_shutdown=5, lifespan="off"
    )
    Server(config).run(sockets=[listener])


def _end(_signal: int, _frame: FrameType | None) -> None:
    """Uvicorn passes the signal on once it has stopped."""
    raise SystemExit(0)


def address(listener: socket.socket) -> str:
    """Where browsers on this machine find the server."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def login_url(workspace: Workspace, listener: socket.socket, clock: Callable[[], int]) -> str | None:
    """A link that works once, for a browser on this machine; None when others can reach the server."""
    if not is_private(listener):
        return None
    return f"{address(listener)}/login?token={StoredAccess(workspace, clock).issue()}"
