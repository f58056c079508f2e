"""What was refused is tried again under the source it came from, and only what may come at all."""

from __future__ import annotations

import pytest

from keepwell.base.time import SECOND_US
from keepwell.events.event import Raw
from keepwell.runtime.directory import Directory
from keepwell.runtime.intake import Intake, Sender
from keepwell.runtime.receive import receive
from keepwell.runtime.replaying import replay_rejects
from keepwell.sources.sent import Batch, Sent
from tests.histories import NOW, house

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
    limited = Sender("key:1", lambda _event, customer: customer.startswith("web-"))
    assert send(space, limited, Sent(Raw("globex", "signed_in", NOW, message_id="m"))) == [0, 1]

    assert replay(space).accepted == 0


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
