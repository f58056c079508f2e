"""A small platform whose customer has trouble, a language model that says what it is told, and eyes on both."""

from __future__ import annotations

import json
import ssl
import sys
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from keepwell.base.time import DAY_US, HOUR_US
from keepwell.channels.guarded import Door
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Raw
from keepwell.expert.consultation import Wish
from keepwell.expert.consultation_record import Context, Purpose
from keepwell.runtime.chat import ChatWriter
from keepwell.runtime.consulting import opened
from keepwell.runtime.spending import FILE, Caps, Spending
from tests.histories import NOW, put

MINE, OTHER = "mine", "Borealis Holdings Ltd"
"""The customer that is asked about, and one that must never be heard of."""
WHIRLPOOL = "whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc"
SHORT = Wish(Purpose.IDENTIFY)
ALL = Wish(Purpose.ANALYSE)
DECLINE = Wish(Purpose.IDENTIFY, Context.DECLINE)
LOOPBACK = "127.0.0.1"
TLS = ssl.create_default_context()  # made once: reading the certificates takes longer than asking


def raw(customer, event, properties, *, ago=HOUR_US, name=""):
    return Raw(customer, event, NOW - ago, properties, message_id=f"{customer} {event} {ago} {name}")


def taken_in(space, rows):
    put(space, [accept(each, Receipt(NOW)) for each in rows])


def trouble(customer, calls=100, refused=40):
    """Requests that are refused as too many, transactions that fail, and a bridge message that waits."""
    yield raw(customer, "api_called", {"endpoint": "/v1", "http_statuses": {"200": calls - refused, "429": refused},
                                       "count": calls})  # fmt: skip
    logs = [f"Program {WHIRLPOOL} invoke [1]", f"Program {WHIRLPOOL} failed: custom program error: 0x1794"]
    for place in range(12):
        failed = {
            "chain": "solana", "kind": "swap", "status": "landed_failed", "feed": "client_log", "amount": 1,
            "err": {"InstructionError": [0, {"Custom": 6036}]}, "logs": logs, "signature": f"5iG{place}",
        }  # fmt: skip
        yield raw(customer, "sol_tx_attempt", failed, name=str(place))


def well(customer):
    for day in range(20):
        good = {"chain": "solana", "kind": "swap", "status": "landed_ok", "feed": "client_log", "amount": 1}
        yield raw(customer, "sol_tx_attempt", good, ago=day * DAY_US + 2 * HOUR_US)


class Model:
    """An OpenAI-compatible server that answers as `says(request)` tells: a message. `asked` is what it was asked."""

    def __init__(self, says) -> None:
        self.says, self.asked, self.status, self.usage = says, [], 200, {"total_tokens": 10}
        self.paths, self.keys, self.raw = [], [], None

    @contextmanager
    def serving(self):
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
                model.asked.append(asked)
                model.paths.append(self.path)
                model.keys.append(self.headers.get("authorization"))
                said = {"choices": [{"message": model.says(asked)}], "usage": model.usage}
                body = json.dumps(said).encode() if model.raw is None else model.raw
                self.send_response(model.status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        with ThreadingHTTPServer((LOOPBACK, 0), Handler) as server:
            Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            try:
                yield f"http://{LOOPBACK}:{server.server_port}/v1"
            finally:
                server.shutdown()


def says(*sentences):
    """A message with sentences, each a text and what it cites."""
    content = json.dumps({"sentences": [{"text": text, "cites": list(cites)} for text, cites in sentences]})
    return {"role": "assistant", "content": content}


def calls(*functions):
    """A message that calls tools, each by its name and its argument."""
    made = [
        {"id": f"c{place}", "type": "function", "function": {"name": name, "arguments": json.dumps(argument)}}
        for place, (name, argument) in enumerate(functions)
    ]
    return {"role": "assistant", "content": None, "tool_calls": made}


def writer(space, url, *, tokens=10**9, **more):
    spending = Spending(space.folder / FILE, Caps(tokens, 1.0, 0.0), lambda: NOW)
    return ChatWriter(url, "fake", Door(private=True, total_s=30.0, tls=TLS), spending, **more)


def consultant(space, url=None, *, keeping=False):
    """Who assesses the customers of a data folder; with the model at an address when there is one.

    `keeping` looks at telemetry once, for tests that ask hundreds of times.
    """
    found = opened(space, lambda: NOW)
    found._writer = None if url is None else writer(space, url)
    if keeping:
        found._reading = replace(found._reading, expert=_Kept(found._reading.expert))
    return found


class _Kept:
    """An Expert that diagnoses each customer once."""

    def __init__(self, expert) -> None:
        self.diagnose = cache(expert.diagnose)


_heard: list[tuple[str, int]] = []


def _listen(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        _heard.append(arguments[1][:2])


sys.addaudithook(_listen)


@contextmanager
def connections():
    """Every address that this process connects to meanwhile."""
    start, found = len(_heard), []
    yield found
    found += _heard[start:]


def remembered(space):
    """All rows of all tables of the store."""
    with space.database.read() as session:
        names = [row[0] for row in session.run("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        found = {}
        for name in names:
            found[name] = session.run(f'SELECT * FROM "{name}" ORDER BY 1')  # noqa: S608 - names of our own tables
        return found
