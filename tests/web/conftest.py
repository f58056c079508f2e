import pytest
from fastapi.testclient import TestClient

from keepwell.web.app import create_app
from tests.web.fakes import TOKEN, FakeAccess, FakeBook, FakeOverrides, clock

BASE = "http://127.0.0.1:8000"


@pytest.fixture(scope="session")
def book():
    return FakeBook()


@pytest.fixture
def access():
    return FakeAccess()


@pytest.fixture
def stranger(book, access):
    """A client without a session."""
    return TestClient(create_app(book, access, clock, FakeOverrides(book)), base_url=BASE, follow_redirects=False)


@pytest.fixture
def client(stranger):
    """A client that has followed the login link."""
    assert stranger.get("/login", params={"token": TOKEN}).status_code == 303
    return stranger


@pytest.fixture
def empty():
    """A client of an installation without a single customer."""
    access = FakeAccess()
    client = TestClient(create_app(FakeBook(0), access, clock), base_url=BASE, follow_redirects=False)
    client.get("/login", params={"token": TOKEN})
    return client
