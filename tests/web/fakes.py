"""The ports of the dashboard, faked."""

from collections import Counter
from collections.abc import Sequence
from functools import cached_property

from msgspec.structs import replace

from keepwell.runtime.ports.book import (
    CustomerLine,
    CustomerPage,
    CustomersSheet,
    EventLine,
    Explanation,
    Overview,
    Sheet,
)
from keepwell.runtime.ports.overrides import OverrideRefusedError
from tests.web import slow_lists
from tests.web.people import NASTY, NOW, TODAY, FakeCustomer, mean

TOKEN = "let-me-in"


class FakeBook:
    """Satisfies `Book`. `size` 0 is an empty base."""

    def __init__(self, size: int = 120) -> None:
        self.size = size
        self.overrides: dict[str, tuple[str, str, int] | None] = {}

    @cached_property
    def people(self) -> dict[str, FakeCustomer]:
        ids = [*NASTY, *(f"c{i:03}" for i in range(max(0, self.size - len(NASTY))))][: self.size]
        return {customer_id: FakeCustomer(customer_id, i) for i, customer_id in enumerate(ids)}

    def overview(self) -> Overview:
        watched = [person.line for person in self.people.values() if person.line.lifecycle != "churned"]
        scored = [line for line in watched if line.score is not None]
        scores = [line.score for line in scored]
        risky = [line for line in scored if line.band in {"at_risk", "critical"}]
        before = [line.score - line.change_7d for line in scored]
        base = [line for line, past in zip(scored, before, strict=True) if past < 80]
        return Overview(
            as_of=NOW,
            customers=len(watched),
            churned=len(self.people) - len(watched),
            bands=dict(Counter(line.band for line in scored)),
            overridden=sum(line.band != line.computed_band for line in scored),
            histogram=histogram(scores),
            average=mean(scores),
            average_change_7d=mean([line.change_7d for line in scored]),
            improvement_rate=mean([float(line.change_7d >= 1) for line in base]),
            improvement_base=len(base),
            at_risk_mrr_cents=sum(line.mrr_cents or 0 for line in risky),
            at_risk_mrr_change_7d=-1_204_500 if risky else None,
            average_coverage=mean([line.coverage for line in scored]),
            series=self._series(),
            drops=sorted((line for line in scored if line.change_7d < 0), key=lambda line: line.change_7d)[:8],
            attention=sorted(risky, key=lambda line: line.score),
            simulated=True,
        )

    @property
    def lines(self) -> list[CustomerLine]:
        return [person.line for person in self.people.values()]

    def customers(self, sheet: Sheet) -> CustomersSheet:
        return slow_lists.sheet(self.lines, sheet)

    def customer(self, customer_id: str) -> CustomerPage | None:
        person = self.people.get(customer_id)
        return person and person.page

    def explain(self, customer_id: str, as_of: int | None, since: int | None) -> Explanation | None:  # noqa: ARG002
        person = self.people.get(customer_id)
        if person is None:
            return None
        change = None if since is None else person.change(since)
        shown = replace(person.explanation, change=change)
        if customer_id not in self.overrides:
            return shown
        band, reason, until = self.overrides[customer_id] or (shown.computed_band, None, None)
        return replace(shown, band=band, override_reason=reason, override_until=until)

    def events(self, customer_id: str | None, limit: int) -> Sequence[EventLine]:
        chosen = self.people.values() if customer_id is None else [self.people[customer_id]]
        events = [event for person in chosen for event in person.events]
        return sorted(events, key=lambda event: -event.occurred_at)[:limit]

    def _series(self) -> list[tuple[int, float | None, float | None, int]]:
        rows = []
        for back in range(119, -1, -1):
            scores = [
                score
                for person in self.people.values()
                for score in [person.past(back)]
                if score is not None and person.line.lifecycle != "churned"
            ]
            healthy = mean([float(score >= 80) for score in scores])
            if not back and self.people:
                present = [line.band for line in self.lines if line.band and line.lifecycle != "churned"]
                healthy = mean([float(band == "healthy") for band in present])
            risk = sum(400_000 for score in scores if score < 60)
            rows.append((TODAY - back, mean(scores), healthy, risk))
        return rows if self.people else []


def histogram(scores: Sequence[float]) -> list[int]:
    counts = Counter(min(int(score // 5), 19) for score in scores)
    return [counts[place] for place in range(20)]


class FakeOverrides:
    """Satisfies `Overrides`: keeps them in the book; refuses what is not written as it should be."""

    def __init__(self, book: FakeBook) -> None:
        self.book = book

    def begin(self, customer_id: str, band: str, reason: str, until_day: int) -> None:
        if not reason.strip():
            raise OverrideRefusedError("an override needs a reason")
        self.book.overrides[customer_id] = (band, reason, until_day)

    def end(self, customer_id: str) -> None:
        self.book.overrides[customer_id] = None


class FakeAccess:
    """One link, spent by its first use."""

    def __init__(self) -> None:
        self.token: str | None = TOKEN
        self.sessions: set[str] = set()

    def redeem(self, token: str) -> str | None:
        if token != self.token:
            return None
        self.token = None
        self.sessions.add("session-1")
        return "session-1"

    def session(self, session_id: str) -> bool:
        return session_id in self.sessions


def clock() -> int:
    return NOW
