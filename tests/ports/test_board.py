"""The board after any changes is what a full reading gives, on SQLite and on PostgreSQL."""

from __future__ import annotations

import math
from itertools import count

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepwell.base.time import DAY_US, HOUR_US, SECOND_US, day_of
from keepwell.customers.profile import FOREVER
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Raw
from keepwell.runtime import board, cycle
from keepwell.runtime.board import Board
from keepwell.runtime.book import StoredBook
from keepwell.runtime.columns import TREND_DAYS
from keepwell.runtime.history import refresh, renew
from keepwell.runtime.overriding import Override, set_override
from keepwell.runtime.overviews import PastDays
from keepwell.runtime.ports.book import Sheet
from keepwell.runtime.receive import Parcel, receive
from keepwell.scores.bands import band_of
from keepwell.scores.lifecycle import STAGES, Lifecycle
from keepwell.store import evaluations, figures, scores
from keepwell.store.customers import all_ids
from keepwell.store.lines import ROW
from tests.histories import NOW, house, put

CHURNED = STAGES.index(Lifecycle.CHURNED)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def space(request):
    url = request.getfixturevalue("clean_postgres")() if request.param == "postgresql" else None
    with house(url) as workspace:
        yield workspace


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request):
    url = request.getfixturevalue("clean_postgres")() if request.param == "postgresql" else None
    with house(url) as workspace:
        yield workspace


@pytest.fixture
def clean(space):
    clear(space)
    return space


def clear(space):
    with space.database.write() as session:
        for table in ("customer", "profile", "score", "snapshot", "figure", "quarantine", "dirty"):
            session.run(f"DELETE FROM {table}")  # noqa: S608 - names of our own


def customers(session, numbers):
    session.many("INSERT INTO customer (id, external_id) VALUES (?, ?)", [(each, f"c{each}") for each in numbers])


def score(session, now, numbers, value, band=None, stage=1):
    computed = sum(value >= edge for edge in (40, 60, 80))
    shown = computed if band is None else band
    scores.save_current(
        session,
        [(each, now, shown, computed, -1, 0, stage, value, value, 0.5, 1.0, "trader", 1, 0, 0) for each in numbers],
    )
    scores.save_snapshots(
        session, [(each, day_of(now - 1), value, 0.5, shown, stage, "trader") for each in numbers]
    )  # fmt: skip


def profile(session, number, since, **traits):
    """A new version of a profile."""
    session.run("UPDATE profile SET until = ? WHERE customer = ? AND until = ?", (since, number, FOREVER))
    session.run("DELETE FROM profile WHERE customer = ? AND known_at = ?", (number, since))
    names = [name for name in session.columns("SELECT * FROM profile WHERE 1 = 0") if name != "doc"]
    given = {"customer": number, "known_at": since, "until": FOREVER, "mrr": traits.get("mrr", 0) * 100}
    session.run(
        f"INSERT INTO profile ({', '.join(names)}, doc) VALUES ({', '.join('?' for _ in names)}, ?)",  # noqa: S608
        (*(given.get(name, 0) for name in names), msgspec.json.encode({"traits": traits}).decode()),
    )


def whole(space):
    with space.database.read() as session:
        return board.read(session, all_ids(session))


def assert_whole(space, found):
    expected = whole(space)
    for name in ROW.names:
        np.testing.assert_array_equal(found.rows[name], expected.rows[name], name)
    for name in ("ids", "names", "segments", "plans", "owners"):
        assert getattr(found.texts, name) == getattr(expected.texts, name)
    assert found.texts.by_id.places == expected.texts.by_id.places
    assert found.texts.by_name.places == expected.texts.by_name.places
    with space.database.read() as session:
        assert found.as_of == (session.one("SELECT MAX(as_of) FROM score") or 0)


some = st.lists(st.integers(1, 6), min_size=1, max_size=4, unique=True)
values = st.sampled_from((10.0, 39.5, 60.0, 85.0))
steps = st.one_of(
    st.tuples(st.just("score"), some, values),
    st.tuples(st.just("override"), some, values),
    st.tuples(st.just("profile"), some, st.sampled_from(("Ada", "ada", "Bob", ""))),
    st.tuples(st.just("wait"), st.sampled_from((0, 1, 2 * SECOND_US, DAY_US, 8 * DAY_US))),
    st.tuples(st.just("new"), st.integers(1, 3)),
    st.tuples(st.just("forget"), st.integers(0, 9)),
    st.tuples(st.just("look")),
)


class Life:
    """What happens to a base, a step at a time."""

    def __init__(self, space):
        self.space, self.now, self.last = space, NOW, 0

    def step(self, session, kind, *given):
        if kind == "wait":
            self.now += given[0]
        elif kind == "new":
            customers(session, range(self.last + 1, self.last + 1 + given[0]))
            self.last += given[0]
        elif kind == "forget":
            session.run("DELETE FROM snapshot WHERE day >= ?", (day_of(self.now) - given[0],))
            figures.forget(session, day_of(self.now) - given[0])
        else:
            self.change(session, kind, *given)

    def change(self, session, kind, numbers, value):
        known = [each for each in numbers if each <= self.last]
        if kind == "profile":
            for each in known:
                profile(session, each, self.now, name=value, segment=f"s{self.now % 7}", mrr=each)
            self.now += 1
            value = 50.0
        score(session, self.now, known, value, 0 if kind == "override" else None)


@pytest.mark.parametrize(("many", "least"), [(2000, 0), (2, 1)])
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(life=st.lists(steps, min_size=3, max_size=14))
def test_after_any_changes_the_board_is_a_full_reading(space, many, least, life):
    clear(space)
    lived, found = Life(space), Board(space.database, checked_every_s=math.inf)
    found._checked_s = math.inf  # never looks whether it missed something
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(board, "MANY", many)
        for step in [("new", 2), *life, ("look",)]:
            if step[0] == "look":
                assert_whole(space, found.columns())
                continue
            with space.database.write() as session:
                lived.step(session, *step)
            lived.now += least  # nobody is scored twice in one moment where only newer moments are read


def test_a_clock_set_back_is_noticed(clean):
    found = Board(clean.database, checked_every_s=0)
    with clean.database.write() as session:
        customers(session, (1, 2))
        score(session, NOW, (1, 2), 50.0)
    found.columns()
    with clean.database.write() as session:
        score(session, NOW - HOUR_US, (2,), 20.0)

    assert_whole(clean, found.columns())


def test_a_past_that_was_forgotten_takes_the_changes_with_it(clean):
    found = Board(clean.database, checked_every_s=math.inf)
    with clean.database.write() as session:
        customers(session, (1, 2))
        score(session, NOW - 7 * DAY_US, (1, 2), 70.0)
        score(session, NOW, (1,), 50.0)
        score(session, NOW + HOUR_US, (2,), 50.0)
    before = found.columns().change.tolist()
    with clean.database.write() as session:
        session.run("DELETE FROM snapshot WHERE day < ?", (day_of(NOW),))
        figures.forget(session, day_of(NOW) - 7)

    assert before == [-20.0, -20.0]
    assert_whole(clean, found.columns())


def test_more_scores_of_a_moment_that_very_many_share_are_seen(clean, monkeypatch):
    monkeypatch.setattr(board, "MANY", 2)
    found = Board(clean.database, checked_every_s=math.inf)
    found._checked_s = math.inf
    with clean.database.write() as session:
        customers(session, range(1, 6))
        score(session, NOW, (1, 2, 3, 4), 50.0)
    found.columns()
    with clean.database.write() as session:
        score(session, NOW, (5,), 70.0)

    assert_whole(clean, found.columns())


def test_who_waits_for_a_first_score_has_a_name_already(clean):
    found = Board(clean.database)
    with clean.database.write() as session:
        customers(session, (1,))
    found.columns()
    with clean.database.write() as session:
        profile(session, 1, NOW, name="Early")

    assert found.columns().texts.names == ["Early"]


def test_who_fails_to_be_scored_still_shows_a_new_profile(clean):
    found = Board(clean.database)
    with clean.database.write() as session:
        customers(session, (1,))
        score(session, NOW, (1,), 50.0)
    found.columns()
    with clean.database.write() as session:
        profile(session, 1, NOW - 9, name="Late")
        evaluations.quarantine(session, 1, NOW + 5, "odd")

    assert found.columns().texts.names == ["Late"]


def test_columns_that_were_handed_out_do_not_change(clean):
    found = Board(clean.database)
    with clean.database.write() as session:
        customers(session, (1, 2))
        score(session, NOW, (1, 2), 50.0)
        profile(session, 1, NOW - 9, name="Ada", mrr=7)
    before = found.columns()
    kept = {name: each.tobytes() for name, each in before.rows.items()}, list(before.texts.names)
    with clean.database.write() as session:
        profile(session, 1, NOW, name="Bob", mrr=8)
        score(session, NOW + 9, (1,), 90.0)

    assert found.columns().texts.names == ["Bob", "c2"]
    assert {name: each.tobytes() for name, each in before.rows.items()} == kept[0]
    assert before.texts.names == kept[1]


def test_what_really_happens_reaches_the_board(fresh):
    numbers = count(1)

    def event(kind, at, customer="ada", **properties):
        return accept(Raw(customer, kind, at, properties, message_id=f"m{next(numbers)}", received_at=at), Receipt(at))

    found = Board(fresh.database)
    now = NOW
    for happening in (
        [event("signed_in", now), event("signed_in", now, "bob")],
        [event("customer_updated", now + 1, name="Ada Ltd", segment="miner", plan="pro", mrr=10)],
        [event("customer_updated", now + 2, "cyd", name="Cyd", owner="eve")],
    ):
        now += 10
        receive(fresh, [Parcel("one", happening)], now)
        cycle.turn(fresh, now + 1)
        assert_whole(fresh, found.columns())
    set_override(fresh, Override("ada", "critical", "told us"), now + 100)
    assert_whole(fresh, found.columns())
    ada = StoredBook(fresh, lambda: now + 200).line("ada")

    assert (ada.name, ada.segment, ada.mrr_cents, ada.band) == ("Ada Ltd", "miner", 1000, "critical")
    assert ada == StoredBook(fresh, lambda: now).customers(Sheet(query="ada")).lines[0]


def slow_series(rows, mrr, today):
    """As it was read before there were figures: everybody's days, the churned left out."""
    series = {}
    for day in range(today - TREND_DAYS + 1, today):
        found = [(number, value) for number, each, value, stage in rows if each == day and stage != CHURNED]
        if found:
            scored = [value for _, value in found]
            risky = sum(mrr.get(number, 0) for number, value in found if band_of(value) in ("critical", "at_risk"))
            healthy = sum(band_of(value) == "healthy" for value in scored) / len(scored)
            series[day] = (math.fsum(scored) / len(scored), healthy, risky)
    return series


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    rows=st.dictionaries(
        st.tuples(st.integers(1, 4), st.integers(-100, 2)),
        st.tuples(st.floats(0, 100), st.sampled_from((1, CHURNED))),
        max_size=20,
    ),
    mrr=st.dictionaries(st.integers(1, 4), st.integers(0, 900)),
)
def test_figures_are_those_of_a_slow_reading(space, rows, mrr):
    clear(space)
    today = day_of(NOW - 1)
    days = [(number, today + back, value, stage) for (number, back), (value, stage) in rows.items()]
    with space.database.write() as session:
        customers(session, range(1, 5))
        for number, amount in mrr.items():
            profile(session, number, 1, mrr=amount)
        scores.save_snapshots(session, [(n, day, value, 1.0, 0, stage, "t") for n, day, value, stage in days])
    expected = slow_series(days, {number: amount * 100 for number, amount in mrr.items()}, today)
    for _ in range(2):  # made, and then kept
        found = PastDays(space.database).before(NOW)
        assert {
            day: (each.average, each.healthy_share, each.at_risk_mrr) for day, each in found.items() if each.customers
        } == expected


def days_kept(space):
    with space.database.read() as session:
        return [day for (day,) in session.run("SELECT day FROM figure ORDER BY day")]


def test_a_day_is_kept_once_nothing_more_comes_and_forgotten_when_it_knows_more(fresh):
    today = day_of(NOW)
    midnight = today * DAY_US
    with fresh.database.write() as session:
        customers(session, (1,))
        for day in (today - 2, today - 1):
            score(session, (day + 1) * DAY_US - 5, (1,), 50.0)
    PastDays(fresh.database).before(midnight + 60 * SECOND_US)
    early = days_kept(fresh)
    PastDays(fresh.database).before(midnight + 2 * HOUR_US)
    late = days_kept(fresh)
    put(fresh, [accept(Raw("c1", "signed_in", midnight - HOUR_US, {}, message_id="late"), Receipt(NOW))])

    shown = days_kept(fresh)
    renew(fresh, NOW)

    assert (early, late, shown) == ([today - 2], [today - 2, today - 1], [today - 2, today - 1])
    assert days_kept(fresh) == [today - 2]


def test_a_figure_follows_the_past_when_it_changes(clean):
    past, today = PastDays(clean.database), day_of(NOW)
    with clean.database.write() as session:
        customers(session, (1,))
        score(session, NOW - 3 * DAY_US, (1,), 50.0)
    before = past.before(NOW)[today - 3].average
    with clean.database.write() as session:
        figures.forget(session, today - 3)
        score(session, NOW - 3 * DAY_US, (1,), 70.0)

    assert (before, past.before(NOW)[today - 3].average) == (50.0, 70.0)


def test_figures_that_cannot_be_kept_are_shown(clean, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(figures, "keep", full)
    with clean.database.write() as session:
        customers(session, (1,))
        score(session, NOW - 3 * DAY_US, (1,), 50.0)

    assert PastDays(clean.database).before(NOW)[day_of(NOW) - 3].average == 50.0
    assert days_kept(clean) == []


def test_the_overview_is_that_of_the_customers(fresh):
    put(
        fresh,
        [
            accept(Raw(f"p{n}", "signed_in", NOW - n * DAY_US, {}, message_id=f"o{n}"), Receipt(NOW))
            for n in range(1, 30)
        ],
    )
    refresh(fresh, NOW)
    book = StoredBook(fresh, lambda: NOW + 1)
    found, listed = book.overview(), book.customers(Sheet()).lines
    active = [line for line in listed if line.lifecycle != "churned"]
    risky = [line for line in active if line.band in ("critical", "at_risk")]

    assert (found.customers, found.churned) == (len(active), len(listed) - len(active))
    assert found.bands == {band: sum(line.band == band for line in active) for band in found.bands}
    assert found.average == pytest.approx(math.fsum(line.score for line in active) / len(active))
    assert list(found.attention) == sorted(risky, key=lambda line: (line.score, line.id))[:10]
    assert all(line.change_7d < 0 for line in found.drops)
    assert found.series[-1][1] == pytest.approx(found.average)
    assert found.scored == len(active)
    assert msgspec.json.encode(found)  # plain numbers only
