"""The outbox on SQLite and on PostgreSQL: once a key, and only who holds the last claim changes a row."""

from __future__ import annotations

import msgspec
import pytest

from keepwell.base.time import SECOND_US
from keepwell.store import outbox
from keepwell.store.outbox import ENDS, Entry, Settled, State
from tests.histories import NOW, house

LEASE = NOW + 60 * SECOND_US


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request):
    url = request.getfixturevalue("clean_postgres")() if request.param == "postgresql" else None
    with house(url) as workspace:
        yield workspace.database


def entry(key="k", **how):
    given = {"key": key, "audience": "staff", "channel": "email", "recipient": "ada@example.org", "payload": "{}"}
    return Entry(**{**given, "because": "it fired", "created_at": NOW, "due_at": NOW, **how})


def put(database, *entries):
    with database.write() as session:
        return [outbox.put(session, each) for each in entries]


def claim(database, key="k", now=NOW, lease=LEASE):
    """The entry as it is claimed."""
    with database.write() as session:
        fence = outbox.claim(session, key, now, lease)
        found = outbox.find(session, key)
    return None if fence is None else msgspec.structs.replace(found, fence=fence)


def settle(database, claimed, state, now=NOW, **how):
    with database.write() as session:
        return outbox.settle(session, claimed, Settled(state, **how), now)


def find(database, key="k"):
    with database.read() as session:
        return outbox.find(session, key)


def test_what_is_put_is_found_as_it_was(database):
    whole = entry(urgent=True, repeat=True, expires_at=NOW + 1)
    put(database, whole)

    assert find(database) == whole
    assert find(database, "other") is None


def test_a_key_is_there_once_whatever_is_put_again(database):
    assert put(database, entry(payload="1"), entry(payload="2")) == [True, False]
    claim(database)
    assert put(database, entry()) == [False]
    assert (find(database).payload, find(database).state) == ("1", State.SENDING)


def test_what_is_not_committed_was_never_put(database):
    with pytest.raises(ZeroDivisionError):
        _put_and_fail(database)
    assert find(database) is None


def _put_and_fail(database):
    with database.write() as session:
        outbox.put(session, entry())
        raise ZeroDivisionError


def test_due_are_queued_ones_whose_time_has_come_urgent_first(database):
    put(
        database, entry("later", due_at=NOW + 1), entry("b"), entry("a", due_at=NOW - 5),
        entry("page", urgent=True, channel="slack"), entry("gone", channel="slack"),
    )  # fmt: skip
    claim(database, "gone")

    def due(*rest):
        with database.read() as session:
            return [each.key for each in outbox.due(session, NOW, 10, *rest)]

    assert due() == ["page", "a", "b"]
    assert due(["email"]) == ["page"]
    assert due([], ["slack", "email"]) == ["page"]
    assert due(["slack"], ["email"]) == []


def test_the_next_moment_is_that_of_a_message_or_of_a_lease(database):
    def upcoming(*rest):
        with database.read() as session:
            return outbox.next_due(session, *rest)

    assert upcoming() is None
    put(database, entry("a", due_at=NOW + 7), entry("page", due_at=NOW + 9, urgent=True))
    assert upcoming() == NOW + 7
    assert upcoming([], ["email"]) == NOW + 9
    assert upcoming(["email"]) is None
    for key in ("a", "page"):
        claim(database, key)
    assert upcoming() == LEASE


def test_a_message_is_claimed_once(database):
    put(database, entry())
    claimed = claim(database)

    assert (claimed.state, claimed.fence, claimed.attempts, claimed.lease_until) == (State.SENDING, 1, 1, LEASE)
    assert claim(database) is None


def test_a_claim_ends_once_and_only_under_its_fence(database):
    put(database, entry())
    claimed = claim(database)

    assert not settle(database, msgspec.structs.replace(claimed, fence=0), State.FAILED)
    assert settle(database, claimed, State.SENT, reference="42", now=NOW + 3)
    found = find(database)
    assert (found.state, found.reference, found.settled_at, found.lease_until) == (State.SENT, "42", NOW + 3, None)
    assert not settle(database, claimed, State.FAILED)
    assert find(database) == found


def test_who_comes_back_with_an_old_fence_changes_nothing(database):
    put(database, entry())
    old = claim(database)
    with database.write() as session:
        assert outbox.recover(session, LEASE, "why", all_leases=False) == (1, 0)
    new = claim(database, now=LEASE, lease=LEASE + 60)

    assert not settle(database, old, State.FAILED, error="too late")
    assert find(database).state is State.SENDING
    assert settle(database, new, State.SENT)


def test_a_retry_is_queued_with_what_is_known(database):
    put(database, entry())
    settle(database, claim(database), State.QUEUED, error="busy", due_at=NOW + 5, repeat=True)
    found = find(database)
    assert (found.state, found.due_at, found.error, found.repeat) == (State.QUEUED, NOW + 5, "busy", True)
    assert found.settled_at is None

    settle(database, claim(database), State.QUEUED, due_at=NOW + 9)
    assert find(database).repeat, "once a possible repeat, always one"


@pytest.mark.parametrize("all_leases", [True, False])
def test_an_interruption_repeats_staff_and_never_customers(database, all_leases):
    put(database, entry("staff"), entry("customer", audience="customer"), entry("waits"), entry("running"))
    for key in ("staff", "customer"):
        claim(database, key)
    claim(database, "running", lease=LEASE + 1)
    with database.write() as session:
        counted = outbox.recover(session, LEASE, "why", all_leases=all_leases)

    states = {key: find(database, key).state for key in ("staff", "customer", "waits", "running")}
    assert counted == (2 if all_leases else 1, 1)
    assert states == {
        "staff": State.QUEUED,
        "customer": State.UNCERTAIN,
        "waits": State.QUEUED,
        "running": State.QUEUED if all_leases else State.SENDING,
    }
    assert (find(database, "staff").repeat, find(database, "waits").repeat) == (True, False)
    assert find(database, "customer").error == "why"


def test_what_waits_can_be_taken_back_and_what_is_on_its_way_cannot(database):
    put(database, entry("waits"), entry("leaves"))
    claim(database, "leaves")
    with database.write() as session:
        assert outbox.cancel(session, "waits", NOW, "solved")
        assert not outbox.cancel(session, "waits", NOW, "solved")
        assert not outbox.cancel(session, "leaves", NOW, "solved")
        assert not outbox.cancel(session, "unknown", NOW, "solved")
        assert not outbox.close(session, "leaves", Settled(State.EXPIRED), NOW)
        assert not outbox.close(session, "waits", Settled(State.EXPIRED), NOW)

    assert (find(database, "waits").state, find(database, "leaves").state) == (State.CANCELLED, State.SENDING)
    assert claim(database, "waits") is None


def test_what_a_receiver_got_lately_and_what_still_waits(database):
    others = (
        {"recipient": "bob@example.org"}, {"channel": "slack"}, {"audience": "customer"}, {"urgent": True},
    )  # fmt: skip
    put(database, *(entry(f"other {i}", **each) for i, each in enumerate(others)))
    put(database, *(entry(key, created_at=NOW + n) for n, key in enumerate(("b", "a", "c", "d"))))
    for key in ("other 0", "other 1", "other 2", "other 3"):
        claim(database, key)
    claim(database, "b", now=NOW + 5)
    claim(database, "a", now=NOW + 2)
    with database.write() as session:
        outbox.hold(session, "d", NOW + 9)

        def waiting(now):
            return [each.key for each in outbox.waiting(session, "email", "ada@example.org", now)]

        assert outbox.lately(session, "email", "ada@example.org", NOW) == [NOW + 2, NOW + 5]
        assert outbox.lately(session, "email", "ada@example.org", NOW + 2) == [NOW + 5]
        assert waiting(NOW) == ["c"]
        assert waiting(NOW + 9) == ["c", "d"]
        assert outbox.find(session, "d").held


def test_counts_and_pages(database):
    put(database, *(entry(str(n), created_at=NOW + n) for n in range(5)))
    settle(database, claim(database, "0"), State.SENT)
    with database.read() as session:
        counted = outbox.counts(session)
        assert (counted[State.QUEUED], counted[State.SENT], counted[State.FAILED]) == (4, 1, 0)
        assert outbox.waiting_count(session) == 4
        assert [each.key for each in outbox.listed(session, 2)] == ["4", "3"]
        assert [each.key for each in outbox.listed(session, 9, before=NOW + 3)] == ["2", "1", "0"]
        assert [each.key for each in outbox.listed(session, 9, State.SENT)] == ["0"]
        assert [each.key for each in outbox.listed(session, 9, State.QUEUED, NOW + 2)] == ["1"]


def test_every_state_is_an_end_or_not():
    assert {State.QUEUED, State.SENDING} | ENDS == set(State)


def test_troubled_is_what_did_not_arrive_by_itself(database):
    put(
        database, *(entry(key) for key in ("fresh", "sent", "again", "lost", "maybe")), entry("old", created_at=NOW - 9)
    )
    for key, state in (("sent", State.SENT), ("lost", State.FAILED), ("maybe", State.UNCERTAIN), ("old", State.FAILED)):
        settle(database, claim(database, key), state)
    settle(database, claim(database, "again"), State.QUEUED, error="no connection", due_at=NOW + 5)
    with database.read() as session:
        found = outbox.troubled(session, NOW - 5, 9)

    assert {each.key: each.error for each in found} == {"again": "no connection", "lost": None, "maybe": None}
