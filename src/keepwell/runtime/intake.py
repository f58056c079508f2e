"""Taking a request in: each item finds its account and becomes an event or a refusal; nothing raises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from keepwell.events.accept import Reason, Receipt, Sentiment, accept
from keepwell.events.catalog import STREAM_OF, Stream
from keepwell.events.event import PLATFORM, Event, Raw, Rejection
from keepwell.runtime.directory import Directory, names_of
from keepwell.runtime.receive import Parcel, Refusal
from keepwell.sources.files.read import raw_text
from keepwell.sources.sent import Batch, Name, Sent, Unread
from keepwell.store import links
from keepwell.store.payloads import Payload

NOBODY = "anonymous"  # stands in for the account of a visitor nobody knows yet, until the event is read

Limits = Callable[[str, str], str | None]
"""What of an event a key may not send, `event` or `customer_id`: its name as it was sent, and the customer's own id."""


@dataclass(frozen=True)
class Sender:
    """Who sends.

    Attributes:
        source: the name under which duplicates are told apart and health is shown.
        limits: what the key is limited to, if it is.
        verified: whether it is a system of the operator's. A write key may be in everybody's browser: an e-mail
            address it names finds no account, and neither an address nor a wallet is taken over from an account that
            goes by it already.
    """

    source: str
    limits: Limits | None = None
    verified: bool = False


@dataclass
class _Parcel:
    """A parcel in the making."""

    events: dict[int, Event] = field(default_factory=dict)  # by the place of their items
    refused: list[Refusal] = field(default_factory=list)
    binds: dict[Name, str] = field(default_factory=dict)


class Intake:
    """Reads batches into parcels. Used by one thread at a time."""

    def __init__(self, directory: Directory, sentiment: Sentiment | None = None) -> None:
        self._directory = directory
        self._sentiment = sentiment

    def parcel(self, sender: Sender, batch: Batch, now: int, payload: Payload | None = None) -> Parcel:
        """What is to be written of a batch that arrived now."""
        receipt = Receipt(now, live=True, sentiment=self._sentiment)
        made = _Parcel()
        self._directory.prepare([item for item in batch.items if isinstance(item, Sent)])
        later: list[tuple[int, Sent]] = []
        for place, item in enumerate(batch.items, 1):
            if isinstance(item, Unread):
                made.refused.append(Refusal(place, item.rejection.reason, item.rejection.detail, item.text))
            elif item.raw.customer_id in (None, "") and self._known(item, sender) is None:
                later.append((place, item))
            else:
                self._take(place, item, receipt, made, sender)
        for place, item in later:  # what came after them may have told whose they are: a user is named before its group
            self._take(place, item, receipt, made, sender)
        events = [made.events[place] for place in sorted(made.events)]
        refused = sorted(made.refused, key=lambda each: each.place)
        return Parcel(sender.source, events, refused, made.binds, payload)

    def _take(self, place: int, item: Sent, receipt: Receipt, made: _Parcel, sender: Sender) -> None:
        found = self._read(item, receipt, made, sender)
        if isinstance(found, Rejection):
            made.refused.append(Refusal(place, found.reason, found.detail, _text(item)))
        else:
            made.events[place] = found

    def _read(self, item: Sent, receipt: Receipt, made: _Parcel, sender: Sender) -> Event | Rejection:
        account = item.raw.customer_id
        if account in (None, ""):
            account = self._account(item, sender)
        if account is None and _is_visit(item):
            return _anonymous(item.raw, receipt)
        event = accept(_of(item.raw, account), receipt)
        if isinstance(event, Rejection):
            return event
        outside = sender.limits(str(item.raw.event), event.customer_id) if sender.limits else None
        if outside is not None:
            return Rejection(Reason.NOT_ALLOWED.value, outside)
        linked = links.linked(event.kind, event.ref)
        if (item.binds or linked) and event.customer_id:
            self._directory.look_up(linked)
            binds = [name for name in (*item.binds, *linked) if self._may_bind(name, event.customer_id, sender)]
            self._directory.bind(binds, event.customer_id)
            made.binds.update(dict.fromkeys(binds, event.customer_id))
        return event

    def _account(self, item: Sent, sender: Sender) -> object:
        """Who it belongs to: whom its names mean, else the user alone, who is a customer of one."""
        found = self._known(item, sender)
        if found is not None:
            return found
        return item.raw.user_id if item.raw.user_id not in (None, "") else None

    def _known(self, item: Sent, sender: Sender) -> str | None:
        names = names_of(item)
        return self._directory.account(names if sender.verified else [name for name in names if name[0] != "email"])

    def _may_bind(self, name: Name, account: str, sender: Sender) -> bool:
        if sender.verified or name[0] not in ("email", links.WALLET):
            return True
        return self._directory.account([name]) in (None, account)


def _text(item: Sent) -> str:
    """What is kept of a refused item: with its names, so that it finds its account when it is tried again."""
    text = raw_text(item.raw)
    if not item.names or not text.endswith("}"):
        return text
    return f'{text[:-1]},"names":{msgspec.json.encode(item.names).decode()}}}'


def _of(raw: Raw, account: object) -> Raw:
    if raw.customer_id is account:
        return raw
    return msgspec.structs.replace(raw, customer_id=account)


def _is_visit(item: Sent) -> bool:
    """Whether somebody without a name did something: only such events are kept without an account."""
    return any(kind == "anonymous" for kind, _ in item.names)


def _anonymous(raw: Raw, receipt: Receipt) -> Event | Rejection:
    """What a visitor did belongs to the platform: it is kept, and in nobody's score."""
    event = accept(_of(raw, NOBODY), receipt)
    if isinstance(event, Rejection):
        return event
    if STREAM_OF[event.kind] is not Stream.ACTIVITY:
        return Rejection(Reason.MISSING_CUSTOMER.value, "customer_id")
    return msgspec.structs.replace(event, customer_id=PLATFORM, own=0)
