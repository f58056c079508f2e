"""Servers on loopback that behave as they are told: for mail and for HTTP."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP


class Post:
    """A mail server's handler. `mood` says what it does; `taken` is what it took."""

    def __init__(self, mood: str = "accept") -> None:
        self.mood = mood
        self.taken = []
        self.connections = 0

    async def handle_MAIL(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        self.connections += 1
        envelope.mail_from = address
        return "451 Try later" if self.mood == "not now" else "250 OK"

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        if self.mood == "unknown receiver":
            return "550 5.1.1 No such person"
        if self.mood == "greylisted":
            return "450 Come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        if self.mood == "refuse":
            return "554 No spam please"
        self.taken.append(envelope)
        if self.mood == "drop":
            server.transport.abort()
            await asyncio.sleep(0)
        if self.mood == "slow":
            await asyncio.sleep(1.5)
        return "250 Queued as 42"


class _Loopback(Controller):
    def factory(self):
        return SMTP(self.handler, **self.SMTP_kwargs)


@contextmanager
def mail_server(handler: Post, **how):
    controller = _Loopback(handler, hostname="127.0.0.1", port=free_port(), ready_timeout=30, **how)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return tried.getsockname()[1]


class Taken:
    """One request as it came."""

    def __init__(self, path, headers, body) -> None:
        self.path, self.headers, self.body = path, headers, body


class Web:
    """A web server that answers as `answer(number of the request)` says: status, headers, body."""

    def __init__(self, answer: Callable[[int], tuple[int, dict[str, str], bytes]]) -> None:
        self.answer = answer
        self.requests: list[Taken] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


def always(status: int = 200, headers: dict[str, str] | None = None, body: bytes = b"ok"):
    return Web(lambda _: (status, headers or {}, body))


HANG = (0, {}, b"")
DROP = (-1, {}, b"")


@contextmanager
def web_server(web: Web, tls=None):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            web.requests.append(Taken(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            answer = web.answer(len(web.requests))
            if answer == HANG:
                time.sleep(1.0)
                return
            if answer == DROP:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            status, headers, said = answer
            self.send_response(status)
            for name, value in {"content-length": str(len(said)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_):
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_):
            pass  # who asked has gone

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    web.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
