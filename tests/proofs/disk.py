"""A disk whose power can be cut: a file system for SQLite that keeps synced and unsynced content apart.

Files are real, in a folder, so that locks and shared memory work as always; they are what a running program
sees. Beside them every write, sync, truncation and deletion is recorded. The record alone says what the disk
holds after a cut: all that was synced, and of the rest whatever the disk had got round to. The real sync is
skipped, so a proof does not depend on the disk underneath.

Sectors of 512 bytes are written whole or not at all. A deletion that was not synced may be undone.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import count
from pathlib import Path
from typing import NamedTuple

import apsw

SECTOR = 512
SHARED_MEMORY = "-shm"  # does not outlive the power

Image = Mapping[str, bytes]
"""The files of a disk by name."""


class Deed(Enum):
    WRITE = "write"
    SYNC = "sync"
    TRUNCATE = "truncate"
    DELETE = "delete"


class Entry(NamedTuple):
    """One line of the record. `at` is the offset of a write, the length left by a truncation."""

    deed: Deed
    name: str
    at: int = 0
    content: bytes = b""


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        path = name.filename() if isinstance(name, apsw.URIFilename) else (name or "")
        self._name = Path(path).name
        self._record = disk.record
        super().__init__("", name, flags)

    def xWrite(self, data, offset):  # noqa: N802 - the names are SQLite's
        super().xWrite(data, offset)
        self._record.append(Entry(Deed.WRITE, self._name, offset, bytes(data)))

    def xSync(self, _flags):  # noqa: N802
        self._record.append(Entry(Deed.SYNC, self._name))

    def xTruncate(self, size):  # noqa: N802
        super().xTruncate(size)
        self._record.append(Entry(Deed.TRUNCATE, self._name, size))


_numbers = count(1)


class Disk(apsw.VFS):
    """A disk with a folder of its own; `name` is how SQLite calls it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = f"cut-{next(_numbers)}"
        self.record: list[Entry] = []
        self._at_start: Image = {}
        super().__init__(self.name, base="")

    def xOpen(self, name, flags):  # noqa: N802
        return _File(self, name, flags)

    def xDelete(self, filename, syncdir):  # noqa: N802
        super().xDelete(filename, False)
        name = Path(filename).name
        self.record.append(Entry(Deed.DELETE, name))
        if syncdir:
            self.record.append(Entry(Deed.SYNC, name))

    def start(self, image: Image) -> None:
        """Hold these files, synced, and an empty record."""
        for path in self.folder.iterdir():
            path.unlink()
        for name, content in image.items():
            (self.folder / name).write_bytes(content)
        self._at_start = image
        self.record.clear()

    def cut(self, moments: Sequence[int], rng: random.Random) -> Iterator[tuple[int, Image]]:
        """What could be left if the power failed after so many entries of the record, for each moment in order."""
        platter = _Platter({name: bytearray(content) for name, content in self._at_start.items()})
        done = 0
        for moment in sorted(moments):
            for entry in self.record[done:moment]:
                platter.note(entry)
            done = moment
            yield moment, platter.left(rng)


@dataclass
class _Platter:
    """What is safe of each file, and what is still on its way."""

    safe: dict[str, bytearray]
    waiting: dict[str, list[Entry]] = field(default_factory=dict)

    def note(self, entry: Entry) -> None:
        if entry.deed is not Deed.SYNC:
            self.waiting.setdefault(entry.name, []).append(entry)
            return
        for each in self.waiting.pop(entry.name, ()):
            _apply(self.safe, each)

    def left(self, rng: random.Random) -> Image:
        files = {name: bytearray(content) for name, content in self.safe.items()}
        for name in sorted(self.waiting):
            for entry in _kept(self.waiting[name], rng):
                _apply(files, entry, rng)
        return {name: bytes(content) for name, content in files.items() if not name.endswith(SHARED_MEMORY)}


def _kept(entries: Sequence[Entry], rng: random.Random) -> Iterator[Entry]:
    """What a disk had got round to: nothing, all, the first ones, or any; the last of it perhaps torn."""
    match rng.choice(("nothing", "all", "first", "any", "any")):
        case "nothing":
            return
        case "all":
            yield from entries
        case "first":
            last = rng.randrange(len(entries))
            yield from entries[:last]
            yield from _torn(entries[last], rng)
        case _:
            for entry in entries:
                if rng.random() < 0.5:
                    yield from (entry,) if rng.random() < 0.7 else _torn(entry, rng)


def _torn(entry: Entry, rng: random.Random) -> Iterator[Entry]:
    """Some sectors of a write: the first ones, or any."""
    if entry.deed is not Deed.WRITE:
        return
    sectors = list(_sectors(entry))
    chosen = sectors[: rng.randrange(len(sectors) + 1)] if rng.random() < 0.5 else sectors
    yield from chosen if chosen is not sectors else (each for each in sectors if rng.random() < 0.5)


def _sectors(entry: Entry) -> Iterator[Entry]:
    end = entry.at + len(entry.content)
    start = entry.at
    while start < end:
        stop = min(end, (start // SECTOR + 1) * SECTOR)
        yield Entry(Deed.WRITE, entry.name, start, entry.content[start - entry.at : stop - entry.at])
        start = stop


def _apply(files: dict[str, bytearray], entry: Entry, rng: random.Random | None = None) -> None:
    """Do an entry to the files. A hole left by a write that did not happen holds zeros, or anything."""
    if entry.deed is Deed.DELETE:
        files.pop(entry.name, None)
        return
    content = files.setdefault(entry.name, bytearray())
    if entry.deed is Deed.TRUNCATE:
        del content[entry.at :]
        return
    hole = entry.at - len(content)
    if hole > 0:
        content.extend(rng.randbytes(hole) if rng and rng.random() < 0.5 else bytes(hole))
    content[entry.at : entry.at + len(entry.content)] = entry.content
