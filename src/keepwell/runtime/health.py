"""How well this installation is, read from the store; and the ping that says so to somebody outside."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import structlog

from keepwell.base.time import DAY_US
from keepwell.runtime import chores
from keepwell.runtime.ports.health import (
    LATELY,
    HeldLine,
    LetterLine,
    PollLine,
    RefusedLine,
    SourceLine,
    UnknownEvent,
    Watch,
)
from keepwell.runtime.refusals import Refusals
from keepwell.runtime.worker import Worker
from keepwell.store import evaluations, outbox, rollups, sources
from keepwell.store import log as log_store
from keepwell.store.customers import ids_of
from keepwell.store.outbox import State

PING_EVERY_S = 60.0
PING_TIMEOUT_S = 10.0
SHOWN = 20
TOLD_APART = frozenset(log_store.TOGETHER.values())  # a source that is only a name for repeats is none to be shown

log = structlog.get_logger("keepwell.health")


class LiveHealth:
    """Implements the `Health` port over a worker."""

    def __init__(
        self,
        worker: Worker,
        clock: Callable[[], int],
        refusals: Refusals | None = None,
        polls: Callable[[], Sequence[PollLine]] = tuple,
    ) -> None:
        self._worker = worker
        self._polls = polls
        self._refusals = refusals or Refusals(clock)
        self._workspace = worker.workspace
        self._clock = clock

    def sources(self) -> Sequence[SourceLine]:
        with self._workspace.database.read() as session:
            found = sources.health(session, self._clock())
            keys = {int(number): str(name) for number, name in session.run("SELECT id, name FROM api_key")}
        return [
            SourceLine(
                each.name, _label(each.name, keys), each.last_at, each.accepted_hour, each.accepted_day,
                each.duplicates_day, each.rejected_day,
            )
            for each in found
            if each.last_at is not None or each.name not in TOLD_APART
        ]  # fmt: skip

    def polls(self) -> Sequence[PollLine]:
        return self._polls()

    def unknown(self) -> Sequence[UnknownEvent]:
        with self._workspace.database.read() as session:
            return [UnknownEvent(*each) for each in log_store.unknown_names(session, LATELY)[:SHOWN]]

    def refused(self) -> Sequence[RefusedLine]:
        return self._refusals.lines(SHOWN)

    def letters(self) -> Sequence[LetterLine]:
        with self._workspace.database.read() as session:
            found = outbox.troubled(session, self._clock() - 7 * DAY_US, SHOWN)
        return [
            LetterLine(
                each.channel, each.recipient, each.because, str(each.state), each.error or "", each.created_at,
                each.due_at if each.state is State.QUEUED else None,
            )
            for each in found
        ]  # fmt: skip

    def watch(self) -> Watch:
        with self._workspace.database.read() as session:
            now = self._clock()
            found = evaluations.coverage(session, now, now - chores.WAITED_TOO_LONG_US)
            held = evaluations.quarantined(session)
            names = ids_of(session, [*found.late[:SHOWN], *(each.customer for each in held)])
            above, upto = rollups.next_rows(session, 10**12)
        return Watch(
            customers=found.customers,
            late=len(found.late),
            late_ids=[names.get(each, "") for each in found.late[:SHOWN]],
            share=found.share,
            waiting_events=upto - above,
            read_only=self._worker.full,
            held=[HeldLine(names.get(each.customer, ""), each.failures, each.since, each.reason) for each in held],
        )

    def ready(self) -> str | None:
        if self._worker.full:
            return "the disk is full"
        return None if self._worker.ready else "the server is starting or about to stop"

    def counted(self, route: str, status: int) -> None:
        self._worker.telemetry.requests.labels(route, str(status)).inc()

    def metrics(self) -> bytes:
        chores.watch(self._workspace, self._worker.telemetry, self._clock())
        self._worker.telemetry.watchers.set(len(self._worker.changes))
        return self._worker.telemetry.text()


def _label(source: str, keys: dict[int, str]) -> str:
    kind, _, rest = source.partition(":")
    if kind == "key" and rest.isdigit():
        return f"{keys.get(int(rest), 'a key of old')} (write key {rest})"
    return {
        "hook": f"{rest} (webhook)",
        "poll": f"{rest} (asked by us)",
        "files": "imported files",
        "keepwell": "Keepwell itself",
    }.get(kind, source)


class Heartbeat:
    """Tells somebody outside, every minute, that everybody is watched: silence is the alarm.

    Nothing is sent while a customer is late, or nothing can be written.
    """

    def __init__(self, health: LiveHealth, url: str) -> None:
        self._health = health
        self._url = url
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keepwell-heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(PING_TIMEOUT_S)

    def beat(self) -> bool:
        """Ping once, if all is well; whether the ping was sent and answered."""
        import httpx2

        watch = self._health.watch()
        if watch.late or self._health.ready() is not None:
            log.warning("no heartbeat", late=watch.late, ready=self._health.ready())
            return False
        try:
            answer = httpx2.get(self._url, timeout=PING_TIMEOUT_S)
        except httpx2.HTTPError as error:
            log.warning("the heartbeat was not heard", error=str(error))
            return False
        return bool(answer.is_success)

    def _run(self) -> None:
        while True:
            try:
                self.beat()
            except Exception as error:
                log.exception("the heartbeat failed", exc_info=error)
            if self._stop.wait(PING_EVERY_S):
                return
