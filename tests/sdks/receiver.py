"""A server that answers as the product does and remembers the requests: what `record` writes samples with."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec

from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Event
from keepwell.runtime.clock import now_us
from keepwell.sources import tracking
from keepwell.sources.sent import BodyRefusedError, Sent


class Receiver:
    """Reads and accepts every request.

    Attributes:
        url: where it listens, without a slash at its end.
        key: the write key it knows.
        requests: path, headers and body of each request, as they came.
    """

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.key = key
        self.requests: list[tuple[str, Mapping[str, str], bytes]] = []
        self._outcomes: list[object] = []
        self._accounts: dict[tuple[str, str], object] = {}

    def delivered(self) -> list[Event]:
        """The events that were kept, in the order of their arrival."""
        return [each for each in self._outcomes if isinstance(each, Event)]

    def refused(self) -> list[object]:
        """What was not kept: items that were not read, and rejections."""
        return [each for each in self._outcomes if not isinstance(each, Event)]

    def receive(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status to answer with."""
        self.requests.append((path, headers, body))
        now = now_us()
        try:
            batch = tracking.read(path, headers, body, now)
        except KeyError:
            return 404
        except BodyRefusedError:
            return 400
        if tracking.key_of(headers, batch) != self.key:
            return 401
        receipt = Receipt(now, live=True)
        self._outcomes += [
            accept(self._placed(item), receipt) if isinstance(item, Sent) else item for item in batch.items
        ]
        return 200

    def _placed(self, item: Sent):
        """The event with its account: the one named, one found by a name, or the user's own."""
        raw = item.raw
        user = ("user", str(raw.user_id))
        account = raw.customer_id
        if account is None:
            known = [self._accounts[name] for name in (user, *item.names) if name in self._accounts]
            account = known[0] if known else raw.user_id or item.names[0][1]
        self._accounts |= dict.fromkeys((user, *item.binds), account)
        return msgspec.structs.replace(raw, customer_id=account)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        status = self.server.receiver.receive(self.path.partition("?")[0], headers, body)
        answer = b'{"success":true}' if status == 200 else b'{"success":false}'
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_args):
        """Nothing: the requests are remembered."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    receiver: Receiver


@contextmanager
def running(key: str) -> Iterator[Receiver]:
    """A receiver that listens on this machine."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.receiver = Receiver(f"http://127.0.0.1:{server.server_port}", key)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.receiver
        server.shutdown()
        thread.join()
