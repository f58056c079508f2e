"""How far forecasts of leaving are from what can be known at all, in a world that tells its own chances.

Mechanism: a simulated world is filled into a data folder as users' events are, and forecast at five past days from what
was known then. It is judged by who truly left, among customers of that day who were active within their own rhythm;
AUROC is that of the customers of one day, mean over the days.
Control, of the same rows: the ceiling, which is the chance as the mechanism behind the world knows it; the forecast of
silence; and the rule "overdue". The other control is worlds in which nobody leaves: there forecasts must be refused.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from keepwell.base.time import DAY_US, parse_instant
from keepwell.config.settings import Settings
from keepwell.predictions import accuracy
from keepwell.predictions.accuracy import Judged, figure
from keepwell.predictions.diary import Diary, arranged
from keepwell.predictions.forecast import Outcome, Stage
from keepwell.predictions.foretelling import Foresight, foretell
from keepwell.predictions.ladder import RATIOS
from keepwell.predictions.landmarks import Question
from keepwell.runtime.foreseeing import Reading, read
from keepwell.runtime.simulating import fill
from keepwell.runtime.workspace import open_workspace
from keepwell.simulation.spec import WorldSpec
from keepwell.simulation.world import World, simulate
from keepwell.statistics.arrays import Floats, Ints, Mask
from keepwell.store.customers import all_ids

LEAVING = Question((30, 60, 90), outcome=Outcome.DEPARTURE)
SILENCE = Question(LEAVING.horizons)
UNTIL = 20_700
SEED = 3
"""Of a world that set no threshold."""
REACHED = 0.9
"""Of the way from .5 to the AUROC of the ceiling."""
WITHOUT = {SILENCE: 0.012, LEAVING: 0.1}
"""How often everybody comes in a world without a signal, a day: rarely, and so that a month without is rare."""
_START, _DAY, _DAYS, _PEOPLE = 18_000, 380, 420, 700

Row = tuple[str, str, str, str, bool]


@dataclass(frozen=True)
class Size:
    """Customers and days of the world, origins in days before its end, and worlds without a signal."""

    customers: int
    days: int
    origins: tuple[int, ...]
    worlds: int


FULL = Size(700, 540, tuple(LEAVING.closes + back for back in range(0, 150, 30)), 20)
SMALL = Size(40, 280, (LEAVING.closes,), 1)


@dataclass(frozen=True)
class Told:
    """What was said at some origins, and what became of it.

    Attributes:
        origin: the day of each row, shape (rows,).
        customer: whose row it is, shape (rows,).
        left: who truly left, by horizon, shape (rows, horizons).
        chance: by who said it, shape (rows, horizons); of a rule it only ranks.
    """

    origin: Ints
    customer: Ints
    left: Mask
    chance: Mapping[str, Floats]

    def judged(self, name: str, column: int) -> Judged:
        """What one of them said of a horizon."""
        return Judged(self.left[:, column], self.chance[name][:, column], self.customer)

    def ranked(self, name: str, column: int, weight: Floats) -> float:
        """AUROC of one of them for a horizon, mean over the origins at which it is defined."""
        rows = self.judged(name, column)
        days = (self.origin == day for day in np.unique(self.origin))
        found = [accuracy.auroc(rows.happened[day], rows.chance[day], weight[day]) for day in days]
        return float(np.mean([each for each in found if np.isfinite(each)] or [np.nan]))

    def way(self, name: str, column: int, weight: Floats) -> float:
        """The share of the way from .5 to the AUROC of the ceiling."""
        return _share(0.5, *(self.ranked(each, column, weight) for each in (name, "ceiling")))


@dataclass(frozen=True)
class Watched:
    """A world, and what Keepwell read of it."""

    world: World
    reading: Reading
    ids: Mapping[int, str]

    @cached_property
    def names(self) -> list[str]:
        """The world's ids of the customers of the diary."""
        return [self.ids[number] for number in self.reading.diary.customer.tolist()]

    @cached_property
    def gone(self) -> Floats:
        """The day of leaving of each of them, infinite of who stays."""
        told = (self.world.truth["customers"][name]["churn_at"] for name in self.names)
        return np.array([parse_instant(each) / DAY_US if each else np.inf for each in told])

    def known(self, day: int) -> Floats:
        """The chance that each of them leaves as the mechanism knows it; NaN of who is no customer."""
        horizons = [self.world.chances(day * DAY_US, horizon) for horizon in LEAVING.horizons]
        return np.array([[each.get(name, np.nan) for each in horizons] for name in self.names])


def claims(*, small_run: bool) -> Iterator[Row]:
    """Rows of the benchmarks' table."""
    size = SMALL if small_run else FULL
    watched = _watched(size)
    told = _together([_at(watched, UNTIL - back) for back in size.origins])
    for column, horizon in enumerate(LEAVING.horizons):
        yield from _distance(told, column, horizon)
    for question in WITHOUT:
        yield _refused(question, size.worlds)


def _watched(size: Size) -> Watched:
    spec = WorldSpec(until=UNTIL * DAY_US, customers=size.customers, days=size.days, seed=SEED, disengaged_share=0.25,
                     churned_share=0.12, former=True)  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, open_workspace(Settings(data=Path(folder))) as workspace:
        filled = fill(workspace, spec, spec.until)
        print(f"ceilings: {filled.events:,} events of {filled.customers:,} customers, seed {SEED}")
        reading = read(workspace, spec.until)
        with workspace.database.read() as session:
            return Watched(simulate(spec), reading, all_ids(session))


def _at(watched: Watched, day: int) -> Told:
    """What is said at one origin, of the customers of that day who were active within their own rhythm."""
    first, diary = watched.reading.span.first, watched.reading.diary.known_before(day)
    ours, silence = (foretell(diary, first, day, question) for question in (LEAVING, SILENCE))
    for asked, made in (("leaving", ours), ("silence", silence)):
        print(f"day {day}, {asked}: {made.forecasts.stage.name.lower()}: {made.forecasts.because}")
    seen = ours.seen
    assert (silence.seen.place == seen.place).all()
    ceiling, gone = watched.known(day)[seen.place], watched.gone[seen.place, None]
    rows = ours.forecasts.present & np.isfinite(ceiling[:, 0])
    overdue = np.repeat((seen.column("recency") / seen.own_gap)[:, None], len(LEAVING.horizons), axis=1)
    said = {"ceiling": ceiling, "ours": _said(ours), "silence": _said(silence), "overdue": overdue}
    left = (gone >= day) & (gone < day + np.array(LEAVING.horizons))
    origin = np.full(rows.sum(), day)
    return Told(origin, seen.place[rows], left[rows], {name: each[rows] for name, each in said.items()})


def _said(made: Foresight) -> Floats:
    """The forecasts; where there is no number, the base rate to everybody, and a half where that is not known."""
    return np.nan_to_num(made.forecasts.chance, nan=float(np.nan_to_num(made.base_rate, nan=0.5)))


def _together(parts: list[Told]) -> Told:
    chance = {name: np.concatenate([each.chance[name] for each in parts]) for name in parts[0].chance}
    columns = (np.concatenate([getattr(each, of) for each in parts]) for of in ("origin", "customer", "left"))
    return Told(*columns, chance)


def _distance(told: Told, column: int, horizon: int) -> Iterator[Row]:
    """One horizon: how well leavers are ranked, and how good the probabilities are, beside the ceiling."""
    yield _ranking(told, column, horizon)
    ours, ceiling = (told.judged(name, column) for name in ("ours", "ceiling"))
    rate = np.full(len(ours), figure(accuracy.base_rate, ours))
    plain = figure(accuracy.log_loss, Judged(ours.happened, rate, ours.customer))
    reached, best = (figure(accuracy.log_loss, each) for each in (ours, ceiling))
    claim = f"leaving in {horizon} days, log-loss < the share of leavers, known afterwards, said to all"
    control, way = f"ceiling {best:.4f}, that share {plain:.4f}", _share(plain, reached, best)
    yield claim, f"{reached:.4f}", control, f"{way:.0%} of the way", reached < plain
    reached, best = (figure(accuracy.observed_over_expected, each) for each in (ours, ceiling))
    claim = f"leaving in {horizon} days, observed/expected {RATIOS[0]} to {RATIOS[1]}"
    yield claim, f"{reached:.2f}", f"ceiling {best:.2f}", "", RATIOS[0] <= reached <= RATIOS[1]


def _ranking(told: Told, column: int, horizon: int) -> Row:
    once = np.ones(len(told.customer))
    ranked = {name: told.ranked(name, column, once) for name in told.chance}
    number = f"{told.left[:, column].sum():,} of {len(once):,} rows"
    ways = {name: _ranged(told, name, column) for name in ranked if name != "ceiling"}
    print(f"leaving in {horizon} days, {number}; of the way from .5 to the ceiling: {ways}")
    control = ", ".join(f"{name} {each:.3f}" for name, each in ranked.items() if name != "ours")
    claim = f"leaving in {horizon} days, AUROC >= {REACHED:.0%} of the way from .5 to the ceiling"
    met = told.way("ours", column, once) >= REACHED
    return claim, f"{ranked['ours']:.3f}, {number}", control, ways["ours"], met


def _ranged(told: Told, name: str, column: int) -> str:
    """The share of the way, with its range over samples of customers."""
    samples = [np.ones(len(told.customer)), *accuracy.weights(told.customer)]
    found = [told.way(name, column, weight) for weight in samples]
    low, high = np.nanquantile(found[1:], (0.025, 0.975))
    return f"{found[0]:.0%} [{low:.0%}, {high:.0%}]"


def _share(start: float, reached: float, end: float) -> float:
    return (reached - start) / (end - start) if end != start else float("nan")


def _refused(question: Question, worlds: int) -> Row:
    """Worlds in which everybody comes with the same chance on every day and nobody leaves."""
    what = "leaving" if question is LEAVING else "silence"
    found = [_without(WITHOUT[question], seed, question) for seed in range(1, worlds + 1)]
    silent = sum(made.model is None for made in found)
    spoke = next((made for made in found if made.model is not None), found[0])
    refused = sum(made.forecasts.stage is Stage.REFUSED for made in found)
    print(f"no signal, {what}: {silent} of {worlds} without a number, {refused} of them after a trial")
    answer = "yes" if silent == worlds else "no"
    claim = f"no-signal worlds, forecast of {what}: refused"
    number = f"{answer}, {silent} of {worlds}"
    return claim, number, f"for instance: {spoke.forecasts.because}", "", silent == worlds


def _without(pace: float, seed: int, question: Question) -> Foresight:
    rng = np.random.default_rng(seed)
    begins = rng.integers(0, _DAYS // 2, _PEOPLE)
    active = (rng.random((_PEOPLE, _DAYS)) < pace) & (np.arange(_DAYS) >= begins[:, None])
    active[np.arange(_PEOPLE), begins] = True
    owner, day = np.nonzero(active)
    day += _START
    money = rng.integers(100, 9000, len(owner))
    log = Diary(np.arange(_PEOPLE), arranged(_PEOPLE, owner, day, day, np.ones_like(owner), money))
    return foretell(log.known_before(_START + _DAY), _START, _START + _DAY, question)
