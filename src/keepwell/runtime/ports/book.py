"""The book of customers as pages and commands read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Protocol

import msgspec

Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class CustomerLine(msgspec.Struct, frozen=True):
    """One customer in a list."""

    id: str
    name: str
    segment: str
    plan: str
    owner: str
    mrr_cents: int | None
    lifecycle: str
    score: float | None
    coverage: float  # share of the 100 points that had data, 0-1
    connectable: float  # share of the 100 points that the connected sources could give, 0-1
    band: str | None  # the displayed band: the override of the CSM when there is one
    computed_band: str | None
    provisional: bool
    change_7d: float | None
    trend: Sequence[float | None]  # one score a day, the oldest first, at most 90; empty where no page shows it


class Overview(msgspec.Struct, frozen=True):
    """The whole base at a glance. Churned customers are counted apart and in no figure."""

    as_of: int  # microseconds
    customers: int
    churned: int
    bands: dict[str, int]  # healthy, stable, at_risk, critical: as displayed
    overridden: int  # how many of them are in a band that a person set
    histogram: Sequence[int]  # how many scores lie in each stretch of five points; 100 belongs to the last
    average: float | None
    average_change_7d: float | None
    improvement_rate: float | None  # of those below 80 seven days ago, the share at least 1 point higher now
    improvement_base: int  # how many those are
    at_risk_mrr_cents: int  # monthly revenue of customers at risk or critical
    at_risk_mrr_change_7d: int | None
    average_coverage: float | None
    series: Sequence[tuple[int, float | None, float | None, int]]  # day, average, healthy share, at-risk mrr
    drops: Sequence[CustomerLine]  # biggest falls in seven days
    attention: Sequence[CustomerLine]  # at risk and critical, lowest first
    simulated: bool

    @property
    def scored(self) -> int:
        """How many customers have a score."""
        return sum(self.histogram)


class IndicatorLine(msgspec.Struct, frozen=True):
    """One indicator of one score."""

    indicator: str
    label: str
    value: float | None
    points: float | None  # 0-100; None when there was no data
    contribution: float  # its share of the uncapped score
    window: str  # in words: "28 days"
    events: Sequence[str]  # message ids, newest first, at most 50
    event_count: int
    explained: str  # in words: "17 of 20 expected days"


class MetricLine(msgspec.Struct, frozen=True):
    """One of the nine metrics of one score."""

    metric: str
    label: str
    weight: float
    points: float | None
    contribution: float
    indicators: Sequence[IndicatorLine]


class ChangePart(msgspec.Struct, frozen=True):
    """One named part of a change of score."""

    kind: str  # behaviour, roll_off, late_data, coverage, traits, references, forecast, cap, configuration
    name: str  # an indicator, a cap, or the kind again
    label: str
    points: float


class Change(msgspec.Struct, frozen=True, rename={"start": "from", "end": "to"}):
    """Why a score moved. The parts add up to `total`, which is None when there was no score at one of its ends."""

    start: int
    end: int
    score_from: float | None
    score_to: float | None
    total: float | None
    parts: Sequence[ChangePart]


class Explanation(msgspec.Struct, frozen=True):
    """A score opened up. The contributions add up to `uncapped_score`."""

    customer_id: str
    as_of: int
    score: float | None
    uncapped_score: float | None
    coverage: float
    connectable: float
    band: str | None
    computed_band: str | None
    provisional: bool
    scorecard: str
    cap: str | None
    cap_label: str | None
    override_reason: str | None
    override_until: int | None  # the last day it holds
    metrics: Sequence[MetricLine]
    change: Change | None


class EventLine(msgspec.Struct, frozen=True):
    """One event as lists show it."""

    message_id: str
    customer_id: str
    event: str
    occurred_at: int
    received_at: int
    properties: dict[str, object]


class Marker(msgspec.Struct, frozen=True):
    """Something on the time line of a score: a band change, a scorecard change, an override."""

    at: int
    label: str


class CustomerPage(msgspec.Struct, frozen=True):
    """Everything the customer page shows but the explanation."""

    line: CustomerLine
    since: int | None  # first event
    last_own: int | None  # last own activity
    renewal: str | None
    seats: int | None
    history: Sequence[tuple[int, float | None]]  # day, score
    markers: Sequence[Marker]
    recent: Sequence[EventLine]


class Wanted(msgspec.Struct, frozen=True):
    """Which customers, in which order. None means any; `query` is part of a name or an id, in any case."""

    band: str | None = None
    query: str | None = None
    segment: str | None = None
    owner: str | None = None
    lifecycle: str | None = None
    sort: str = "score"  # a key of `runtime.lists.SORTS`
    descending: bool = False


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a list of customers goes on: after the one with this value and id."""

    value: float | str | None
    id: str


class CustomersPart(msgspec.Struct, frozen=True):
    """A part of a list of customers, whose lines have no trend; `next` is None at its end."""

    lines: Sequence[CustomerLine]
    next: Place | None


PER_PAGE = 100


class Sheet(msgspec.Struct, frozen=True):
    """Which page of the list of customers, from 1. A group is a band, `unscored` or `churned`; None means all.

    Churned customers are in no band. `query` is part of a name or an id, in any case.
    """

    group: str | None = None
    query: str | None = None
    sort: str = "score"  # a key of `runtime.lists.SORTS`
    descending: bool = False
    page: int = 1


class CustomersSheet(msgspec.Struct, frozen=True):
    """A page of the list of customers, at most `PER_PAGE` lines.

    `counts` says how many match the query in each group; `page` is the last one when a later one was asked for.
    """

    lines: Sequence[CustomerLine]
    counts: dict[str, int]
    page: int


class ScoreLine(msgspec.Struct, frozen=True):
    """The score of one customer at a moment; all None without an event before it."""

    customer_id: str
    as_of: int
    score: float | None = None
    uncapped_score: float | None = None
    coverage: float | None = None
    connectable: float | None = None
    band: str | None = None
    computed_band: str | None = None
    provisional: bool | None = None
    lifecycle: str | None = None


class HistoryDay(msgspec.Struct, frozen=True):
    """The score at the end of one UTC day."""

    day: int
    score: float
    coverage: float
    band: str


class BandMove(msgspec.Struct, frozen=True):
    """A customer came into another band."""

    at: int
    start: str
    end: str
    because: str


class Days(msgspec.Struct, frozen=True):
    """The remembered scores of a customer, the oldest first."""

    days: Sequence[HistoryDay]
    moves: Sequence[BandMove]


class EventsAsked(msgspec.Struct, frozen=True):
    """Which events: of one customer or of all, that occurred from `since` to before `until`, in microseconds."""

    customer_id: str | None = None
    since: int | None = None
    until: int | None = None


class EventPlace(msgspec.Struct, frozen=True, array_like=True):
    """Where a list of events goes on: after (that is, before in time) this one."""

    occurred_at: Int64
    key: Int64
    source: Int64


class EventsPart(msgspec.Struct, frozen=True):
    """A part of a list of events, the newest first; `next` is None at its end."""

    lines: Sequence[EventLine]
    next: EventPlace | None


class Book(Protocol):
    """What pages and commands may read. Unknown ids give None."""

    def line(self, customer_id: str) -> CustomerLine | None: ...

    def customers_part(self, wanted: Wanted, after: Place | None, limit: int) -> CustomersPart: ...

    def score(self, customer_id: str, as_of: int | None) -> ScoreLine | None: ...

    def days(self, customer_id: str, first: int, last: int) -> Days | None: ...

    def events_part(self, asked: EventsAsked, after: EventPlace | None, limit: int) -> EventsPart | None: ...

    def overview(self) -> Overview: ...

    def customers(self, sheet: Sheet) -> CustomersSheet: ...

    def customer(self, customer_id: str) -> CustomerPage | None: ...

    def explain(self, customer_id: str, as_of: int | None, since: int | None) -> Explanation | None: ...

    def events(self, customer_id: str | None, limit: int) -> Sequence[EventLine]: ...
