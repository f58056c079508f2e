"""`keepwell demo` says where its data lie, so that the other commands can be tried on them."""

import shlex

import pytest

from keepwell.cli import demo

PRINTED = "for example `"


@pytest.fixture
def served(monkeypatch):
    """A demo that ends where it would serve; the folders it had open."""
    folders = []
    monkeypatch.setattr(demo, "run", lambda space, _listener, *, breathing: folders.append((space.folder, breathing)))
    return folders


@pytest.mark.timeout(120)
def test_it_prints_its_folder_and_a_command_that_reads_it(run, served, tmp_path):
    printed = run("demo", "--customers", "3", "--days", "10", "--port", "0")
    ((folder, breathing),) = served

    assert breathing
    assert folder.parent == tmp_path / "data"
    assert f"The data folder is {folder}\n" in printed
    command = printed.partition(PRINTED)[2].partition("`")[0]
    assert shlex.split(command) == ["keepwell", "findings", "--data", str(folder)]


def test_a_folder_with_a_space_can_be_pasted(tmp_path):
    line = demo.where(tmp_path / "my demos")[1]

    assert shlex.split(line.partition(PRINTED)[2].partition("`")[0])[-1] == str(tmp_path / "my demos")
