"""Made-up customers: plausible, the same in every run, with names and numbers that are meant to hurt."""

import math
import random
from collections.abc import Sequence
from functools import cache, cached_property

from keepwell.base.time import DAY_US, HOUR_US
from keepwell.runtime.ports.book import (
    Change,
    ChangePart,
    CustomerLine,
    CustomerPage,
    EventLine,
    Explanation,
    IndicatorLine,
    Marker,
    MetricLine,
)

TODAY = 20_777  # 20 November 2026
NOW = TODAY * DAY_US + 9 * HOUR_US + 30 * 60_000_000

NASTY_LABEL = "<b>site</b> (write key 1)"
SCRIPT = "<script>alert('x')</script> & \"Sons\""
LONG = "Gesellschaft für dezentrale Verwahrung " * 5
RTL = "منصة التداول اللامركزية"
SLASHES = "acme/eu west/../<b>&?#+\u202e"
PERCENT = "100%2Fsure"
DOTS = ".."

METRICS = (
    (
        "usage_frequency",
        "Usage frequency",
        15,
        ("active days", "feature utilisation", "session depth", "API calls"),
    ),
    (
        "transaction_volume",
        "Transaction volume",
        15,
        ("trend", "volume growth", "chains", "DeFi participation"),
    ),
    (
        "feature_adoption",
        "Feature adoption",
        10,
        ("features active", "advanced share", "adoption speed", "depth"),
    ),
    (
        "communication_responsiveness",
        "Communication",
        10,
        ("response rate", "own contact", "quality", "community"),
    ),
    (
        "platform_engagement",
        "Platform engagement",
        15,
        ("sign-ins", "documentation", "forum visits", "education"),
    ),
    ("support_tickets", "Support tickets", 10, ("ticket load", "resolution", "self-service", "escalations")),
    ("satisfaction", "Satisfaction", 10, ("survey score", "sentiment", "renewal likelihood", "reference")),
    (
        "payment_behaviour",
        "Payment behaviour",
        10,
        ("on-time payment", "payment method", "plan fit", "inquiries"),
    ),
    ("account_growth", "Account growth", 5, ("plan upgrades", "add-ons", "referrals", "expansion talks")),
)
FIRST = (
    "Lumen",
    "Harbor",
    "Meridian",
    "Drift",
    "Fathom",
    "Cobalt",
    "Nimbus",
    "Willow",
    "Juniper",
    "Ember",
    "Quanta",
)
LAST = (
    "Custody",
    "DEX",
    "Labs",
    "Vaults",
    "Protocol",
    "Bridge",
    "Markets",
    "Finance",
    "Mining",
    "Pay",
    "Chain",
)
NASTY = {
    "c-script": SCRIPT,
    "c-long": LONG,
    "c-rtl": RTL,
    SLASHES: "Slashes and Sons",
    PERCENT: "Percent %s {x} {{ y }}",
    DOTS: "Two Dots",
    "x" * 200: "",
}


def clock() -> int:
    return NOW


class FakeCustomer:
    """One customer whose figures agree with each other: parts, score, history and change."""

    def __init__(self, customer_id: str, index: int) -> None:
        self.id = customer_id
        self.index = index
        self.random = random.Random(index)
        self.lifecycle = {7: "churned", 11: "onboarding", 13: "paused"}.get(index % 40, "active")
        self.health = self._health()
        self.metrics = () if index % 29 == 17 else tuple(self._metrics(rare=index % 17 == 4))

    @cached_property
    def uncapped(self) -> float | None:
        return math.fsum(metric.contribution for metric in self.metrics) if self.metrics else None

    @cached_property
    def capped(self) -> bool:
        return self.uncapped is not None and self.uncapped > 59 and self.index % 16 == 3

    @cached_property
    def score(self) -> float | None:
        return 59.0 if self.capped else self.uncapped

    @cached_property
    def line(self) -> CustomerLine:
        computed = _band(self.score)
        past = self.past(7)
        return CustomerLine(
            id=self.id,
            name=NASTY.get(self.id, f"{FIRST[self.index % 11]} {LAST[self.index // 11 % 11]}"),
            segment=("trader", "developer", "protocol", "institution", "miner")[self.index % 5],
            plan=("Starter", "Growth", "Enterprise")[self.index % 3],
            owner="Jennifer Williams",
            mrr_cents=None if self.index % 19 == 5 else 50_000 + self.index * 7_100,
            lifecycle=self.lifecycle,
            score=self.score,
            coverage=self._coverage(),
            connectable=0.95,
            band="stable" if self.overridden and computed else computed,
            computed_band=computed,
            provisional=self.lifecycle == "onboarding" or self._coverage() < 0.38,
            change_7d=None if self.score is None or past is None else self.score - past,
            trend=[self.past(back) for back in range(89, -1, -1)],
        )

    @property
    def overridden(self) -> bool:
        return self.index % 33 == 9

    @cached_property
    def page(self) -> CustomerPage:
        return CustomerPage(
            line=self.line,
            since=(TODAY - 400) * DAY_US,
            last_own=NOW - (self.index % 70) * HOUR_US,
            renewal="2027-03-11" if self.index % 2 else None,
            seats=12 if self.index % 3 else None,
            history=[(TODAY - back, self.past(back)) for back in range(364, -1, -1)],
            markers=[
                Marker((TODAY - 210) * DAY_US, "Scorecard 2 published"),
                Marker((TODAY - 40) * DAY_US + HOUR_US, "Band: healthy to stable"),
                Marker((TODAY - 37) * DAY_US, "Band: stable to <i>healthy</i>"),
                *(Marker((TODAY - back) * DAY_US, f"Band: moved {back} days ago") for back in (6, 4, 1, 0)),
            ],
            recent=self.events[:10],
        )

    @cached_property
    def explanation(self) -> Explanation:
        line = self.line
        return Explanation(
            customer_id=self.id,
            as_of=NOW,
            score=self.score,
            uncapped_score=self.uncapped,
            coverage=line.coverage,
            connectable=line.connectable,
            band=line.band,
            computed_band=line.computed_band,
            provisional=line.provisional,
            scorecard=f"{line.segment} 1",
            cap="open_urgent_ticket" if self.capped else None,
            cap_label="Open urgent ticket, at most 59" if self.capped else None,
            override_reason="Called them on Tuesday; the migration is planned." if self.overridden else None,
            override_until=TODAY + 12 if self.overridden else None,
            metrics=self.metrics,
            change=None,
        )

    @cached_property
    def events(self) -> list[EventLine]:
        kinds = (
            ("signed_in", {}),
            ("transaction", {"chain": "solana", "kind": "swap", "status": "succeeded", "value_usd": 1240.55}),
            ("feature_used", {"feature": "limit-orders", "count": 12}),
            ("ticket_opened", {"severity": "high", "text": "<img src=x onerror=alert(1)> It fails " * 12}),
            ("api_called", {"endpoint": "/v2/quote", "count": 8123, "errors": 3, "nested": {"a": [1, None]}}),
        )
        return [
            EventLine(
                message_id=f"{self.index}-{i}",
                customer_id=self.id,
                event=kinds[i % 5][0],
                occurred_at=NOW - i * 3 * HOUR_US - self.index * 977_000_000,
                received_at=NOW - i * 3 * HOUR_US - self.index * 977_000_000 + (2 * HOUR_US if i % 7 == 3 else 0),
                properties=kinds[i % 5][1],
            )
            for i in range(60)
        ]

    def past(self, back: int) -> float | None:
        """The score `back` days ago: the present one and a walk that ends there."""
        if self.score is None or (self.lifecycle == "onboarding" and back > 20):
            return None
        if 150 < back < 160 and self.index % 4 == 1:
            return None  # the platform was not watched for a while
        fall = 26 * (1 - math.exp(-back / 3)) if self.index % 13 == 6 else 0
        return min(100.0, max(0.0, self.score + self._walk[back] + fall))

    @cached_property
    def _walk(self) -> list[float]:
        steps = random.Random(-self.index)
        walk = [0.0]
        for _ in range(400):
            walk.append(walk[-1] * 0.96 + steps.gauss(0, 1.3))
        return walk

    def _health(self) -> float:
        kind = self.random.random()
        if kind < 0.7:
            return self.random.gauss(0.88, 0.05)
        return self.random.gauss(0.66, 0.07) if kind < 0.9 else self.random.uniform(0.2, 0.55)

    def change(self, since: int) -> Change:
        back = round((NOW - since) / DAY_US)
        past = self.past(back)
        total = 0.0 if self.score is None or past is None else self.score - past
        chance = random.Random(self.index + back)
        shares = [chance.uniform(-1, 1) for _ in range(9)]
        rest = total - math.fsum(shares[1:])
        parts = [rest * 0.6, rest * 0.4 + shares[1], *shares[2:]]
        parts[-1] += total - math.fsum(parts)
        kinds = ("behaviour",) * 5 + ("roll_off", "late_data", "references", "configuration")
        return Change(
            start=since,
            end=NOW,
            score_from=past,
            score_to=self.score,
            total=total,
            parts=[
                *(
                    ChangePart(kind, METRICS[which][0], f"Reason: {METRICS[which][1]}", parts[i])
                    for i, kind in enumerate(kinds)
                    for which in [0 if kind == "roll_off" else i]
                ),
                ChangePart("traits", "traits", "Plan", 0.0),
            ],
        )

    def _coverage(self) -> float:
        present = [metric.weight for metric in self.metrics if metric.points is not None]
        return sum(present) / 100 * 0.95

    def _metrics(self, *, rare: bool) -> list[MetricLine]:
        absent = {1, 2, 3, 5, 6, 8} if rare else {i for i in range(9) if self.random.random() < 0.1}
        weight = sum(METRICS[i][2] for i in range(9) if i not in absent)
        return [self._metric(i, weight, missing=i in absent) for i in range(9)]

    def _metric(self, number: int, weight: float, *, missing: bool) -> MetricLine:
        key, label, own, names = METRICS[number]
        points = [None if missing or self.random.random() < 0.1 else self._points() for _ in names]
        known = [value for value in points if value is not None]
        share = 0 if missing else own / weight * 100
        if not known and not missing:
            points, known = [self._points(), *points[1:]], [50.0]
            known = [value for value in points if value is not None]
        parts = [0.0 if value is None else value / 100 * share / len(known) for value in points]
        return MetricLine(
            metric=key,
            label=label,
            weight=own,
            points=mean(known),
            contribution=math.fsum(parts),
            indicators=[self._indicator(f"{key}_{i}", name, points[i], parts[i]) for i, name in enumerate(names)],
        )

    def _points(self) -> float:
        return min(100.0, max(0.0, 100 * self.health + self.random.gauss(0, 9)))

    def _indicator(self, key: str, name: str, points: float | None, contribution: float) -> IndicatorLine:
        return IndicatorLine(
            indicator=key,
            label=name[0].upper() + name[1:],
            value=None if points is None else points / 100,
            points=points,
            contribution=contribution,
            window="28 days",
            events=[] if points is None else [f"{self.index}-{i}" for i in range(5)] + ["ancient"],
            event_count=0 if points is None else 132,
            explained="nothing to measure" if points is None else f"{points / 5:.0f} of 20 expected days",
        )


def mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _band(score: float | None) -> str | None:
    if score is None:
        return None
    return next(
        band for band, low in (("healthy", 80), ("stable", 60), ("at_risk", 40), ("critical", 0)) if score >= low
    )


@cache
def made(customer_id: str, index: int) -> FakeCustomer:
    """The one customer of this id and place: what it says never changes."""
    return FakeCustomer(customer_id, index)
