"""The server that the SDKs send to."""

from collections.abc import Iterator

import pytest

from tests.sdks import receiver


@pytest.fixture
def server() -> Iterator[receiver.Receiver]:
    """Has `url`, `key`, `delivered()` and `refused()`."""
    with receiver.running("write-key") as running:
        yield running
