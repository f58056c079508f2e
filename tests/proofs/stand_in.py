"""A tiny server with the contract of the real one, and faults on request: it proves the harness, not Keepwell."""

from __future__ import annotations

import argparse
import json
import signal
import sqlite3
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

LATE_S = 0.3


class Store:
    """Message ids in SQLite."""

    def __init__(self, path: Path, fault: str) -> None:
        self.fault = fault
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False)
        self._connection.execute("PRAGMA synchronous=OFF")  # it is killed, its disk is not
        unique = "" if fault == "twice" else "UNIQUE"
        self._connection.execute(f"CREATE TABLE IF NOT EXISTS message (id TEXT {unique})")

    def keep(self, ids: list[str]) -> int:
        with self._lock, self._connection:
            before = self._connection.total_changes
            rows = [(each,) for each in ids]
            self._connection.executemany("INSERT OR IGNORE INTO message VALUES (?)", rows)
            return self._connection.total_changes - before


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: Store
    stopping = threading.Event()

    def do_GET(self) -> None:
        self._answer(200, {"status": "ready"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        ids = [each["messageId"] for each in json.loads(body)["batch"]]
        if self.stopping.is_set():
            self._answer(503, {})
            return
        if self.store.fault == "early":
            self._answer(200, {"accepted": len(ids), "duplicates": 0, "rejected": 0})
            time.sleep(LATE_S)
            self.store.keep(ids)
            return
        fresh = self.store.keep(ids)
        if self.store.fault == "twice":
            time.sleep(LATE_S)
        if self.store.fault == "refuses" and not ids[0].endswith("0"):
            self._answer(500, {})
            return
        self._answer(200, {"accepted": fresh, "duplicates": len(ids) - fresh, "rejected": 0})

    def _answer(self, status: int, content: dict[str, object]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.stopping.is_set()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def stop(server: ThreadingHTTPServer) -> None:
    Handler.stopping.set()
    threading.Thread(target=server.shutdown).start()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("path", type=Path)
    parser.add_argument("--fault", default="")
    given = parser.parse_args()
    Handler.store = Store(given.path, given.fault)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = given.fault == "early"
    if given.fault == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    elif given.fault != "early":
        signal.signal(signal.SIGTERM, lambda *_: stop(server))
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
