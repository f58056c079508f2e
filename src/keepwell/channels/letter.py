"""A message on its way out, and what a channel says about it afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Protocol

import msgspec


class Audience(StrEnum):
    """Who reads it: our own people, who may be told twice, or customers, who may not."""

    STAFF = "staff"
    CUSTOMER = "customer"


def name_of(key: str) -> str:
    """The key of a letter as 32 letters and digits that are allowed in every header."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


class Personal(msgspec.Struct, frozen=True, kw_only=True):
    """What a letter to a customer has besides.

    Attributes:
        name: in whose name it is written; the address stays the installation's.
        reply_to: where answers go; empty is the sender's address.
        answers: names of earlier letters of the same conversation, the oldest first.
        page: where the receiver can check that it is genuine, and say that they want none.
        automated: nobody looked at it before it was sent.
    """

    name: str = ""
    reply_to: str = ""
    answers: tuple[str, ...] = ()
    page: str = ""
    automated: bool = True


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one receiver on one channel.

    Attributes:
        key: the same for the same message; Message-ID and the provider's idempotency key are made from it.
        recipient: an address, a Slack channel, or a name where the channel has one address only.
        text: plain text; what every channel can show.
        html: the same for mail programs.
        data: what Slack (`blocks`) and webhooks (the whole body) get.
        urgent: critical: neither capped nor put into a group.
        because: why it is sent.
        expires_at: microseconds after which it is not worth sending.
        repeat: it may have arrived before; the receiver is told so.
        personal: what only a letter to a customer has.
    """

    key: str
    audience: Audience
    channel: str
    recipient: str
    subject: str
    text: str
    because: str
    html: str | None = None
    data: Mapping[str, Any] = {}
    urgent: bool = False
    expires_at: int | None = None
    repeat: bool = False
    personal: Personal | None = None

    @property
    def name(self) -> str:
        """As it is called in headers."""
        return name_of(self.key)

    @property
    def title(self) -> str:
        """The subject in one line, marked when the message may have arrived before."""
        subject = " ".join(self.subject.split())
        return f"Possible repeat: {subject}" if self.repeat else subject


class Sent(msgspec.Struct, frozen=True):
    """The receiving server took it. `reference` is what it calls it."""

    reference: str


class Failed(msgspec.Struct, frozen=True):
    """It was certainly not taken.

    Attributes:
        permanent: trying again would end the same way.
        again_in_s: how long the receiver asked to be left alone.
    """

    reason: str
    permanent: bool = False
    again_in_s: float = 0.0


class Uncertain(msgspec.Struct, frozen=True):
    """It was handed over, and nobody said whether it was taken."""

    reason: str


Receipt = Sent | Failed | Uncertain


class Channel(Protocol):
    """One way out. Whatever the network does, it ends in a receipt."""

    def send(self, letter: Letter) -> Receipt: ...
