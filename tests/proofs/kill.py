"""Killing the real server under load: clients outside of it remember what they were told is kept.

A kill proves that everything is whole or not at all, and that a start recovers. It cannot see a missing sync,
since what was written outlives the process: that is what the power cuts are for.
"""

from __future__ import annotations

import base64
import http.client
import json
import random
import re
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

STARTED_WITHIN_S = 60.0
STOPPED_WITHIN_S = 15.0
ANSWERED_WITHIN_S = 30.0
SETTLED_WITHIN_S = 60.0
BATCH = 8
ADDRESS = re.compile(r"http://([\w.]+):(\d+)")
CLOSED = "closed"
"""What a client notes when there was no answer."""


@dataclass(frozen=True)
class Program:
    """A server that takes events.

    Attributes:
        command: starts it on a data folder; it prints its address.
        key: the write key.
        stored: message ids in a data folder, and how often each is there.
        message: a message of `/v1/batch` with this id.
    """

    command: Sequence[str]
    key: str
    stored: Callable[[], Counter[str]]
    message: Callable[[str], Mapping[str, object]]
    environment: Mapping[str, str] | None = None


class NotInTimeError(Exception):
    """The server did not do in time what it should."""


class Server:
    """One life of a server process."""

    def __init__(self, program: Program, said: Path) -> None:
        self._said = said
        with said.open("w") as out:
            self._process = subprocess.Popen(
                program.command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=program.environment
            )

    def ready(self) -> tuple[str, int]:
        """Host and port, once it takes events."""
        until = time.monotonic() + STARTED_WITHIN_S
        while time.monotonic() < until and self._process.poll() is None:
            found = ADDRESS.search(self._said.read_text())
            if found and _is_ready(found[1], int(found[2])):
                return found[1], int(found[2])
            time.sleep(0.02)
        raise NotInTimeError(f"the server is not ready: {self._said.read_text()}")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self, within: float = STOPPED_WITHIN_S) -> int:
        """Ask it to end as an operator's system does; its exit status."""
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()
            raise NotInTimeError(f"the server did not stop within {within} s") from None


def _is_ready(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=ANSWERED_WITHIN_S)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@dataclass
class Crowd:
    """What the clients of a server share: where it is now, and when to send no more."""

    program: Program
    where: tuple[str, int] | None = None
    stopping: threading.Event = field(default_factory=threading.Event)


class Client(threading.Thread):
    """Sends batches one after the other; one that was not accepted is sent again, as it was.

    Attributes:
        sent: ids of messages that left.
        kept: ids the server said it keeps: the ledger.
        answers: status codes, and `CLOSED`.
        wrong: answers that no sender could make sense of.
    """

    def __init__(self, name: str, crowd: Crowd) -> None:
        super().__init__(name=name, daemon=True)
        self.sent: list[str] = []
        self.kept: list[str] = []
        self.answers: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._crowd = crowd
        self._connection: tuple[tuple[str, int], http.client.HTTPConnection] | None = None

    def run(self) -> None:
        while not self._crowd.stopping.is_set():
            ids = [f"{self.name}-{len(self.sent) + place}" for place in range(BATCH)]
            self.sent += ids
            self._deliver(ids)
        self._hang_up()

    def _deliver(self, ids: Sequence[str]) -> None:
        """Until it is accepted, or for good once everybody stops and the server is gone."""
        body = json.dumps({"batch": [self._crowd.program.message(each) for each in ids]}).encode()
        while True:
            where = self._crowd.where
            if where is not None:
                answer = self._post(where, body, len(ids))
                self.answers[answer] += 1
                if answer == "200":
                    self.kept += ids
                    return
            elif self._crowd.stopping.is_set():
                return
            time.sleep(0.005)

    def _post(self, where: tuple[str, int], body: bytes, items: int) -> str:
        pair = base64.b64encode(f"{self._crowd.program.key}:".encode()).decode()
        headers = {"Authorization": f"Basic {pair}", "Content-Type": "application/json"}
        try:
            connection = self._connected(where)
            connection.request("POST", "/v1/batch", body, headers)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException):
            self._hang_up()
            return CLOSED
        if response.status == 200:
            self._check(content, items)
        return str(response.status)

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection[1].close()
            self._connection = None

    def _connected(self, where: tuple[str, int]) -> http.client.HTTPConnection:
        if self._connection is None or self._connection[0] != where:
            self._hang_up()
            self._connection = (where, http.client.HTTPConnection(*where, timeout=ANSWERED_WITHIN_S))
        return self._connection[1]

    def _check(self, content: bytes, items: int) -> None:
        found = json.loads(content)
        if found.get("rejected") or found.get("accepted", 0) + found.get("duplicates", 0) != items:
            self.wrong.append(content.decode()[:200])


@dataclass(frozen=True)
class Verdict:
    """What became of the messages, and what the clients were told.

    Attributes:
        lost: accepted, and not there.
        doubled: there more than once.
        unsent: there, and nobody sent it.
        unaccepted: sent, and not accepted at the end.
        answers: how often which answer came.
        status: with what the server ended when it was asked to.
    """

    accepted: int
    lost: Sequence[str]
    doubled: Sequence[str]
    unsent: Sequence[str]
    unaccepted: Sequence[str]
    answers: Mapping[str, int]
    wrong: Sequence[str]
    status: int

    @property
    def holds(self) -> bool:
        return not (self.lost or self.doubled or self.unsent or self.wrong)


def judged(program: Program, clients: Sequence[Client], status: int) -> Verdict:
    """Compare the ledgers with the store."""
    there = program.stored()
    kept = {each for client in clients for each in client.kept}
    sent = {each for client in clients for each in client.sent}
    return Verdict(
        accepted=len(kept),
        lost=sorted(kept - there.keys()),
        doubled=sorted(each for each, times in there.items() if times > 1),
        unsent=sorted(there.keys() - sent),
        unaccepted=sorted(sent - kept),
        answers=sum((client.answers for client in clients), Counter()),
        wrong=[each for client in clients for each in client.wrong],
        status=status,
    )


@contextmanager
def clients_of(crowd: Crowd, number: int) -> Iterator[list[Client]]:
    """Clients at work; in the end they send no more, and what they hold is delivered or given up."""
    clients = [Client(f"c{place}", crowd) for place in range(number)]
    for client in clients:
        client.start()
    try:
        yield clients
    finally:
        crowd.where = None
        crowd.stopping.set()
        for client in clients:
            client.join(ANSWERED_WITHIN_S)


def kill_loop(program: Program, folder: Path, kills: int, seed: int) -> Verdict:
    """Kill a server at random moments, also while it starts; then let it finish in peace, and judge."""
    rng = random.Random(seed)
    crowd = Crowd(program)
    with clients_of(crowd, 2) as clients:
        for place in range(kills):
            server = Server(program, folder / f"said-{place}")
            try:
                _some_life(server, crowd, clients, rng)
            finally:
                server.kill()
        last = Server(program, folder / "said-last")
        try:
            crowd.where = last.ready()
            crowd.stopping.set()
            for client in clients:
                client.join(SETTLED_WITHIN_S)
            status = last.stop()
        finally:
            last.kill()
    return judged(program, clients, status)


def _some_life(server: Server, crowd: Crowd, clients: Sequence[Client], rng: random.Random) -> None:
    if rng.random() < 0.2:
        time.sleep(rng.random() * 2)
        return
    crowd.where = server.ready()
    before = sum(len(client.kept) for client in clients)
    until = time.monotonic() + ANSWERED_WITHIN_S
    while sum(len(client.kept) for client in clients) == before and time.monotonic() < until:
        time.sleep(0.002)
    time.sleep(rng.random() * 0.4)


def stop_under_load(program: Program, folder: Path, busy_s: float, within: float = STOPPED_WITHIN_S) -> Verdict:
    """Ask a busy server to stop, and judge.

    Raises:
        NotInTimeError: it did not.
    """
    crowd = Crowd(program)
    server = Server(program, folder / "said")
    try:
        with clients_of(crowd, 4) as clients:
            crowd.where = server.ready()
            time.sleep(busy_s)
            status = server.stop(within)
    finally:
        server.kill()
    return judged(program, clients, status)
