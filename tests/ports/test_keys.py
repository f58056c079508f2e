"""Keys of programs, on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.base.time import HOUR_US, SECOND_US
from keepwell.runtime.keys import KeyRing
from keepwell.runtime.ports.access import Scope
from keepwell.runtime.ports.keys import KeyRefusedError, KeyWish
from keepwell.store.keys import Key
from tests.histories import NOW, house


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def folder(request):
    url = request.getfixturevalue("clean_postgres")() if request.param == "postgresql" else None
    with house(url) as workspace:
        yield workspace


@pytest.fixture
def space(folder):
    with folder.database.write() as session:
        for table in ("login", "person", "api_key"):
            session.run(f"DELETE FROM {table}")  # noqa: S608 - our own names
    return folder


@pytest.fixture
def clock():
    return Clock()


def test_a_key_is_found_by_its_secret_and_its_secret_is_nowhere(space, clock):
    ring = KeyRing(space, clock)
    made = ring.create(KeyWish("write", " Website ", (), ("signed_in",), ("web-",)))
    number, secret = made.id, made.key
    key = ring.find(secret)

    assert secret.startswith("kw_write_")
    assert len(secret) == len("kw_write_") + 32
    assert key == Key(
        number, "write", "Website", secret[:15], frozenset({Scope.INGEST}), ("signed_in",), ("web-",), NOW
    )
    assert ring.find(secret[:-1]) is ring.find("") is ring.find("\ud800") is None
    with space.database.read() as session:
        assert secret[15:] not in str(session.run("SELECT * FROM api_key"))


def test_a_revoked_key_opens_nothing_at_once_here_and_after_a_second_elsewhere(space, clock):
    here, elsewhere = KeyRing(space, clock), KeyRing(space, clock)
    made = here.create(KeyWish("api", "one"))
    number, secret = made.id, made.key
    assert elsewhere.find(secret) is not None
    assert here.revoke(number)

    assert here.find(secret) is None
    clock.now += SECOND_US
    assert elsewhere.find(secret) is None
    assert here.keys()[0].revoked_at == NOW
    assert not here.revoke(number)


def test_a_key_made_elsewhere_is_found_after_a_second_also_when_the_clock_went_back(space, clock):
    here, elsewhere = KeyRing(space, clock), KeyRing(space, clock)
    assert elsewhere.find("x") is None
    secret = here.create(KeyWish("api", "one")).key
    clock.now -= HOUR_US

    assert elsewhere.find(secret) is not None


def test_finding_a_key_reads_nothing_and_writes_nothing_within_a_second(space, clock, monkeypatch):
    ring = KeyRing(space, clock)
    secret = ring.create(KeyWish("api", "one")).key
    ring.find(secret)
    monkeypatch.setattr(space.database, "read", lambda: pytest.fail("read"))
    monkeypatch.setattr(space.database, "write", lambda: pytest.fail("written"))

    assert ring.find(secret) is not None
    assert ring.find("unknown") is None


def test_the_last_use_of_a_key_is_kept(space, clock):
    ring = KeyRing(space, clock)
    secret = ring.create(KeyWish("api", "one")).key
    with ring.uses_kept():
        clock.now += 5
        ring.find(secret)
        assert ring.keys()[0].last_used_at is None

    assert ring.keys()[0].last_used_at == NOW + 5


def test_what_a_transaction_does_to_keys_counts_once_it_is_committed(space, clock):
    ring = KeyRing(space, clock)
    old, kept = ring.create(KeyWish("api", "old")), ring.create(KeyWish("api", "kept"))
    with space.database.write():
        new = ring.create(KeyWish("api", "new"))
        assert ring.revoke(old.id)
        assert ring.find(old.key) is not None  # read meanwhile by somebody else
        assert ring.find(new.key) is None

    assert ring.find(new.key) is not None
    assert ring.find(old.key) is None

    def fail() -> None:
        with space.database.write():
            ring.revoke(kept.id)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert ring.find(kept.key) is not None


@pytest.mark.parametrize(
    "wish",
    [
        KeyWish("other", "x"),
        KeyWish("api", " "),
        KeyWish("api", "x" * 101),
        KeyWish("api", "x\x00"),
        KeyWish("api", "x", ("root",)),
        KeyWish("write", "x", (Scope.READ,)),
        KeyWish("write", "x", (Scope.INGEST, Scope.ADMIN)),
        KeyWish("api", "x", events=("signed_in",)),
        KeyWish("api", "x", customers=("a",)),
        KeyWish("write", "x", customers=("",)),
        KeyWish("write", "x", events=("",)),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(space, clock, wish):
    ring = KeyRing(space, clock)
    with pytest.raises(KeyRefusedError):
        ring.create(wish)
    assert ring.keys() == []


NAMES = st.text("ab-", max_size=3)


@given(st.lists(NAMES.filter(bool), max_size=2), st.lists(NAMES.filter(bool), max_size=2), NAMES, st.none() | NAMES)
def test_a_narrowed_key_admits_what_it_names_and_nothing_else(events, customers, event, customer):
    key = Key(1, "write", "k", "", frozenset({Scope.INGEST}), tuple(events), tuple(customers))
    about = any(customer is not None and customer[: len(each)] == each for each in customers)

    assert key.admits(event, customer) == ((not events or event in events) and (not customers or about))
