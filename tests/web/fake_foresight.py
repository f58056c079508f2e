"""The port of foresight, faked: chances of everybody, some that came true, and somebody without a forecast."""

import math

from keepwell.base.time import DAY_US
from keepwell.runtime.ports.forecasts import (
    DecisionLine,
    FigureLine,
    ForecastLine,
    GroupLine,
    HorizonLine,
    MovedLine,
    ReportPage,
)
from keepwell.runtime.ports.foresight import (
    CustomerOutlook,
    Leaver,
    Leaving,
    Mood,
    Named,
    Otherwise,
    Outlook,
    Part,
    Upgrade,
    Wish,
)
from keepwell.runtime.ports.next import Expanding, NextAnswer, Suggestion
from tests.web.people import NASTY_LABEL, NOW, SCRIPT, TODAY

MADE_AT = TODAY * DAY_US
COMPARED_AT = MADE_AT - 14 * DAY_US
LEAVING = 0
"""The place of one whose contract was cancelled."""
HORIZONS = (30, 60, 90)
CAPACITY = 12
POINT = 0.45
BASE_RATES = {30: 0.08, 60: 0.13, 90: 0.19}
NO_NUMBER = "no window of a contract has closed yet"
LEARNED = "it told chances better than the small model on closed windows, by 0.021 of log-loss [0.008, 0.034]"
FIGURES = {
    "base_rate": (0.19, 0.17, 0.21), "auroc": (0.81, 0.78, 0.84), "average_precision": (0.52, 0.46, 0.58),
    "brier": (0.118, 0.11, 0.127), "brier_skill": (0.23, 0.17, 0.29), "log_loss": (0.37, 0.34, 0.4),
    "calibration_error": (0.021, 0.014, 0.04), "observed_over_expected": (1.04, 0.92, 1.15, 0.75, 1.29, False),
    "looked_at_at_budget": (0.38, 0.35, 0.41), "precision_when_new": (0.52, 0.4, 0.66),
    "precision_at_budget": (0.61, 0.5, 0.7), "recall_at_budget": (0.44, 0.36, 0.52),
    "lift_at_budget": (3.2, 2.6, 3.7), "false_alerts_per_healthy_customer_30d": (0.04, 0.03, 0.06),
    "median_lead_days": (34.0, 26.0, 41.0), "share_with_30_days": (0.58, 0.47, 0.68),
    "coverage_at_95": (0.47, 0.41, 0.52), "accuracy_when_covered": (0.931, None, None),
}  # fmt: skip


def chance(place, days=90):
    """Of the customer in a place of the book: high of a few, and the higher the longer the horizon."""
    return round(0.02 + 0.9 * math.exp(-(place * 7 % 40) / 9) * (days / 90) ** 0.7, 4)


def unspoken(line, place):
    """Whoever left already, and one in nine, has no forecast."""
    return line.lifecycle == "churned" or place % 9 == 8


class FakeForesight:
    """Satisfies `Foresight`. Without customers it is before the first round."""

    def __init__(self, customers=()) -> None:
        self.lines = list(customers)
        self.places = {line.id: place for place, line in enumerate(self.lines)}

    def outlook(self):
        if not self.lines:
            return Outlook(
                made_at=None, leaving=[], upgrades=[], upgrades_because="", wishes=[], wishes_because="", moods=[],
                answering="", simulated=False,
            )  # fmt: skip
        return Outlook(
            made_at=NOW, leaving=[*map(self._leaving, HORIZONS), *map(self._ending, HORIZONS)],
            upgrades=[Upgrade(_named(line), expanding(line, place)) for place, line in self._some(6, 2)],
            upgrades_because="the line of the growth of each limit; too few upgrades to learn from (7, it needs 100)",
            wishes=self._wishes(),
            wishes_because="similar users ranked best of three on six closed windows: NDCG@5 0.31, popularity 0.24",
            moods=self._moods(), answering="31 of 120 active customers answered",
            simulated=True,
        )  # fmt: skip

    def customer(self, customer_id):
        place = self.places.get(customer_id)
        if place is None:
            return None
        line = self.lines[place]
        silent = unspoken(line, place)
        return CustomerOutlook(
            customer_id=line.id, name=line.name,
            newest=None if silent else forecast(place, 0), past=[] if silent else past(place),
            parts=[] if silent else parts(place), would_change=[] if silent else would_change(place),
            base_rate=BASE_RATES[90], mrr_cents=line.mrr_cents,
            expansion=expanding(line, place) if place % 3 else None,
            suggestions=[] if silent else suggestions(place),
            suggestions_because="ranked by similar users, NDCG@5 0.31 on closed windows",
            answers={} if silent else answers(line, place),
        )  # fmt: skip

    def report(self):
        groups = [_group(30, 9), _group(60, 5), _group(90, 0)] if self.lines else []
        return ReportPage(
            as_of=NOW, capacity=CAPACITY, publications=13 if self.lines else 0, open_horizons=17 if self.lines else 0,
            share=1.0, groups=groups, moved=[MovedLine("inactivity", 90, 0.27)] if self.lines else [],
            decisions=[
                DecisionLine(
                    at=NOW - 6 * DAY_US, champion="a" * 64, challenger="b" * 64, customers=240, difference=-0.021,
                    low=-0.034, high=-0.008, promoted=True, because=LEARNED,
                )
            ] if self.lines else [],
            failed_at=NOW - DAY_US if self.lines else None, failed=f"OSError: {SCRIPT}" if self.lines else "",
        )  # fmt: skip

    def _spoken(self):
        return [(place, line) for place, line in enumerate(self.lines) if not unspoken(line, place)]

    def _some(self, number, every):
        return self._spoken()[::every][:number]

    def _leaving(self, days):
        spoken = self._spoken()
        likeliest = sorted(spoken, key=lambda each: (-chance(each[0], days), each[1].id))[:50]
        return Leaving(
            outcome="inactivity", horizon=days, stage=3, because=LEARNED, made_at=MADE_AT, counts=[],
            base_rate=BASE_RATES[days], customers=len(spoken),
            expected=math.fsum(chance(place, days) for place, _ in spoken),
            at_risk_cents=sum(round(chance(place, days) * (line.mrr_cents or 0)) for place, line in spoken),
            capacity=CAPACITY, operating_point=POINT if days == 90 else None,
            lines=[_leaver(line, place, days) for place, line in likeliest], compared_at=COMPARED_AT,
        )  # fmt: skip

    def _ending(self, days):
        """Cancellations, of which nothing can be said."""
        return Leaving(
            outcome="cancellation", horizon=days, stage=0, because=NO_NUMBER, made_at=MADE_AT, counts=[],
            base_rate=None, customers=0, expected=0.0, at_risk_cents=0, capacity=CAPACITY, operating_point=None,
            lines=[],
        )  # fmt: skip

    def _wishes(self):
        return [
            Wish("limit-orders", 14, 9.3, [_named(line) for _, line in self._some(5, 3)]),
            Wish(NASTY_LABEL, 6, None, [_named(line) for _, line in self._some(3, 5)]),
        ]

    def _moods(self):
        return [
            Mood(kind="nps", scale=(0.0, 10.0), last=7.9, expected=7.4, customers=31, unhappy=5,
                 dropped=[_named(line) for _, line in self._some(2, 4)], because="the mean of their own last answers"),
            Mood(kind="csat", scale=(1.0, 5.0), last=3.2, expected=None, customers=0, unhappy=0, dropped=[],
                 because="only 3 answers: it needs 20"),
        ]  # fmt: skip


def _named(line):
    return Named(line.id, line.name)


def _leaver(line, place, days):
    found = chance(place, days)
    return Leaver(
        customer_id=line.id, name=line.name, segment=line.segment, band=line.band, score=line.score,
        mrr_cents=line.mrr_cents, chance=found, low=found * 0.7, high=min(1.0, found * 1.2),
        before=None if place % 5 == 0 else min(1.0, found * 0.9),
        at_risk_cents=None if line.mrr_cents is None else round(found * line.mrr_cents),
        last_active=MADE_AT - (place % 80) * DAY_US, ends_at=MADE_AT + 9 * DAY_US if place == LEAVING else None,
    )  # fmt: skip


def forecast(place, weeks):
    """The forecast of some weeks ago; every fourth of the customers was lost, as far as its window has closed."""
    made = MADE_AT - weeks * 7 * DAY_US
    return ForecastLine(
        publication=100 - weeks, made_at=made, published_at=made + 300_000_000, outcome="inactivity", lead_days=0,
        stage=3, because=LEARNED, model="b" * 64, known_before=made, told=weeks == 0,
        horizons=[_horizon(place, made, days) for days in HORIZONS],
    )  # fmt: skip


def _horizon(place, made, days):
    ends = made + days * DAY_US
    closed = ends + 3 * DAY_US <= NOW
    lost = ("cannot_be_told" if place % 11 == 10 else "happened" if place % 4 == 3 else "did_not") if closed else "open"
    found = chance(place, days)
    return HorizonLine(
        days=days, ends_at=ends, chance=found, low=found * 0.7, high=min(1.0, found * 1.2), came=lost,
        scored_at=ends + 3 * DAY_US if closed else None,
    )  # fmt: skip


def past(place):
    """Earlier forecasts, the newest first."""
    return [forecast(place, weeks) for weeks in range(1, 20)]


def parts(place):
    return [
        Part("recency", f"silent for {3 + place} days", 0.82),
        Part("rhythm", f"{2 + place / 10:.1f} times its usual gap", 0.41),
        Part("tickets", f"{SCRIPT} opened 2 tickets", -0.17),
        Part("tenure", "here for 400 days", -0.36),
    ]


def would_change(place):
    return [Otherwise("one active day more, yesterday", round(chance(place) * 0.6, 4))]


def expanding(line, place):
    held = "a ticket is open since 4 days" if place % 4 == 2 else ""
    sure = place % 2 == 0
    return Expanding(
        customer_id=line.id, meter="api_calls", used=0.7 + place % 4 / 10,
        expected_at=NOW + (12 + place) * DAY_US if sure else None,
        not_before=NOW + (7 + place) * DAY_US if sure else None,
        likely_by=NOW + (31 + place) * DAY_US if sure else None,
        probability=None if place % 3 else 0.37, held=held, because=f"api_calls grew by 3.1 % a week {NASTY_LABEL}",
    )  # fmt: skip


def suggestions(place):
    return [
        Suggestion("limit-orders", 1, 0.31, 0.12, "8 of 20 customers like it began it"),
        Suggestion(NASTY_LABEL, 2, None if place % 2 else 0.08, 0.05, "many begin it"),
    ]


def answers(line, place):
    return {
        "nps": NextAnswer(line.id, 4, 7.4, 5.1, 9.2, 0.22, 0.0),
        "csat": NextAnswer(line.id, 1, 3.2, 1.6, 4.7, None, 1.4 if place % 4 == 1 else 0.0),
    }


def _group(days, closed):
    """What forecasts of a horizon were worth; with none closed no figures."""
    figures = {name: FigureLine(*found) for name, found in FIGURES.items()} if closed else {}
    return GroupLine(
        outcome="inactivity", stage=3, lead_days=0, horizon=days, origins=max(closed, 1),
        first_at=MADE_AT - 91 * DAY_US, last_at=MADE_AT - (days + 3) * DAY_US, customers=120,
        forecasts=120 * closed or 9, happened=22 * closed or 2, not_told=3, figures=figures,
        because="" if closed else "2 of 9 forecasts came true: it needs 20 that came true and 20 that did not",
        level_off=closed == 5,
    )  # fmt: skip
