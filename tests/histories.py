"""Random histories of a small platform, and a house to live them in."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec
from hypothesis import strategies as st

from keepwell.base.time import DAY_US, HOUR_US
from keepwell.config.settings import Settings
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Event, Raw
from keepwell.runtime.importing import store_events
from keepwell.runtime.workspace import Workspace, open_workspace
from keepwell.store import batch

TODAY = 20_000  # a day number; 2024-10-04
NOW = TODAY * DAY_US + 9 * HOUR_US + 1234

EDGES = (0, 1, 27, 28, 2, 29, 55, 56, 89, 90, 119, 120, 179, 180, 364, 365)
"""Ages in days at which windows begin and end: where mistakes show, and where events meet on one day."""

FEATURES = ("swap", "vault", "bridge", "alerts", "farm")
CUSTOMERS = ("ada", "bob", "cyd")


@dataclass(frozen=True)
class Happening:
    """Something that happened, and how Keepwell heard of it."""

    event: Event
    live: bool


_few = st.integers(0, 5)
_ref = st.sampled_from(("r1", "r2", "r3"))
_moment = st.integers(-200, 30).map(lambda days: NOW + days * DAY_US)

PROPERTIES: dict[str, dict[str, st.SearchStrategy[object]]] = {
    "session_ended": {"duration_s": st.integers(0, 9000), "actions": st.integers(0, 300)},
    "feature_used": {"feature": st.sampled_from(FEATURES), "count": st.integers(1, 50)},
    "api_called": {"endpoint": st.sampled_from(("/a", "/b", "/c")), "count": st.integers(1, 3000)},
    "page_viewed": {"area": st.sampled_from(("app", "docs", "forum", "education"))},
    "transaction": {
        "chain": st.sampled_from(("solana", "base", "eth")),
        "asset": st.sampled_from(("SOL", "USDC", "ETH")),
        "kind": st.sampled_from(("transfer", "swap", "stake", "lp")),
        "status": st.sampled_from(("succeeded", "failed")),
        "amount": st.integers(0, 10**9),
        "value_usd": st.integers(0, 10**9),
    },
    "work": {"accepted": _few, "rejected": _few},
    "message_sent": {"answerable": st.booleans()},
    "message_received": {"started_by": st.sampled_from(("customer", "us", "complaint"))},
    "ticket_opened": {
        "ticket": _ref,
        "severity": st.sampled_from(("low", "normal", "high", "urgent")),
        "topic": st.sampled_from(("technical", "billing", "how_to")),
        "sentiment": st.sampled_from((-0.8, 0.0, 0.6)),
    },
    "ticket_updated": {"ticket": _ref, "severity": st.sampled_from(("low", "high", "urgent"))},
    "ticket_escalated": {"ticket": _ref},
    "ticket_solved": {"ticket": _ref},
    "ticket_rated": {"ticket": _ref, "score": st.integers(1, 5)},
    "survey_answered": {"kind": st.sampled_from(("nps",)), "score": st.integers(0, 10)},
    "feedback_given": {"sentiment": st.sampled_from((-0.5, 0.1, 0.9))},
    "reference_answered": {"willing": st.sampled_from(("no", "yes", "gave"))},
    "renewal_intent": {"probability": st.sampled_from((0.1, 0.5, 0.95))},
    "forecast_published": {"churn_90d": st.sampled_from((0.05, 0.6))},
    "invoice_issued": {"invoice": _ref, "due_at": _moment},
    "invoice_paid": {"invoice": _ref, "amount": _few},
    "invoice_voided": {"invoice": _ref},
    "plan_changed": {"to": st.just("pro"), "mrr": st.integers(0, 900)},
    "usage_reported": {"meter": st.sampled_from(("calls", "seats")), "value": st.integers(0, 200)},
    "addon_added": {"addon": _ref},
    "addon_removed": {"addon": _ref},
    "subscription_cancelled": {},
    "subscription_renewed": {},
    "customer_paused": {"until": _moment},
    "customer_updated": {
        "segment": st.sampled_from(("trader", "miner", "developer", "institution", "protocol", "other")),
        "seats": st.integers(0, 9),
        "plan": st.just("pro"),
        "entitled_features": st.lists(st.sampled_from(FEATURES), unique=True, max_size=5),
        "plan_limits": st.fixed_dictionaries({"calls": st.integers(1, 100)}),
        "offered_addons": st.integers(0, 4),
        "single_chain": st.booleans(),
        "contract": st.booleans(),
    },
    "band_overridden": {"band": st.sampled_from(("healthy", "critical")), "reason": st.just("known to us")},
}
"""Properties that are plausible for a kind, small enough to collide."""


def _properties(kind: str) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries(PROPERTIES.get(kind, {}))


KINDS = (
    "signed_in", "session_ended", "feature_used", "api_called", "page_viewed", "transaction", "work", "help_viewed",
    "message_sent", "message_replied", "message_received", "community_posted", "content_completed", "ticket_opened",
    "ticket_updated", "ticket_escalated", "ticket_solved", "ticket_rated", "survey_answered", "feedback_given",
    "reference_answered", "renewal_intent", "forecast_published", "invoice_issued", "invoice_paid", "invoice_voided",
    "payment_failed", "payment_method_added", "payment_method_changed", "payment_method_expired", "plan_changed",
    "usage_reported", "referral_made", "expansion_discussed", "addon_added", "addon_removed",
    "subscription_cancelled", "subscription_renewed", "customer_paused", "customer_updated", "band_overridden",
    "email_opened", "something_nobody_planned",
)  # fmt: skip


@st.composite
def happenings(draw: st.DrawFn, kinds: Sequence[str] = KINDS) -> Happening:
    """One event: often lately, sometimes long ago; often known at once, sometimes days later."""
    kind = draw(st.sampled_from(kinds))
    age = draw(st.one_of(st.sampled_from(EDGES), st.sampled_from(EDGES[:4]), st.integers(0, 420)))
    occurred = NOW - 1 - age * DAY_US - draw(st.sampled_from((0, HOUR_US, 8 * HOUR_US, 20 * HOUR_US)))
    delay = draw(st.sampled_from((0, 0, 0, HOUR_US, DAY_US, 9 * DAY_US)))
    known = min(occurred + delay, NOW - 1)
    raw = Raw(
        draw(st.sampled_from(("ada", *CUSTOMERS))),
        kind,
        occurred,
        msgspec.json.encode(draw(_properties(kind))).decode(),
    )
    number = draw(st.integers(0, 2**40))
    live = draw(st.booleans())
    return Happening(_accepted(msgspec.structs.replace(raw, message_id=str(number), received_at=known)), live)


@st.composite
def releases(draw: st.DrawFn) -> Happening:
    """A feature of the platform becomes available."""
    occurred = NOW - 1 - draw(st.integers(0, 220)) * DAY_US
    properties = {"feature": draw(st.sampled_from(FEATURES)), "tier": draw(st.sampled_from(("basic", "advanced")))}
    raw = Raw("", "feature_released", occurred, properties, message_id=str(draw(st.integers(0, 2**40))))
    return Happening(_accepted(raw), draw(st.booleans()))


@st.composite
def histories(draw: st.DrawFn, size: int = 60) -> list[Happening]:
    """A whole history, of a few kinds of events so that they meet, and of some of everything."""
    few = draw(st.lists(st.sampled_from(KINDS), min_size=2, max_size=6, unique=True))
    one = st.one_of(happenings(few), happenings(few), happenings(few), happenings(), releases())
    return draw(st.lists(one, min_size=size // 3, max_size=size))


def _accepted(raw: Raw) -> Event:
    event = accept(raw, Receipt(NOW))
    assert isinstance(event, Event), event
    return event


@cache
def _new() -> Path:
    """A data folder as the first start makes it: migrating thousands of databases would take minutes."""
    folder = Path(tempfile.mkdtemp(prefix="keepwell-new-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with open_workspace(Settings(data=folder)):
        return folder


@contextmanager
def house(url: str | None = None) -> Iterator[Workspace]:
    """An empty data folder, open, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="keepwell-house-"))
    if url is None:
        shutil.copytree(_new(), folder, dirs_exist_ok=True)
    try:
        with open_workspace(Settings(data=folder, database_url=url)) as workspace:
            yield workspace
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def put(workspace: Workspace, events: Sequence[Event], source: str = "test") -> None:
    """Write events straight into segments, as an import does."""
    with workspace.database.write() as session:
        _, ids = store_events(workspace, session, batch.accepted(events), source)
    workspace.ids.commit(ids)
