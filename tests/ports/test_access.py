"""People and sessions, on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST

from keepwell.base.time import DAY_US, SECOND_US
from keepwell.runtime import access as doors
from keepwell.runtime.access import StoredAccess
from keepwell.runtime.limiting import network
from keepwell.runtime.people import NoSuchPersonError, People, PersonRefusedError
from keepwell.runtime.ports.access import (
    Attempt,
    Identity,
    LoginRefusedError,
    NoRoleError,
    Role,
    TooManyAttemptsError,
)
from keepwell.store.schema import metadata
from tests.histories import NOW, house

PASSWORD = "correct horse battery"
MINUTE_US = 60 * SECOND_US


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


@pytest.fixture
def people(space, clock):
    return People(space, clock, PasswordHasher.from_parameters(CHEAPEST))


@pytest.fixture
def access(space, clock, people):
    return StoredAccess(space, clock, people)


def attempt(name="ada", password=PASSWORD, address="192.0.2.1", device=None) -> Attempt:
    return Attempt(name, password, address, device)


def test_the_migrations_make_the_schema(space):
    with space.database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


# --- people ----------------------------------------------------------------------------------


def test_a_person_logs_in_whatever_the_case_of_the_name(access, people, space):
    people.add(" Ada ", Role.CSM, PASSWORD)
    opened = access.login(attempt("ADA"))
    who = access.visitor(opened.session)

    assert (who.name, who.role, who.key) == ("ada", Role.CSM, None)
    with space.database.read() as session:
        kept = str(session.run("SELECT * FROM login")) + str(session.run("SELECT * FROM person"))
    assert not any(secret in kept for secret in (PASSWORD, opened.session, opened.device))


@pytest.mark.parametrize(("name", "password"), [("ada", "wrong"), ("bob", PASSWORD), ("", ""), ("ada", "\ud800")])
def test_others_do_not(access, people, name, password):
    people.add("ada", Role.CSM, PASSWORD)
    with pytest.raises(LoginRefusedError):
        access.login(attempt(name, password))


def test_an_unknown_name_costs_a_hash_like_a_known_one(people, monkeypatch):
    people.add("ada", Role.CSM, PASSWORD)
    people.meet(Identity("https://id", "7", "sso"))
    asked = []
    matches = People._matches
    monkeypatch.setattr(People, "_matches", lambda *given: asked.append(given) or matches(*given))
    for name in ("ada", "nobody", "sso"):
        assert people.check(name, "wrong") is None

    assert len(asked) == 3
    assert people.check("sso", "the password of nobody") is None


@pytest.mark.parametrize(
    ("name", "role", "password"),
    [
        ("", Role.CSM, PASSWORD),
        ("x" * 101, Role.CSM, PASSWORD),
        ("a\x00", Role.CSM, PASSWORD),
        ("ada", Role.NOBODY, PASSWORD),
        ("ada", Role.CSM, "short"),
        ("ada", Role.CSM, "x" * 1001),
        ("Bob", Role.CSM, PASSWORD),
    ],
)
def test_somebody_who_cannot_be_kept_is_refused(people, name, role, password):
    people.add("bob", Role.VIEWER, PASSWORD)
    with pytest.raises(PersonRefusedError):
        people.add(name, role, password)
    assert [person.name for person in people.listed()] == ["bob"]


def test_a_role_changes_at_once(access, people):
    people.add("ada", Role.CSM, PASSWORD)
    opened = access.login(attempt())
    people.set_role("ada", Role.VIEWER)

    assert access.visitor(opened.session).role == Role.VIEWER


@pytest.mark.parametrize("change", ["remove", "password"])
def test_who_is_removed_or_has_another_password_is_logged_out(access, people, change):
    people.add("ada", Role.CSM, PASSWORD)
    opened = access.login(attempt())
    if change == "remove":
        people.remove("ada")
    else:
        people.set_password("ada", PASSWORD + "!")

    assert access.visitor(opened.session) is None
    with pytest.raises(LoginRefusedError):
        access.login(attempt())
    with pytest.raises(NoSuchPersonError):
        people.set_password("nobody", PASSWORD)


# --- sessions --------------------------------------------------------------------------------


def test_a_session_ends_when_nobody_uses_it(access, people, clock):
    people.add("ada", Role.CSM, PASSWORD)
    opened = access.login(attempt())
    clock.now += 29 * MINUTE_US
    assert access.visitor(opened.session)
    clock.now += 29 * MINUTE_US
    assert access.visitor(opened.session)
    clock.now += 30 * MINUTE_US
    assert access.visitor(opened.session) is None


def test_a_session_in_use_ends_after_twelve_hours(access, people, clock):
    people.add("ada", Role.CSM, PASSWORD)
    opened = access.login(attempt())
    for _ in range(12 * 60 // 20 - 1):
        clock.now += 20 * MINUTE_US
        assert access.visitor(opened.session)
    clock.now += 20 * MINUTE_US
    assert access.visitor(opened.session) is None


def test_the_use_of_a_session_is_written_once_a_minute(access, people, clock, space, monkeypatch):
    people.add("ada", Role.CSM, PASSWORD)
    opened = access.login(attempt())
    clock.now += MINUTE_US
    access.visitor(opened.session)
    monkeypatch.setattr(space.database, "write", lambda: pytest.fail("written"))
    clock.now += MINUTE_US - 1

    assert access.visitor(opened.session)


def test_logging_out_closes_one_session(access, people):
    people.add("ada", Role.CSM, PASSWORD)
    one, two = access.login(attempt()), access.login(attempt())
    access.logout(one.session)

    assert access.visitor(one.session) is None
    assert access.visitor(two.session)


def test_a_link_makes_an_admin_and_none_where_others_can_reach_the_server(access, space, clock, people):
    session_id = access.redeem(access.issue())
    public = StoredAccess(space, clock, people, links=False)

    assert access.visitor(session_id).role == Role.ADMIN
    assert public.visitor(session_id) is None
    assert public.redeem(access.issue()) is None


def test_neither_a_link_nor_a_device_is_a_session(access, people):
    people.add("ada", Role.CSM, PASSWORD)
    opened = access.login(attempt())

    assert access.visitor(access.issue()) is None
    assert access.visitor(opened.device) is None
    assert access.redeem(opened.session) is None


# --- limits ----------------------------------------------------------------------------------


def test_a_guesser_has_to_wait_wherever_they_come_from_and_keeps_nobody_out(access, people):
    people.add("ada", Role.ADMIN, PASSWORD)
    known = access.login(attempt()).device
    for number in range(10):
        with pytest.raises(LoginRefusedError):
            access.login(attempt(password="guess", address=f"198.51.100.{number}"))
    with pytest.raises(TooManyAttemptsError) as waiting:
        access.login(attempt(address="203.0.113.1"))

    assert 0 < waiting.value.wait_s <= 15 * 60
    assert access.login(attempt(address="198.51.100.1", device=known))
    assert access.redeem(access.issue())


def test_a_device_that_guesses_has_to_wait_too_and_is_known_for_its_person_only(access, people):
    for name in ("ada", "bob"):
        people.add(name, Role.ADMIN, PASSWORD)
    device = access.login(attempt()).device
    for _ in range(10):
        with pytest.raises(LoginRefusedError):
            access.login(attempt("bob", "guess", device=device))
    with pytest.raises(TooManyAttemptsError):
        access.login(attempt("bob", device=device))
    for _ in range(10):
        with pytest.raises(LoginRefusedError):
            access.login(attempt("ada", "guess", device=device))
    with pytest.raises(TooManyAttemptsError):
        access.login(attempt(device=device))


def test_an_address_that_tries_many_names_has_to_wait(access, monkeypatch):
    monkeypatch.setattr(doors, "PER_ADDRESS", "5/15 minutes")
    for number in range(5):
        with pytest.raises(LoginRefusedError):
            access.login(attempt(f"name {number}", address=f"2001:db8::{number}"))
    with pytest.raises(TooManyAttemptsError):
        access.login(attempt("another", address="2001:db8::ffff"))
    with pytest.raises(LoginRefusedError):
        access.login(attempt("another", address="2001:db8:0:1::1"))


def test_logging_in_rightly_is_not_limited_for_an_account(access, people):
    people.add("ada", Role.ADMIN, PASSWORD)
    for _ in range(12):
        access.login(attempt())


@pytest.mark.parametrize(
    ("address", "one"),
    [("192.0.2.1", "192.0.2.1"), ("fe80::1%eth0", "fe80::/64"), ("2001:db8::5", "2001:db8::/64"), ("unix", "unix")],
)
def test_what_counts_as_one_address(address, one):
    assert network(address) == one


# --- identities ------------------------------------------------------------------------------


def test_an_identity_is_recognised_by_what_never_changes_and_takes_no_name(access, people):
    people.add("ada", Role.ADMIN, PASSWORD)
    first = access.welcome(Identity("https://id", "7", "Ada"))
    access.welcome(Identity("https://id", "7", "renamed"))
    access.welcome(Identity("https://other", "7", "Ada"))

    assert access.visitor(first.session).role == Role.VIEWER
    assert [(each.name, each.role) for each in people.listed()] == [("ada", 3), ("ada (2)", 1), ("ada (3)", 1)]
    assert people.check("ada (2)", PASSWORD) is None
    with pytest.raises(PersonRefusedError):
        people.set_password("ada (2)", PASSWORD)


def test_a_role_of_the_provider_is_followed_and_one_of_ours_is_kept(access, people):
    access.welcome(Identity("https://id", "7", "ada", Role.CSM))
    opened = access.welcome(Identity("https://id", "7", "ada", Role.ADMIN))
    assert access.visitor(opened.session).role == Role.ADMIN
    people.set_role("ada", Role.CSM)
    access.welcome(Identity("https://id", "7", "ada"))
    assert access.visitor(opened.session).role == Role.CSM


def test_who_loses_the_role_at_the_provider_is_out_at_once(access):
    opened = access.welcome(Identity("https://id", "7", "ada", Role.ADMIN))
    with pytest.raises(NoRoleError):
        access.welcome(Identity("https://id", "7", "ada", Role.NOBODY))

    assert access.visitor(opened.session) is None


def test_what_has_ended_is_cleared_away(access, clock, space):
    for _ in range(3):
        access.redeem(access.issue())
    clock.now += 181 * DAY_US
    access.issue()
    with space.database.read() as session:
        assert session.one("SELECT COUNT(*) FROM login") == 1
