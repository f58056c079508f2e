"""Who asks the board gets all that was committed before; nothing is read twice."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from keepwell.runtime.board import Board
from keepwell.store import lines
from tests.histories import house


@pytest.fixture
def space():
    with house() as workspace:
        yield workspace


def test_without_a_commit_the_store_is_not_asked(space):
    found = Board(space.database)
    before = found.columns()

    assert found.columns() is before


def test_while_one_reads_another_waits_for_what_was_committed_before_it_asked(space, monkeypatch):
    """What the first one reads began before the commit, and must not be all that the second one gets."""
    found, held, go_on = Board(space.database), threading.Event(), threading.Event()
    read = lines.state

    def slowly(session, since):
        state = read(session, since)
        if not held.is_set():
            held.set()
            go_on.wait(30)
        return state

    monkeypatch.setattr(lines, "state", slowly)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(found.columns)
        held.wait(30)
        with space.database.write() as session:
            session.run("INSERT INTO customer (id, external_id) VALUES (1, 'c1')")
        second = pool.submit(found.columns)
        go_on.set()

        first.result()
        assert second.result().texts.names == ["c1"]
