"""What PostHog's events say in the terms of the tracking plan."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from keepwell.base.time import SECOND_US
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
    with_more,
)
from keepwell.sources.posthog.wire import Captured, Properties, decode_properties
from keepwell.sources.sent import Name, Sent

MILLISECOND_US = SECOND_US // 1000
_LONGEST_OFFSET_MS = 15 * 10**11  # 47 years: beyond it the event is too old anyway
ACCOUNT_GROUPS = ("company", "organization", "organisation", "account", "customer", "business", "tenant", "workspace")
"""Types of groups that are the paying account; of several the first one counts."""


class Heard(msgspec.Struct, frozen=True, gc=False):
    """An event with its properties, and what holds for the request."""

    event: Captured
    properties: Properties
    text: str | None
    sent_at: int | None
    now: int

    @property
    def user(self) -> Id:
        return first(self.event.distinct_id, self.properties.distinct_id)


def heard(event: Captured, sent_at: int | None, now: int) -> Heard:
    """An event whose properties have been read.

    Raises:
        msgspec.DecodeError, UnicodeDecodeError: they cannot be.
    """
    text = json_text(event.properties)
    return Heard(event, decode_properties(text or "{}"), text, sent_at, now)


def sent(item: Heard) -> list[Sent]:
    """An event in our terms; traits of the person that came with it are an event of their own.

    Raises:
        UnfitError, msgspec.DecodeError, UnicodeDecodeError: it says nothing, or traits cannot be read.
    """
    name, properties = item.event.event, item.properties
    person = json_text(properties.person) or json_text(item.event.person)
    if name in ("$set", "$identify"):
        return [_person(item, person, names(("user", properties.anonymous), ("anonymous", properties.anonymous)))]
    if name == "$create_alias":
        return [_alias(item)]
    if name == "$groupidentify" and properties.group_type in ACCOUNT_GROUPS:
        return [_group(item)]
    happened = _happened(item)
    return [happened] if person is None else [happened, _person(item, person, (), ":set")]


def _raw(item: Heard, event: str | None, properties: str | None, account: Id, suffix: str = "") -> Raw:
    given, user = item.event, item.user
    meant = corrected(given.timestamp, item.sent_at, item.now)
    if given.offset is not None and given.timestamp in (None, ""):
        meant = item.now - int(min(max(given.offset, 0), _LONGEST_OFFSET_MS) * MILLISECOND_US)
    message_id = f"{given.uuid}{suffix}" if suffix and given.uuid else given.uuid
    user = str(user) if isinstance(user, int) else user
    own = own_time(given.timestamp, meant)
    return Raw(account, event, meant, properties, message_id, None, user, noted(item.sent_at), own)


def _account(groups: Mapping[str, Id] | None) -> Id:
    return first(*(groups.get(kind) for kind in ACCOUNT_GROUPS)) if groups else None


def _happened(item: Heard) -> Sent:
    name, properties, text = item.event.event, item.properties, item.text
    if name in ("$pageview", "$screen"):
        name = "page_viewed"
        text = with_more({"path": properties.path or properties.screen}, text)
    return Sent(_raw(item, name, text, _account(properties.groups)), _device(item))


def _device(item: Heard) -> tuple[Name, ...]:
    return names(("anonymous", item.properties.device))


def _person(item: Heard, traits: str | None, binds: tuple[Name, ...], suffix: str = "") -> Sent:
    """Traits of a user. What is to be set only once is kept beside them, for it must not replace anything."""
    once = json_text(item.properties.person_once)
    more = {"contact_id": item.user, "$set_once": None if once is None else msgspec.Raw(once.encode())}
    address = names(("email", email_of(traits)))
    raw = _raw(item, "contact_updated", with_more(more, traits), _account(item.properties.groups), suffix)
    return Sent(raw, (*address, *binds, *_device(item)), (*address, *binds))


def _alias(item: Heard) -> Sent:
    """Another name of a user. The SDKs give the earlier one, mostly anonymous, as the id and the known one as alias."""
    user = first(item.properties.alias)
    if user is None or item.user is None:
        raise UnfitError(Reason.BAD_ROW, "alias")
    binds = names(("user", item.user), ("anonymous", item.user))
    properties = with_more({"contact_id": user, "previous_id": item.user}, None)
    raw = _raw(item, "contact_updated", properties, _account(item.properties.groups))
    return Sent(msgspec.structs.replace(raw, user_id=str(user)), binds, binds)


def _group(item: Heard) -> Sent:
    account = first(item.properties.group_key)
    if account is None:
        raise UnfitError(Reason.MISSING_CUSTOMER, "$group_key")
    invented = isinstance(item.user, str) and item.user.startswith("$")  # `$company_acme`, when nobody is named
    traits = json_text(item.properties.group)
    return Sent(_raw(item, "customer_updated", traits, account), (), () if invented else names(("user", item.user)))
