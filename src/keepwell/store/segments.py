"""Sealed segments: immutable, sorted Parquet files, each listed in the manifest with its checksum."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from keepwell.base.errors import KeepwellError
from keepwell.store.database import Session

FIRST = "first"
"""The stream of first uses: an index made from the other streams, so that tenure needs no full scan."""

_CHUNK = 1 << 20
_GROUP = 16 * 1024
"""Rows of a group, sorted by customer: one customer is found four times as quickly as in groups of 128 x 1024."""


class SegmentDamagedError(KeepwellError):
    """A sealed file is missing or no longer what it was when it was sealed.

    Attributes:
        path: the file, relative to the data folder.
    """

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"segment {path} is damaged: {problem}. Nothing was changed; restore it from a backup")
        self.path = path


class Segment(msgspec.Struct, frozen=True):
    """One row of the manifest. Known times are microseconds, both ends included."""

    id: int
    path: str
    stream: str
    rows: int
    bytes: int
    sha256: str
    min_known: int
    max_known: int
    rolled: int


class Segments:
    """The folder of segments and their manifest rows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.directory = folder / "segments"

    def write(self, session: Session, stream: str, table: pa.Table, *, rolled: bool) -> Segment | None:
        """Write a table and add its manifest row to the caller's transaction. The file is durable before.

        A crash before the commit leaves a file without a manifest row, which `sweep` removes.
        """
        if not len(table):
            return None
        order = (
            [("known_day", "ascending"), ("customer", "ascending")] if stream != FIRST else [("customer", "ascending")]
        )
        table = table.sort_by(order)
        number = int(session.one("SELECT COALESCE(MAX(id), 0) FROM segment") or 0) + 1
        path = self.directory / f"{number:08d}-{stream}.parquet"
        digest = _write_durably(path, table)
        known = table.column("known_at")
        segment = Segment(
            number, str(path.relative_to(self.folder)), stream, len(table), path.stat().st_size, digest,
            pc.min(known).as_py(), pc.max(known).as_py(), int(rolled),
        )  # fmt: skip
        session.run(
            "INSERT INTO segment (id, path, stream, rows, bytes, sha256, min_known, max_known, rolled, retired)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
            msgspec.structs.astuple(segment),
        )
        return segment

    def paths(self, segments: Sequence[Segment]) -> list[str]:
        """Absolute paths for a reader."""
        return [str(self.folder / segment.path) for segment in segments]

    def verify(self, segments: Sequence[Segment]) -> None:
        """Compare each file with its checksum.

        Raises:
            SegmentDamagedError: a file is missing or changed.
        """
        for segment in segments:
            path = self.folder / segment.path
            if not path.exists():
                raise SegmentDamagedError(segment.path, "the file is missing")
            if _sha256(path) != segment.sha256:
                raise SegmentDamagedError(segment.path, "the checksum differs")

    def sweep(self, session: Session) -> int:
        """Remove files that no manifest row names: leftovers of a crash. How many there were."""
        if not self.directory.exists():
            return 0
        known = {str(path) for (path,) in session.run("SELECT path FROM segment WHERE retired = 0")}
        orphans = [path for path in self.directory.iterdir() if str(path.relative_to(self.folder)) not in known]
        for path in orphans:
            path.unlink()
        return len(orphans)


def manifest(session: Session, streams: Sequence[str], since: int = 0) -> list[Segment]:
    """Segments of some streams that hold anything known at or after `since`."""
    marks = ", ".join("?" for _ in streams)
    rows = session.run(
        "SELECT id, path, stream, rows, bytes, sha256, min_known, max_known, rolled FROM segment"
        f" WHERE retired = 0 AND max_known >= ? AND stream IN ({marks}) ORDER BY id",
        (since, *streams),
    )
    return [msgspec.convert(dict(zip(Segment.__struct_fields__, row, strict=True)), Segment) for row in rows]


def _write_durably(path: Path, table: pa.Table) -> str:
    """Temporary file, fsync, rename, fsync of the folder; gives the checksum."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    pq.write_table(table, temporary, compression="zstd", compression_level=1, row_group_size=_GROUP)
    digest = _sha256(temporary)
    _fsync(temporary)
    temporary.rename(path)
    _fsync(path.parent)
    return digest


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
