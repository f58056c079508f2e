"""What each call says in the terms of the tracking plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from keepwell.events.accept import Reason
from keepwell.events.event import Raw
from keepwell.sources.items import (
    Id,
    UnfitError,
    corrected,
    email_of,
    first,
    json_text,
    names,
    noted,
    own_time,
    sent_instant,
    with_more,
)
from keepwell.sources.segment.calls import Call
from keepwell.sources.sent import Name, Sent


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """What holds for all items of a request.

    Attributes:
        now: the moment of receipt in microseconds.
        sent_at: when the sender's clock said it sent the request, if the envelope told.
        group_id: the account the envelope's context names.
    """

    now: int
    sent_at: int | None = None
    group_id: Id = None


def sent(call: Call, arrival: Arrival, kind: str | None = None) -> Sent:
    """A call as an event; `kind` is the call the address named.

    Raises:
        UnfitError: no such call, or one that says nothing.
        msgspec.DecodeError, UnicodeDecodeError: traits that are no JSON object, or no UTF-8.
    """
    kind = kind or call.type
    if kind == "track" or (kind is None and call.event):
        return _track(call, arrival)
    maker = _MAKERS.get((kind or "").lower())
    if maker is None:
        raise UnfitError(Reason.BAD_ROW, "type")
    return maker(call, arrival)


def _raw(call: Call, arrival: Arrival, event: str | None, properties: str | None, account: Id) -> Raw:
    user = call.user_id
    sent_at = arrival.sent_at
    if sent_at is None and call.sent_at is not None:
        sent_at = sent_instant(call.sent_at)
    claimed = call.original_timestamp
    if claimed is None or call.received_at is not None:
        claimed = call.timestamp if call.timestamp is not None else claimed
    meant = corrected(claimed, sent_at, arrival.now) if call.received_at is None else claimed
    return Raw(
        account,
        event,
        arrival.now if meant is None else meant,
        properties,
        call.message_id,
        None,
        str(user) if type(user) is int else user,
        noted(sent_at),
        own_time(claimed, meant),
    )


def _account(call: Call, arrival: Arrival) -> Id:
    """The account a call is about, when it says so."""
    context = call.context
    if context is not None and context.group_id is not None and context.group_id != "":
        return context.group_id
    return first(call.group_id, arrival.group_id)


def _anonymous(call: Call) -> tuple[Name, ...]:
    return () if call.anonymous_id is None else names(("anonymous", call.anonymous_id))


def _track(call: Call, arrival: Arrival) -> Sent:
    properties = json_text(call.properties)
    return Sent(_raw(call, arrival, call.event, properties, _account(call, arrival)), _anonymous(call))


def _viewed(call: Call, arrival: Arrival) -> Sent:
    """Pages and screens: the category says which area, the name stands in for a path."""
    more = {"area": call.category, "path": call.name, "name": call.name}
    properties = with_more(more, json_text(call.properties))
    return Sent(_raw(call, arrival, "page_viewed", properties, _account(call, arrival)), _anonymous(call))


def _identify(call: Call, arrival: Arrival) -> Sent:
    """A user with traits. One who is known by neither id nor address is a contact under the anonymous id."""
    traits = json_text(call.traits)
    if traits in (None, "{}") and call.context is not None:
        traits = json_text(call.context.traits)
    address = email_of(traits)
    contact = first(call.user_id, None if address else call.anonymous_id)
    properties = with_more({"contact_id": contact}, traits)
    known = names(("email", address), ("anonymous", call.anonymous_id))
    return Sent(_raw(call, arrival, "contact_updated", properties, _account(call, arrival)), known, known)


def _group(call: Call, arrival: Arrival) -> Sent:
    account = first(call.group_id, _account(call, arrival))
    if account is None:
        raise UnfitError(Reason.MISSING_CUSTOMER, "groupId")
    binds = names(("user", call.user_id), ("anonymous", call.anonymous_id))
    return Sent(_raw(call, arrival, "customer_updated", json_text(call.traits), account), (), binds)


def _alias(call: Call, arrival: Arrival) -> Sent:
    """Another name of a user, kept as a note on the contact. The earlier name may have been an anonymous id."""
    if call.previous_id is None or call.previous_id == "":
        raise UnfitError(Reason.BAD_ROW, "previousId")
    properties = with_more({"contact_id": call.user_id, "previous_id": call.previous_id}, None)
    binds = names(("user", call.previous_id), ("anonymous", call.previous_id))
    raw = _raw(call, arrival, "contact_updated", properties, _account(call, arrival))
    return Sent(raw, binds + _anonymous(call), binds)


_MAKERS: Mapping[str, Callable[[Call, Arrival], Sent]] = {
    "track": _track,
    "identify": _identify,
    "group": _group,
    "page": _viewed,
    "screen": _viewed,
    "alias": _alias,
}
