"""A rule: data about what deserves attention, and how it is treated. What makes it fire is in `conditions`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec


class Cadence(StrEnum):
    """When a rule is looked at: with every evaluation of a customer, once a day, or once a week."""

    IMMEDIATE = "immediate"
    DAILY = "daily"
    WEEKLY = "weekly"


class Severity(StrEnum):
    """How bad it is, the mildest first."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    CRITICAL = "critical"


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule.

    Attributes:
        id: the trigger's name, as `login_absence_72h`.
        alert: the type of the alert it raises, as `at_risk_alert`.
        title: a few words for lists.
        cadence: when it is looked at.
        severity: how bad it is when it fires.
        what: in words, when it fires.
        ends: in words, what ends it.
        respond_s: seconds in which a person has to react.
        office_hours: whether these seconds pass in business hours only.
        quiet: whether it says that a customer went quiet, so that an outage may explain it.
        hold_s: seconds for which the condition must hold before the alert opens.
        calm_s: seconds for which it must not hold before the alert ends by itself.
        once_s: seconds from one opening to the next, at least.
        counts: whether each more of what it measures is news, as another ticket.
        params: numbers the condition reads.
        enabled: whether it is looked at at all.
    """

    id: str
    alert: str
    title: str
    cadence: Cadence
    severity: Severity
    what: str
    ends: str
    respond_s: int
    office_hours: bool = True
    quiet: bool = False
    hold_s: int = 0
    calm_s: int = 0
    once_s: int = 0
    counts: bool = False
    params: Mapping[str, float] = {}
    enabled: bool = True
