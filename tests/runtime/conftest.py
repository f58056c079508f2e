"""A house with a poller, on both databases or on one."""

from __future__ import annotations

import pytest

from tests.runtime.asking import asking


@pytest.fixture(params=["sqlite", "postgresql"])
def both(request):
    url = request.getfixturevalue("clean_postgres")() if request.param == "postgresql" else None
    with asking(url) as made:
        yield made


@pytest.fixture
def scene():
    with asking() as made:
        yield made
