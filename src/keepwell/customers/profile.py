"""The profile: everything about a customer that holds until it is changed, as it was known at any moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from keepwell.base.ids import hash63
from keepwell.base.time import DAY_US, day_of
from keepwell.customers import traits as t
from keepwell.events.catalog import number
from keepwell.events.event import Event

FOREVER = 2**62
ENTITLEMENT_GRACE_DAYS = 60  # a feature sold later counts as entitled after this many days

_UPDATED, _CONTACT, _WALLET = number("customer_updated"), number("contact_updated"), number("wallet_linked")
_ADDED, _REMOVED = number("addon_added"), number("addon_removed")
_RENEWED, _CANCELLED = number("subscription_renewed"), number("subscription_cancelled")
_PAUSED, _RESUMED = number("customer_paused"), number("customer_resumed")
_OVERRIDDEN, _CLEARED = number("band_overridden"), number("band_override_cleared")


class Contact(msgspec.Struct, frozen=True):
    """A person of the customer."""

    id: str
    traits: dict[str, object] = {}


class Wallet(msgspec.Struct, frozen=True):
    """An address of the customer, with the source of the link and how sure it is."""

    address: str
    chain: str | None = None
    source: str | None = None
    confidence: str | None = None


@dataclass(frozen=True)
class Profile:
    """One version of a profile.

    It holds for moments T with `known_at < T <= until`. Days and money are integers; 0 is "not said",
    `override_band` counts from 1 (critical) to 4 (healthy).
    """

    known_at: int = 0
    until: int = FOREVER
    traits: Mapping[str, object] = field(default_factory=dict)
    contacts: Mapping[str, Contact] = field(default_factory=dict)
    wallets: Mapping[str, Wallet] = field(default_factory=dict)
    entitled_from: Mapping[str, int] = field(default_factory=dict)  # feature -> day from which it counts
    addons: frozenset[str] = frozenset()
    paused_until: int = 0
    cancelled: int = 0
    ends_day: int = 0
    override_band: int = 0
    override_until: int = 0
    override_reason: str = ""

    @property
    def entitled(self) -> frozenset[str]:
        """Features that count as entitled at `known_at`."""
        return frozenset(name for name, day in self.entitled_from.items() if day <= day_of(self.known_at))

    @property
    def set_since(self) -> int:
        """Day from which the first of these features counts."""
        return min((day for day in self.entitled_from.values() if day <= day_of(self.known_at)), default=0)

    @property
    def entitled_after(self) -> dict[str, int]:
        """These features, and how many days after `set_since` each began to count: 0 for most, so sets are shared."""
        return {name: self.entitled_from[name] - self.set_since for name in self.entitled}

    @property
    def limits(self) -> dict[str, int]:
        return t.limits(self.traits) or {}

    def name(self, customer_id: str) -> str:
        return t.word(self.traits, "name") or customer_id

    def numbers(self, segment_id: int) -> dict[str, int]:
        """The integers the metrics read (`PROFILE_COLUMNS`)."""
        return {
            "segment_id": segment_id,
            "seats": t.whole(self.traits, "seats") or 0,
            "mrr": t.cents(self.traits, "mrr") or 0,
            "has_plan": int(t.word(self.traits, "plan") is not None),
            "single_chain": t.yes(self.traits, "single_chain"),
            "contract": t.yes(self.traits, "contract"),
            "addons_offered": t.offered(self.traits) or 0,
            "addons_active": len(self.addons),
            "paused_until": self.paused_until,
            "cancelled": self.cancelled,
            "ends_day": self.ends_day,
            "override_band": self.override_band,
            "override_until": self.override_until,
            "entitled_set": numbered_set_id(self.entitled_after),
            "limit_set": numbered_set_id(self.limits),
            "set_since": self.set_since,
        }


def set_id(items: Iterable[str]) -> int:
    """The identity of a set of texts; 0 is the empty set."""
    ordered = sorted(items)
    return hash63("\x1f".join(ordered).encode("utf-8", "surrogatepass")) if ordered else 0


def numbered_set_id(items: Mapping[str, int]) -> int:
    """The identity of texts with a number each: another number is another set."""
    return set_id(f"{name}={number}" for name, number in items.items())


def versions(events: Sequence[Event]) -> list[Profile]:
    """All versions of one customer's profile, oldest first, from its state events in any order.

    The profile known at a moment is the fold, in the order things happened, of what was known by then:
    a change that arrives late does not overwrite a newer one.
    """
    found: list[Profile] = []
    applied: list[Event] = []
    for event in sorted(events, key=lambda each: (each.known_at, *_order(each))):
        applied.append(event)
        if len(applied) > 1 and _order(event) < _order(applied[-2]):
            applied.sort(key=_order)
            profile = Profile()
            for each in applied:
                profile = _apply(profile, each)
        else:
            profile = _apply(found[-1] if found else Profile(), event)
        found.append(replace(profile, known_at=event.known_at))
    return _closed(_with_grace(found))


def _order(event: Event) -> tuple[int, ...]:
    """When it happened; of two at the same instant the one that was written down later stands."""
    return event.occurred_at, event.known_at, event.recorded_at, event.key


def _with_grace(found: Sequence[Profile]) -> list[Profile]:
    """Add a version at the start of the day on which a new entitlement begins to count."""
    full: list[Profile] = []
    for place, profile in enumerate(found):
        full.append(profile)
        end = found[place + 1].known_at if place + 1 < len(found) else FOREVER
        for day in sorted(set(profile.entitled_from.values())):
            begins = day * DAY_US
            if profile.known_at < begins < end:
                full.append(replace(profile, known_at=begins))
    return full


def _closed(found: Sequence[Profile]) -> list[Profile]:
    """Let each version end where the next begins; of several at one instant the last one stands."""
    ends = [*(later.known_at for later in found[1:]), FOREVER][: len(found)]
    closed = [replace(profile, until=end) for profile, end in zip(found, ends, strict=True)]
    return [profile for profile in closed if profile.known_at < profile.until]


def _apply(profile: Profile, event: Event) -> Profile:
    kind, day = event.kind, day_of(event.occurred_at)
    if kind == _UPDATED:
        return _updated(profile, event)
    if kind == _CONTACT:
        return _contact(profile, event)
    if kind == _WALLET:
        wallet = Wallet(event.ref or "", event.part, *_link(event))
        return replace(profile, wallets={**profile.wallets, wallet.address: wallet})
    if kind in (_ADDED, _REMOVED):
        name = frozenset((event.part or "",))
        return replace(profile, addons=profile.addons | name if kind == _ADDED else profile.addons - name)
    if kind in (_RENEWED, _CANCELLED):
        gone = int(kind == _CANCELLED)
        return replace(profile, cancelled=gone, ends_day=(event.day2 or day) if gone else 0)
    if kind in (_PAUSED, _RESUMED):
        return replace(profile, paused_until=event.day2 or 0 if kind == _PAUSED else 0)
    return _overridden(profile, event)


def properties(event: Event) -> dict[str, object]:
    """The sender's properties of an event."""
    return msgspec.json.decode(event.properties, type=dict[str, object])


def _link(event: Event) -> tuple[str | None, str | None]:
    given = properties(event)
    return t.word(given, "source"), t.word(given, "confidence")


def _contact(profile: Profile, event: Event) -> Profile:
    given = properties(event)
    name = t.word(given, "contact_id") or event.user_id or t.word(given, "email") or ""
    before = profile.contacts.get(name, Contact(name))
    contact = Contact(name, {**before.traits, **{key: value for key, value in given.items() if key != "contact_id"}})
    return replace(profile, contacts={**profile.contacts, name: contact})


OVERRIDE_DAYS = 30


def _overridden(profile: Profile, event: Event) -> Profile:
    if event.kind != _OVERRIDDEN:
        return replace(profile, override_band=0, override_until=0, override_reason="")
    until = event.day2 if event.day2 is not None else day_of(event.occurred_at) + OVERRIDE_DAYS
    band = 4 - (event.code or 0)  # the plan lists bands from healthy down
    reason = t.word(properties(event), "reason") or ""
    return replace(profile, override_band=band, override_until=until, override_reason=reason)


def _updated(profile: Profile, event: Event) -> Profile:
    given = properties(event)
    merged = {**profile.traits, **given}
    features = t.words(given, "entitled_features")
    if features is None:
        return replace(profile, traits=merged)
    day = day_of(event.occurred_at)
    start = day + ENTITLEMENT_GRACE_DAYS if profile.entitled_from else day
    entitled = {name: profile.entitled_from.get(name, start) for name in features}
    return replace(profile, traits=merged, entitled_from=entitled)
