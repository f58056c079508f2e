"""Slow readings of what is said: conversations, tickets, satisfaction."""

from __future__ import annotations

from dataclasses import dataclass

from keepwell.events.catalog import SEVERITIES, TOPICS, number
from keepwell.events.event import Event
from keepwell.metrics.history import History
from keepwell.metrics.measures.registry import NO_TICKET_POINTS
from keepwell.metrics.reference_window import (
    HALF_YEAR,
    NO_DATA,
    NOW,
    QUARTER,
    YEAR,
    Reader,
    Reading,
    age,
    by_age,
    connected,
    day,
    days,
    events_of,
    filled,
    found,
    last_day,
    own_activity,
    share,
)

TICKET = ("ticket_opened", "ticket_updated", "ticket_escalated", "ticket_solved", "ticket_rated")
WEIGHTS = {SEVERITIES.index("low"): 1, SEVERITIES.index("normal"): 2, SEVERITIES.index("high"): 4}
WORST_WEIGHT = 8


# --- communication ---------------------------------------------------------------------------


def response_rate(history: History) -> Reading:
    asked = [sent for sent in events_of(history, QUARTER, "message_sent") if sent.code == 1]
    if not asked:
        return NO_DATA
    replies = events_of(history, QUARTER, "message_replied")
    return found((min(len(replies), len(asked)) + 2.0) / (len(asked) + 4.0), asked + replies)


def proactive_contact(history: History) -> Reading:
    if not connected(history, "message_received"):
        return NO_DATA
    began = [received for received in events_of(history, NOW, "message_received") if received.code == 0]
    return found(len(began) * filled(history, 28), began)


def community_contribution(history: History) -> Reading:
    kinds = ("community_posted", "community_answered", "community_attended")
    if not connected(history, *kinds):
        return NO_DATA
    given = events_of(history, QUARTER, *kinds)
    return found(len(given) * filled(history, 90), given)


# --- tickets ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ticket:
    """What happened to one ticket within a year."""

    events: tuple[Event, ...]

    def of(self, *keys: str) -> list[Event]:
        kinds = {number(key) for key in keys}
        return [event for event in self.events if event.kind in kinds]

    @property
    def opened(self) -> int | None:
        """The day it was first opened on."""
        return min((day(event) for event in self.of("ticket_opened")), default=None)

    @property
    def weight(self) -> int:
        """By the worst severity it ever had."""
        said = [event.code for event in self.of("ticket_opened", "ticket_updated") if event.code is not None]
        return WEIGHTS.get(max(said), WORST_WEIGHT) if said else WORST_WEIGHT

    @property
    def about_billing(self) -> bool:
        return any(event.v1 == TOPICS.index("billing") for event in self.of("ticket_opened"))

    @property
    def urgent(self) -> bool:
        """Whether it was called urgent after it was last solved, and nothing less since."""
        calls = self.of("ticket_opened", "ticket_updated")
        urgent = SEVERITIES.index("urgent")
        called = max((call.occurred_at for call in calls if call.code == urgent), default=0)
        calmed = max((call.occurred_at for call in calls if call.code is not None and call.code < urgent), default=0)
        solved = max((solution.occurred_at for solution in self.of("ticket_solved")), default=0)
        return called > solved and called >= calmed


def tickets(history: History) -> list[Ticket]:
    """The tickets of a year, by name. An event without one is a ticket of its own."""
    named: dict[str, list[Event]] = {}
    for event in events_of(history, YEAR, *TICKET):
        named.setdefault(event.ref or f"#{event.key}", []).append(event)
    return [Ticket(tuple(events)) for events in named.values()]


def opened_within(history: History, ages: range) -> list[Ticket]:
    """The tickets first opened in a window."""
    today = last_day(history)
    return [ticket for ticket in tickets(history) if ticket.opened is not None and today - ticket.opened in ages]


def urgent_open(history: History) -> int:
    """How many tickets are urgent and not solved since."""
    return sum(ticket.urgent for ticket in tickets(history))


def interaction_quality(history: History) -> Reading:
    judged = [judgement for ticket in tickets(history) if (judgement := _judgement(history, ticket))]
    if not judged:
        return NO_DATA
    points = sum(best for best, _ in judged)
    return found(share(points / 1000.0, len(judged)), [event for _, events in judged for event in events])


def _judgement(history: History, ticket: Ticket) -> tuple[int, list[Event]] | None:
    """The best rating of a quarter, else the best mood of its opening, and what says so."""
    recent = [event for event in ticket.events if age(history, event) in QUARTER]
    rated = [event for event in recent if event.kind == number("ticket_rated") and event.v1 is not None]
    if rated:
        return max(event.v1 or 0 for event in rated), rated
    opened = [event for event in recent if event.kind == number("ticket_opened") and event.v2 is not None]
    return (max(event.v2 or 0 for event in opened), opened) if opened else None


def ticket_load(history: History) -> Reading:
    if not connected(history, "ticket_opened"):
        return NO_DATA
    opened = opened_within(history, NOW)
    busy = max(1.0, days(own_activity(history, NOW)) / 20.0)
    events = [event for ticket in opened for event in ticket.of("ticket_opened", "ticket_updated")]
    return found(sum(ticket.weight for ticket in opened) / busy, events)


def resolution_satisfaction(history: History) -> Reading:
    rated = events_of(history, HALF_YEAR, "ticket_rated")
    if not rated:
        return NO_DATA
    points = sum(rating.v1 or 0 for rating in rated) / 1000.0
    return found((points + 3.0 * history.reference.rating) / (len(rated) + 3.0), rated)


def self_service_rate(history: History) -> Reading:
    """A help day ends well when no ticket follows that day or the next; the last day is still open."""
    views = events_of(history, range(1, 90), "help_viewed")
    if not connected(history, "ticket_opened") or not views:
        return NO_DATA
    opened = {day(event) for event in events_of(history, range(91), "ticket_opened")}
    sought = {day(view) for view in views}
    asked = [each for each in sought if each in opened or each + 1 in opened]
    return found(1.0 - share(len(asked), len(sought)), views)


def escalations(history: History) -> Reading:
    if not connected(history, "ticket_opened"):
        return NO_DATA
    opened = opened_within(history, QUARTER)
    escalated = [ticket for ticket in opened if ticket.of("ticket_escalated")]
    events = [event for ticket in opened for event in ticket.of("ticket_opened", "ticket_escalated")]
    return found(share(len(escalated), len(opened)), events, None if opened else NO_TICKET_POINTS)


def billing_inquiries(history: History) -> Reading:
    if not connected(history, "ticket_opened"):
        return NO_DATA
    billing = [ticket for ticket in opened_within(history, HALF_YEAR) if ticket.about_billing]
    return found(len(billing), [event for ticket in billing for event in ticket.of("ticket_opened")])


# --- satisfaction ----------------------------------------------------------------------------


def survey_score(history: History) -> Reading:
    answers = events_of(history, HALF_YEAR, "survey_answered")
    many, points = by_age(60, [(age(history, answer), answer.v1 or 0) for answer in answers])
    return found(share(points / 1000.0, many), answers) if answers else NO_DATA


def sentiment(history: History) -> Reading:
    kinds = ("ticket_opened", "ticket_rated", "survey_answered", "feedback_given")
    texts = [(text, text.v2) for text in events_of(history, QUARTER, *kinds) if text.v2 is not None]
    many, points = by_age(30, [(age(history, text), mood) for text, mood in texts])
    return found(share(points / 1000.0, many), [text for text, _ in texts]) if texts else NO_DATA


def renewal_likelihood(history: History) -> Reading:
    stated = _newest(history, QUARTER, "renewal_intent")
    if stated is not None:
        return found(_answer(stated) / 1000.0, [stated])
    forecast = _newest(history, QUARTER, "forecast_published")
    return NO_DATA if forecast is None else found((1000 - _answer(forecast)) / 1000.0, [forecast])


def reference_willingness(history: History) -> Reading:
    newest = _newest(history, YEAR, "reference_answered")
    return NO_DATA if newest is None else found(_answer(newest), [newest])


def _newest(history: History, ages: range, key: str) -> Event | None:
    """The newest of a kind; of two at the same instant the one with the larger key."""
    events = events_of(history, ages, key)
    return max(events, key=lambda event: (event.occurred_at, event.key), default=None)


def _answer(event: Event) -> int:
    return event.code if event.code is not None else event.v1 or 0


READERS: tuple[Reader, ...] = (
    response_rate,
    proactive_contact,
    interaction_quality,
    community_contribution,
    ticket_load,
    resolution_satisfaction,
    self_service_rate,
    escalations,
    billing_inquiries,
    survey_score,
    sentiment,
    renewal_likelihood,
    reference_willingness,
)
