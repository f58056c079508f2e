"""Rescoring 500 touched customers out of all, as one turn of the cycle.

Mechanism: the rollups of the touched customers are read by their primary key; nobody else's rows are.
"""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import events, folder, watch
from benchmarks.watch import Clock
from keepwell.base.time import SECOND_US
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Event, Raw
from keepwell.runtime import cycle, scoring
from keepwell.runtime.receive import Parcel, receive
from keepwell.runtime.workspace import Workspace
from keepwell.store import profiles, rollups

TOUCHED = 500
START = events.NOW + 60 * SECOND_US
_KINDS = (
    ("signed_in", "{}"),
    ("feature_used", '{"feature":"feature-3"}'),
    ("session_ended", '{"duration_s":300,"actions":4}'),
    ("transaction", '{"chain":"ethereum","asset":"ETH","amount":1.5,"value_usd":30}'),
)


def prepared(path: Path) -> Path:
    """A copy of a folder with all rollups, references and scores of now, kept between runs."""
    live = path.with_name(f"{path.name}-live")
    if not live.exists():
        building = live.with_suffix(".building")
        shutil.rmtree(building, ignore_errors=True)
        shutil.copytree(path, building)
        with folder.opened(building) as workspace:
            cycle.fold_segments(workspace, events.NOW)
            _score_all(workspace)
        building.rename(live)
    return live


def _score_all(workspace: Workspace) -> None:
    references = [scoring.reference_for(workspace, day) for day in (events.END_DAY, events.END_DAY + 1)]
    with workspace.database.write() as session:
        scoring.remember_references(session, references)
    scored = scoring.score_at(workspace, START)
    with workspace.database.write() as session:
        cycle.write_scores(session, scored, START)
        session.run("DELETE FROM dirty")


def _arrivals(now: int, customers: int) -> list[Event]:
    """One event of each of the touched customers."""
    draws = np.random.default_rng(now)
    receipt = Receipt(now - 1, live=True)
    found = []
    for customer in draws.choice(customers, TOUCHED, replace=False).tolist():
        kind, properties = _KINDS[int(draws.integers(len(_KINDS)))]
        raw = Raw(events.name(customer + 1), kind, now - 2, properties, f"live-{now}-{customer}")
        found.append(accept(raw, receipt))
    return [event for event in found if isinstance(event, Event)]


STEPS = (
    ("turn: commit and all the rest", cycle, "turn"),
    ("segments", cycle, "fold_segments"),
    ("reference", cycle, "reference_for"),
    ("fold", profiles, "fold_states"),
    ("fold", rollups, "fold_hot"),
    ("aggregate", rollups, "aggregate"),
    ("evaluate", scoring, "evaluate"),
    ("write", cycle, "write_scores"),
)
"""What a turn consists of, by the names under which the cycle calls it. Scores are evaluated when first asked for."""


def _stepped(workspace: Workspace, now: int) -> Clock:
    with watch.steps(*STEPS) as clock:
        done = cycle.turn(workspace, now)
    assert done.scored == TOUCHED
    return clock


def _stated(workspace: Workspace, now: int) -> Clock:
    with watch.database_statements() as clock:
        cycle.turn(workspace, now)
    return clock


def measure(path: Path, repeats: int = 8) -> dict[str, object]:
    """Best seconds of a turn, of its steps, and of the statements in it: three kinds of turns by turns."""
    turns: list[float] = []
    cpu: list[float] = []
    steps, statements = Clock(), Clock()
    with folder.opened(prepared(path)) as workspace:
        with workspace.database.read() as session:
            customers = int(session.one("SELECT COUNT(*) FROM customer"))
            start = max(START, int(session.one("SELECT MAX(as_of) FROM score")))
        for number in range(1, 3 * repeats + 1):
            now = start + number * SECOND_US
            receive(workspace, [Parcel("live", _arrivals(now, customers))], now)
            match number % 3:
                case 0:
                    before = watch.cpu()
                    turns.append(watch.seconds(partial(cycle.turn, workspace, now)))
                    cpu.append(watch.cpu() - before)
                case 1:
                    steps.best(_stepped(workspace, now))
                case _:
                    statements.best(_stated(workspace, now))
    return {"turn": min(turns), "median": float(np.median(turns)), "cpu": min(cpu), "steps": steps.seconds,
            "statements": statements.seconds}  # fmt: skip
