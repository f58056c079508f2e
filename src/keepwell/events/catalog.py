"""The tracking plan: every event Keepwell understands, what to call it, and what it measures.

A number is an event's name in the log: it is never reused and never changed.
To add an event see CONTRIBUTING.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from keepwell.events import slots as s
from keepwell.events.instants import instant


class Stream(StrEnum):
    """How an event is remembered: counted by day, kept as a single fact, or folded into a profile."""

    ACTIVITY = "activity"
    FACT = "fact"
    STATE = "state"


SLOTS = ("n", "v1", "v2", "part", "part2", "code", "code2", "ref", "day2")
"""The slots of an event, in the order in which `Event` has them."""

BLANK: tuple[int | str | None, ...] = (1, *[None] * (len(SLOTS) - 1))
"""The slots of an event that measures nothing but itself."""


@dataclass(frozen=True)
class EventSpec:
    """One row of the tracking plan.

    `slots` maps a slot of the event to (property, reader); `required` names properties without
    which the event says nothing; `text` is the property whose sentiment fills `v2`;
    `own_needs` is a slot that must be above 0 for the event to be the customer's own activity;
    `about_nobody` allows events of the platform itself, without a customer.
    """

    number: int
    key: str
    stream: Stream
    own: bool = False
    own_needs: str | None = None
    aliases: tuple[str, ...] = ()
    slots: Mapping[str, tuple[str, s.Reader]] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    text: str | None = None
    about_nobody: bool = False

    @cached_property
    def plan(self) -> tuple[tuple[int, str, s.Reader], ...]:
        """Place in `SLOTS`, property and reader of each slot."""
        return tuple((SLOTS.index(slot), name, reader) for slot, (name, reader) in self.slots.items())

    @cached_property
    def blank(self) -> tuple[int | str | None, ...]:
        """The slots of an event without any property."""
        values: list[int | str | None] = list(BLANK)
        for place, _, reader in self.plan:
            values[place] = reader(None)
        return tuple(values)


A, F, S = Stream.ACTIVITY, Stream.FACT, Stream.STATE

AREAS = ("app", "docs", "forum", "education")
KINDS = ("transfer", "swap", "bridge", "stake", "lend", "borrow", "lp", "farm", "mint")
STATUSES = ("succeeded", "failed", "expired", "rejected", "unknown")
STATUS_WORDS = {
    "success": "succeeded",
    "ok": "succeeded",
    "confirmed": "succeeded",
    "finalized": "succeeded",
    "landed_ok": "succeeded",
    "error": "failed",
    "reverted": "failed",
    "landed_failed": "failed",
    "dropped": "expired",
    "preflight_rejected": "rejected",
}
"""What senders say instead of a status.

`unknown` is a status of its own: an attempt whose end its sender never learnt. It counts as tried and not as
succeeded, like one that expired. Were it left out, a sender could improve its share by not looking; were it taken
for a failure, the Expert would blame a program for it.
"""

SEVERITIES = ("low", "normal", "high", "urgent")
TOPICS = ("technical", "billing", "how_to")
SURVEYS = {"nps": s.rating(0, 10), "csat": s.rating(1, 5), "ces": s.rating(1, 7)}

_area = s.one_of(
    *AREAS, synonyms={"documentation": "docs", "community": "forum", "academy": "education"}, fallback="app"
)
_kind = s.one_of(*KINDS, fallback="transfer")
_status = s.one_of(*STATUSES, synonyms=STATUS_WORDS, missing="succeeded")
_severity = s.one_of(
    *SEVERITIES,
    synonyms={"minor": "low", "medium": "normal", "major": "high", "critical": "urgent", "blocker": "urgent"},
    fallback="normal",
)
_topic = s.one_of(*TOPICS, synonyms={"question": "how_to", "howto": "how_to"}, fallback="technical")
_ticket = {"ref": ("ticket", s.text)}
_invoice = {"ref": ("invoice", s.text), "v1": ("amount", s.money), "day2": ("due_at", s.day(instant))}
_by_customer = s.one_of("customer", "us", "complaint", synonyms={"csm": "us", "platform": "us"}, fallback="us")
_tier = s.one_of("basic", "advanced", fallback="basic")
_pulse = s.one_of("healthy", "stable", "at_risk", "critical")

CATALOG: tuple[EventSpec, ...] = (
    # user activity
    EventSpec(1, "signed_in", A, own=True, aliases=("login", "logged_in", "user_signed_in")),
    EventSpec(2, "session_ended", A, own=True, slots={"v1": ("duration_s", s.count), "v2": ("actions", s.count)}),
    EventSpec(
        3,
        "feature_used",
        A,
        own=True,
        required=("feature",),
        slots={"part": ("feature", s.text), "n": ("count", s.count)},
    ),
    EventSpec(
        4,
        "api_called",
        A,
        own=True,
        aliases=("api_call", "api_request"),
        slots={
            "part": ("endpoint", s.text),
            "n": ("count", s.count),
            "v1": ("errors", s.count),
            "v2": ("latency_ms", s.count),
        },
    ),
    EventSpec(5, "page_viewed", A, aliases=("page", "viewed_page", "$pageview"), slots={"code": ("area", _area)}),
    # transactions; code/code2 = kind/status, v1 = amount, v2 = value, n = how many, part/part2 = chain/asset
    EventSpec(
        6,
        "transaction",
        A,
        own=True,
        aliases=("transaction_completed", "tx", "sol_tx_attempt"),
        slots={
            "part": ("chain", s.text),
            "part2": ("asset", s.text),
            "code": ("kind", _kind),
            "code2": ("status", _status),
            "n": ("count", s.count),
            "v1": ("amount", s.amount),
            "v2": ("value_usd", s.amount),
        },
    ),
    # proving and mining
    EventSpec(
        7,
        "work",
        A,
        own=True,
        own_needs="v1",
        slots={"v1": ("accepted", s.count), "v2": ("rejected", s.total)},
    ),
    # engagement
    EventSpec(8, "help_viewed", A),
    EventSpec(9, "email_delivered", A),
    EventSpec(10, "email_opened", A),
    EventSpec(11, "email_clicked", A),
    EventSpec(12, "email_bounced", A),
    EventSpec(13, "email_complained", A),
    EventSpec(14, "unsubscribed", A),
    EventSpec(15, "message_sent", A, slots={"code": ("answerable", s.flag), "ref": ("conversation", s.text)}),
    EventSpec(16, "message_replied", A, own=True, slots={"ref": ("conversation", s.text)}),
    EventSpec(
        17,
        "message_received",
        A,
        own=True,
        slots={"code": ("started_by", _by_customer), "ref": ("conversation", s.text)},
    ),
    EventSpec(18, "call_held", A),
    EventSpec(19, "community_posted", A, own=True),
    EventSpec(20, "community_answered", A, own=True),
    EventSpec(21, "community_attended", A, own=True),
    EventSpec(22, "content_completed", A),
    # support
    EventSpec(
        30,
        "ticket_opened",
        F,
        aliases=("support_ticket_created", "ticket_created"),
        text="text",
        slots={
            **_ticket,
            "code": ("severity", _severity),
            "v1": ("topic", _topic),
            "v2": ("sentiment", s.signed_share),
        },
    ),
    EventSpec(31, "ticket_updated", F, slots={**_ticket, "code": ("severity", s.one_of(*SEVERITIES))}),
    EventSpec(32, "ticket_escalated", F, aliases=("support_ticket_escalated",), slots=_ticket),
    EventSpec(
        33,
        "ticket_solved",
        F,
        aliases=("support_ticket_solved", "ticket_resolved", "ticket_closed"),
        slots=_ticket,
    ),
    EventSpec(
        34,
        "ticket_rated",
        F,
        text="text",
        slots={**_ticket, "v1": ("score", s.rating(1, 5)), "v2": ("sentiment", s.signed_share)},
        required=("score",),
    ),
    # satisfaction; the answer's scale depends on `kind`, see accept
    EventSpec(
        40,
        "survey_answered",
        F,
        aliases=("nps_answered", "survey_completed"),
        text="text",
        required=("score",),
        slots={"code": ("kind", s.one_of(*SURVEYS, missing="nps")), "v2": ("sentiment", s.signed_share)},
    ),
    EventSpec(41, "feedback_given", F, text="text", slots={"v2": ("sentiment", s.signed_share)}),
    EventSpec(
        42,
        "reference_answered",
        F,
        slots={"code": ("willing", s.one_of("no", "yes", "gave", synonyms={"false": "no", "true": "yes"}))},
        required=("willing",),
    ),
    EventSpec(43, "renewal_intent", F, slots={"v1": ("probability", s.permille)}, required=("probability",)),
    # billing
    EventSpec(50, "invoice_issued", F, slots=_invoice),
    EventSpec(51, "invoice_paid", F, slots=_invoice),
    EventSpec(52, "invoice_voided", F, slots={"ref": ("invoice", s.text)}),
    EventSpec(53, "payment_failed", F, slots={"ref": ("invoice", s.text)}),
    EventSpec(54, "payment_method_added", F),
    EventSpec(55, "payment_method_changed", F),
    EventSpec(56, "payment_method_expired", F),
    EventSpec(
        57,
        "plan_changed",
        F,
        aliases=("subscription_plan_changed",),
        slots={
            "part": ("to", s.text),
            "part2": ("from", s.text),
            "v1": ("mrr", s.money),
            "v2": ("previous_mrr", s.money),
        },
    ),
    EventSpec(
        58,
        "usage_reported",
        A,
        required=("meter", "value"),
        slots={"part": ("meter", s.text), "v1": ("value", s.amount)},
    ),
    EventSpec(59, "referral_made", F),
    EventSpec(60, "expansion_discussed", F),
    # state: folded into the customer's profile
    EventSpec(61, "addon_added", S, slots={"part": ("addon", s.text)}, required=("addon",)),
    EventSpec(62, "addon_removed", S, slots={"part": ("addon", s.text)}, required=("addon",)),
    EventSpec(63, "subscription_renewed", S),
    EventSpec(64, "subscription_cancelled", S, slots={"day2": ("ends_at", s.day(instant))}),
    EventSpec(70, "customer_updated", S, aliases=("group", "customer_created")),
    EventSpec(71, "contact_updated", S, aliases=("identify",)),
    EventSpec(
        72,
        "wallet_linked",
        S,
        slots={"ref": ("address", s.text), "part": ("chain", s.text)},
        required=("address",),
    ),
    EventSpec(73, "customer_paused", S, slots={"day2": ("until", s.day(instant))}, required=("until",)),
    EventSpec(74, "customer_resumed", S),
    EventSpec(
        75,
        "band_overridden",
        S,
        slots={"code": ("band", _pulse), "day2": ("until", s.day(instant))},
        required=("band", "reason"),
    ),
    EventSpec(76, "band_override_cleared", S),
    EventSpec(
        77,
        "feature_released",
        F,
        about_nobody=True,
        required=("feature",),
        slots={"part": ("feature", s.text), "code": ("tier", _tier)},
    ),
    # our own
    EventSpec(
        80, "forecast_published", F, slots={"v1": ("churn_90d", s.permille), "v2": ("operating_point", s.permille)}
    ),
    EventSpec(81, "message_approved", F),
    EventSpec(82, "run_opened", F),
    EventSpec(83, "run_closed", F),
    EventSpec(84, "milestone_reached", F),
    # market and risk
    EventSpec(90, "competitor_seen", F, slots={"part": ("competitor", s.text), "v1": ("share", s.permille)}),
    EventSpec(91, "login_failed", A),
    EventSpec(92, "approval_granted", F, aliases=("approval",)),
    EventSpec(93, "screening_hit", F, aliases=("screening",)),
    EventSpec(94, "kyc_expiring", F, aliases=("kyc",)),
    # Telemetry: what the Expert looks at. It reads the properties, so no slot can refuse a row, and no event is the
    # customer's own activity: what was done is counted where it was done, by `transaction` and its like. What comes
    # often is activity, which a rollup folds into one row a day; a fact would be a row each, kept for 400 days.
    EventSpec(100, "swap_quoted", A, aliases=("swap",)),
    EventSpec(101, "lp_position_reported", A, aliases=("lp_position",)),
    EventSpec(102, "loan_reported", A, aliases=("loan",)),
    EventSpec(103, "bridge_message", A, aliases=("bridge_msg",)),
    EventSpec(104, "key_used", A, aliases=("key_use",)),
    EventSpec(105, "authority_changed", F, aliases=("authority_change",)),
    EventSpec(106, "withdrawal_made", A, aliases=("withdrawal",)),
    EventSpec(107, "travel_rule_reported", A, aliases=("travel_rule",)),
    EventSpec(108, "node_reported", A, about_nobody=True),
)

BY_KEY: Mapping[str, EventSpec] = {spec.key: spec for spec in CATALOG}
BY_NUMBER: Mapping[int, EventSpec] = {spec.number: spec for spec in CATALOG}
STREAM_OF: Mapping[int, Stream] = {0: Stream.ACTIVITY} | {spec.number: spec.stream for spec in CATALOG}


def number(key: str) -> int:
    """The log number of an event of the plan."""
    return BY_KEY[key].number


def key_of(kind: int, name: str | None) -> str:
    """The name to show for an event of the log: the plan's key, or the sender's own name."""
    return BY_NUMBER[kind].key if kind else (name or "unknown")


def _plain(name: str) -> str:
    """`Signed In`, `signed-in` and `signedIn` are the same name."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip())
    return re.sub(r"[\s\-.]+", "_", spaced).lower()


def _names() -> dict[str, EventSpec]:
    found: dict[str, EventSpec] = {}
    for spec in CATALOG:
        for name in (spec.key, *spec.aliases):
            if found.setdefault(name, spec) is not spec:
                message = f"two events of the tracking plan are called {name}"
                raise ValueError(message)
    return found


_NAMES = _names()
_known: dict[str, EventSpec | None] = {}


def find(name: str) -> EventSpec | None:
    """The event a sender means, or None when the plan does not know it."""
    if name not in _known:
        if len(_known) > 10_000:  # a hostile sender must not fill the memory with names
            _known.clear()
        _known[name] = _NAMES.get(_plain(name))
    return _known[name]
