"""Events over HTTP, 100 a request, durable before the answer, with the cycle folding and scoring behind.

Mechanism: requests are read on the event loop, and one worker thread writes waiting ones as a group, one synced
transaction each; folding and scoring take turns with it. Controls, by turns in the same run: the same server without
storage, and a plain FastAPI with pydantic and one INSERT an event into PostgreSQL.
"""

from __future__ import annotations

import asyncio
import base64
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import httpx2
import msgspec

EVENTS = 100
CUSTOMERS = 10_000
CONNECTIONS = 32
_KINDS = (
    ("Signed In", {}),
    ("feature_used", {"feature": "swap"}),
    ("transaction", {"chain": "solana", "kind": "swap", "asset": "USDC", "amount": 12.5, "value_usd": 12.5}),
)


@dataclass
class Run:
    """One server under load."""

    process: subprocess.Popen[str]
    key: str
    link: str
    port: int
    latencies: list[float] = field(default_factory=list)
    codes: dict[int, int] = field(default_factory=dict)

    @property
    def rss(self) -> float:
        """Resident memory in MiB."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text).group(1)) / 1024  # type: ignore[union-attr]

    @property
    def cpu(self) -> float:
        """Seconds of processor so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @cached_property
    def client(self) -> httpx2.Client:
        """Somebody who is logged in."""
        client = httpx2.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60.0)
        client.get(self.link)
        return client

    def metric(self, name: str) -> float:
        """A gauge of the server."""
        found = re.search(rf"^{name} (\S+)$", self.client.get("/metrics").text, re.MULTILINE)
        assert found is not None, name
        return float(found.group(1))


@contextmanager
def server(kind: str, where: str, env: Mapping[str, str] | None = None) -> Iterator[Run]:
    """A server in a process of its own, with more variables of the environment if given."""
    command = [sys.executable, "-m", "benchmarks.ingest_server", kind, where]
    quiet = subprocess.DEVNULL
    around = {**os.environ, **(env or {})}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=quiet, text=True, env=around) as process:  # noqa: S603 - our own
        try:
            assert process.stdout is not None
            key, _, link = process.stdout.readline().strip().partition(" ")
            run = Run(process, key, link, int(process.stdout.readline()))
            _wait(run)
            yield run
        finally:
            process.terminate()
            process.wait()


def _wait(run: Run, patience_s: float = 60.0) -> None:
    """Until the server listens."""
    ends = time.perf_counter() + patience_s
    while time.perf_counter() < ends:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", run.port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError


def request(run: Run, number: int, events: int = EVENTS) -> bytes:
    """A whole request with events of many customers."""
    draw = random.Random(number)
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    items = []
    for place in range(events):
        name, properties = _KINDS[draw.randrange(len(_KINDS))]
        account = f"c{draw.randrange(CUSTOMERS)}"
        items.append(
            {"type": "track", "event": name, "userId": f"u-{account}", "messageId": f"m-{number}-{place}",
             "timestamp": now, "context": {"groupId": account}, "properties": properties}
        )  # fmt: skip
    return wrapped(run, items, now)


def wrapped(run: Run, items: list[dict[str, object]], now: str) -> bytes:
    """Items as a whole request."""
    body = msgspec.json.encode({"batch": items, "sentAt": now})
    basic = base64.b64encode(f"{run.key}:".encode()).decode()
    head = (
        f"POST /v1/batch HTTP/1.1\r\nHost: 127.0.0.1:{run.port}\r\nAuthorization: Basic {basic}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def post(run: Run, streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], whole: bytes) -> int:
    reader, writer = streams
    began = time.perf_counter()
    writer.write(whole)
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head)
    await reader.readexactly(int(length.group(1)) if length else 0)
    status = int(head[9:12])
    run.latencies.append(time.perf_counter() - began)
    run.codes[status] = run.codes.get(status, 0) + 1
    return status


async def flood(run: Run, requests: list[bytes]) -> None:
    async def connection() -> None:
        streams = await asyncio.open_connection("127.0.0.1", run.port)
        while requests:
            whole = requests.pop()
            if await post(run, streams, whole) == 503:
                requests.append(whole)
                await asyncio.sleep(0.05)
        streams[1].close()

    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))


def throughput(kind: str, where: str, requests: int) -> dict[str, float]:
    """Events a second of one server, and its processor time an event."""
    with server(kind, where) as run:
        prepared = [request(run, number) for number in range(requests)]
        asyncio.run(flood(run, [request(run, -1 - number) for number in range(20)]))
        cpu, began = run.cpu, time.perf_counter()
        asyncio.run(flood(run, prepared))
        seconds = time.perf_counter() - began
        lag = run.metric("keepwell_unfolded_events") if kind == "ours" else 0.0
        assert run.codes.get(200, 0) == requests + 20
        return {"rate": requests * EVENTS / seconds, "cpu": (run.cpu - cpu) / requests / EVENTS, "lag": lag,
                "rss": run.rss}  # fmt: skip


async def steady(run: Run, seconds: float, per_second: int) -> None:
    """Requests of ten events at a steady rate."""
    streams = [await asyncio.open_connection("127.0.0.1", run.port) for _ in range(CONNECTIONS)]
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for each in streams:
        free.put_nowait(each)
    total = int(seconds * per_second / 10)
    prepared = [request(run, 10**6 + number, 10) for number in range(total)]
    began = time.perf_counter()

    async def one(whole: bytes) -> None:
        stream = await free.get()
        await post(run, stream, whole)
        free.put_nowait(stream)

    tasks = []
    for number, whole in enumerate(prepared):
        await asyncio.sleep(max(0.0, began + number * 10 / per_second - time.perf_counter()))
        tasks.append(asyncio.create_task(one(whole)))
    await asyncio.gather(*tasks)


def latency(where: str, seconds: float, per_second: int = 1000) -> dict[str, float]:
    """Event accepted until its score is written, by the server's own clock, at a steady rate."""
    with server("ours", where) as run:
        time.sleep(1)
        idle = run.rss
        introduce(run)
        before = _buckets(run)
        asyncio.run(steady(run, seconds, per_second))
        time.sleep(3)
        after = _buckets(run)
        answers = sorted(run.latencies)
        return {"p99": _quantile(before, after, 0.99), "idle": idle, "answer_p99": answers[int(len(answers) * 0.99)]}


def introduce(run: Run) -> None:
    """Let every customer be known and scored."""
    asyncio.run(flood(run, [request(run, -1 - number) for number in range(CUSTOMERS // 50)]))
    while run.metric("keepwell_waiting_customers") or run.metric("keepwell_unfolded_events"):
        time.sleep(1)


def overload(where: str, seconds: float) -> dict[str, float]:
    """Many more connections and larger requests than fit: memory stays bounded, and what is refused is told so."""
    with server("ours", where) as run:
        ends, number = time.perf_counter() + seconds, 0
        peak = 0.0
        while time.perf_counter() < ends:
            asyncio.run(flood(run, [request(run, number + place, 1000) for place in range(150)]))
            number += 150
            peak = max(peak, run.rss)
        return {"rss": peak, "refused": float(run.codes.get(503, 0)), "taken": float(run.codes.get(200, 0))}


def _buckets(run: Run) -> dict[float, float]:
    text = run.client.get("/metrics").text
    found = re.findall(r'^keepwell_event_to_score_seconds_bucket\{le="([^"]+)"\} (\S+)$', text, re.MULTILINE)
    return {float(edge): float(count) for edge, count in found}


def _quantile(before: dict[float, float], after: dict[float, float], share: float) -> float:
    """The upper edge of the bucket in which a quantile lies."""
    counts = {edge: after[edge] - before.get(edge, 0.0) for edge in after}
    wanted = share * max(counts.values())
    return min(edge for edge, count in counts.items() if count >= wanted)


def fresh(cache: Path, name: str) -> str:
    folder = cache / f"ingest-{name}"
    shutil.rmtree(folder, ignore_errors=True)
    return str(folder)
