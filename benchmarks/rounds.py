"""Diagnosing everybody, as a night without a server would; and one customer of them all, as a page asks.

Mechanism: telemetry of 10,000 customers is read at once, customer by customer; all who have a topic are compared with
the others in one call; an entry of which nothing is known is answered without being asked.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import folder, live
from benchmarks.watch import forget_peak, peak_bytes
from keepwell.config.expert import shipped_knowledge, shipped_names
from keepwell.runtime import rounds
from keepwell.runtime.diagnosing import Beside, crowd, diagnose_all, diagnosed, telemetry
from keepwell.runtime.workspace import Workspace
from keepwell.store.customers import ids_of

AT = live.START
ALONE = 500  # customers whose diagnosing is timed without reading and writing


def measure(path: Path, repeats: int) -> dict[str, float]:
    """Seconds of a whole round and of its parts, customers, and bytes at the peak."""
    with folder.opened(live.prepared(path)) as workspace, workspace.writing():
        _forget(workspace)
        with workspace.database.write() as session:
            rounds.diagnose_everybody(session)
        forget_peak()
        customers, everybody = _timed(lambda: rounds.catch_up(workspace, AT))
        found = {"customers": customers, "all": everybody, "peak": peak_bytes(), **_one(workspace, repeats)}
        _forget(workspace)
    return found


def _one(workspace: Workspace, repeats: int) -> dict[str, float]:
    """One customer with reading, and one of many that were read before."""
    others = crowd(workspace, AT)
    beside = Beside(others, shipped_knowledge(shipped_names()))
    chosen = sorted(others.members)
    with workspace.database.read() as session:
        names = list(ids_of(session, chosen).values())
    whole = min(_timed(lambda each=each: diagnosed(workspace, each, AT, lambda: beside))[1] for each in names[:repeats])
    sent = telemetry(workspace, chosen[:ALONE], AT)
    alone = min(_timed(lambda: diagnose_all(sent, chosen[:ALONE], AT, beside))[1] for _ in range(repeats))
    return {"one": whole, "alone": alone / len(chosen[:ALONE])}


def _forget(workspace: Workspace) -> None:
    with workspace.database.write() as session:
        for statement in ("DELETE FROM finding", "DELETE FROM diagnosis", "DELETE FROM dirty"):
            session.run(statement)


def _timed(work: Callable[[], object]) -> tuple[object, float]:
    began = time.perf_counter()
    found = work()
    return found, time.perf_counter() - began
