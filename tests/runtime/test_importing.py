"""Importing: a row that is refused after it was accepted is still found under its own number, as it was written."""

import json

import pytest

from keepwell.config.settings import load_settings
from keepwell.runtime.accepting import LARGE_FILE
from keepwell.runtime.importing import import_events, waiting_rejects
from keepwell.runtime.workspace import open_workspace
from keepwell.sources.files import read

NOW = 1_790_000_000_000_000
HEADER = "customer_id,event,timestamp,message_id,properties"


@pytest.fixture
def space(tmp_path):
    with open_workspace(load_settings(tmp_path / "data"), create=True) as space:
        yield space


def row(number: int, identity: str) -> str:
    return f'ada,feature_used,2026-08-01T09:00:00Z,{identity},"{{""feature"":""f{number}""}}"'


def found(space, path, lines):
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    import_events(space, [path], NOW)
    return [(each.row, each.reason, json.loads(each.raw)) for each in waiting_rejects(space, 100)]


def refused(number: int, identity: str) -> tuple[object, ...]:
    raw = {
        "customer_id": "ada", "event": "feature_used", "timestamp": "2026-08-01T09:00:00Z",
        "properties": f'{{"feature":"f{number}"}}', "message_id": identity,
    }  # fmt: skip
    return number, "conflicting_duplicate", raw


def test_conflicts_are_listed_under_their_rows(space, tmp_path, monkeypatch):
    monkeypatch.setattr(read, "CHUNK_ROWS", 4)
    names = ["a", "b", "a", "c", "d", "", "b", "e", "f", "g", "h", "i", "a"]
    lines = [row(number, name) for number, name in enumerate(names, 1)]

    listed = found(space, tmp_path / "small.csv", lines)
    assert listed == [refused(3, "a"), refused(7, "b"), refused(13, "a")]


def test_a_refused_row_before_a_conflict_is_counted(space, tmp_path):
    lines = [row(1, "a"), "ada,feature_used,yesterday,,", row(3, "a"), row(4, "b")]

    assert [each[:2] for each in found(space, tmp_path / "small.csv", lines)] == [
        (2, "bad_timestamp"),
        refused(3, "a")[:2],
    ]


def test_conflicts_of_a_file_read_by_several_are_listed_under_their_rows(space, tmp_path):
    lines = [row(number, f"m{number}") for number in range(1, read.CHUNK_ROWS + 1000)]
    last = len(lines)
    lines[5], lines[-1] = row(6, "m2"), row(last, "m1")
    path = tmp_path / "large.csv"

    assert found(space, path, lines) == [refused(6, "m2"), refused(last, "m1")]
    assert path.stat().st_size > LARGE_FILE
