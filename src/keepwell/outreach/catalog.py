"""The registry of facts: what a message may say of a customer, how it is written, how long it holds, and whence it is.

A fact is known only where there is something to say: `payments_failed` where some have, `use_change` where it is more
than the customer's own ups and downs. Whoever reads it out of Keepwell decides that; a template asks no more than
whether it is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from keepwell.base.time import DAY_US, HOUR_US
from keepwell.outreach.fact import FRESH_US, Fact, Kind, Surface, UnusableFactError


class Origin(StrEnum):
    """The part of Keepwell that knows it."""

    SCORE = "score"
    METRICS = "metrics"
    USAGE = "usage"
    BILLING = "billing"
    ALERTS = "alerts"
    EXPERT = "expert"
    PEERS = "peers"
    PROFILE = "profile"
    SETTINGS = "settings"


@dataclass(frozen=True, kw_only=True)
class Declared:
    """A fact that there may be.

    Attributes:
        id, kind, unit, window_days, surface, fresh_for: as `Fact` has them; money has no unit here.
        origin: the part of Keepwell that knows it.
        meaning: what it is, for people who write templates.
    """

    id: str
    kind: Kind
    origin: Origin
    meaning: str
    unit: str = ""
    window_days: int = 0
    surface: Surface = Surface.SAY
    fresh_for: int | None = FRESH_US


class Reading(NamedTuple):
    """A value as it was read: what, as of when, and for money in which currency."""

    value: int | float | str
    as_of: int
    currency: str = ""


_C, _S, _X, _D, _L, _M, _N, _T = (
    Kind.COUNT, Kind.SHARE, Kind.CHANGE, Kind.DATE, Kind.DURATION, Kind.MONEY, Kind.NAME, Kind.TEXT,
)  # fmt: skip


def _of(origin: Origin, *rows: tuple[str, Kind, str, int, str]) -> tuple[Declared, ...]:
    """Facts of one part: id, kind, unit, window in days, meaning."""
    return tuple(
        Declared(id=name, kind=kind, unit=unit, window_days=days, origin=origin, meaning=meaning)
        for name, kind, unit, days, meaning in rows
    )


_SAID: Final = (
    *_of(
        Origin.SCORE,
        ("score_now", _C, "point", 0, "The health score"),
        ("score_before", _C, "point", 0, "The health score at the beginning of the period that is told"),
        ("score_change", _C, "point", 0, "By how many points the score moved in that period"),
        ("score_period", _L, "week", 0, "How long that period is"),
        ("band_now", _N, "", 0, "The name of the band the score is in"),
    ),
    *_of(
        Origin.METRICS,
        ("use_change", _X, "", 28, "Change of use against the weeks before, more than the own ups and downs"),
        ("volume_change", _X, "", 28, "Change of the volume of transactions against the weeks before"),
        ("active_days", _C, "day", 28, "Days with activity of their own"),
        ("transactions", _C, "transaction", 28, "Transactions that succeeded"),
        ("transactions_tried", _C, "transaction", 7, "Transactions that were tried"),
        ("failure_share", _S, "", 7, "Share of the transactions tried that failed, when it is unusual"),
        ("api_error_share", _S, "", 7, "Share of the calls to the API that failed, when it is unusual"),
        ("integration_uptime", _S, "", 28, "Share of the calls of their integrations that succeeded"),
        ("plan_use", _S, "", 28, "Use of the plan's tightest limit"),
    ),
    *_of(
        Origin.USAGE,
        ("sign_in_gap", _L, "day", 0, "How long ago the last sign-in was, when it is unusual"),
        ("features_used", _C, "feature", 28, "Features in use"),
        ("features_adopted", _C, "feature", 90, "Features taken up"),
        ("feature_explored", _N, "", 14, "A feature that was tried lately, and is not in steady use"),
        ("feature_suggested", _N, "", 0, "A feature that is theirs, unused, and used by many who are like them"),
        ("feature_favourite", _N, "", 28, "The feature they use most"),
        ("plan_name", _N, "", 0, "The plan"),
        ("plan_next", _N, "", 0, "The plan above it"),
    ),
    *_of(
        Origin.BILLING,
        ("payments_failed", _C, "payment", 30, "Payments that failed and were not made up for"),
        ("amount_due", _M, "", 0, "What is open"),
        ("payment_failed_on", _D, "day", 30, "The day of the last payment that failed"),
        ("payment_retry_on", _D, "day", 0, "The day on which it is tried again"),
    ),
    *_of(
        Origin.ALERTS,
        ("open_tickets", _C, "ticket", 0, "Support requests that are open"),
        ("milestone", _T, "", 14, "What was achieved, in our words"),
    ),
    *_of(Origin.EXPERT, ("finding", _T, "", 0, "What the Expert found, in our words, when it is established")),
    *_of(
        Origin.PEERS,
        ("volume_done", _M, "", 90, "The value of what they did with us"),
        ("fees_saved", _M, "", 90, "What they saved in fees, by the reference prices"),
        ("hours_saved", _L, "hour", 90, "The working time that automation took over"),
        ("peer_count", _C, "customer", 0, "Customers like them of whom an example tells; never fewer than five"),
        ("peer_feature", _N, "", 0, "The feature that these took up, and they did not"),
        ("peer_change", _X, "", 28, "The change of these customers' use afterwards, at the median"),
    ),
)
_STANDING: Final = (
    Declared(id="recipient_name", kind=_N, origin=Origin.PROFILE, meaning="How they are greeted", fresh_for=None),
    Declared(id="phrase", kind=_T, origin=Origin.PROFILE, meaning="Their anti-phishing phrase", fresh_for=None),
    Declared(id="persona_name", kind=_N, origin=Origin.SETTINGS, meaning="Who signs", fresh_for=None),
    Declared(id="persona_title", kind=_T, origin=Origin.SETTINGS, meaning="What they are", fresh_for=None),
)
_UNSAID: Final = (
    Declared(
        id="satisfaction_drop", kind=_X, window_days=90, origin=Origin.ALERTS, surface=Surface.ALLUDE,
        meaning="Change of the own surveys' mean: a letter may be warmer for it, and says no figure",
    ),
    Declared(
        id="leaving", kind=_D, unit="day", window_days=30, origin=Origin.ALERTS, surface=Surface.ALLUDE,
        meaning="The day on which they spoke of leaving, or the comparison with others that was seen",
    ),
    Declared(
        id="churn_risk", kind=_S, origin=Origin.SCORE, surface=Surface.HOLD, fresh_for=DAY_US,
        meaning="The chance that they leave: no letter knows of it",
    ),
    Declared(
        id="holdings", kind=_M, origin=Origin.PROFILE, surface=Surface.HOLD, fresh_for=HOUR_US,
        meaning="What their addresses hold: it was inferred, and no letter knows of it",
    ),
)  # fmt: skip

CATALOG: Final[Mapping[str, Declared]] = {each.id: each for each in (*_SAID, *_STANDING, *_UNSAID)}
"""Every fact, by id."""


def facts_of(readings: Mapping[str, Reading], held: AbstractSet[str] = frozenset()) -> dict[str, Fact]:
    """Facts out of what was read; `held` are those that the installation keeps from its customers, as the score.

    Raises:
        UnusableFactError: there is no such fact, or the value is none of its kind.
    """
    return {name: _fact(name, reading, held) for name, reading in readings.items()}


def _fact(name: str, reading: Reading, held: AbstractSet[str]) -> Fact:
    declared = CATALOG.get(name)
    if declared is None:
        raise UnusableFactError(name, "it is not in the registry")
    return Fact(
        id=name,
        kind=declared.kind,
        value=reading.value,
        unit=reading.currency if declared.kind is Kind.MONEY else declared.unit,
        window_days=declared.window_days,
        as_of=reading.as_of,
        source=f"{declared.origin}:{name}",
        surface=Surface.HOLD if name in held else declared.surface,
        fresh_for=declared.fresh_for,
    )
