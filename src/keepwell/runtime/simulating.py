"""Filling a data folder from a simulated world."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from keepwell.base.errors import KeepwellError
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Event, Raw
from keepwell.runtime.importing import Progress, compact_first_uses, store_events
from keepwell.runtime.texts import sentiment
from keepwell.runtime.workspace import Workspace
from keepwell.simulation.spec import WorldSpec
from keepwell.simulation.world import World, simulate
from keepwell.sources.files.customers import customer_rows
from keepwell.store import batch, log

SOURCE = "simulation"
TRUTH = "truth.json"
ROWS_AT_ONCE = 100_000


class FolderNotEmptyError(KeepwellError):
    """A folder that holds events already is not mixed with simulated ones.

    Attributes:
        folder: the data folder.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} already holds events. Nothing was changed; choose a new folder with --data")
        self.folder = folder


class Filled(msgspec.Struct, frozen=True):
    """What a simulation came to. `truth` is the file with what the events do not tell."""

    customers: int
    events: int
    truth: str


def fill(workspace: Workspace, spec: WorldSpec, now: int, progress: Progress = lambda _rows: None) -> Filled:
    """Simulate a world into an empty data folder; the truth goes to a file beside the data.

    Raises:
        FolderNotEmptyError: there are events already.
    """
    with workspace.writing():
        with workspace.database.read() as session:
            if log.mark(session, "watermark"):
                raise FolderNotEmptyError(workspace.folder)
        world = simulate(spec)
        receipt = Receipt(now, sentiment=sentiment)
        events = _store(workspace, receipt, _customers(world, now))
        batch: list[Raw] = []
        for rows in world.rows():
            batch += rows
            progress(len(rows))
            if len(batch) >= ROWS_AT_ONCE:
                events += _store(workspace, receipt, batch)
                batch = []
        events += _store(workspace, receipt, batch)
        compact_first_uses(workspace)
        with workspace.database.write() as session:
            log.set_mark(session, "simulated", f"{spec.customers}/{spec.days}/{spec.seed}")
    truth = workspace.folder / TRUTH
    truth.write_bytes(msgspec.json.format(msgspec.json.encode(world.truth), indent=1))
    return Filled(len(world.customers), events, str(truth))


def _customers(world: World, now: int) -> list[Raw]:
    """The records of the customers, as a file of customers would say it."""
    found: list[Raw] = []
    for record in world.customers:
        traits = {name: value for name, value in record.items() if name != "customer_id"}
        found += customer_rows(Raw(record["customer_id"], None, None, traits), now)
    return found


def _store(workspace: Workspace, receipt: Receipt, rows: Iterable[Raw]) -> int:
    accepted = [event for event in (accept(raw, receipt) for raw in rows) if isinstance(event, Event)]
    with workspace.database.write() as session:
        counted, ids = store_events(workspace, session, batch.accepted(accepted), SOURCE)
    workspace.ids.commit(ids)
    return len(counted.fresh)


def holds_demo(workspace: Workspace) -> bool:
    """Whether a simulation was filled in completely."""
    with workspace.database.read() as session:
        return session.one("SELECT value FROM setting WHERE name = 'simulated'") is not None
