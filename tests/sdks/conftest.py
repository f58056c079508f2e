"""The server that the SDKs send to: the real one, with a fresh data folder for each."""

from collections.abc import Iterator

import pytest

from tests import live


@pytest.fixture
def server(tmp_path) -> Iterator[live.Server]:
    """Listens on a port of this machine."""
    with live.inside(tmp_path / "data") as running:
        yield running
