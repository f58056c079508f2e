"""What is likely next, kept in memory: the daily round makes it in its own thread, pages and the API read it at once.

All chances that are shown are those that were published. What explains them is made again, out of what was known at
the moment they are of, after a restart too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Final

import msgspec

from keepwell.base.time import DAY_US, day_of
from keepwell.predictions.features import features
from keepwell.predictions.forecast import Forecasts, Outcome
from keepwell.predictions.landmarks import Question, leaving
from keepwell.predictions.operating import base_rates
from keepwell.runtime import board, challenging, outlooks
from keepwell.runtime.forecasts import StoredForecasts
from keepwell.runtime.foreseeing import Foreseen, foreseen, read
from keepwell.runtime.foretelling import Foretold, failure
from keepwell.runtime.next import LoggedNext
from keepwell.runtime.outlooks import Everybody
from keepwell.runtime.ports.forecasts import ForecastLine, ReportPage
from keepwell.runtime.ports.foresight import CustomerOutlook, Otherwise, Outlook, Part
from keepwell.runtime.ports.next import Expanding, NextAnswer, Suggestion
from keepwell.runtime.standing import Standing, standings
from keepwell.runtime.workspace import Workspace
from keepwell.store import forecasts as store
from keepwell.store import lines
from keepwell.store.customers import all_ids, has_anybody, number_of
from keepwell.store.database import Session

HORIZONS: Final = (30, 60, 90)
PAST_US: Final = 190 * DAY_US
"""Earlier forecasts of one customer are shown for half a year: the longest horizon of many of them has closed."""
PAST: Final = 30
_MOST: Final = 400


@dataclass(frozen=True)
class Midnight:
    """Forecasts of one midnight, and what explains them.

    Attributes:
        found: by outcome.
        rates: base rates of each horizon, by outcome; not a number where no window has closed.
    """

    found: Mapping[Outcome, Foreseen]
    rates: Mapping[Outcome, Sequence[float]]

    def forecasts(self) -> list[Forecasts]:
        """To be published, each with its base rate."""
        return [
            replace(each.foresight.forecasts, base_rate=self.rates[outcome][-1]) for outcome, each in self.found.items()
        ]


def at_midnight(workspace: Workspace, midnight: int) -> Midnight:
    """Forecasts of departures or of silence, and of the end of contracts where the log has any."""
    reading = read(workspace, midnight)
    outcomes = [leaving(features(reading.diary, reading.day).median_gap)]
    if len(reading.diary.ended["contracts"].day):
        outcomes.append(Outcome.CANCELLATION)
    asked = {outcome: Question(HORIZONS, 0, outcome) for outcome in outcomes}
    found = {outcome: foreseen(reading, question) for outcome, question in asked.items()}
    rates = {
        outcome: base_rates(reading.diary, reading.span.first, reading.day, question).tolist()
        for outcome, question in asked.items()
    }
    return Midnight(found, rates)


@dataclass(frozen=True)
class _Shown:
    """What a round left.

    Attributes:
        head: the last link of the ledger then.
        day: of the round; None of what was only read from the ledger.
        midnights: what explains forecasts, by their moment.
        suggestions, expansions, answers: by customer id.
    """

    outlook: Outlook
    report: ReportPage
    head: str
    day: int | None = None
    midnights: Mapping[int, Midnight] = field(default_factory=dict)
    suggestions: Mapping[str, Sequence[Suggestion]] = field(default_factory=dict)
    expansions: Mapping[str, Expanding] = field(default_factory=dict)
    answers: Mapping[str, Mapping[str, NextAnswer]] = field(default_factory=dict)


class StoredForesight:
    """Implements the `Foresight` port. `foretell` and `settle` are for the thread of the round, the rest for anybody.

    Until the first `settle` it answers from the ledger, and explains nothing.
    """

    def __init__(self, workspace: Workspace, clock: Callable[[], int]) -> None:
        self._workspace, self._clock = workspace, clock
        self._forecasts = StoredForecasts(workspace.database, workspace.alarms, clock)
        self._lock = threading.Lock()
        self._midnights: dict[int, Midnight] = {}
        self._shown: _Shown | None = None

    # ------------------------------------------------------------------ the round

    def foretell(self, workspace: Workspace, midnight: int) -> Foretold:
        """The forecasts of a midnight; a model of another kind than the one in use is written down."""
        made = at_midnight(workspace, midnight)
        self._midnights[midnight] = made
        for each in made.found.values():
            challenging.note(workspace, each, midnight)
        first = next(iter(made.found.values()))
        return Foretold(made.forecasts(), first.reading.counts)

    def settle(self, now: int) -> bool:
        """Make what is shown out of what was published, once a day; whether it was made."""
        if self._shown is not None and self._shown.day == day_of(now):
            return False
        with self._workspace.database.read() as session:
            if not has_anybody(session):
                return False
            standing = standings(session)
        self._remember(standing)
        shown = self._made(standing, now)
        with self._lock:
            self._shown = shown
        return True

    def _remember(self, standing: Sequence[Standing]) -> None:
        """Keep what explains the newest publications, and nothing else."""
        wanted = {moment for each in standing for moment in (each.published.made_at, each.moments[0])}
        self._midnights = {
            moment: self._midnights.get(moment) or at_midnight(self._workspace, moment) for moment in sorted(wanted)
        }

    def _made(self, standing: Sequence[Standing], now: int) -> _Shown:
        everybody = self._everybody()
        following = LoggedNext(self._workspace, self._clock)
        adopting, expansions = following.adoption(now), following.expansion(now)
        satisfying = following.satisfaction(now)
        outlook = msgspec.structs.replace(
            self._leaving(standing, everybody),
            made_at=now,
            upgrades=outlooks.upgrades(expansions, everybody),
            upgrades_because=expansions.because,
            wishes=outlooks.wishes(adopting, everybody),
            wishes_because=adopting.because,
            moods=[outlooks.mood(each, everybody) for each in satisfying.surveys],
            answering=outlooks.answering(satisfying.who),
            unfinished=False,
        )
        answers: dict[str, dict[str, NextAnswer]] = {}
        for survey in satisfying.surveys:
            for each in survey.customers:
                answers.setdefault(each.customer_id, {})[survey.kind] = each
        return _Shown(
            outlook, self._forecasts.report(), self._head(), day_of(now), dict(self._midnights), adopting.customers,
            {each.customer_id: each for each in expansions.customers}, answers,
        )  # fmt: skip

    # ------------------------------------------------------------------ the port

    def outlook(self) -> Outlook:
        return self._read().outlook

    def report(self) -> ReportPage:
        with self._workspace.database.read() as session:
            failed = failure(session)
        at, because = (None, "") if failed is None else (failed.at, failed.because)
        return msgspec.structs.replace(self._read().report, failed_at=at, failed=because)

    def customer(self, customer_id: str) -> CustomerOutlook | None:
        shown = self._read()
        with self._workspace.database.read() as session:
            number = number_of(session, customer_id)
            if number is None:
                return None
            line = board.read(session, {number: customer_id})
        value = float(line.rows["mrr"][0])
        newest, past = self._published(customer_id)
        told = _explained(shown, newest, number)
        return CustomerOutlook(
            customer_id=customer_id,
            name=line.texts.names[0],
            newest=newest,
            past=past,
            parts=told[0],
            would_change=told[1],
            average=told[2],
            base_rate=_base_rate(shown, newest),
            mrr_cents=int(value) if isfinite(value) else None,
            expansion=shown.expansions.get(customer_id),
            suggestions=shown.suggestions.get(customer_id, ()),
            suggestions_because=shown.outlook.wishes_because,
            answers=shown.answers.get(customer_id, {}),
        )

    def _published(self, customer_id: str) -> tuple[ForecastLine | None, list[ForecastLine]]:
        """The newest forecast and earlier ones of the same outcome; silence goes before contracts of one moment."""
        found = self._forecasts.past(customer_id, _MOST, self._clock() - PAST_US)
        lines = sorted(found, key=lambda each: (-each.made_at, each.publication))
        if not lines:
            return None, []
        return lines[0], [each for each in lines[1:] if each.outcome == lines[0].outcome][:PAST]

    def _read(self) -> _Shown:
        """What the last round left, or before the first one what the ledger has; never a model."""
        with self._lock:
            known = self._shown
            if known is None or (known.day is None and known.head != self._head()):
                self._shown = known = self._from_ledger()
            return known

    def _from_ledger(self) -> _Shown:
        head = self._head()
        with self._workspace.database.read() as session:
            standing = standings(session)
        report = self._forecasts.summary()
        unfinished = msgspec.structs.replace(report, unfinished=report.publications > 0)
        return _Shown(self._leaving(standing, self._everybody()), unfinished, head)

    def _head(self) -> str:
        with self._workspace.database.read() as session:
            return store.head(session)

    # ------------------------------------------------------------------ parts of both

    def _everybody(self) -> Everybody:
        with self._workspace.database.read() as session:
            columns = board.read(session, all_ids(session))
        return Everybody(columns, self._workspace.alarms.rota, self._latest)

    def _latest(self, numbers: Sequence[int]) -> dict[int, lines.Lately]:
        with self._workspace.database.read() as session:
            return lines.lately(session, numbers)

    def _leaving(self, standing: Sequence[Standing], everybody: Everybody) -> Outlook:
        """An outlook of who is likely to leave, and of nothing else."""
        leaving = []
        for each in standing:
            midnight = self._midnights.get(each.published.made_at)
            rates = midnight.rates.get(each.published.outcome, ()) if midnight else ()
            leaving += outlooks.leaving(each, everybody, rates)
        with self._workspace.database.read() as session:
            simulated = is_simulated(session)
        return Outlook(
            made_at=max((each.published.at for each in standing), default=None), leaving=leaving, upgrades=[],
            upgrades_because="", wishes=[], wishes_because="", moods=[], answering="", simulated=simulated,
            unfinished=True,
        )  # fmt: skip


def is_simulated(session: Session) -> bool:
    """Whether the customers are made up."""
    return session.one("SELECT value FROM setting WHERE name = 'simulated'") is not None


def _of(shown: _Shown, newest: ForecastLine | None) -> tuple[Midnight, Outcome] | None:
    """What explains a forecast, if it is at hand."""
    midnight = None if newest is None else shown.midnights.get(newest.made_at)
    return None if newest is None or midnight is None else (midnight, Outcome(newest.outcome))


def _base_rate(shown: _Shown, newest: ForecastLine | None) -> float | None:
    found = _of(shown, newest)
    rate = found[0].rates.get(found[1], [float("nan")])[-1] if found else float("nan")
    return rate if isfinite(rate) else None


def _explained(
    shown: _Shown, newest: ForecastLine | None, number: int
) -> tuple[Sequence[Part], Sequence[Otherwise], float | None]:
    """Parts of the forecast of the longest horizon, what would change it, and the log-odds of the average customer."""
    found = _of(shown, newest)
    made = found[0].found.get(found[1]) if found else None
    if made is None or newest is None or made.foresight.forecasts.model != newest.model:
        return (), (), None
    told = made.explained([number], newest.horizons[-1].days).get(number)
    if told is None:
        return (), (), None
    parts = [Part(each.feature, each.says, each.points) for each in told.reasons]
    return parts, [Otherwise(each.says, each.chance) for each in told.changes], told.base
