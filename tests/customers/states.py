"""State events of one customer, and the obvious fold of them."""

from keepwell.base.time import DAY_US, last_day_before
from keepwell.customers.profile import Contact, Profile, Wallet, properties
from keepwell.events.accept import Receipt, accept
from keepwell.events.catalog import BY_NUMBER
from keepwell.events.event import Event, Raw

DAY = 20_000
RECEIPT = Receipt((DAY + 5000) * DAY_US)
BANDS = {"critical": 1, "at_risk": 2, "stable": 3, "healthy": 4}


def state(event, age=0, properties=None, *, late=0, at=DAY_US // 2, key=0, user_id=None):
    """A state event of day `DAY + age`, known some days later."""
    moment = (DAY + age) * DAY_US + at
    raw = Raw("c", event, moment, properties, received_at=moment + round(late * DAY_US), user_id=user_id)
    found = accept(raw, RECEIPT, key)
    assert isinstance(found, Event), found
    return found


def naive(events, moment):
    """The profile known before a moment, field by field, told once more."""
    known = [event for event in events if event.known_at < moment]
    told = {
        "traits": {}, "contacts": {}, "wallets": {}, "addons": set(), "features": {},
        "pause": 0, "gone": (0, 0), "override": (0, 0, ""),
    }  # fmt: skip
    for event in sorted(known, key=lambda each: (each.occurred_at, each.known_at, each.recorded_at, each.key)):
        _tell(told, BY_NUMBER[event.kind].key, event, properties(event), event.occurred_at // DAY_US)
    today = last_day_before(moment)
    entitled = {name: day for name, day in told["features"].items() if day <= today}
    return {
        "traits": told["traits"],
        "contacts": {name: Contact(name, traits) for name, traits in told["contacts"].items()},
        "wallets": told["wallets"],
        "entitled": set(entitled),
        "set_since": min(entitled.values(), default=0),
        "addons": told["addons"],
        "paused_until": told["pause"],
        "cancelled": told["gone"][0],
        "ends_day": told["gone"][1],
        "override_band": told["override"][0],
        "override_until": told["override"][1],
        "override_reason": told["override"][2],
    }


def _tell(told, key, event, given, today):
    match key:
        case "customer_updated":
            told["traits"] = told["traits"] | given
            if isinstance(given.get("entitled_features"), list):
                old = told["features"]
                start = today + 60 if old else today
                told["features"] = {name: old.get(name, start) for name in given["entitled_features"]}
        case "contact_updated":
            name = given.pop("contact_id", None) or event.user_id or given.get("email") or ""
            told["contacts"][name] = told["contacts"].get(name, {}) | given
        case "wallet_linked":
            wallet = Wallet(event.ref, event.part, given.get("source"), given.get("confidence"))
            told["wallets"][event.ref] = wallet
        case "addon_added":
            told["addons"].add(event.part)
        case "addon_removed":
            told["addons"].discard(event.part)
        case _:
            field, tell = TOLD[key]
            told[field] = tell(event, given, today)


TOLD = {
    "subscription_renewed": ("gone", lambda *_: (0, 0)),
    "subscription_cancelled": ("gone", lambda event, _, today: (1, event.day2 or today)),
    "customer_paused": ("pause", lambda event, *_: event.day2),
    "customer_resumed": ("pause", lambda *_: 0),
    "band_overridden": (
        "override",
        lambda event, given, today: (BANDS[given["band"]], event.day2 or today + 30, given["reason"]),
    ),
    "band_override_cleared": ("override", lambda *_: (0, 0, "")),
}


def shown(profile: Profile):
    """The same fields of a version."""
    names = (
        "traits", "contacts", "wallets", "entitled", "set_since", "addons", "paused_until", "cancelled", "ends_day",
        "override_band", "override_until", "override_reason",
    )  # fmt: skip
    return {name: getattr(profile, name) for name in names}
