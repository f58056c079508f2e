"""What the pages of alerts rest on, in the real book."""

from dataclasses import replace

import pytest
from msgspec import structs

from keepwell.alerts.alert import Fired, Held
from keepwell.alerts.incident import Began
from keepwell.alerts.outage import Kind, Signal
from keepwell.alerts.rule import Severity
from keepwell.base.time import DAY_US, HOUR_US, day_of
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Raw
from keepwell.runtime import alerting, budgeting, cycle
from keepwell.runtime.alertbook import StoredAlerts
from keepwell.runtime.alerting import Told
from keepwell.runtime.book import StoredBook
from keepwell.runtime.history import refresh
from keepwell.runtime.ports.alerts import Deed, Wanted
from keepwell.store import alerts, incidents
from tests.histories import NOW, house, put

OPEN = Wanted(("open",), shown=True)
LATER = NOW + 2 * HOUR_US


@pytest.fixture
def space():
    with house() as space, space.writing():
        raws = [
            Raw(each, "customer_updated", NOW - HOUR_US, {"mrr": 274.5, "name": each.title()}, message_id=each)
            for each in ("ada", "bob", "eve")
        ]
        put(space, [accept(each, Receipt(NOW)) for each in raws])
        refresh(space, NOW)
        yield space


@pytest.fixture
def book(space):
    return StoredAlerts(space, lambda: LATER, lambda *_: None, lambda: None)


def tell(space, customer, rule, *facts):
    """Let facts happen to the alert of a customer."""
    with space.database.write() as session:
        number = int(session.one("SELECT id FROM customer WHERE external_id = ?", (customer,)))
        states = alerts.states(session, [number], {rule})
        told = Told({(number, rule): list(facts)})
        return alerting.apply(session, cycle.alarms_at(space), told, states, NOW + HOUR_US).opened


def fire(space, customer, rule="payment_failure", severity=Severity.HIGH):
    return tell(space, customer, rule, Fired(NOW, severity, 1.0, "it does not work"))


def test_what_somebody_acted_on_is_held_back_no_longer(space, book):
    numbers = [*fire(space, "ada"), *fire(space, "bob"), *fire(space, "eve")]
    with space.database.write() as session:
        alerts.suppress(session, day_of(LATER), dict.fromkeys(numbers[:2], ("jen", "later")), numbers[2:])
    assert (book.counts().suppressed, book.part(OPEN, 0, 9).total) == (2, 1)
    book.act(numbers[:1], Deed("acknowledge", "jen"))

    counts = book.counts()
    assert (counts.states, counts.suppressed) == ({"open": 2, "acknowledged": 1}, 1)
    assert book.part(OPEN, 0, 9).total == book.pressing() == 1


def test_what_an_incident_holds_takes_nobody_s_place(space, book):
    fire(space, "ada"), fire(space, "bob", "score_drop_15")
    tell(space, "bob", "score_drop_15", Held(NOW + 1, "fleet"))
    alarms = cycle.alarms_at(space)
    people = {key: structs.replace(person, capacity=1) for key, person in alarms.rota.people.items()}
    rota = structs.replace(alarms.rota, people=people)
    with space.database.write() as session:
        held_back = budgeting.budget(session, replace(alarms, rota=rota), LATER)

    assert held_back == 0
    assert [each.customer_id for each in book.part(OPEN, 0, 9).lines if not each.held_by] == ["ada"]


def test_what_was_answered_keeps_its_place_of_the_day(space, book):
    (first,), _ = fire(space, "ada"), fire(space, "bob", severity=Severity.LOW)
    alarms = cycle.alarms_at(space)
    people = {key: structs.replace(person, capacity=1) for key, person in alarms.rota.people.items()}
    alarms = replace(alarms, rota=structs.replace(alarms.rota, people=people))

    def held_back(at):
        with space.database.write() as session:
            return budgeting.budget(session, alarms, at)

    assert held_back(LATER) == 1
    book.act([first], Deed("acknowledge", "jen"))
    assert held_back(LATER) == 1
    assert held_back(LATER + DAY_US) == 0


def test_a_part_is_of_the_whole_order(space, book):
    fire(space, "ada", severity=Severity.LOW)
    fire(space, "bob", severity=Severity.CRITICAL)
    fire(space, "eve")
    whole = [each.customer_id for each in book.part(OPEN, 0, 9).lines]

    assert whole == ["bob", "eve", "ada"]
    assert [each.customer_id for start in range(3) for each in book.part(OPEN, start, 1).lines] == whole
    assert book.part(OPEN, 5, 9).lines == []
    assert book.part(OPEN, 5, 9).total == 3


def test_an_owner_has_what_was_given_to_them(space, book):
    given, kept = fire(space, "ada"), fire(space, "bob")
    people = [key for key, _ in book.staff()]
    assert people
    book.act(given, Deed("reassign", "somebody", owner=people[0]))
    name = dict(book.staff())[people[0]]

    found = {each.id for each in book.part(Wanted(owner=people[0]), 0, 9).lines}
    assert found == {number for number in (*given, *kept) if book.alert(number).line.owner == name}
    assert set(given) <= found
    assert book.part(Wanted(owner="nobody"), 0, 9).total == 0


def test_an_incident_counts_what_it_lists(space, book):
    signal = Signal(Kind.FLEET, "", "everybody is quiet")
    with space.database.write() as session:
        number = incidents.begin(session, Began(NOW, signal))
    fire(space, "ada", "score_drop_15")
    fire(space, "bob", "engagement_trend_negative")  # waits for days before it opens
    for customer, rule in (("ada", "score_drop_15"), ("bob", "engagement_trend_negative")):
        tell(space, customer, rule, Held(NOW + 1, "fleet"))
    found = book.incident(number)

    assert [each.customer_id for each in found.alerts] == ["ada"]
    assert found.line.held == 1
    assert [each.held for each in book.incidents(9)] == [1]


def test_a_reason_to_snooze_lasts_as_long_as_the_snooze(space, book):
    numbers = fire(space, "ada")
    book.act(numbers, Deed("snooze", "jen", until=LATER + HOUR_US, reason="on holiday"))
    assert [each.snooze_reason for each in book.part(Wanted(("snoozed",)), 0, 9).lines] == ["on holiday"]
    book.act(numbers, Deed("acknowledge", "jen"))

    assert [each.snooze_reason for each in book.part(Wanted(), 0, 9).lines] == [""]


def test_revenue_is_that_of_the_customer(space, book):
    (number,) = fire(space, "ada")

    assert book.alert(number).line.mrr == StoredBook(space, lambda: LATER).line("ada").mrr_cents == 27_450
