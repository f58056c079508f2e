"""What customers answer to messages, as events.

They are written like everything that arrives, in one transaction with the list of addresses that are not written to.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import assert_never

import msgspec
from msgspec.structs import replace

from keepwell.base.time import HOUR_US
from keepwell.events.event import Raw
from keepwell.outreach.leaving import speaks_of_leaving
from keepwell.runtime.directory import Directory
from keepwell.runtime.intake import Intake, Sender
from keepwell.runtime.receive import Parcel
from keepwell.runtime.workspace import Workspace
from keepwell.sources.mail.read import Kind, Mail
from keepwell.sources.sent import Batch, Sent
from keepwell.store import contacts, customers, messages
from keepwell.store.database import Session

SOURCE = "answers"
"""One source for every way in: the same mail by two of them counts once."""
WISH = 5
"""Words of a mail that says no more than that its author wants no letters."""
BOUNCED = "the address bounced for good"
COMPLAINED = "the receiver called a letter unwanted"
LEFT = "the receiver wants no more letters"
_EVENTS = {
    Kind.REPLY: "message_replied",
    Kind.BOUNCE: "email_bounced",
    Kind.COMPLAINT: "email_complained",
    Kind.STOP: "unsubscribed",
}


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Something that came back, and whose it is.

    Attributes:
        customer_id: the customer's own id.
        event: of the tracking plan.
        said: its properties.
        at: when it happened, microseconds.
        id: the same for the same answer.
        own_time: the moment by which repeats are told apart, when it is not `at`; 0 when the answer has none.
        refuse: an address that is not written to from now on; empty for none. `because` says why.
    """

    customer_id: str
    event: str
    said: Mapping[str, object]
    at: int
    id: str
    own_time: int | None = None
    refuse: str = ""
    because: str = ""
    by: str = ""


def parcel(workspace: Workspace, answers: Iterable[Answer], now: int) -> Parcel:
    """Answers, ready to be written."""
    found = list(answers)
    sent = [
        Sent(Raw(each.customer_id, each.event, each.at, each.said, each.id, own_time=each.own_time)) for each in found
    ]
    made = Intake(Directory(workspace.database)).parcel(Sender(SOURCE, verified=True), Batch(sent), now)
    refused = [messages.Unwanted(each.refuse, now, each.because, each.by) for each in found if each.refuse]
    return dataclasses.replace(made, unwanted=refused)


# ---------------------------------------------------------------------- by a page, or by the customer's own product


def left(message: messages.Message, customer_id: str, by: str, now: int) -> Answer:
    """Somebody wants no more letters. Within an hour it counts once."""
    said = {"conversation": message.name, "contact": message.contact, "by": by}
    return Answer(
        customer_id=customer_id, event="unsubscribed", said=_given(said), at=now, refuse=message.recipient,
        id=f"left:{message.name}:{now // HOUR_US}", because=LEFT, by=by,
    )  # fmt: skip


def replied(message: messages.Message, customer_id: str, text: str, id_: str, now: int) -> Answer:
    """Somebody answered inside of the product."""
    return Answer(
        customer_id=customer_id, event="message_replied", said=_reply(message, text), at=now, id=f"reply:{id_}"
    )


def _reply(message: messages.Message, text: str) -> Mapping[str, object]:
    leaving = speaks_of_leaving(text)
    return _given({"conversation": message.name, "contact": message.contact, "text": text, "leaving": leaving})


def _given(said: Mapping[str, object]) -> Mapping[str, object]:
    return {name: value for name, value in said.items() if value != ""}


# ---------------------------------------------------------------------- by mail


def of_mail(session: Session, mail: Mail, now: int) -> list[Answer]:
    """What a mail means; nothing when it means nothing to us. Who wants no more letters may say other things as well.

    Only a letter of ours says whose it is, and which address is not written to any more: what a mail says of itself
    can be forged by anybody. Without one the sender has to be the contact of exactly one customer.
    """
    if mail.kind is Kind.AUTO:
        return []
    says_more = mail.kind is Kind.STOP and len(mail.text.split()) > WISH
    kinds = [Kind.STOP, Kind.REPLY] if says_more else [mail.kind]
    found = (_meant(session, msgspec.structs.replace(mail, kind=kind), now) for kind in kinds)
    return [each for each in found if each is not None]


def _meant(session: Session, mail: Mail, now: int) -> Answer | None:
    """One meaning of a mail."""
    found = messages.of_names(session, mail.answers) if mail.answers else []
    by_name = {each.name: each for each in found}
    message = next((by_name[name] for name in mail.answers if name in by_name), None)
    if message is None:
        return _from_contact(session, mail, now)
    customer_id = customers.ids_of(session, [message.customer]).get(message.customer)
    if customer_id is None:  # they were erased
        return None
    sent_at = message.made_at if message.ended_at is None else message.ended_at
    answer = _about(mail, message, customer_id)
    return replace(answer, at=min(max(mail.at or now, sent_at), now))


def _id(mail: Mail) -> str:
    """The same for the same meaning of the same mail."""
    return f"mail:{mail.id}" + (":stop" if mail.kind is Kind.STOP else "")


def _about(mail: Mail, message: messages.Message, customer_id: str) -> Answer:
    """The answer to a letter; its moment is still to be set."""
    ids = {"conversation": message.name, "contact": message.contact}
    plain = Answer(
        customer_id=customer_id, event=_EVENTS[mail.kind], said=_given(ids), at=0, id=_id(mail),
        own_time=mail.at or 0, by="mail",
    )  # fmt: skip
    match mail.kind:
        case Kind.REPLY:
            own = mail.sender == message.recipient.strip().lower()
            return replace(plain, said={**_reply(message, mail.text), "from_recipient": own})
        case Kind.BOUNCE:
            refuse = message.recipient if mail.permanent else ""
            return replace(plain, said={**ids, "permanent": mail.permanent}, refuse=refuse, because=BOUNCED)
        case Kind.COMPLAINT:
            return replace(plain, refuse=message.recipient, because=COMPLAINED)
        case Kind.STOP:
            return replace(plain, said={**ids, "by": "mail"}, refuse=message.recipient, because=LEFT)
        case Kind.AUTO:
            raise AssertionError(mail.kind)  # it was left out before
        case _:
            assert_never(mail.kind)


def _from_contact(session: Session, mail: Mail, now: int) -> Answer | None:
    """What a contact wrote of their own accord."""
    if mail.kind not in (Kind.REPLY, Kind.STOP) or not mail.sender:
        return None
    found = contacts.of_address(session, mail.sender, now)
    if len(found) != 1:
        return None
    customer, contact = found[0]
    customer_id = customers.ids_of(session, [customer])[customer]
    plain = Answer(
        customer_id=customer_id, event="unsubscribed", said={"contact": contact.id, "by": "mail"},
        at=min(mail.at or now, now), id=_id(mail), own_time=mail.at or 0, by="mail",
    )  # fmt: skip
    if mail.kind is Kind.STOP:
        return replace(plain, refuse=mail.sender, because=LEFT)
    said = {"conversation": mail.id, "started_by": "customer", "contact": contact.id, "text": mail.text,
            "leaving": speaks_of_leaving(mail.text)}  # fmt: skip
    return replace(plain, event="message_received", said=_given(said))
