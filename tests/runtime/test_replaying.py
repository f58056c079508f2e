"""What was refused is tried again under the source it came from, and only what may come at all."""

from __future__ import annotations

import pytest

from keepwell.base.time import DAY_US, SECOND_US, day_of
from keepwell.events.event import Raw
from keepwell.runtime import cycle
from keepwell.runtime.book import StoredBook
from keepwell.runtime.desk import StoredRejects
from keepwell.runtime.directory import Directory
from keepwell.runtime.history import is_fresh, refresh
from keepwell.runtime.intake import Intake, Sender
from keepwell.runtime.receive import receive
from keepwell.runtime.replaying import replay_rejects
from keepwell.sources.files.read import raw_text
from keepwell.sources.sent import Batch, Sent
from keepwell.store import figures, rejects
from tests.histories import NOW, house, put
from tests.ports.test_store import event

CRM = Sender("hook:crm", verified=True)


@pytest.fixture
def space():
    with house() as workspace, workspace.writing():
        yield workspace


def send(space, sender: Sender, *items: Sent) -> list[int]:
    parcel = Intake(Directory(space.database)).parcel(sender, Batch(items), NOW)
    (found,) = receive(space, [parcel], NOW)
    return [found.accepted, found.rejected]


def replay(space):
    return replay_rejects(space, NOW + SECOND_US)


def test_what_a_key_may_not_send_stays_refused(space):
    limited = Sender("key:1", lambda _event, customer: None if customer.startswith("web-") else "customer_id")
    assert send(space, limited, Sent(Raw("globex", "signed_in", NOW, message_id="m"))) == [0, 1]

    done = replay(space)
    assert (done.accepted, done.rejected, done.left) == (0, 0, {"outside the limits of its key": 1})


def test_an_item_finds_its_account_once_its_name_is_bound(space):
    lonely = Sent(Raw(None, "ticket_opened", NOW, {"ticket": "t"}, "m-1"), names=[("crm", "org-7")])
    assert send(space, CRM, lonely) == [0, 1]
    assert replay(space).reasons == {"missing_customer": 1}

    send(space, CRM, Sent(Raw("acme", "customer_updated", NOW, {}, "m-2"), binds=[("crm", "org-7")]))
    assert replay(space).accepted == 1
    assert send(space, CRM, lonely) == [0, 0]  # the vendor sends it once more: counted already
    assert replay(space).accepted == 0


def test_an_address_from_a_write_key_still_finds_nobody(space):
    send(space, CRM, Sent(Raw("acme", "contact_updated", NOW, {}, "m-1"), binds=[("email", "ada@acme.example")]))
    claim = Sent(Raw(None, "ticket_opened", NOW, {"ticket": "t"}, "m-2"), names=[("email", "ada@acme.example")])
    assert send(space, Sender("key:1"), claim) == [0, 1]

    assert replay(space).accepted == 0


LATER = NOW + DAY_US


@pytest.fixture
def old(space):
    """A month of one customer, with its daily scores."""
    put(space, [event(number, at=NOW - number * DAY_US) for number in range(1, 31)])
    refresh(space, NOW)
    return space


def kept(space):
    """All that is remembered of days that were over before `NOW`, and when bands moved."""
    with space.database.read() as session:
        days = session.run("SELECT * FROM snapshot WHERE day < ? ORDER BY customer, day", (day_of(NOW),))
        return days, session.run("SELECT * FROM band_change ORDER BY customer, at")


def desk_of(space, moved=lambda: None):
    return StoredRejects(space, lambda: LATER, moved)


def test_what_came_live_is_known_since_it_first_arrived_and_no_past_day_moves(old):
    escalated = Raw(None, "ticket_escalated", NOW - 20 * DAY_US, {"ticket": "t"}, "m-late")
    send(old, CRM, Sent(escalated, names=[("crm", "org-7")]))
    send(old, CRM, Sent(Raw("ada", "customer_updated", NOW, {}, "m-2"), binds=[("crm", "org-7")]))
    before = kept(old)
    assert len(before[0]) == 30

    assert desk_of(old).replay().accepted == 1

    (found,) = [line for line in StoredBook(old, lambda: LATER).events("ada", 99) if line.message_id == "m-late"]
    assert (found.occurred_at, found.received_at) == (NOW - 20 * DAY_US, NOW)
    assert kept(old) == before


def test_what_was_accepted_again_is_in_the_score_of_a_running_server(old):
    cycle.turn(old, NOW)
    before = StoredBook(old, lambda: NOW).line("ada").score
    unpaid = [Raw(None, "payment_failed", NOW, {}, f"f-{number}") for number in range(5)]
    send(old, CRM, *(Sent(each, names=[("crm", "org-7")]) for each in unpaid))
    send(old, CRM, Sent(Raw("ada", "customer_updated", NOW, {}, "m-2"), binds=[("crm", "org-7")]))

    def slice_of_the_worker():
        """Folds hot rows and scores who was touched, and looks at no segment."""
        while cycle.fold(old):
            pass
        with old.database.write() as session:
            cycle.rescore(session, cycle.prepare(old, LATER), touched(session), LATER)

    desk_of(old, slice_of_the_worker).replay()

    assert StoredBook(old, lambda: LATER).line("ada").score < before


def touched(session):
    return [customer for (customer,) in session.run("SELECT customer FROM dirty")]


def test_the_past_that_a_row_of_a_file_brings_is_made_again_at_once_and_shown_meanwhile(old):
    raw = Raw("bob", "signed_in", NOW - 9 * DAY_US, {}, "m-file", NOW - 9 * DAY_US)
    with old.database.write() as session:
        rejects.add(session, [("files", "a.csv", 1, "bad_event", "", raw_text(raw), NOW)])
    before, _ = kept(old)

    replay(old)
    assert kept(old)[0] == before
    assert not is_fresh(old, LATER)

    with old.database.write() as session:
        rejects.add(session, [("files", "a.csv", 2, "bad_event", "", raw_text(raw), NOW)])
    desk_of(old).replay()
    after, _ = kept(old)
    assert [row for row in after if row[0] == before[0][0]] == before
    assert len(after) == len(before) + 9
    with old.database.read() as session:
        assert figures.outdated(session) is None
        assert figures.changes(session) > 0
        assert set(touched(session)) >= {before[0][0]}
