"""The disk of the proofs: what is synced stays, what is not may go, in sectors."""

from __future__ import annotations

import random

import apsw
import pytest

from tests.proofs.disk import SECTOR, Disk, Image

NEW_FILE = [apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE, 0]
CUTS = 300


@pytest.fixture
def disk(tmp_path):
    return Disk(tmp_path)


def write(disk: Disk, *steps: tuple[int, bytes] | None) -> None:
    """Writes to a file named x, and a sync for each None."""
    file = disk.xOpen(str(disk.folder / "x"), NEW_FILE)
    for step in steps:
        if step is None:
            file.xSync(0)
        else:
            file.xWrite(step[1], step[0])
    file.xClose()


def left(disk: Disk) -> list[Image]:
    """What many cuts after everything leave."""
    rng = random.Random(1)
    return [image for _ in range(CUTS) for _, image in disk.cut([len(disk.record)], rng)]


def contents(disk: Disk) -> set[bytes]:
    return {image.get("x", b"") for image in left(disk)}


def test_what_is_synced_stays(disk):
    write(disk, (0, b"a" * 1000), (300, b"b"), None)

    assert contents(disk) == {b"a" * 300 + b"b" + b"a" * 699}


def test_what_is_not_synced_may_stay_go_or_be_torn_between_sectors(disk):
    disk.start({"x": b"-" * 4 * SECTOR})
    write(disk, (0, b"a" * 4 * SECTOR))

    kinds = {bytes(content[place * SECTOR] for place in range(4)) for content in contents(disk)}
    assert all(
        len(set(content[place : place + SECTOR])) == 1
        for content in contents(disk)
        for place in range(0, len(content), SECTOR)
    )
    assert len(kinds) == 16


def test_a_later_write_may_be_there_without_an_earlier_one(disk):
    disk.start({"x": b"--"})
    write(disk, (0, b"a"), (1, b"b"))

    assert contents(disk) == {b"--", b"ab", b"a-", b"-b"}


def test_files_are_cut_on_their_own(disk):
    disk.start({"y": b"kept"})
    write(disk, (0, b"a"))

    assert {image["y"] for image in left(disk)} == {b"kept"}


def test_a_deletion_that_is_not_synced_may_be_undone(disk):
    disk.start({"x": b"kept"})
    disk.xDelete(str(disk.folder / "x"), False)

    assert contents(disk) == {b"kept", b""}


def test_a_deletion_that_is_synced_is_not_undone(disk):
    disk.start({"x": b"kept"})
    disk.xDelete(str(disk.folder / "x"), True)

    assert contents(disk) == {b""}


def test_the_record_tells_what_was_safe_at_any_moment(disk):
    write(disk, (0, b"a"), None, (0, b"b"), None)
    rng = random.Random(1)

    assert [image["x"] for moment, image in disk.cut([2, 4], rng)] == [b"a", b"b"]
