"""The overview and the list of customers, with everybody's score moving.

Mechanism: everybody's line is kept in columns; a refresh reads only scores newer than those it has seen, and the
trends of the lines that are shown. Control: the same lines read as a whole.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import folder, watch
from keepwell.base.time import DAY_US, SECOND_US
from keepwell.runtime import board
from keepwell.runtime.book import StoredBook
from keepwell.runtime.ports.book import Sheet, Wanted
from keepwell.runtime.workspace import Workspace
from keepwell.store import figures, scores
from keepwell.store.customers import all_ids
from keepwell.store.database import Session

TOUCHED = 500  # customers with a new score before every question
DAY = 20_700
NOW = DAY * DAY_US + DAY_US // 2
TREND_DAYS = 91
AT_ONCE = 5000
VERSION = 1
_DOC = (
    '{{"known_at":1,"traits":{{"name":"{name}","segment":"{segment}","plan":"pro","owner":"owner {owner}",'
    '"mrr":{mrr},"seats":12,"contract":true,"entitled_features":["swap","vault","bridge"]}},"contacts":{{}}}}'
)


def made(cache: Path, customers: int) -> Path:
    """A folder of customers with a profile, a score and 91 days of snapshots, written straight into the tables."""
    path = cache / f"board-{customers}-v{VERSION}"
    if not path.exists():
        building = path.with_suffix(".building")
        shutil.rmtree(building, ignore_errors=True)
        with folder.opened(building) as workspace:
            for start in range(1, customers + 1, AT_ONCE):
                _people(workspace, range(start, min(start + AT_ONCE, customers + 1)))
        building.rename(path)
    return path


def _people(workspace: Workspace, numbers: range) -> None:
    with workspace.database.write() as session:
        _write(session, numbers)


def _write(session: Session, numbers: range) -> None:
    draws = np.random.default_rng(numbers.start)
    ends = draws.beta(8, 2, len(numbers)) * 100
    session.many(
        "INSERT INTO customer (id, external_id) VALUES (?, ?)", [(each, f"customer-{each:06}") for each in numbers]
    )
    columns = [name for name in session.columns("SELECT * FROM profile LIMIT 0") if name != "doc"]
    values = {"until": 2**62, "known_at": 1}
    session.many(
        f"INSERT INTO profile ({', '.join(columns)}, doc) VALUES ({', '.join('?' for _ in columns)}, ?)",  # noqa: S608 - names of our own
        [
            (*(each if name == "customer" else values.get(name, each % 900) for name in columns), _doc(each))
            for each in numbers
        ],
    )
    walks = np.clip(ends[:, None] + draws.normal(0, 2, (len(numbers), TREND_DAYS)), 0, 100)
    walks[:, -1] = ends
    bands = (walks[:, :, None] >= (40.0, 60.0, 80.0)).sum(axis=2)
    scores.save_snapshots(
        session,
        [
            (number, DAY - TREND_DAYS + 1 + day, score, 0.8, band, 1, "trader")
            for number, walk, places in zip(numbers, walks.tolist(), bands.tolist(), strict=True)
            for day, (score, band) in enumerate(zip(walk, places, strict=True))
        ],
    )
    scores.save_current(session, [_current(each, NOW, end) for each, end in zip(numbers, ends.tolist(), strict=True)])


def _doc(number: int) -> str:
    segment = ("trader", "miner", "developer", "institution")[number % 4]
    return _DOC.format(name=f"Company {number * 7919 % 1000003}", segment=segment, owner=number % 40, mrr=number % 900)


def _current(number: int, now: int, score: float) -> tuple[object, ...]:
    band = sum(score >= edge for edge in (40.0, 60.0, 80.0))
    return (number, now, band, band, -1, 0, 1, score, score, 0.8, 0.9, "trader", 1, now + DAY_US, now + DAY_US)


@contextmanager
def moving(path: Path) -> Iterator[tuple[Workspace, Callable[[], None]]]:
    """A copy of a folder, and what gives some of its customers a new score."""
    copy = path.with_name(f"{path.name}-moving")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(path, copy)
    with folder.opened(copy) as workspace:
        with workspace.database.read() as session:
            customers = int(session.one("SELECT COUNT(*) FROM customer") or 0)
        draws, now = np.random.default_rng(1), NOW

        def move() -> None:
            nonlocal now
            now += 2 * SECOND_US
            chosen = draws.choice(customers, min(TOUCHED, customers // 2), replace=False) + 1
            values = draws.random(len(chosen)) * 100
            with workspace.database.write() as session:
                pairs = list(zip(chosen.tolist(), values.tolist(), strict=True))
                scores.save_current(session, [_current(each, now, score) for each, score in pairs])
                scores.save_snapshots(session, [(each, DAY, score, 0.8, 2, 1, "trader") for each, score in pairs])

        yield workspace, move
    shutil.rmtree(copy)


def _read_as_a_whole(workspace: Workspace) -> None:
    with workspace.database.read() as session:
        board.read(session, all_ids(session))


QUESTIONS: dict[str, Callable[[StoredBook], object]] = {
    "overview": StoredBook.overview,
    "first page of customers": lambda book: book.customers(Sheet()),
    "last page of customers": lambda book: book.customers(Sheet(sort="name", page=10**6)),
    "search": lambda book: book.customers(Sheet(query="company 99")),
    "part of the API": lambda book: book.customers_part(Wanted(sort="name"), None, 100),
}


def measure(path: Path, repeats: int) -> dict[str, object]:
    """Seconds of each question, every one after scores have moved; of the first one; and of the control."""
    with moving(path) as (workspace, move):
        with workspace.database.write() as session:
            figure = watch.seconds(lambda: figures.make(session, DAY - 1))
            figures.keep(session, [figures.Figure(DAY - day, 1, 75.0, 0, 0) for day in range(1, TREND_DAYS)])
        before = watch.held_bytes()
        book = StoredBook(workspace, lambda: NOW)
        first = watch.seconds(book.overview)
        held = watch.held_bytes() - before
        found: dict[str, list[float]] = {name: [] for name in QUESTIONS}
        cpu: dict[str, list[float]] = {name: [] for name in QUESTIONS}
        for _ in range(repeats):
            for name, ask in QUESTIONS.items():
                move()
                began = time.process_time()
                found[name].append(watch.seconds(partial(ask, book)))
                cpu[name].append(time.process_time() - began)
        control = min(watch.seconds(partial(_read_as_a_whole, workspace)) for _ in range(2))
    return {"first": first, "control": control, "held": held, "cpu": cpu, "figure": figure, "questions": found}
