import pytest
from fastapi.testclient import TestClient

from tests.web.fakes import TOKEN, FakeAccess, FakeBook, fake_desk
from tests.web.relay import dashboard

BASE = "http://127.0.0.1:8000"


@pytest.fixture(scope="session")
def book():
    return FakeBook()


@pytest.fixture
def desk(book):
    return fake_desk(book)


@pytest.fixture
def access():
    return FakeAccess()


@pytest.fixture
def stranger(desk, access):
    """A client without a session."""
    return TestClient(dashboard(desk, access), base_url=BASE, follow_redirects=False)


@pytest.fixture
def client(stranger):
    """A client that has followed the login link."""
    assert stranger.get("/login", params={"token": TOKEN}).status_code == 303
    return stranger


@pytest.fixture
def empty():
    """A client of an installation without a single customer."""
    access = FakeAccess()
    client = TestClient(dashboard(fake_desk(FakeBook(0)), access), base_url=BASE, follow_redirects=False)
    client.get("/login", params={"token": TOKEN})
    return client
