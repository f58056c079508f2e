"""Thousands of requests that mean harm or are broken: each is answered below 500, and good items are always kept."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import zlib
from collections import Counter

import pytest

from keepwell.runtime.clock import now_us
from keepwell.runtime.keys import KeyRing
from keepwell.runtime.ports.keys import KeyWish
from keepwell.runtime.reception import LiveReception
from keepwell.runtime.worker import Worker
from keepwell.sources import tracking
from keepwell.web.ingest import Ingest
from tests.histories import house

PATHS = (*tracking.READERS, *(f"{path}/" for path in tracking.READERS), "/hooks/stripe", "/hooks/", "/hooks/%00")
TYPES = ("application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "\xff", "")
ENCODINGS = ("gzip", "deflate", "br", "identity", "x-gzip", "gzip, gzip", "\xe9", "")
WORDS = ("", "\x00", "\ud800", "a\udfff", "x" * 5000, "NaN", "9" * 400, "Ünïcode", "../..", "' OR 1=1 --", "\u202e")
NAMES = (
    "userId", "user_id", "customer_id", "event", "type", "messageId", "message_id", "timestamp", "sentAt", "properties",
    "traits", "context", "anonymousId", "groupId", "previousId", "batch", "events", "distinct_id", "uuid", "api_key",
    "writeKey", "specversion", "id", "source", "subject", "time", "data", "$set", "$groups", "amount",
)  # fmt: skip
BATCHES = {"/v1/batch": "batch", "/v1/b": "batch", "/v1/import": "batch", "/batch": "batch", "/v1/events": "events"}


class Asker:
    """Makes and sends requests to a reception without a socket."""

    def __init__(self, space, seed):
        self.random = random.Random(seed)
        ring = KeyRing(space, now_us)
        self.key = ring.create(KeyWish("write", "hostile")).key
        self.space = space
        self.worker = Worker(space, now_us)
        self.app = Ingest(nowhere, reception=LiveReception(self.worker, ring, now_us))
        self.good = 0

    def value(self, depth=0):
        """Anything that JSON can hold, and some things that it cannot."""
        pick = self.random.random()
        if pick < 0.25 and depth < 4:
            return {self.name(): self.value(depth + 1) for _ in range(self.random.randrange(4))}
        if pick < 0.4 and depth < 4:
            return [self.value(depth + 1) for _ in range(self.random.randrange(4))]
        return self.random.choice(
            (None, True, 0, -1, 2**63, -(10**40), 1e308, float("inf"), float("nan"), 0.1, *WORDS, *WORDS)
        )

    def name(self):
        return self.random.choice(NAMES) if self.random.random() < 0.85 else self.random.choice(WORDS)

    def item(self):
        """An event in which something or everything is wrong."""
        found = {name: self.value(1) for name in self.random.sample(NAMES, self.random.randrange(8))}
        return found if self.random.random() < 0.8 else self.value()

    def body(self):
        """Bytes: broken, nested, cut off, of one byte, or JSON of the wrong shape."""
        pick = self.random.randrange(10)
        if pick == 0:
            return self.random.randbytes(self.random.choice((0, 1, 1, 7, 300)))
        if pick == 1:
            return self.random.choice((b"[", b'{"batch":', b'{"a":[')) * self.random.choice((3, 200, 60_000))
        whole = dumped(self.item() if pick < 5 else {self.name(): [self.item() for _ in range(3)]})
        if pick == 2:
            return whole[: self.random.randrange(len(whole) + 1)]
        if pick == 3:
            place = self.random.randrange(len(whole) + 1)
            return whole[:place] + self.random.choice((b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\\")) + whole[place:]
        return whole

    def request(self):
        """Method, path, headers and body."""
        method = self.random.choice(("POST",) * 12 + ("GET", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "\xe9"))
        body = self.body()
        encoding = self.random.choice(ENCODINGS) if self.random.random() < 0.3 else ""
        if encoding in {"gzip", "deflate"} and self.random.random() < 0.7:
            body = gzip.compress(body, 1) if encoding == "gzip" else zlib.compress(body, 1)
        headers = {"content-type": self.random.choice(TYPES), "content-encoding": encoding}
        if self.random.random() < 0.9:
            headers["authorization"] = f"Bearer {self.key}"
        elif self.random.random() < 0.5:
            headers["authorization"] = self.random.choice(("Basic", "Basic \xff", "Bearer", "Basic Og==", *"x "))
        return method, self.random.choice(PATHS), headers, body

    def mixed(self):
        """A batch of broken items with a good one among them: path, body."""
        path, name = self.random.choice(list(BATCHES.items()))
        number = self.good = self.good + 1
        good = {
            "batch": {
                "type": "track",
                "userId": f"good-{number % 50}",
                "event": "Signed In",
                "messageId": f"g-{number}",
            },
            "events": {"customer_id": f"good-{number % 50}", "event": "signed_in", "message_id": f"g-{number}"},
        }[name]
        if path == "/batch":
            good = {"event": "Signed In", "distinct_id": f"good-{number % 50}", "uuid": f"g-{number}"}
        items = [self.item() for _ in range(self.random.randrange(4))]
        items.insert(self.random.randrange(len(items) + 1), good)
        return path, dumped({name: items})

    async def ask(self, method, path, headers, body):
        """The status and the body of the answer."""
        sent = []

        async def receive():
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message):
            sent.append(message)

        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items() if value]
        scope = {
            "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"",
            "headers": [(b"host", b"127.0.0.1"), *raw], "scheme": "http", "server": ("127.0.0.1", 80), "state": {},
        }  # fmt: skip
        await self.app(scope, receive, send)
        return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


async def nowhere(_scope, _receive, send):
    """What lies behind reception: a page that is not there."""
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def dumped(value):
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


@pytest.fixture
def asker(monkeypatch):
    monkeypatch.setenv("KEEPWELL_HOOK_STRIPE", "whsec_x")
    with house() as space, space.writing():
        found = Asker(space, seed=20_261_123)
        found.worker.start()
        yield found
        found.worker.stop()


def stand(asker, times):
    """Send many requests; statuses, and how many good items were kept."""
    statuses = Counter()

    async def all_of_them():
        for number in range(times):
            if number % 3:
                method, path, headers, body = asker.request()
                status, _ = await asker.ask(method, path, headers, body)
                assert status < 500, (status, method, path, headers, body[:2000])
            else:
                path, body = asker.mixed()
                status, answer = await asker.ask("POST", path, {"authorization": f"Bearer {asker.key}"}, body)
                assert status == 200, (status, path, body[:2000], answer)
            statuses[status] += 1

    asyncio.run(all_of_them())
    with asker.space.database.read() as session:
        return statuses, session.one("SELECT COUNT(*) FROM event WHERE message_id LIKE 'g-%'")


def check(asker, times):
    statuses, kept = stand(asker, times)

    assert kept == asker.good == -(-times // 3)
    assert statuses.keys() >= {200, 400, 401, 404, 405}
    assert asker.worker.ready
    assert asker.worker.settle(30)


def test_requests_that_mean_harm_break_nothing(asker):
    check(asker, 1_500)


@pytest.mark.proof
@pytest.mark.timeout(900)
def test_ten_thousand_requests_that_mean_harm_break_nothing(asker):
    check(asker, 10_000)
