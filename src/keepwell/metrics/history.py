"""One customer's raw history, as the slow reading and explanations see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keepwell.events.event import Event
from keepwell.metrics.references import Reference


@dataclass(frozen=True)
class History:
    """Everything a measure of one customer may look at, at one moment.

    Attributes:
        t: the moment, microseconds; nothing that happened or became known at or after it is here.
        events: the customer's events that reach into the windows (400 days), any order.
        first_day: day of the first event that is not a mere change of profile.
        own_ever: whether the customer was ever active itself.
        profile: the integers of `PROFILE_COLUMNS`.
        entitled: feature the customer is entitled to at t -> day from which it counts.
        limits: meter -> plan limit, in the meter's own scale.
        releases: feature -> day of release on the platform, known by t.
        advanced: features released as advanced, known by t.
        first_uses: feature -> day of first use by the customer.
        connected: kinds of events the platform has ever sent, known by t.
        reference: what was usual when the day of t began.
    """

    t: int
    events: Sequence[Event]
    first_day: int
    own_ever: bool
    profile: Mapping[str, int]
    entitled: Mapping[str, int]
    limits: Mapping[str, int]
    releases: Mapping[str, int]
    advanced: frozenset[str]
    first_uses: Mapping[str, int]
    connected: frozenset[str]
    reference: Reference
