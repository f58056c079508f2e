"""From an urgent ticket to the mail in its owner's mailbox, while a thousand other events a second come in.

Mechanism: score, alert and letter are written in one transaction, and the letter leaves as soon as it is committed.
Control: how long the server takes to answer the request that brings the ticket.
"""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path
from threading import Thread
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from benchmarks import ingest
from benchmarks.ingest import Run
from tests.channels.servers import mail_server

EVERY_S = 0.1
STAFF = '[people.ada]\nname = "Ada Byron"\nemail = "ada@keepwell.example"\nchannels = ["inbox", "email"]\n'
_ABOUT = re.compile(rb"urgent-\d+")


class Mailbox:
    """Notes when the first mail about each customer arrived."""

    def __init__(self) -> None:
        self.arrived: dict[str, float] = {}

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        at, body = time.perf_counter(), envelope.content
        for name in set(_ABOUT.findall(body if isinstance(body, bytes) else (body or "").encode())):
            self.arrived.setdefault(name.decode(), at)
        return "250 OK"


def measure(where: str, seconds: float) -> tuple[list[float], list[float]]:
    """Seconds from sending a ticket to its mail, ascending; and to the answer of the request that brought it."""
    data, mailbox = Path(where), Mailbox()
    data.mkdir(parents=True, exist_ok=True)
    (data / "staff.toml").write_text(STAFF)
    with mail_server(mailbox) as port, ingest.server("ours", where, _settings(port)) as run:
        ingest.introduce(run)
        load = Thread(target=lambda: asyncio.run(ingest.steady(run, seconds + 2, 1000)))
        load.start()
        time.sleep(1)
        sent, answered = asyncio.run(_tickets(run, round(seconds / EVERY_S)))
        load.join()
        time.sleep(5)
    late = float("inf")
    return sorted(mailbox.arrived.get(name, late) - at for name, at in sent.items()), sorted(answered)


def _settings(port: int) -> dict[str, str]:
    return {
        "KEEPWELL_SEND": "staff", "KEEPWELL_SMTP_URL": f"smtp://127.0.0.1:{port}", "KEEPWELL_PRIVATE_TARGETS": "true",
        "KEEPWELL_MAIL_FROM": "keepwell@keepwell.example", "KEEPWELL_SEND_PER_HOUR": "100000",
    }  # fmt: skip


async def _tickets(run: Run, number: int) -> tuple[dict[str, float], list[float]]:
    """An urgent ticket of another customer every tenth of a second."""
    streams = await asyncio.open_connection("127.0.0.1", run.port)
    sent: dict[str, float] = {}
    answered: list[float] = []
    for place in range(number):
        name, now = f"urgent-{place}", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        ticket: dict[str, Any] = {
            "type": "track", "event": "ticket_opened", "userId": f"u-{name}", "messageId": f"ticket-{place}",
            "timestamp": now, "context": {"groupId": name}, "properties": {"ticket": name, "severity": "urgent"},
        }  # fmt: skip
        sent[name] = time.perf_counter()
        await ingest.post(run, streams, ingest.wrapped(run, [ticket], now))
        answered.append(time.perf_counter() - sent[name])
        await asyncio.sleep(EVERY_S)
    streams[1].close()
    return sent, answered
