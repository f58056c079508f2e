"""Whom a message to a customer goes to: the person, the way to reach them, and when they can be reached."""

from __future__ import annotations

from typing import Final

import msgspec

from keepwell.alerts.hours import Calendar, Span, check_zone
from keepwell.base.errors import MisconfiguredError
from keepwell.customers import traits
from keepwell.customers.profile import Contact
from keepwell.outreach.compose import Recipient
from keepwell.store import profiles
from keepwell.store.customers import ids_of
from keepwell.store.database import Session

EMAIL, SLACK, IN_APP = "email", "slack", "in_app"
HOURS: Final = (*((Span(8 * 60, 19 * 60),),) * 5, (), ())
"""When people may be written to: Monday to Friday from eight to seven, where they are."""
Week = tuple[tuple[Span, ...], ...]
ADDRESS: Final = 254
"""Letters of an address at most (RFC 5321)."""


class Reached(msgspec.Struct, frozen=True):
    """Somebody who can be written to.

    Attributes:
        contact: the id of the contact.
        recipient: how they are greeted, in which language, and where they are.
        channel: `email`, `slack` or `in_app`.
        address: an e-mail address, the id of a Slack channel, or ids of customer and contact.
        consents: whether they said that they agree. Who said nothing does not.
        hours: when they may be written to.
    """

    contact: str
    recipient: Recipient
    channel: str
    address: str
    consents: bool
    hours: Calendar


def of(session: Session, customer: int, now: int, hours: Week = HOURS) -> Reached | None:
    """The contact to write to, as known before a moment; None where nobody can be reached.

    That is the primary one; without one that can be reached, who agreed before who did not, then the least id.
    """
    profile = profiles.at(session, customer, now)
    zone = traits.word(profile.traits, "timezone") or ""
    found = [(contact, reached(contact, zone, hours)) for contact in profile.contacts.values()]
    ways = [(contact, way) for contact, way in found if way is not None]
    chosen = min(ways, key=lambda each: _place(*each), default=None)
    if chosen is None or chosen[1].channel != IN_APP:
        return None if chosen is None else chosen[1]
    name = ids_of(session, [customer]).get(customer, "")  # ids of contacts are the customer's own
    return msgspec.structs.replace(chosen[1], address=f"{name}/{chosen[1].address}")


def _place(contact: Contact, way: Reached) -> tuple[bool, bool, str]:
    return not is_said(contact.traits, "primary"), not way.consents, contact.id


def is_said(given: traits.Traits, name: str) -> bool:
    """Whether a trait says yes, as `true` or as senders write it."""
    return traits.yes(given, name) == 1


def reached(contact: Contact, zone: str = "", hours: Week = HOURS) -> Reached | None:
    """How a contact is reached; None without a way. `zone` is the customer's, for who says none of their own."""
    given = contact.traits
    channel = _channel(given)
    address = _address(contact, channel)
    if not address:
        return None
    zone = _zone(traits.word(given, "timezone") or "", zone)
    recipient = Recipient(
        name=traits.word(given, "name") or "",
        locale=traits.word(given, "locale") or "",
        zone=zone,
        phrase=traits.word(given, "anti_phishing_phrase") or "",
    )
    return Reached(contact.id, recipient, channel, address, is_said(given, "consent"), Calendar(zone, hours))


def _channel(given: traits.Traits) -> str:
    """The channel that was asked for, e-mail where none was; another word is no channel."""
    return traits.word(given, "channel") or EMAIL


def _address(contact: Contact, channel: str) -> str:
    """Where it goes; empty where nothing is known."""
    match channel:
        case "email":
            return _mailbox(traits.word(contact.traits, "email") or "")
        case "slack":
            return traits.word(contact.traits, "slack_channel") or ""
        case "in_app":
            return contact.id
        case _:
            return ""


def _mailbox(text: str) -> str:
    """An e-mail address; empty when it is none that a letter could be addressed to."""
    name, at, domain = text.strip().rpartition("@")
    plain = f"{name}@{domain}"
    odd = any(not each.isprintable() or each in ' ,;:<>()[]\\"' for each in plain)
    return plain if at and name and "." in domain.strip(".") and not odd and len(plain) <= ADDRESS else ""


def _zone(*given: str) -> str:
    """The first of some names that is a zone; UTC where none is."""
    return next((each for each in given if each and _is_zone(each)), "UTC")


def _is_zone(name: str) -> bool:
    try:
        check_zone(name)
    except (MisconfiguredError, ValueError, OSError):
        return False
    return True
