"""Contacts of customers, found by what was said of them."""

from __future__ import annotations

from keepwell.customers import traits
from keepwell.customers.profile import Contact
from keepwell.events.catalog import number
from keepwell.store import profiles
from keepwell.store.database import Session

MOST = 20
_SAID = number("contact_updated")

Found = tuple[int, Contact]
"""The number of a customer, and its contact."""


def of_address(session: Session, address: str, now: int) -> list[Found]:
    """The contacts that have an e-mail address now, at most one a customer. Addresses are compared in small letters.

    An address that more than `MOST` customers ever had is nobody's.
    """
    wanted = address.strip().lower()
    rows = session.run(
        "SELECT DISTINCT customer FROM state_event WHERE kind = ? AND LOWER(properties) LIKE ? LIMIT ?",
        (_SAID, f"%{wanted}%", MOST + 1),
    )
    found: list[Found] = []
    for (customer,) in rows if len(rows) <= MOST else []:
        contacts = profiles.at(session, int(customer), now).contacts.values()
        found += [(int(customer), each) for each in contacts if _address(each) == wanted][:1]
    return found


def _address(contact: Contact) -> str:
    return (traits.word(contact.traits, "email") or "").strip().lower()
