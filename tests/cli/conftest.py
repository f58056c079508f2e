"""Commands run in this process; what they print is the result."""

import pytest
from typer.testing import CliRunner

from keepwell.cli.app import app


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a command on a data folder of its own and returns what it printed; it must be done or exit with `status`."""
    monkeypatch.delenv("KEEPWELL_DATA", raising=False)

    def run(*arguments: object, status: int = 0) -> str:
        words = [*map(str, arguments), "--data", str(tmp_path / "data")]
        done = CliRunner().invoke(app, words, catch_exceptions=False)
        assert done.exit_code == status, done.output
        return done.output

    return run


@pytest.fixture
def imported(tmp_path, run):
    """Imports rows of events written as CSV lines; the summary that was printed."""

    def imported(*lines: str, options: tuple[object, ...] = (), header: str = "customer_id,event,timestamp") -> str:
        path = tmp_path / "events.csv"
        path.write_text("\n".join((header, *lines)) + "\n")
        return run("import", "events", path, *options)

    return imported
