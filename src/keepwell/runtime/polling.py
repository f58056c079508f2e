"""Asking a node of Solana: performs what `sources.solana.poll` decides, one question at a time.

A transaction is submitted to the worker like what arrives by itself, and the cursor is written only once it is
durable. A crash in between lists it again, and its signature makes it a repeat.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, assert_never

import structlog
from msgspec.structs import replace

from keepwell.base.errors import KeepwellError
from keepwell.base.time import SECOND_US
from keepwell.channels.letter import Failed, Uncertain
from keepwell.config.solana import OWN, Polling, load_polling
from keepwell.events.event import Raw
from keepwell.runtime.directory import Directory
from keepwell.runtime.intake import Intake, Sender
from keepwell.runtime.ports.health import PollLine
from keepwell.runtime.worker import Worker
from keepwell.runtime.workspace import Workspace
from keepwell.sources.sent import Batch, Sent
from keepwell.sources.solana import pace, poll, rpc, transaction
from keepwell.sources.solana.base58 import is_address
from keepwell.sources.solana.rpc import Row, Trouble
from keepwell.store import chains, links

if TYPE_CHECKING:
    from keepwell.channels.guarded import Answer

SOURCE = "poll:solana"
HEADERS = {"content-type": "application/json", "accept-encoding": "identity"}
LARGEST = 16 * 1024 * 1024
ANSWER_S = 15.0  # for a whole answer; stopping waits no longer than that
WRITTEN_S = 30.0
LOOKED_UP_EVERY_US = 60 * SECOND_US  # whose wallets there are
LONGEST_SLEEP_S = 30.0
REST_AFTER_FAILURE_S = 5.0
TELLING_RESTS_US = 5 * SECOND_US

log = structlog.get_logger("keepwell.polling")


class Post(Protocol):
    """The way to the web: `Door.post`."""

    def __call__(
        self, url: str, body: bytes, headers: Mapping[str, str], keep: int = ...
    ) -> Answer | Failed | Uncertain: ...


@dataclass
class _Asked:
    """An address: its state, what is to be done next, and since when others have waited longer."""

    state: poll.State
    question: poll.Question | None = None
    due: int | None = 0
    served: int = 0
    items: dict[str, transaction.Told] = field(default_factory=dict)
    not_before: int = 0


class Poller:
    """Asks about every address in turn. It runs in a thread of its own; `turn` may be called by hand instead."""

    def __init__(self, worker: Worker, polling: Polling, post: Post, clock: Callable[[], int]) -> None:
        self._worker = worker
        self._database = worker.workspace.database
        self._intake = Intake(Directory(self._database))
        self._polling = polling
        self._post = post
        self._clock = clock
        self._decide = poll.decider(poll.Terms(polling.every_us, polling.first_us))
        self._pace = pace.Pace()
        self._owners: Mapping[str, str] = {}
        self._addresses: dict[str, _Asked] = {}
        self._looked_up_at = -LOOKED_UP_EVERY_US
        self._turns = 0
        self._line = PollLine(polling.host)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keepwell-polling", daemon=True)

    # ------------------------------------------------------------------ from other threads

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask nothing more. What was not written is listed again after the next start."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(ANSWER_S + 1)

    def line(self) -> PollLine:
        """How it stands."""
        return self._line

    # ------------------------------------------------------------------ the thread

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                rest_s = max(self.turn() - self._clock(), 0) / SECOND_US
            except Exception as error:
                log.exception("a turn of the poller failed", exc_info=error)
                rest_s = REST_AFTER_FAILURE_S
            self._stop.wait(min(rest_s, LONGEST_SLEEP_S))

    def turn(self) -> int:
        """Do one thing, if there is one to be done; when there is something to do again."""
        now = self._clock()
        if now - self._looked_up_at >= LOOKED_UP_EVERY_US:
            self._look_up(now)
        ready = [(asked.served, name) for name, asked in self._addresses.items() if _at(asked) <= now]
        for _, name in sorted(ready):
            asked = self._addresses[name]
            if asked.question is None:
                self._learn(name, asked, (), now)
            if asked.question is not None and self._may(asked.question, now):
                self._turns += 1
                asked.served = self._turns
                self._perform(name, asked, asked.question, now)
                return self._clock()
        return self._next(now)

    def _may(self, question: poll.Question, now: int) -> bool:
        return isinstance(question, poll.Tell) or self._free_at(now) <= now

    def _free_at(self, now: int) -> int:
        return pace.free_at(self._pace, now, self._polling.per_minute)

    def _next(self, now: int) -> int:
        """When to look again: the endpoint may be asked, an address is due, or wallets are looked up."""
        free_at = self._free_at(now)
        times = [
            max(_at(asked), free_at if isinstance(asked.question, poll.Page | poll.Transaction) else now)
            for asked in self._addresses.values()
        ]
        return min((*times, self._looked_up_at + LOOKED_UP_EVERY_US))

    def _look_up(self, now: int) -> None:
        """Whose addresses there are now. One that is new goes on where its cursor stands."""
        with self._database.read() as session:
            linked = links.names(session, links.WALLET) if self._polling.linked else {}
            stands = chains.cursors(session, transaction.CHAIN)
        wallets = {name: owner for name, owner in linked.items() if is_address(name)}
        self._owners = {**wallets, **self._polling.addresses}
        known, self._addresses = self._addresses, {}
        for name in sorted(self._owners):
            cursor = stands.get(name)
            row = None if cursor is None else Row(cursor.signature, cursor.slot, cursor.block_at)
            self._addresses[name] = known.get(name) or _Asked(poll.State(cursor=row))
        self._looked_up_at = now
        self._tell_health()

    # ------------------------------------------------------------------ doing

    def _perform(self, name: str, asked: _Asked, question: poll.Question, now: int) -> None:
        match question:
            case poll.Page():
                fact = self._page(name, question, now)
            case poll.Transaction():
                fact = self._transaction(asked, question, now)
            case poll.Tell():
                fact = self._told(asked, question, now)
                if isinstance(fact, poll.Failed):
                    asked.not_before = now + TELLING_RESTS_US
            case _:
                assert_never(question)
        self._learn(name, asked, (fact,), self._clock())
        self._tell_health()

    def _learn(self, name: str, asked: _Asked, facts: tuple[poll.Fact, ...], now: int) -> None:
        """Decide about an address, and write its cursor down when it has moved."""
        decision = self._decide(asked.state, facts, now)
        asked.state, asked.due = decision.state, decision.due
        asked.question = next((each for each in decision.intents if not isinstance(each, poll.Keep)), None)
        for intent in decision.intents:
            if isinstance(intent, poll.Keep):
                row = intent.row
                with self._database.write() as session:
                    cursor = chains.Cursor(row.signature, row.slot, row.at)
                    chains.move(session, transaction.CHAIN, name, cursor, now)

    def _page(self, name: str, question: poll.Page, now: int) -> poll.Fact:
        body = rpc.signatures(name, question.until, question.before, question.min_slot)
        answer = self._ask(body, now)
        found = answer if isinstance(answer, Trouble) else rpc.page(answer, first=question.before is None)
        if isinstance(found, Trouble):
            self._trouble(found, now)
            return poll.Failed(now)
        self._answered(now)
        return poll.Listed(now, found.rows)

    def _transaction(self, asked: _Asked, question: poll.Transaction, now: int) -> poll.Fact:
        signature = question.signature
        answer = self._ask(rpc.transaction(signature), now)
        found = answer if isinstance(answer, Trouble) else rpc.found(signature, answer)
        if isinstance(found, Trouble):
            self._trouble(found, now)
            return poll.Failed(now)
        self._answered(now)
        if isinstance(found, rpc.NotThere):
            if found.for_good:
                self._say(found.why, now)
            return poll.Missing(now, signature, found.for_good)
        told = transaction.read(found.item, "rpc_poll", "finalized")
        if told.properties is None:  # the node keeps it without its result
            return poll.Missing(now, signature)
        asked.items[signature] = told
        return poll.Got(now, signature)

    def _told(self, asked: _Asked, question: poll.Tell, now: int) -> poll.Fact:
        """Write transactions of customers, and wait until they are durable."""
        times = {each.row.signature: each.row.at for each in asked.state.rows}
        held = {each: asked.items[each] for each in question.signatures}
        sent = [made for name, each in held.items() if (made := self._sent(each, times.get(name), now)) is not None]
        try:
            if sent:
                parcel = self._intake.parcel(Sender(SOURCE, verified=True), Batch(sent), now)
                self._worker.submit(parcel).result(WRITTEN_S)
        except (KeepwellError, TimeoutError) as error:  # too much at once, a full disk, or a server about to stop
            self._say(str(error) or "what has come was not written in time", now)
            return poll.Failed(now)
        for each in question.signatures:
            del asked.items[each]
        return poll.Told(now)

    def _sent(self, told: transaction.Told, listed_at: int | None, now: int) -> Sent | None:
        """The event, of the first customer among those who signed; None of one that nobody here signed."""
        owner = next((self._owners[each] for each in told.signers if each in self._owners), None)
        if owner is None:
            return None
        when = told.block_time * SECOND_US if told.block_time else listed_at or now
        return Sent(Raw(owner, "transaction", when, told.properties, told.signature))

    # ------------------------------------------------------------------ the endpoint

    def _ask(self, body: bytes, now: int) -> tuple[int, Mapping[str, str], bytes] | Trouble:
        self._pace = pace.asked(self._pace, now)
        answer = self._post(self._polling.endpoint, body, HEADERS, keep=LARGEST)
        if isinstance(answer, Failed | Uncertain):
            return Trouble(answer.reason)
        return answer.status, answer.headers, answer.body

    def _answered(self, now: int) -> None:
        self._pace = pace.answered(self._pace)
        self._line = replace(self._line, polled_at=now)

    def _trouble(self, trouble: Trouble, now: int) -> None:
        self._pace = pace.failed(self._pace, now, trouble.again_in_s)
        self._say(trouble.why, now)

    def _say(self, why: str, now: int) -> None:
        """Remember what went wrong last, without the key of the endpoint."""
        said = self._polling.hidden(why)
        log.warning("the node of Solana did not answer as it should", endpoint=self._polling.host, why=said)
        self._line = replace(self._line, error=said, error_at=now)

    def _tell_health(self) -> None:
        states = [asked.state for asked in self._addresses.values()]
        complete = min((each.complete_at for each in states), default=0)
        waiting = sum(len(each.rows) + (len(each.listing.rows) if each.listing else 0) for each in states)
        self._line = replace(
            self._line, addresses=len(states), complete_at=complete or None, waiting=waiting,
            lost=sum(each.lost for each in states),
        )  # fmt: skip


def _at(asked: _Asked) -> int:
    """When something is to be done about an address."""
    if asked.question is not None:
        return asked.not_before
    return 2**62 if asked.due is None else max(asked.due, asked.not_before)


def polling_of(workspace: Workspace) -> Polling | None:
    """What the installation's file says; None without one.

    Raises:
        FileRefusedError: it is malformed.
    """
    return load_polling(workspace.folder / OWN, workspace.settings.solana_key, is_address)


def poller_of(worker: Worker, clock: Callable[[], int]) -> Poller | None:
    """A poller as the installation's file wants it; None without the file."""
    polling = polling_of(worker.workspace)
    if polling is None:
        return None
    from keepwell.channels.guarded import Door, trust

    door = Door(private=polling.private, total_s=ANSWER_S, body_s=ANSWER_S, tls=trust())
    return Poller(worker, polling, door.post, clock)
