"""Published forecasts, read from the ledger: of one customer, what all of them were worth, and whether it holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final

import msgspec

from keepwell.alerts.alarms import Alarms
from keepwell.alerts.budget import together
from keepwell.base.time import DAY_US
from keepwell.predictions import ledger
from keepwell.predictions.ledger import START, TOLD, Decided, Published, Scored, Window
from keepwell.predictions.ledger_check import verify
from keepwell.predictions.outcomes import Came
from keepwell.predictions.report import Estimate, Group, report
from keepwell.predictions.sheet import Small
from keepwell.runtime import foretelling, origins
from keepwell.runtime.ports import forecasts as port
from keepwell.store import forecasts as store
from keepwell.store.customers import number_of
from keepwell.store.database import Database, Session

WORDS: Final = {Came.NOT: "did_not", Came.HAPPENED: "happened", Came.NOT_TOLD: "cannot_be_told"}
OPEN: Final = "open"
DAYS: Final = 400
"""Publications that the report looks at, by their age when the newest one was made."""


@dataclass(frozen=True)
class StoredForecasts:
    """Implements the `ForecastBook` port."""

    database: Database
    alarms: Alarms
    clock: Callable[[], int]

    def newest(self, customer_id: str) -> port.ForecastLine | None:
        found = self.past(customer_id, 1)
        return found[0] if found else None

    def past(self, customer_id: str, limit: int, since: int = 0) -> Sequence[port.ForecastLine]:
        """Those that were frozen since a moment, the newest first."""
        with self.database.read() as session:
            customer = number_of(session, customer_id)
            rows = {} if customer is None else store.rows_of(session, customer, since)
            contents = {number: store.find(session, number) for number in rows}
            published = [each for each in contents.values() if isinstance(each, Published)]
            newest = sorted(published, key=lambda each: -each.number)[:limit]
            came = {
                (each.publication, each.horizon): (each, rows[each.number])
                for each in contents.values()
                if isinstance(each, Scored)
            }
        return [_line(each, rows[each.number], came) for each in newest]

    def report(self, capacity: int | None = None) -> port.ReportPage:
        able = self._capacity() if capacity is None else capacity
        with self.database.read() as session:
            published = self._published(session)
            whole = [each for each in published if each.whole]
            share = origins.share(whole)
            groups = report(list(origins.closed(session, whole, share)), able * share)
            moved = origins.moved(session, whole)
            plain = self._summary(session, published)
        return msgspec.structs.replace(
            plain,
            capacity=able,
            share=share,
            groups=[_group(each) for each in groups],
            moved=[port.MovedLine(outcome, days, index) for (outcome, days), index in moved.items()],
        )

    def summary(self) -> port.ReportPage:
        """The report without any figure that takes time."""
        with self.database.read() as session:
            return self._summary(session, self._published(session))

    def _published(self, session: Session) -> list[Published]:
        everything = [each for each in store.publications(session) if each.rows]
        since = max((each.at for each in everything), default=0) - DAYS * DAY_US
        return [each for each in everything if each.at >= since]

    def _summary(self, session: Session, published: Sequence[Published]) -> port.ReportPage:
        failed = foretelling.failure(session)
        scored = sum(len(store.scored(session, each.number)) for each in published)
        return port.ReportPage(
            as_of=self.clock(),
            capacity=self._capacity(),
            publications=len(published),
            open_horizons=sum(len(each.horizons) for each in published) - scored,
            share=1.0,
            groups=[],
            moved=[],
            decisions=[_decision(each) for each in reversed(store.decisions(session))],
            failed_at=None if failed is None else failed.at,
            failed="" if failed is None else failed.because,
            relived=any(each.relived for each in published),
        )

    def verify(self, head: str | None = None) -> port.VerifiedPage:
        with self.database.read() as session:
            held = store.held(session)
            found = verify(held, head or START)
        flaws = [port.FlawLine(each.entry, each.what) for each in found.flaws]
        return port.VerifiedPage(found.entries, held.head, flaws)

    def _capacity(self) -> int:
        return together(each.capacity for each in self.alarms.rota.people.values())


def _line(
    published: Published, values: Small, came: Mapping[tuple[int, int], tuple[Scored, Small]]
) -> port.ForecastLine:  # fmt: skip
    chances = ledger.chances(values[None, :])[0]
    horizons = [
        _horizon(window, chance.tolist(), came.get((window.publication, window.horizon)))
        for window, chance in zip(ledger.windows(published), chances, strict=True)
    ]
    return port.ForecastLine(
        publication=published.number,
        made_at=published.made_at,
        published_at=published.at,
        outcome=published.outcome.value,
        lead_days=published.lead_days,
        quiet_days=published.quiet_days,
        stage=int(published.stage),
        because=published.because,
        model=published.model,
        known_before=published.basis.known_before,
        told=bool(ledger.flagged(values[None, :], TOLD)[0]),
        horizons=horizons,
        relived=published.relived,
    )


def _horizon(window: Window, said: Sequence[float], came: tuple[Scored, Small] | None) -> port.HorizonLine:
    chance, low, high = (_known(each) for each in said)
    return port.HorizonLine(
        days=window.horizon,
        ends_at=window.ends_at,
        chance=chance,
        low=low,
        high=high,
        came=OPEN if came is None else WORDS[Came(int(came[1][0]))],
        scored_at=None if came is None else came[0].at,
    )


def _known(value: float) -> float | None:
    return value if isfinite(value) else None


def _group(group: Group) -> port.GroupLine:
    return port.GroupLine(
        outcome=group.outcome.value,
        stage=int(group.stage),
        lead_days=group.lead_days,
        quiet_days=group.quiet_days,
        horizon=group.horizon,
        origins=group.origins,
        first_at=group.first_at,
        last_at=group.last_at,
        customers=group.customers,
        forecasts=group.forecasts,
        happened=group.happened,
        not_told=group.not_told,
        figures={name: _figure(each) for name, each in group.figures.items()},
        because=group.because,
        level_off=group.level_off,
    )


def _figure(found: Estimate) -> port.FigureLine:
    value, low, high = map(_known, (found.value, found.low, found.high))
    return port.FigureLine(value, low, high, _known(found.lowest), _known(found.highest), found.steady)


def _decision(decided: Decided) -> port.DecisionLine:
    return port.DecisionLine(
        at=decided.at,
        champion=decided.champion,
        challenger=decided.challenger,
        customers=decided.customers,
        difference=decided.difference,
        low=decided.low,
        high=decided.high,
        promoted=decided.promoted,
        because=decided.because,
    )
