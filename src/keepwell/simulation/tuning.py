"""Every knob of a world. What a healthy customer does is aimed at 85 points on the curves of the scorecard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from keepwell.simulation.draws import Floats

SHORTEST_DAYS = 7
MOST_CELLS = 8_000_000  # customers x days: what fits into 16 GB


# --- who is there, and what becomes of them --------------------------------------------------


@dataclass(frozen=True)
class Habits:
    """How the ordinary, healthy customer of a segment lives.

    Attributes:
        share: of all customers.
        weekday: chance of own activity on a working day.
        weekend: chance of own activity on a Saturday or Sunday.
        presence: share of active days on which a person comes to the application.
        seat_presence: share of the seats that come on such a day.
        machine: whether activity goes on round the clock.
        trades: transactions per active day.
        defi: share of active days with DeFi.
        api: share of customers that call the API.
        calls: calls per day of such a customer.
        endpoints: endpoints called by such a customer; 0 when endpoints are its features.
        seats: median number of seats.
        contract: share of customers under a yearly contract.
    """

    share: float
    weekday: float
    weekend: float
    presence: float = 1.0
    seat_presence: float = 0.9
    machine: bool = False
    trades: float = 0.0
    defi: float = 0.0
    api: float = 0.0
    calls: float = 0.0
    endpoints: int = 2
    seats: float = 1.0
    contract: float = 0.0


HABITS: Mapping[str, Habits] = {
    "trader": Habits(share=0.47, weekday=0.80, weekend=0.66, trades=7.0, defi=0.22, api=0.30, calls=300, contract=0.02),
    "institution": Habits(
        share=0.14, weekday=0.97, weekend=0.16, seat_presence=0.55, trades=8.0, defi=0.22, api=0.6, calls=1500,
        seats=6.0, contract=0.9,
    ),
    "protocol": Habits(
        share=0.12, weekday=0.985, weekend=0.97, presence=0.5, seat_presence=0.6, machine=True, trades=12.0,
        defi=0.9, api=0.5, calls=4000, seats=3.0, contract=0.7,
    ),
    "developer": Habits(
        share=0.14, weekday=0.97, weekend=0.85, presence=0.12, seat_presence=0.7, machine=True, trades=0.5,
        defi=0.1, api=1.0, calls=2500, endpoints=0, seats=1.6, contract=0.15,
    ),
    "miner": Habits(
        share=0.13, weekday=0.985, weekend=0.98, presence=0.45, machine=True, trades=0.7, api=0.0, contract=0.05,
    ),
}  # fmt: skip
SEGMENTS: tuple[str, ...] = tuple(HABITS)

JOINED_LATE_SHARE = 0.04  # younger than 30 days at the end
JOINED_DURING_SHARE = 0.30  # joined in the course of a year, those included
TENURE_BEFORE_DAYS = 400.0  # mean age at the start of those who were there before

WINDOW_DAYS = 120.0  # leavers of the last so many days belong to the base
SETTLED_DAYS = 45.0  # nobody gets into trouble sooner after joining
SUDDEN_PART = {"easy": 0.25, "normal": 0.30, "hard": 0.35}  # of all who leave: no sign beforehand
INVOLUNTARY_PART = 0.08  # of all who leave: the payment failed for good
TROUBLES: Mapping[str, float] = {  # of those who do not fare well and have not left
    "slow_decline": 0.24,
    "recovering": 0.07,
    "disengaged": 0.27,
    "payment_trouble": 0.21,
    "technical_trouble": 0.21,
}
RETURN_PART = 0.65  # of all declines: turned round before the end
DECLINE_DAYS = (28.0, 70.0)  # from the first sign to leaving
DIP_DAYS = (21.0, 49.0)  # from the first sign to the turn, of those who come back
REBOUND_DAYS = (14.0, 28.0)  # from the turn to normal
DUNNING_DAYS = (24.0, 40.0)  # from the first failed payment to losing the account
DECLINE_DEPTH = (0.06, 0.16)  # engagement at the end of a decline, of 1
DIP_DEPTH = (0.15, 0.35)
DISENGAGED_DEPTH = (0.10, 0.20)
TECHNICAL_DEPTH = (0.6, 0.8)

DIFFICULTIES = {"easy": 0.6, "normal": 1.0, "hard": 1.6}  # factor on the noise below
WANDER_SPREAD = 0.14  # of log engagement, from one month to another
WANDER_HALF_LIFE_DAYS = 20.0
ONBOARDING_DAYS = 14.0
ONBOARDING_LEVEL = 0.6
DAYS_FOLLOW = {False: 0.9, True: 0.45}  # engagement to this power is the chance of an active day: people, machines
COUNTS_FOLLOW = {False: 0.6, True: 1.0}  # and of what happens on one

FACTORS = (0.1, 4.0)  # how far a habit may lie from the ordinary
WARMTH_LOADING = 0.85  # how much one common temperament is behind all habits of a customer


# --- what they do ----------------------------------------------------------------------------

VIGOUR_SPREAD = 0.20  # differences in the chance of an active day
SIZE_SPREAD = 0.45  # log-normal differences in how much happens on one
DISPERSION = 0.30  # of counts from day to day
SIGN_IN_PER_SESSION = 0.85
EXTRA_SESSIONS = 0.6
SESSION_MINUTES = 13.0
SESSION_ACTIONS = 16.0
SESSION_SPREAD = 0.33  # between customers
LATE_HOURS_SD = 3.5

REGULAR_SHARE = 0.185  # of the features entitled: used on most days
OCCASIONAL_SHARE = 0.14  # now and then
REGULAR_CHANCE = (0.25, 0.7)  # a day
OCCASIONAL_CHANCE = (0.04, 0.09)
RARE_CHANCE = 0.004
ADVANCED_APPEAL = 0.62  # of that of a basic feature
BREADTH_SPREAD = 0.50
USES_PER_DAY = 2.2
USES_SPREAD = 0.35
ADOPTION_SHARE = 0.50  # of customers: take up a new feature in its first month
ADOPTION_DAYS = 7.0
LATE_ADOPTION_SHARE = 0.15
KEEP_REGULAR = 0.30  # of those who took it up
KEEP_OCCASIONAL = 0.40

PAGES_PER_DAY = 2.6
DOCS_DAYS = 0.062  # per day of presence
FORUM_DAYS = 0.055
EDUCATION_DAYS = 0.02
CONTENT_PER_90 = 0.75
INTEREST_SPREAD = 1.0

CALLS_SPREAD = 0.30  # from day to day
API_ERRORS = 0.008
API_ERRORS_TROUBLE = 0.16

FAILING = 0.03  # of transactions
FAILING_TROUBLE = 0.38
FAILING_INCIDENT = 0.85
CHAIN_WEIGHTS = (0.66, 0.25, 0.09)  # of a customer's first, second and third chain
SINGLE_CHAIN_SHARE = 0.15
TRADE_SPREAD = 0.8  # of the value of one transaction
WORK_ROWS = 4  # a day
WORK_ACCEPTED = 60.0  # per row
WORK_REJECTED = 0.018
WORK_REJECTED_TROUBLE = 0.17
PROTOCOL_BATCH = 40.0  # transactions in one row


# --- what is said ----------------------------------------------------------------------------

SENT_PER_90 = 5.0
NEWSLETTER_DAYS = 28
REPLY_CHANCE = 0.48
REPLY_HOURS = 7.0
BEGAN_PER_28 = 0.45
COMMUNITY_PER_90 = 1.5
HELP_DAYS = 0.075  # per active day
TICKETS = 0.043  # per active day
TICKETS_AFTER_HELP = 0.25  # of tickets: the help page was read before
TICKETS_TROUBLE = 5.0
SEVERITY = (0.62, 0.34, 0.035, 0.005)  # low, normal, high, urgent
SEVERITY_TROUBLE = (0.25, 0.42, 0.25, 0.08)
TOPIC = (0.45, 0.10, 0.45)  # technical, billing, how_to
ESCALATED = 0.015
ESCALATED_TROUBLE = 0.30
RAISED = 0.03
SOLVE_HOURS = (20.0, 9.0, 5.0, 3.0)  # median, by severity
RATED = 0.6
RATING = 4.3  # of 5, at ordinary mood
CSAT = 4.2
NPS = 8.05
CONTENTMENT_SPREAD = 0.90  # of mood between customers
MOOD_SPREAD = 0.35  # and from one month to another
MOOD_OF_DISTANCE = 3.4  # mood lost by one who is all but gone
MOOD_OF_FAULTS = 3.2
MOOD_OF_STRAIN = 1.6
POSITIVE = 0.75  # log-odds of a friendly text at ordinary mood
SURVEY_DAYS = 90
ANSWER_CHANCE = 0.35
FEEDBACK_PER_90 = 0.25
INTENT_DAYS = 70
INTENT_SHARE = 0.55
INTENT = 1.55  # log-odds
REFERENCE_SHARE = 0.35
WILLING = 0.90


# --- what they pay ---------------------------------------------------------------------------

CARD_SHARE = 0.88  # of those without a contract
DUE_DAYS = 10
LATE_PAYMENT = 0.045
CARD_FAILS = 0.025  # of monthly charges
CARD_EXPIRES = 0.25  # a year
REPLACED_IN_TIME = 0.93
FIT = 0.62  # of the plan's limit
FIT_SPREAD = 0.30
USAGE_EVERY_DAYS = 7
UPGRADES = 0.07  # a year
DOWNGRADES = 0.012
DOWNGRADES_DECLINE = 0.25  # of declines
ADDON_SHARE = 0.24  # of those offered, at the start
ADDONS_ADDED = 0.10  # a year, of those offered
REFERRALS = 0.35  # a year
EXPANSION_TALKS = 0.5  # a year


# --- what befalls all ------------------------------------------------------------------------

RELEASE_GAP_DAYS = (34.0, 46.0)
CHAIN_INCIDENTS = 3
CHAIN_INCIDENT_HOURS = (3.0, 7.0)
OUTAGE_HOURS = 9.0
BROKEN_DAYS = 3.0
BROKEN_TICKETS = 4.0
CRASH = -0.27  # log price
MARKET_SPREAD = 0.05  # of activity
LATE_SHARE = 0.015
LATE_HOURS = (2.0, 48.0)
DUPLICATE_SHARE = 0.004
DELAY_SECONDS = 1.5


def by_segment(name: str) -> Floats:
    """One habit as an array over `SEGMENTS`."""
    return np.array([float(getattr(habits, name)) for habits in HABITS.values()])
