"""One definition, several readings, the same bytes: SQLite, PostgreSQL, DuckDB and the slow reference."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwell.base.time import DAY_US, last_day_before
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Event, Raw
from keepwell.metrics import reference as slow
from keepwell.metrics.measures import MEASURES
from keepwell.metrics.view import View
from keepwell.runtime import cycle
from keepwell.runtime.past import pasts
from keepwell.runtime.receive import Parcel, receive
from keepwell.runtime.scoring import Scored, reference_for, score_at, score_days
from keepwell.runtime.workspace import Workspace
from keepwell.scores.score import Scores
from keepwell.store import rollups
from tests.conftest import QUICK
from tests.histories import NOW, TODAY, Happening, histories, house, put

HANDFUL = 25
FIELDS = tuple(Scores.__dataclass_fields__)


def columns(scored: Scored) -> dict[str, np.ndarray]:
    """Everything there is of each row: the scores, and the integers they were made from."""
    table = scored.table
    found = {name: np.asarray(getattr(scored.scores, name)) for name in FIELDS}
    found |= {f"scope {name}": column for name, column in table.scope.items() if name not in ("a", "k", "customer")}
    found |= {f"days {name}": column for name, column in table.days.items()}
    return found | {f"one {name}": column for name, column in table.one.items()}


def differences(one: Scored, other: Scored) -> list[str]:
    """Columns that are not the same to the last bit."""
    left, right = columns(one), columns(other)
    return [name for name in left if left[name].tobytes() != right[name].tobytes()]


def live_through(workspace: Workspace, history: Sequence[Happening]) -> None:
    """Events arrive as they become known, some live and some by import, with a turn after each handful."""
    ordered = sorted(history, key=lambda one: one.event.known_at)
    for start in range(0, len(ordered), HANDFUL):
        some = ordered[start : start + HANDFUL]
        put(workspace, [each.event for each in some if not each.live])
        receive(workspace, [Parcel("test", [each.event for each in some if each.live])], NOW)
        cycle.turn(workspace, some[-1].event.known_at + 1)
    cycle.turn(workspace, NOW)


def live_scores(workspace: Workspace, customers: list[int], now: int = NOW) -> Scored:
    day = last_day_before(now)
    with workspace.database.read() as session:
        table = rollups.aggregate(session, [(0, now, day, 1)], customers)
    return Scored(View(table, {0: reference_for(workspace, day)}), workspace.deck)


@given(history=histories())
@settings(max_examples=10, phases=QUICK)
def test_live_now_is_full_as_of_now(history):
    with house() as workspace:
        live_through(workspace, history)
        full = score_at(workspace, NOW, workspace.deck)
        live = live_scores(workspace, full.customers)

        assert live.customers == full.customers
        assert differences(live, full) == []


@given(history=histories(40))
@settings(max_examples=5, phases=QUICK)
def test_postgresql_agrees(history, clean_postgres):
    with house(clean_postgres()) as workspace:
        live_through(workspace, history)
        full = score_at(workspace, NOW, workspace.deck)
        live = live_scores(workspace, full.customers)

        assert live.customers == full.customers
        assert differences(live, full) == []


@given(history=histories(50))
@settings(max_examples=8, phases=QUICK)
def test_the_slow_reading_agrees(history):
    with house() as workspace:
        put(workspace, [each.event for each in history])
        full = score_at(workspace, NOW, workspace.deck)
        for place, customer in enumerate(full.customers):
            past = pasts(workspace, customer, [NOW])[NOW]
            assert past is not None
            wrong = {
                name: (found, reading.value, reading.fixed)
                for name, measure in MEASURES.items()
                for found, reading in [(_one(measure.read(full.view), place), slow.read(past.history, name))]
                if found != (reading.value, reading.fixed)
            }
            assert wrong == {}


def test_a_feature_sold_later_is_available_later():
    """Two customers with the same features, of which one bought the second one afterwards."""

    def told(customer: str, key: str, age: int, **properties: object) -> Happening:
        moment = NOW - age * DAY_US
        found = accept(Raw(customer, key, moment, properties, received_at=moment), Receipt(NOW))
        assert isinstance(found, Event)
        return Happening(found, live=False)

    features = ("swap", "vault")
    history = [
        told("ada", "customer_updated", 200, entitled_features=features),
        told("bob", "customer_updated", 200, entitled_features=features[:1]),
        told("bob", "customer_updated", 120, entitled_features=features),  # counts 60 days later
        *(told("", "feature_released", 100, feature=name) for name in features),
        *(told(name, "signed_in", 199) for name in ("ada", "bob")),
        *(told(name, "feature_used", 40, feature="vault") for name in ("ada", "bob")),
    ]
    with house() as workspace:
        live_through(workspace, history)
        full = score_at(workspace, NOW, workspace.deck)
        live = live_scores(workspace, full.customers)
        read = MEASURES["adoption_speed"].read(full.view)
        exact = [slow.read(pasts(workspace, each, [NOW])[NOW].history, "adoption_speed") for each in full.customers]

        assert read.value.tolist() == [each.value for each in exact] == [0.0, 0.5]
        assert differences(live, full) == []


def _one(value, place: int) -> tuple[float | None, float | None]:
    if not value.has[place]:
        return None, None
    fixed = None if value.fixed is None or np.isnan(value.fixed[place]) else float(value.fixed[place])
    return float(value.value[place]), fixed


@given(history=histories(), choice=st.integers(0, 1000), just_after=st.booleans())
@settings(max_examples=10, phases=QUICK)
def test_the_past_is_what_was_known_then(history, choice, just_after):
    """Truncation: full(as_of = T) equals full over a log that ends at T. T is the instant of some event."""
    chosen = history[choice % len(history)].event
    moment = (chosen.known_at if choice % 2 else chosen.occurred_at) + int(just_after)
    with house() as whole, house() as cut:
        put(whole, [each.event for each in history])
        put(cut, [each.event for each in history if each.event.known_at < moment])
        one, other = score_at(whole, moment, whole.deck), score_at(cut, moment, cut.deck)

        assert named(whole, one) == named(cut, other)


def named(workspace: Workspace, scored: Scored, day: int | None = None) -> dict[str, bytes]:
    """Scores (of one day) by the customers' own ids, whose order of arrival may differ."""
    size = len(scored.table)
    if not size:
        return {}
    with workspace.database.read() as session:
        names = dict(session.run("SELECT id, external_id FROM customer"))
    wide = [column.reshape(size, -1).astype(np.float64) for column in columns(scored).values()]
    rows = zip(scored.customers, scored.table.scope["d"].tolist(), np.column_stack(wide), strict=True)
    return {names[customer]: row.tobytes() for customer, when, row in rows if day is None or when == day}


@given(history=histories(), order=st.randoms(use_true_random=False))
@settings(max_examples=8, phases=QUICK)
def test_arrival_order_batches_and_repeats_do_not_matter(history, order):
    events = [each.event for each in history]
    shuffled = events * 2
    order.shuffle(shuffled)
    cut = order.randint(0, len(shuffled))
    with house() as one, house() as other:
        put(one, events)
        put(other, shuffled[:cut])
        put(other, shuffled[cut:])

        assert named(one, score_at(one, NOW, one.deck)) == named(other, score_at(other, NOW, other.deck))


@given(history=histories())
@settings(max_examples=6, phases=QUICK)
def test_many_dates_at_once_are_single_dates(history):
    with house() as workspace:
        put(workspace, [each.event for each in history])
        days = (TODAY - 40, TODAY - 23, TODAY - 1)
        singles = {day: named(workspace, score_at(workspace, (day + 1) * DAY_US, workspace.deck)) for day in days}
        spans = score_days(workspace, days[0], days[-1])
        for day in days:
            together: dict[str, bytes] = {}
            for span in spans:
                together |= named(workspace, span, day)
            assert together == singles[day]


@pytest.mark.parametrize("moment", [NOW, TODAY * DAY_US, TODAY * DAY_US + 1])
def test_nobody_and_nothing(moment):
    with house() as workspace:
        assert len(score_at(workspace, moment, workspace.deck).table) == 0
