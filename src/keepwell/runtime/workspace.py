"""A data folder that is open: database, segments, scorecards, and the lock of its one writer."""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from keepwell.alerts.alarms import Alarms
from keepwell.base.errors import KeepwellError
from keepwell.config.alerts import OWN, load_rules
from keepwell.config.scorecards import load_deck
from keepwell.config.settings import DATABASE_FILE, Settings
from keepwell.config.staff import load_staff
from keepwell.runtime.clock import now_us
from keepwell.scores.scorecard import Deck
from keepwell.store.customers import CustomerIds
from keepwell.store.database import Database, open_database
from keepwell.store.migrate import upgrade
from keepwell.store.segments import Segments


class FolderBusyError(KeepwellError):
    """Another process writes to the data folder.

    Attributes:
        folder: the data folder.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder} is in use by another keepwell that writes to it. Nothing was changed. Files are imported after"
            " `keepwell serve` was stopped; while it runs, send events to /v1/events, change keys and people under"
            " /settings, bands on the customers' pages, and alerts in the inbox under /alerts or with POST"
            " /api/v1/alerts/N/acknowledge, snooze or resolve"
        )
        self.folder = folder


class Workspace:
    """Everything a job needs to work on one data folder."""

    def __init__(self, settings: Settings, database: Database, deck: Deck, alarms: Alarms) -> None:
        self.settings = settings
        self.alarms = alarms
        self.folder = settings.data
        self.database = database
        self.segments = Segments(settings.data)
        self.deck = deck
        self.ids = CustomerIds()
        self._entering = threading.Lock()
        self._writers = 0
        self._held = ExitStack()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the folder's lock while writing, and clear what a crash left behind.

        The lock is this workspace's: threads and jobs inside it share it, and the last one gives it back.

        Raises:
            FolderBusyError: somebody else holds it.
        """
        with self._entering:
            if not self._writers:
                self._held.enter_context(self._locked())
            self._writers += 1
        try:
            yield
        finally:
            with self._entering:
                self._writers -= 1
                if not self._writers:
                    self._held.close()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.folder / "writer.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise FolderBusyError(self.folder) from None
            with self.database.write() as session:
                self.segments.sweep(session)
            yield


def own_scorecards(folder: Path) -> list[Path]:
    """The installation's own scorecard files."""
    return sorted((folder / "scorecards").glob("*.toml"))


class FolderRefusedError(KeepwellError):
    """A data folder that is not there, or cannot be one.

    Attributes:
        folder: the path.
    """

    def __init__(self, folder: Path, problem: str) -> None:
        super().__init__(f"{folder}: {problem}. Nothing was changed")
        self.folder = folder


def _prepare(settings: Settings, *, create: bool) -> None:
    folder = settings.data
    holds = folder.exists() if settings.database_url else (folder / DATABASE_FILE).exists()
    if not create and not holds:
        raise FolderRefusedError(folder, "there is no data here; `keepwell import events --data` makes a folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise FolderRefusedError(folder, f"cannot be a data folder ({error.strerror})") from None


def _alarms(settings: Settings) -> Alarms:
    """The rules and the staff of the installation."""
    staff = load_staff(settings.data / "staff.toml", settings.persona, now_us())
    return Alarms(load_rules(settings.data / OWN), staff)


@contextmanager
def open_workspace(settings: Settings, *, create: bool = True) -> Iterator[Workspace]:
    """Open a data folder, made on first use; with `create` False only one that holds data.

    Raises:
        KeepwellError: the folder, database or scorecards cannot be used.
    """
    _prepare(settings, create=create)
    database = open_database(settings.database())
    try:
        upgrade(database)
        yield Workspace(settings, database, load_deck(own_scorecards(settings.data)), _alarms(settings))
    finally:
        database.close()
