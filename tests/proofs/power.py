"""Power cuts over the store as it is: the ingest transaction and the fold, on a disk whose power can be cut.

A run is a chain of lives. In each, requests are received, sent again and folded; then the power is cut at
several moments of its record, and every disk that could be left is opened and examined. The next life goes
on from one of them. A run is told by its seed.
"""

from __future__ import annotations

import random
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any

import apsw
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from keepwell.alerts.alarms import Alarms
from keepwell.config.alerts import shipped_rules
from keepwell.config.scorecards import load_deck
from keepwell.config.settings import Settings
from keepwell.config.staff import alone
from keepwell.events.catalog import number as number_of
from keepwell.runtime import cycle
from keepwell.runtime.receive import Parcel, receive
from keepwell.runtime.workspace import Workspace
from keepwell.scores.scorecard import Deck
from keepwell.store import log, rollups
from keepwell.store.database import Session, open_database, over_sqlite
from keepwell.store.migrate import upgrade
from tests.histories import NOW
from tests.proofs import driver
from tests.proofs.disk import Deed, Disk, Entry, Image
from tests.proofs.parcels import Fact, events_in, events_of, extras_in, extras_of, parcels

FILE = "keepwell.sqlite"
LIVES = 3
CUTS = 8  # a life
STEPS = 30  # a life
CHECKPOINTED_EARLY = "wal_autocheckpoint=40"  # pages; with the real number no short life would ever get there

Told = Callable[[], None]
Taking = Callable[[Workspace, Sequence[Parcel], Told], object]
"""Takes requests in and says when it told their senders."""

Folding = Callable[[Workspace, int], int]


def taken(space: Workspace, several: Sequence[Parcel], told: Told) -> None:
    """As Keepwell does it: told when `receive` is back."""
    receive(space, several, NOW)
    told()


@dataclass(frozen=True)
class Setup:
    """What is tried: Keepwell as it is, or with a fault.

    Attributes:
        fold: folds at most so many rows, and says how many.
        pragmas: set after those of the store, on the writing connection.
        around: entered for the whole run.
    """

    take: Taking = taken
    fold: Folding = cycle.fold
    pragmas: Sequence[str] = ()
    around: Callable[[], AbstractContextManager[object]] = nullcontext


@dataclass(frozen=True)
class Finding:
    """Something that must not be: what kind, the seed and the moment that show it again, and the particulars."""

    kind: str
    seed: int
    life: int
    cut: int
    detail: str


@dataclass
class Outcome:
    """What was found, and how much was looked at.

    Attributes:
        accepted: events that had to be there, over all cuts.
        checkpointed: syncs of the database file itself; between them the log beside it holds what is new.
    """

    cuts: int = 0
    accepted: int = 0
    checkpointed: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def kinds(self) -> set[str]:
        return {each.kind for each in self.findings}


@dataclass(frozen=True)
class Attempt:
    """A call of `receive`: the entries of the record when it began, and when its senders were told."""

    parcels: Sequence[Parcel]
    began: int
    told: int


@dataclass
class Ledger:
    """Outside the machine that loses its power: what was sent, and what senders were told is kept."""

    sent: list[Parcel] = field(default_factory=list)
    accepted: list[Parcel] = field(default_factory=list)

    def at(self, cut: int, attempts: Sequence[Attempt]) -> Ledger:
        """The ledger as it stood after so many entries of a life's record."""
        return Ledger(
            self.sent + [each for attempt in attempts if attempt.began <= cut for each in attempt.parcels],
            self.accepted + [each for attempt in attempts if attempt.told <= cut for each in attempt.parcels],
        )


@cache
def deck() -> Deck:
    return load_deck([])


@cache
def new_disk() -> Image:
    """A database made by the migrations, with the standard module."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        database = open_database(f"sqlite:///{path}")
        upgrade(database)
        database.close()
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        return {FILE: path.read_bytes()}


@contextmanager
def opened(disk: Disk, pragmas: Sequence[str] = ()) -> Iterator[Workspace]:
    """The workspace on a disk, as a process that starts opens it."""
    path = str(disk.folder / FILE)
    writer = driver.engine(partial(apsw.Connection, path, vfs=disk.name))
    readers = driver.engine(partial(apsw.Connection, path, vfs=disk.name, flags=apsw.SQLITE_OPEN_READONLY))
    database = over_sqlite(writer, readers)
    event.listen(writer, "connect", partial(_also, pragmas))
    try:
        yield Workspace(Settings(data=disk.folder), database, deck(), Alarms(shipped_rules(), alone("Ada")))
    finally:
        database.close()


def _also(pragmas: Sequence[str], raw: Any, _record: object) -> None:
    for pragma in pragmas:
        raw.execute(f"PRAGMA {pragma}")


def cut_power(setup: Setup, seeds: Sequence[int]) -> Outcome:
    """Many runs; what was found in any of them."""
    outcome = Outcome()
    with ExitStack() as stack, setup.around():
        folders = [Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in range(2)]
        disk, spare = Disk(folders[0]), Disk(folders[1])
        for seed in seeds:
            _Run(setup, seed, disk, spare).go(outcome)
    return outcome


class _Run:
    def __init__(self, setup: Setup, seed: int, disk: Disk, spare: Disk) -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        self.setup = setup
        early = (CHECKPOINTED_EARLY,) if seed % 2 else ()
        self.pragmas = (*early, *setup.pragmas)
        self.disk = disk
        self.spare = spare
        self.fresh = parcels(self.rng)

    def go(self, outcome: Outcome) -> None:
        image, ledger = new_disk(), Ledger()
        for life in range(LIVES):
            self.disk.start(image)
            attempts = self.live(ledger)
            outcome.checkpointed += self.disk.record.count(Entry(Deed.SYNC, FILE))
            moments = [self.rng.randrange(len(self.disk.record) + 1) for _ in range(CUTS)]
            followed = self.rng.randrange(CUTS)
            wrong: list[Finding] = []
            for place, (cut, left) in enumerate(self.disk.cut(moments, self.rng)):
                then = ledger.at(cut, attempts)
                unsure = [each for each in attempts if each.began <= cut < each.told]
                wrong += [Finding(kind, self.seed, life, cut, why) for kind, why in self.examine(left, then, unsure)]
                outcome.cuts += 1
                outcome.accepted += len(events_of(then.accepted))
                if place == followed:
                    image, after = left, then
            outcome.findings += wrong
            if wrong:
                return
            ledger = after

    def live(self, ledger: Ledger) -> list[Attempt]:
        """A life: what was not accepted is sent again first, then all kinds of things happen."""
        attempts: list[Attempt] = []
        sent = list(ledger.sent)

        with opened(self.disk, self.pragmas) as space:
            if sent:
                attempts.append(self.attempt(space, sent[-10:]))
            for _ in range(STEPS):
                chance = self.rng.random()
                if chance < 0.65:
                    several = [self.request(sent) for _ in range(self.rng.randrange(1, 4))]
                    sent += several
                    attempts.append(self.attempt(space, several))
                elif chance < 0.95:
                    self.setup.fold(space, self.rng.choice((3, cycle.FOLDED_AT_ONCE)))
                else:
                    space.database.checkpoint()
        return attempts

    def request(self, sent: Sequence[Parcel]) -> Parcel:
        return self.rng.choice(sent) if sent and self.rng.random() < 0.15 else next(self.fresh)

    def attempt(self, space: Workspace, several: Sequence[Parcel]) -> Attempt:
        record, told = self.disk.record, []
        began = len(record)
        self.setup.take(space, several, lambda: told.append(len(record)))
        return Attempt(several, began, told[0])

    def examine(self, image: Image, ledger: Ledger, unsure: Sequence[Attempt]) -> list[tuple[str, str]]:
        """What is wrong with a disk that was left."""
        self.spare.start(image)
        try:
            with opened(self.spare, self.pragmas) as space:
                with space.database.write() as session:  # a server writes first, when it starts
                    found = [*sound(session), *kept(session, ledger), *whole(session, ledger, unsure), *agree(session)]
                return [*found, *self.sent_again(space, ledger)]
        except (apsw.Error, DBAPIError, UnicodeDecodeError) as error:
            return [("corrupt", str(error))]

    def sent_again(self, space: Workspace, ledger: Ledger) -> Iterator[tuple[str, str]]:
        """Whoever was not told, and whoever was, sends everything again, twice."""
        for _ in range(2):
            self.setup.take(space, ledger.sent, lambda: None)
            while self.setup.fold(space, cycle.FOLDED_AT_ONCE):
                pass
        with space.database.read() as session:
            yield from kept(session, Ledger(ledger.sent, ledger.sent))
            yield from agree(session)


Wrong = Iterator[tuple[str, str]]


def sound(session: Session) -> Wrong:
    """The file is a database."""
    found = session.run("PRAGMA integrity_check")
    if found != [("ok",)]:
        yield "corrupt", str(found[:3])


def kept(session: Session, ledger: Ledger) -> Wrong:
    """What was accepted is there, each event once, and nothing that nobody sent."""
    there = events_in(session)
    yield from (("lost", str(each[:3])) for each in events_of(ledger.accepted) - there.keys())
    yield from (("lost", str(each[:3])) for each in extras_of(ledger.accepted) - extras_in(session))
    yield from (("doubled", str(each[:3])) for each, times in there.items() if times > 1)
    yield from (("unsent", str(each[:3])) for each in there.keys() - events_of(ledger.sent))


def whole(session: Session, ledger: Ledger, unsure: Sequence[Attempt]) -> Wrong:
    """Of the requests that were being written, the last ones sent, all is there or nothing."""
    there = set(events_in(session)) | extras_in(session)
    for attempt in unsure:
        before = ledger.sent[: -len(attempt.parcels)]
        new = everything(attempt.parcels) - everything(before)
        if 0 < len(new & there) < len(new):
            yield "torn", f"{len(new & there)} of {len(new)}"


def everything(several: Sequence[Parcel]) -> set[Fact]:
    return events_of(several) | extras_of(several)


def agree(session: Session) -> Wrong:
    """The marks of what was seen, the count, and rollups with what is not folded yet are those of the events."""
    apart = session.run("SELECT source, key FROM seen EXCEPT SELECT source, key FROM event") + session.run(
        "SELECT source, key FROM event EXCEPT SELECT source, key FROM seen"
    )
    ((rows, marks),) = session.run("SELECT (SELECT COUNT(*) FROM event), (SELECT COUNT(*) FROM seen)")
    if apart or rows != marks or rows != log.mark(session, "watermark"):
        yield "disagree", f"{rows} events, {marks} seen, {log.mark(session, 'watermark')} counted; {apart[:3]}"
    folded = "SELECT customer, SUM(n) FROM event WHERE kind = ? AND id <= ? GROUP BY customer ORDER BY customer"
    expected = session.run(folded, (number_of("api_called"), log.mark(session, "rolled_to")))
    rolled = session.run("SELECT customer, SUM(api_calls) FROM day GROUP BY customer ORDER BY customer")
    if expected != rolled:
        yield "disagree", f"rollups {rolled} of events {expected}"
    if rollups.unfolded(session) < 0:
        yield "disagree", "more is folded than there is"
