"""Writes that are done once, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwell.base.errors import KeepwellError
from keepwell.base.time import DAY_US
from keepwell.runtime.once import AnswerDamagedError, StoredOnce
from keepwell.runtime.ports.idempotency import Answer, Ask, OtherRequest, StillRunning
from keepwell.store import log
from keepwell.store.database import HalfWrittenError
from tests.histories import NOW, house

ASK = Ask("key 1", "k-1", b"POST /x {}")
PAIRS = 1000  # the promised number


@pytest.fixture(params=["sqlite", "postgresql"])
def space(request):
    url = request.getfixturevalue("clean_postgres")() if request.param == "postgresql" else None
    with house(url) as workspace:
        yield workspace


class Refused(KeepwellError):
    """An anticipated failure."""


class Effects:
    """A write that counts itself in the database."""

    def __init__(self, space, now: int = NOW) -> None:
        self.database = space.database
        self.now = now
        self.store = StoredOnce(space.database, lambda: self.now)

    def act(self, status: int = 201, error: BaseException | None = None):
        def done() -> Answer:
            with self.database.write() as session:
                log.set_mark(session, "effects", log.mark(session, "effects") + 1)
            if error is not None:
                raise error
            return Answer(status, f"answer {self.count()}".encode())

        return done

    def count(self) -> int:
        with self.database.write() as session:
            return log.mark(session, "effects")

    def ask(self, ask: Ask = ASK, **how) -> Answer:
        return self.store.once(ask, self.act(**how), lambda error: Answer(how.get("status", 404), str(error).encode()))


def test_the_same_request_is_answered_as_the_first_time_and_done_once(space):
    effects = Effects(space)
    first, second = effects.ask(), effects.ask()

    assert (first.status, first.body, first.repeated) == (201, b"answer 1", False)
    assert (second.status, second.body, second.repeated) == (201, b"answer 1", True)
    assert effects.count() == 1


def test_another_request_with_the_key_is_refused_and_not_done(space):
    effects = Effects(space)
    effects.ask()

    with pytest.raises(OtherRequest):
        effects.ask(Ask(ASK.owner, ASK.key, b"POST /x {1}"))
    assert effects.count() == 1


def test_keys_of_different_owners_never_meet(space):
    effects = Effects(space)
    effects.ask()

    assert not effects.ask(Ask("key 2", ASK.key, b"other")).repeated
    assert not effects.ask(Ask("key", "1k-1", ASK.request)).repeated
    assert effects.count() == 3


def test_a_key_is_free_again_after_a_day(space):
    effects = Effects(space)
    effects.ask()
    effects.now = NOW + DAY_US - 1
    assert effects.ask().repeated
    effects.now = NOW + DAY_US
    assert not effects.ask(Ask(ASK.owner, ASK.key, b"other")).repeated
    assert effects.count() == 2
    with space.database.read() as session:
        assert session.one("SELECT COUNT(*) FROM idempotency") == 1


def test_a_refusal_undoes_what_was_written_and_is_the_answer_from_then_on(space):
    effects = Effects(space)
    first = effects.ask(error=Refused("no"))
    second = effects.ask()

    assert (first.status, second.status, second.body) == (404, 404, b"no")
    assert effects.count() == 0


def test_a_failure_is_not_kept_and_the_next_try_counts(space):
    effects = Effects(space)
    assert effects.ask(error=Refused("busy"), status=503).status == 503
    with pytest.raises(ZeroDivisionError):
        effects.ask(error=ZeroDivisionError())
    assert effects.count() == 0

    assert effects.ask().status == 201
    assert effects.count() == 1


@pytest.mark.parametrize("moment", ["before the answer is kept", "before the commit"])
def test_a_crash_in_between_leaves_nothing_and_the_next_try_counts(space, monkeypatch, moment):
    effects = Effects(space)
    with monkeypatch.context() as patch:
        if moment == "before the answer is kept":
            patch.setattr("keepwell.store.idempotency.keep", _crash)
        else:
            patch.setattr(StoredOnce, "_kept", _crash)
        with pytest.raises(SystemExit):
            effects.ask()
    assert effects.count() == 0

    assert not effects.ask().repeated
    assert effects.count() == 1


def _crash(*_):
    raise SystemExit


def test_one_that_is_running_is_not_started_again(space):
    effects = Effects(space)
    begun, go = threading.Event(), threading.Event()

    def slow() -> Answer:
        begun.set()
        assert go.wait(30)
        return effects.act()()

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(effects.store.once, ASK, slow, lambda _: Answer(500, b""))
        assert begun.wait(30)
        with pytest.raises(StillRunning):
            effects.ask()
        go.set()
        assert first.result().status == 201

    assert effects.ask().repeated
    assert effects.count() == 1


def pairs(space, number):
    effects = Effects(space)

    def one(key: int) -> int:
        try:
            return effects.ask(Ask("key 1", f"k-{key}", b"x")).status
        except StillRunning:
            return 409

    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(one, [key for key in range(number) for _ in (0, 1)]))
    assert effects.count() == number
    assert set(statuses) <= {201, 409}


def test_of_a_concurrent_pair_one_is_done(space):
    pairs(space, 25)


@pytest.mark.proof
def test_of_very_many_concurrent_pairs_one_each_is_done(space):
    pairs(space, PAIRS)


def test_what_is_kept_does_not_show_the_answer(space):
    secret = "kw_live_very_secret"
    effects = Effects(space)
    effects.store.once(ASK, lambda: Answer(201, secret.encode()), lambda _: Answer(500, b""))
    with space.database.read() as session:
        rows = session.run("SELECT name, request, status, sealed FROM idempotency")
    assert secret not in str(rows)
    assert ASK.key not in str(rows)

    with space.database.write() as session:
        session.run("UPDATE idempotency SET sealed = ?", (rows[0][3][:-8] + "AAAAAAA=",))
    with pytest.raises(AnswerDamagedError):
        effects.ask()


requests = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.booleans()), max_size=12)


@settings(max_examples=15)
@given(requests)
def test_any_order_of_requests_does_each_key_once(sent):
    with house() as space:
        effects, first = Effects(space), {}
        for each in sent:
            check(effects, first, *each)
        assert effects.count() == len(first)


def check(effects, first, key, body, fails) -> None:
    ask = Ask("person p", key, body.encode())
    if key in first and first[key][0] != body:
        with pytest.raises(OtherRequest):
            effects.ask(ask)
        return
    answer = effects.ask(ask, error=Refused("busy") if fails else None, status=503 if fails else 201)
    if key in first:
        assert answer.body == first[key][1]
    elif not fails:
        first[key] = (body, answer.body)


def fail(space, name: str, afterwards=lambda: None) -> None:
    with space.database.write() as session:
        log.set_mark(session, name, 1)
        session.afterwards.append(afterwards)
        raise ZeroDivisionError


def test_a_part_that_failed_cannot_be_left_out_of_a_transaction(space):
    def half() -> None:
        with space.database.write() as outer:
            log.set_mark(outer, "outer", 1)
            with pytest.raises(ZeroDivisionError):
                fail(space, "inner")

    with pytest.raises(HalfWrittenError):
        half()
    with space.database.read() as session:
        assert (log.mark(session, "outer"), log.mark(session, "inner")) == (0, 0)
    with space.database.write() as session:
        log.set_mark(session, "outer", 2)


def test_what_comes_afterwards_waits_for_the_commit(space):
    seen = []

    def look() -> None:
        with space.database.read() as session:
            seen.append(log.mark(session, "outer"))

    with space.database.write() as outer:
        with space.database.write() as inner:
            inner.afterwards.append(look)
        log.set_mark(outer, "outer", 1)
    with pytest.raises(ZeroDivisionError):
        fail(space, "outer", look)

    assert seen == [1]
