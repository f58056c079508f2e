"""A live server for tests: a process of its own as an operator starts it, or one inside this process."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import uvicorn
from starlette.types import ASGIApp

from keepwell.config.settings import Settings
from keepwell.runtime.clock import now_us
from keepwell.runtime.keys import KeyRing
from keepwell.runtime.ports.keys import KeyWish
from keepwell.runtime.ports.live import Live
from keepwell.runtime.serving import House, listening, login_url, running
from keepwell.runtime.workspace import open_workspace
from keepwell.store import rejects
from keepwell.web.app import Options, create_app
from keepwell.web.cookies import COOKIE

PATIENCE_S = 30
PROGRAM = (sys.executable, "-c", "from keepwell.cli import main; main()")
SCOPES = ("scores:read", "admin")


@dataclass
class Server:
    """A server that listens. `link` logs the first browser in; `house` is there when it runs in this process."""

    url: str
    data: Path
    key: str
    api_key: str
    link: str = ""
    house: House | None = None
    client: httpx2.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx2.Client(base_url=self.url, timeout=PATIENCE_S, trust_env=False)

    def post(self, path: str, content: bytes, headers: Mapping[str, str] | None = None) -> httpx2.Response:
        """Send as it is, with the write key unless `headers` say who sends."""
        given = {"authorization": f"Bearer {self.key}"} if headers is None else headers
        return self.client.post(path, content=content, headers=given)

    def send(self, *items: Mapping[str, object], path: str = "/v1/events") -> dict[str, int]:
        """Send events in our own form; what became of them."""
        answer = self.client.post(path, json={"events": items}, headers={"authorization": f"Bearer {self.key}"})
        assert answer.status_code == 200, answer.text
        return {name: answer.json()[name] for name in ("accepted", "duplicates", "rejected")}

    def api(self, path: str) -> httpx2.Response:
        """Ask the API."""
        return self.client.get(f"/api/v1{path}", headers={"authorization": f"Bearer {self.api_key}"})

    def score(self, customer: str) -> float | None:
        """The score as the API tells it; None when there is none yet."""
        answer = self.api(f"/customers/{customer}")
        return answer.json()["score"] if answer.status_code == 200 else None

    def rejected(self) -> list[rejects.Reject]:
        """What was refused and kept, read from the data folder."""
        with open_workspace(Settings(data=self.data)) as space, space.database.read() as session:
            return rejects.listed(session)

    def log_in(self) -> str:
        """The session of whoever follows the login link; it works once."""
        answer = self.client.get(self.link)
        assert answer.status_code == 303, answer.text
        self.client.cookies.clear()
        return answer.cookies[COOKIE]


def until(true, seconds: float = PATIENCE_S, what: str = "it") -> float:
    """Wait for something to become true; how long that took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, f"{what} did not happen within {seconds} s"
        time.sleep(0.01)
    return time.monotonic() - began


def make_keys(data: Path) -> tuple[str, str]:
    """A write key and an API key, as `keepwell keys create` makes them."""
    with open_workspace(Settings(data=data)) as space, space.writing():
        ring = KeyRing(space, now_us)
        return ring.create(KeyWish("write", "tests")).key, ring.create(KeyWish("api", "tests", SCOPES)).key


@contextmanager
def process(data: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Iterator[Server]:
    """`keepwell serve` in a process of its own; it ends by SIGTERM, and has to end well."""
    key, api_key = make_keys(data)
    command = [*PROGRAM, "serve", "--port", "0", "--data", str(data), *arguments]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})}
    log = data.with_name(data.name + ".log")
    with (
        log.open("w") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment) as it,
    ):
        try:
            printed = re.search(r"Open (http://\S+)", it.stdout.readline())
            assert printed, log.read_text()
            link = printed.group(1)
            server = Server(link.split("/login")[0], data, key, api_key, link)
            with server.client:
                until(lambda: is_ready(server), what="readiness")
                yield server
        finally:
            with suppress(ProcessLookupError):
                it.send_signal(signal.SIGTERM)
            try:
                status = it.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                it.kill()
                raise
        assert status == 0, log.read_text()
        assert "Traceback" not in log.read_text(), log.read_text()


def is_ready(server: Server) -> bool:
    """Whether it takes events."""
    with suppress(httpx2.TransportError):
        return server.client.get("/readyz").status_code == 200
    return False


@contextmanager
def inside(data: Path, options: Options | None = None) -> Iterator[Server]:
    """The same server in this process: quick to start, and open to be tampered with."""
    key, api_key = make_keys(data)
    with (
        open_workspace(Settings(data=data)) as space,
        listening("127.0.0.1", 0) as listener,
        space.writing(),
        running(space, listener, now_us) as house,
    ):
        live: Live = house.live
        app = create_app(house.desk, house.access, live, options)
        config = uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=5)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="test-server")
        thread.start()
        try:
            link = login_url(space, listener, now_us)
            found = Server(link.split("/login")[0], data, key, api_key, link, house)
            with found.client:
                until(lambda: is_ready(found), what="readiness")
                yield found
        finally:
            house.worker.drain()
            server.should_exit = True
            thread.join(PATIENCE_S)


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """The address of an application that listens on a free port of this machine."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until(lambda: server.started or not thread.is_alive(), what="the start")
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
