"""Servers to be measured, each in a process of its own: ours, ours without storage, and the plain one.

Pandas is kept out: it is installed for other benchmarks only, and pyarrow would import it.
"""

from __future__ import annotations

import socket
import sys
from concurrent.futures import Future
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from keepwell.runtime.receive import Parcel

KEY = "k"


class Message(BaseModel):
    type: str
    event: str
    userId: str  # noqa: N815 - as it is sent
    messageId: str  # noqa: N815
    timestamp: str
    context: dict[str, Any]
    properties: dict[str, Any]


class Envelope(BaseModel):
    batch: list[Message]


class _WithoutPandas(MetaPathFinder):
    def find_spec(self, name: str, *_: object) -> None:
        if name.partition(".")[0] == "pandas":
            raise ModuleNotFoundError(name)


def _serve(application: ASGIApp, listener: socket.socket) -> None:
    import uvicorn

    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(application, log_level="error", access_log=False)).run(sockets=[listener])


def ours(folder: Path, *, stored: bool) -> None:
    """`keepwell serve`, with one write key; without storage, what is read is acknowledged and forgotten."""
    from keepwell.config.settings import Settings
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.keys import KeyRing
    from keepwell.runtime.ports.keys import KeyWish
    from keepwell.runtime.ports.reception import Received
    from keepwell.runtime.serving import LOOPBACK, listening, login_url, running, serve
    from keepwell.runtime.worker import Worker
    from keepwell.runtime.workspace import open_workspace
    from keepwell.web.app import create_app

    def forgotten(_self: Worker, parcel: Parcel) -> Future[Received]:
        done: Future[Received] = Future()
        done.set_result(Received(len(parcel.events), 0, len(parcel.refused)))
        return done

    if not stored:
        Worker.submit = forgotten  # type: ignore[method-assign]
    with open_workspace(Settings(data=folder)) as space, listening(LOOPBACK, 0) as listener, space.writing():
        made = KeyRing(space, now_us).create(KeyWish("write", "benchmark"))
        with running(space, listener, now_us) as house:
            print(made.key, login_url(space, listener, now_us), flush=True)
            print(listener.getsockname()[1], flush=True)
            serve(house, listener, create_app(house.desk, house.access, house.live))


def plain(url: str) -> None:
    """What one would write first: FastAPI, pydantic, and one INSERT an event."""
    import json

    import psycopg
    from fastapi import FastAPI

    connection = psycopg.connect(url.replace("+psycopg", ""))
    connection.execute(
        "CREATE TABLE events (message_id TEXT PRIMARY KEY, customer TEXT, event TEXT, at TEXT, properties JSONB)"
    )
    connection.commit()
    app = FastAPI()

    @app.post("/v1/batch")
    def batch(envelope: Envelope) -> dict[str, bool]:
        for each in envelope.batch:
            connection.execute(
                "INSERT INTO events VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                (each.messageId, each.context["groupId"], each.event, each.timestamp, json.dumps(each.properties)),
            )
        connection.commit()
        return {"success": True}

    listener = socket.create_server(("127.0.0.1", 0))
    print(KEY, "-", flush=True)
    _serve(app, listener)


if __name__ == "__main__":
    sys.meta_path.insert(0, _WithoutPandas())
    kind, where = sys.argv[1:3]
    if kind == "plain":
        plain(where)
    else:
        ours(Path(where), stored=kind == "ours")
