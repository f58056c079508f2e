"""The one writer at work: parcels into the log first, then folding and scoring in small slices."""

from __future__ import annotations

import errno
import shutil
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

import structlog

from keepwell.alerts.alarms import Alarms
from keepwell.alerts.rule import Rule
from keepwell.base.time import SECOND_US
from keepwell.runtime import alerting, budgeting, chores, cycle, foretelling, outages, paging, surveying
from keepwell.runtime.alerting import Told
from keepwell.runtime.changes import Changes
from keepwell.runtime.clock import elapsed_s
from keepwell.runtime.ports.reception import LaterError, Received
from keepwell.runtime.preparing import Preparation, in_a_thread
from keepwell.runtime.receive import Parcel, receive
from keepwell.runtime.telemetry import Telemetry
from keepwell.runtime.workspace import Workspace
from keepwell.store import alerts, evaluations
from keepwell.store.customers import ids_of
from keepwell.store.database import Session

GROUP_EVENTS = 5_000  # events in one transaction
WAITING_EVENTS = 20_000  # events that may wait to be written; more are refused with "later"
SCORED_AT_ONCE = 500
CYCLE_SHARE = 3.0  # under load a slice of the cycle is followed by this many times its length of receiving
LONGEST_REST_S = 0.4
IDLE_S = 0.5
SETTLED_WITHIN_S = 3.0
LOW_WATER_BYTES = 64 * 1024 * 1024
CHECKED_EVERY_S = 2.0
CHORES_EVERY_S = 60.0

log = structlog.get_logger("keepwell.worker")


@dataclass(frozen=True)
class _Job:
    parcel: Parcel
    done: Future[Received] = field(default_factory=Future)

    @property
    def size(self) -> int:
        return len(self.parcel.events) + len(self.parcel.refused) + 1


@dataclass
class _Queue:
    """Parcels that wait, bounded by the number of their events."""

    jobs: deque[_Job] = field(default_factory=deque)
    events: int = 0

    def put(self, job: _Job) -> None:
        if self.events and self.events + job.size > WAITING_EVENTS:
            raise LaterError("Too much arrives at once", 1)
        self.jobs.append(job)
        self.events += job.size

    def group(self) -> list[_Job]:
        """Parcels for one transaction."""
        found: list[_Job] = []
        size = 0
        while self.jobs and (not found or size + self.jobs[0].size <= GROUP_EVENTS):
            job = self.jobs.popleft()
            size += job.size
            found.append(job)
        self.events -= size
        return found


class Worker:
    """Writes what arrives, and keeps every score up to date. It runs in a thread of its own."""

    def __init__(
        self,
        workspace: Workspace,
        clock: Callable[[], int],
        beside: Callable[[Callable[[], None]], None] = in_a_thread,
    ) -> None:
        self.workspace = workspace
        self.changes = Changes()
        self.telemetry = Telemetry()
        self.lost: Callable[[], None] = lambda: None
        """Called when a group could not be written: what was remembered of it does not hold."""
        self.posted: Callable[[], None] = lambda: None
        """Called when letters were committed to the outbox."""
        self._clock = clock
        self._queue = _Queue()
        self._ready = threading.Condition()
        self._draining = False
        self._full = False
        self._checked_s = self._chores_s = -CHORES_EVERY_S
        self._preparation = Preparation(workspace, self._wake, beside)
        self._held = False
        self._beside = beside
        self._surveying = False
        self._busy = True
        self._pressed = False
        self._rest_until = 0.0
        self._settled = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keepwell-worker", daemon=True)

    # ------------------------------------------------------------------ from other threads

    def start(self) -> None:
        """Begin, ready to score: the first event must not wait for the reference of the day."""
        self._preparation.make(self._clock())
        self._thread.start()

    def submit(self, parcel: Parcel) -> Future[Received]:
        """Queue a parcel; the result comes when it is durable.

        Raises:
            LaterError: too much waits, the disk is full, or the server is about to stop.
        """
        if self._full:
            raise LaterError("The disk is full: Keepwell reads only until there is room again", 30)
        job = _Job(parcel)
        with self._ready:
            if self._draining:
                raise LaterError("This server is about to stop", 5)
            self._queue.put(job)
            self._ready.notify()
        return job.done

    @property
    def ready(self) -> bool:
        """Whether events can be taken."""
        return self._thread.is_alive() and not self._draining and not self._full

    @property
    def full(self) -> bool:
        """Whether nothing can be written because the disk is full."""
        return self._full

    def settle(self, patience_s: float = SETTLED_WITHIN_S) -> bool:
        """Something was written elsewhere in this process: wait for it to be in the scores; whether it is."""
        with self._ready:
            self._settled.clear()
            self._busy = True
            self._ready.notify()
        return self._settled.wait(patience_s)

    def alerted(self) -> None:
        """Somebody did something with alerts: pages hear of it, and what is due anew is not missed."""
        self.changes.tell(alerts=True)
        self._wake()

    def acted(self) -> None:
        """Something of runs, tasks or messages changed: pages hear of it."""
        self.changes.tell(acts=True)

    def foretold(self) -> None:
        """Forecasts were made: pages hear of it, and scores and alerts of those that were told."""
        self.changes.tell(acts=True)
        self._wake()

    def _wake(self) -> None:
        """There is something to do."""
        with self._ready:
            self._busy = True
            self._ready.notify()

    def drain(self) -> None:
        """Take nothing more, and end the streams; what waits is written by `stop`."""
        with self._ready:
            self._draining = True
            self._ready.notify()
        self.changes.close()

    def stop(self) -> None:
        """Take nothing more, write what waits, and end."""
        self.drain()
        if self._thread.is_alive():
            self._thread.join()

    # ------------------------------------------------------------------ the thread

    def _run(self) -> None:
        while True:
            jobs, stopping = self._next()
            if jobs:
                self._pressed = True
                self._store(jobs)
            elif stopping:
                return
            if not stopping and not self._resting():
                self._turn()

    def _resting(self) -> bool:
        """Under load, receiving has several times the time of the cycle."""
        return self._pressed and elapsed_s() < self._rest_until

    def _turn(self) -> None:
        began = elapsed_s()
        self._pressed = False
        self._guarded(self._slice)
        ended = elapsed_s()
        self._rest_until = ended + min(CYCLE_SHARE * (ended - began), LONGEST_REST_S)

    def _next(self) -> tuple[list[_Job], bool]:
        """The next parcels, after waiting for some when there is nothing else to do."""
        with self._ready:
            if not self._queue.jobs and not self._draining:
                rest_s = self._rest_until - elapsed_s() if self._pressed else 0.0
                if rest_s > 0 or not self._busy:
                    self._ready.wait(rest_s if rest_s > 0 else IDLE_S)
            jobs = self._queue.group()
            self.telemetry.queue.set(self._queue.events)
            return jobs, self._draining

    def _store(self, jobs: Sequence[_Job]) -> None:
        began = elapsed_s()
        try:
            found = receive(self.workspace, [job.parcel for job in jobs], self._clock())
        except Exception as error:  # noqa: BLE001 - told to whoever waits for it
            self._not_stored(jobs, error)
            return
        self._busy = True
        self.telemetry.commit.observe(elapsed_s() - began)
        for job, received in zip(jobs, found, strict=True):
            self._count(job.parcel.source, received)
            job.done.set_result(received)
        self.changes.tell(events=True)

    def _not_stored(self, jobs: Sequence[_Job], error: Exception) -> None:
        """Nothing of the group was kept. A full disk refuses all; else each parcel is tried alone."""
        self.lost()
        if _is_full(error):
            self._full = True
            log.error("the disk is full", folder=str(self.workspace.folder))
            for job in jobs:
                job.done.set_exception(LaterError("The disk is full", 30))
        elif len(jobs) > 1:
            for job in jobs:
                self._store([job])
        else:
            log.error("a request could not be written", source=jobs[0].parcel.source, exc_info=error)
            jobs[0].done.set_exception(error)

    def _count(self, source: str, received: Received) -> None:
        kind = source.partition(":")[0]
        for outcome in ("accepted", "duplicates", "rejected"):
            self.telemetry.events.labels(kind, outcome).inc(getattr(received, outcome))

    def _guarded(self, work: Callable[[], None]) -> None:
        """Whatever fails here must not end the thread that takes events in."""
        try:
            work()
        except Exception as error:
            self._busy = False
            if _is_full(error):
                self._full = True
            log.exception("a turn of the cycle failed", exc_info=error)

    def _slice(self) -> None:
        """One bounded piece of everything that is not receiving."""
        self._busy = False  # unless there is more, or somebody says so meanwhile
        self._look_at_the_disk()
        if self._full:
            return
        folded = cycle.fold(self.workspace)
        scored = self._score() if folded < cycle.FOLDED_AT_ONCE else 0
        scored += self._alarm()
        with self._ready:
            self._busy = self._busy or bool(folded or scored)
            if not self._busy and not self._held:
                self._settled.set()
        if elapsed_s() - self._chores_s >= CHORES_EVERY_S:
            self._chores_s = elapsed_s()
            chores.do(self.workspace, self.telemetry, self._clock())
            self._look_around()

    def _look_around(self) -> None:
        """Whether something is the matter with everybody; and the survey, when a day has begun."""
        now, alarms = self._clock(), cycle.alarms_at(self.workspace)
        if outages.check(self.workspace, alarms, now, self.page):
            self._preparation.look_again()
            self.changes.tell(alerts=True)
        with self.workspace.database.write() as session:
            budgeting.budget(session, alarms, now)
            if paging.write_digests(session, paging.Desk(alarms, self.workspace.settings), now):
                session.afterwards.append(self.posted)
            rules = surveying.due_rules(session, alarms, now, foretelling=foretelling.is_awaited(session, now))
        if rules and not self._surveying:
            self._surveying = True
            self._beside(lambda: self._survey(rules, now))

    def _survey(self, rules: Sequence[Rule], now: int) -> None:
        """Look at everybody, beside the worker: on a large base this takes most of a minute."""
        try:
            done = surveying.survey(self.workspace, cycle.alarms_at(self.workspace), rules, now, self.page)
            log.info("surveyed", customers=done.customers, opened=len(done.opened))
            self._preparation.look_again()
            self.changes.tell(alerts=True)
        except Exception as error:
            log.exception("the survey failed; it is tried again", exc_info=error)
        finally:
            self._surveying = False

    def _look_at_the_disk(self) -> None:
        if elapsed_s() - self._checked_s < CHECKED_EVERY_S:
            return
        self._checked_s = elapsed_s()
        was, free = self._full, shutil.disk_usage(self.workspace.folder).free
        self._full = free < LOW_WATER_BYTES
        self.telemetry.read_only.set(self._full)
        if was != self._full:
            log.warning("read-only" if self._full else "writing again", free_bytes=free)

    def _score(self) -> int:
        now = self._clock()
        ready = self._preparation.ready(now)
        self._held = ready is None
        if ready is None:
            return 0
        with self.workspace.database.read() as session:
            touched = evaluations.touched(session, now, SCORED_AT_ONCE)
            due = evaluations.due(session, now, SCORED_AT_ONCE - len(touched))
        since = dict(touched)
        customers = sorted({*since, *due})
        if not customers:
            return 0
        self._evaluate(ready, customers, now)
        for moment in since.values():
            if moment:
                self.telemetry.latency.observe(max(now - moment, 0) / SECOND_US)
        return len(customers)

    def _alarm(self) -> int:
        """Let alerts change that change by themselves: deadlines, ends of snoozes; how many."""
        now = self._clock()
        with self.workspace.database.read() as session:
            states = alerts.due(session, now, SCORED_AT_ONCE)
        if not states:
            return 0
        alarms = cycle.alarms_at(self.workspace)
        with self.workspace.database.write() as session:
            outcome = alerting.apply(session, alarms, Told({name: [] for name in states}), states, now)
            self.page(session, alarms, outcome, now)
        self.changes.tell(alerts=True)
        return len(states)

    def page(self, session: Session, alarms: Alarms, outcome: alerting.Outcome, now: int) -> None:
        """Write the letters of a turn, in its transaction; they leave once it is committed."""
        if outcome.pages and paging.post(session, paging.Desk(alarms, self.workspace.settings), outcome, now):
            session.afterwards.append(self.posted)

    def _evaluate(self, ready: cycle.Ready, customers: Sequence[int], now: int) -> None:
        """Score customers in one transaction; of a group that fails, those that fail alone are set apart."""
        try:
            with self.workspace.database.write() as session:
                done = cycle.rescore(session, ready, customers, now)
                self.page(session, ready.alarms, done.outcome, now)
                names = list(ids_of(session, customers).values())
        except Exception as error:
            if _is_full(error):
                raise
            if len(customers) > 1:
                middle = len(customers) // 2
                self._evaluate(ready, customers[:middle], now)
                self._evaluate(ready, customers[middle:], now)
                return
            self._set_apart(customers[0], error, now)
            return
        self.telemetry.evaluated.inc(len(customers))
        self.changes.tell(names, alerts=bool(done.outcome.states))

    def _set_apart(self, customer: int, error: Exception, now: int) -> None:
        self.telemetry.failures.inc()
        log.error("a customer could not be evaluated", customer=customer, exc_info=error)
        with self.workspace.database.write() as session:
            evaluations.quarantine(session, customer, now, f"{type(error).__name__}: {error}"[:500])


def _is_full(error: BaseException) -> bool:
    """Whether the store ran out of room. SQLAlchemy keeps the driver's error as the cause."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, sqlite3.OperationalError) and "full" in str(found):
            return True
        if isinstance(found, OSError) and found.errno == errno.ENOSPC:
            return True
        found = found.__cause__
    return False
