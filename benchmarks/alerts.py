"""The statistics behind alerts: how often they are wrong about customers that stay the same, and how soon right.

Mechanism: an open gap is compared with the own rhythm, and the level of use with the own baseline. Controls, on the
same customers: absence for 72 hours, and a decline by 30 % from two weeks to the next two. Everything is judged day by
day with what was known in the evening before; a gap is as long as it really was.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import streams
from benchmarks.streams import Floats, Stream
from keepwell.base.time import DAY_US
from keepwell.config.alerts import shipped_rules
from keepwell.simulation.spec import WorldSpec
from keepwell.statistics import shift, silence

KEPT = 120  # days of counts that the product keeps
WITHIN = 30
WARMING = 60  # days for which the chart has run before
LEARNED = 105  # days from which weekdays and dispersion are learned
MILLION = 1_000_000
SURE = 100  # customers without which a class is not called the worst
LEAST = 20  # customers without which a class is left out
LOUD = "all >= 1.5"
CHANGES = {"fall": "halving", "rise": "doubling"}
SILENT_CLASSES = ("below .2", ".2 to .5", ".5 to 1.5", "from 1.5")
SILENT_EDGES = (0.2, 0.5, 1.5)
SHIFT_CLASSES = ("below .5", ".5 to 1.5", "1.5 to 5", "from 5")
Mask = NDArray[np.bool_]
Claim = tuple[str, str, str, str, bool]
Found = dict[str, NDArray[np.generic]]


@dataclass(frozen=True)
class Size:
    """How large the worlds are, and on which days they are judged."""

    plain: int
    simulated: int
    days: int
    at: Sequence[int]
    million: int
    folder: Path | None = None


FULL = Size(6000, 1500, 270, (150, 180, 210), MILLION, streams.SHARED)
SMALL = Size(200, 30, 190, (130,), 1000)


@dataclass(frozen=True)
class Row:
    """One rate class of one stream.

    Attributes:
        false: share of customers that stay the same and alarm within 30 days.
        plain: the same by the plain rule.
        changed, plain_changed: share of halvings, or doublings, found within 30 days; NaN where not asked.
        stopped: share of full stops found within 30 days; NaN where not asked.
        delay: median days until a stop, and until the change is found; infinity where less than half are.
        at_five: share of changes found within 30 days by thresholds at which 5 % of each class alarm that stay the
            same; NaN where not asked.
    """

    stream: str
    name: str
    rates: str
    customers: int
    false: float
    plain: float
    changed: float = np.nan
    plain_changed: float = np.nan
    stopped: float = np.nan
    delay: tuple[float, float] = (np.nan, np.nan)
    at_five: float = np.nan

    def __str__(self) -> str:
        said = f"{self.stream:24} {self.name:8} {self.rates:10} n {self.customers:5}: false {self.false:6.1%}"
        said += f" (plain {self.plain:4.0%})"
        if self.name != "rise":
            said += f", stop after {self.delay[0]:.1f} d"
        if self.name != "silence":
            said += f", {self.stopped:.0%}" if self.name == "fall" else ""
            said += f", {CHANGES[self.name]} {self.changed:.0%} after {self.delay[1]:.0f} d"
            said += f" (plain {self.plain_changed:.0%})"
        return said


def worlds(size: Size) -> Iterator[Stream]:
    """All streams, one after the other."""
    yield streams.plain(size.plain, size.days)
    for difficulty in ("normal", "hard"):
        spec = WorldSpec(
            until=20_700 * DAY_US, customers=size.simulated, days=size.days, seed=23, difficulty=difficulty
        )
        yield streams.world(spec)
        yield streams.world(spec, "sign-ins", frozenset({"signed_in"}))
    if size.folder is not None:
        logs = (("online_retail", "order_placed"), ("bitcoin_alpha", "rating_given"))
        found = [streams.public(name, event, size.folder) for name, event in logs]
        yield from (each for each in found if each is not None)


def silences(stream: Stream, at: Sequence[int]) -> list[Row]:
    """The 72-hour rule and the own rhythm, by rate class."""
    parts = [_silent(stream, day) for day in at]
    rates, met, fixed, limits = (np.concatenate(each) for each in zip(*parts, strict=True))
    classes = np.digitize(rates, SILENT_EDGES)
    alarmed = met < _allowed(rates)
    rows = []
    for each, name in enumerate(SILENT_CLASSES):
        own = classes == each
        if own.sum() >= LEAST:
            false, plain, delay = alarmed[own].mean(), fixed[own].mean(), np.median(limits[own])
            rows.append(Row(stream.name, "silence", name, int(own.sum()), false, plain, delay=(delay, np.nan)))
    return rows


def _allowed(rates: Floats) -> Floats:
    """The chance below which a gap is an alarm, for customers of so many events a day, as the shipped rule has it."""
    params = shipped_rules()["login_absence_72h"].params
    return np.where(rates >= params["often"], params["p_often"], params["p_seldom"])


def _silent(stream: Stream, at: int) -> tuple[Floats, Floats, Mask, Floats]:
    """Of customers that are well: rate, the smallest chance met from a day on, whether 72 h passed, their limit."""
    active = stream.counts > 0
    days = np.arange(active.shape[1])
    last = np.maximum.accumulate(np.where(active, days + stream.late, -np.inf), axis=1)
    met, fixed = np.ones(len(active)), np.zeros(len(active), bool)
    rate, limit = np.zeros(len(active)), np.zeros(len(active))
    for day in range(at, at + WITHIN):
        rhythm, base = _rhythm(stream, day)
        known = (rhythm.n >= silence.LEAST_GAPS) & np.isfinite(last[:, day - 1])
        gap = np.where(active[:, day], day + stream.early[:, day], day + 1.0) - np.where(known, last[:, day - 1], 0)
        met = np.where(known, np.minimum(met, silence.chance(gap, rhythm.n, rhythm.total, base)), met)
        fixed |= known & (gap > 3)
        if day == at:
            rate, limit = rhythm.rate, silence.limit(_allowed(rhythm.rate), rhythm.n, rhythm.total, base)
            well = stream.well(at, WITHIN) & known
    return rate[well], met[well], fixed[well], limit[well]


def _rhythm(stream: Stream, day: int) -> tuple[silence.Rhythm, Floats]:
    """What was known in the morning of a day."""
    start = max(day - KEPT + 1, 0)
    span = stream.counts[:, start : day + 1].copy()
    span[:, -1] = 0
    rhythm = silence.rhythm(span, np.maximum(stream.first - start, 0))
    return rhythm, silence.base_gap(rhythm, stream.segment, stream.segments)[stream.segment]


def shifts(stream: Stream, at: Sequence[int], rho: float = shift.DOWN) -> list[Row]:
    """NB-CUSUM and the decline by 30 %, by rate class: the same, halved and stopped from a day on."""
    parts = [_shifted(stream, day, rho) for day in at]
    found = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    rows = []
    for each, rates in enumerate(SHIFT_CLASSES):
        own = found["class"] == each
        if each and own.sum() >= LEAST:
            rows.append(_row(stream.name, "fall" if rho < 1 else "rise", rates, {k: v[own] for k, v in found.items()}))
    own = found["class"] >= 2
    if rho < 1 and own.sum() >= LEAST:
        rows.append(_row(stream.name, "fall", LOUD, {k: v[own] for k, v in found.items()}))
    return rows


def _row(stream: str, name: str, rates: str, found: Found) -> Row:
    share = {each: float(np.isfinite(found[each]).mean()) for each in ("same", "changed", "stopped")}
    plain = {each: float(found[f"plain {each}"].mean()) for each in ("same", "changed")}
    delay = (float(np.median(found["stopped"])), float(np.median(found["changed"])))
    shares = (share["same"], plain["same"], share["changed"], plain["changed"], share["stopped"])
    return Row(stream, name, rates, len(found["class"]), *shares, delay, _at_five(found))


def _at_five(found: Found) -> float:
    """The share of changes whose highest evidence is above that of 95 % of their class when it stays the same."""
    seen = 0
    for each in np.unique(found["class"]):
        own = found["class"] == each
        seen += int((found["highest changed"][own] > np.quantile(found["highest same"][own], 0.95)).sum())
    return seen / len(found["class"])


def _shifted(whole: Stream, day: int, rho: float) -> Found:
    """Of customers that stay the same: their class, and after how many days each change is found."""
    earliest = max(day - WARMING - shift.WINDOW - shift.LAG, 0)
    stream, at = whole.cut(earliest, day + WITHIN), day - earliest
    start = max(at - shift.LAG - LEARNED, 0)
    past = slice(start, at - shift.LAG)
    factors = shift.weekday_factors(stream.counts[:, past], stream.weekday[past], stream.segment, stream.segments)
    factor = factors[stream.segment][:, stream.weekday]
    a = shift.dispersion(stream.counts[:, past], stream.segment, stream.segments)
    changed = stream.thinned(at, shift.DOWN) if rho < 1 else stream.doubled(at)
    ways = {"same": stream, "changed": changed, "stopped": stream.thinned(at, 0.0)}
    well = whole.well(day, WITHIN) & (stream.first <= at - WARMING)
    level = shift.baseline(stream.counts, factor, stream.first)[:, at]
    found: Found = {"class": shift.rate_class(level)[well]}
    for name, way in ways.items():
        expected = shift.expectation(shift.baseline(way.counts, factor, way.first)[:, :-1], factor)
        span = slice(at - WARMING, at + WITHIN)
        values, _ = shift.run(way.counts[:, span], expected[:, span], a, rho)
        found[f"highest {name}"] = values[:, -WITHIN:].max(axis=1)[well]
        beyond = values[:, -WITHIN:] > shift.threshold(level, rho)[:, None]
        found[name] = np.where(beyond.any(axis=1), beyond.argmax(axis=1) + 1.0, np.inf)[well]
        found[f"plain {name}"] = _plain(way.counts, rho)[well]
    return found


def _plain(counts: NDArray[np.int64], rho: float) -> Mask:
    """Whether within the last 30 days two weeks are 30 % below, or above, the two before."""
    sums = np.cumsum(counts, axis=1)[:, -WITHIN - 28 :]
    now, before = sums[:, 28:] - sums[:, 14:-14], sums[:, 14:-14] - sums[:, :-28]
    bound = now <= 0.7 * before if rho < 1 else now >= 1.3 * before
    return np.asarray((bound & (before > 0)).any(axis=1))


def seconds(customers: int) -> tuple[float, float]:
    """A day of one measure in one direction for so many customers; and the same with doubles, as written down."""
    rng = np.random.default_rng(0)
    y, expected = rng.poisson(2.0, customers).astype(np.uint16), rng.gamma(2.0, 1.0, customers).astype(np.float32)
    a, state, value = np.full(customers, 0.4, np.float32), shift.fresh(customers), np.zeros(customers)
    taken, control = [], []
    for _ in range(5):
        began = time.perf_counter()
        state = shift.step(state, y, expected, a)
        taken.append(time.perf_counter() - began)
        began = time.perf_counter()
        e, spread = expected.astype(np.float64), a.astype(np.float64)
        ratio = (1 + spread * e) / (1 + spread * shift.DOWN * e)
        value = np.maximum(0, value + y * np.log(shift.DOWN * ratio) + np.log(ratio) / spread)
        control.append(time.perf_counter() - began)
    return max(taken), max(control)


def measure(size: Size) -> Iterator[tuple[str, list[Row]]]:
    """The rows of each stream, printed as they come."""
    for stream in worlds(size):
        days = stream.counts.shape[1]
        at = [day for day in size.at if day + WITHIN <= days] if stream.made else range(180, min(days - 90, 900), 60)
        rows = [*silences(stream, at), *shifts(stream, at), *shifts(stream, at, shift.UP)]
        print(*rows, sep="\n")
        yield stream.name, rows


def claims(size: Size) -> Iterator[Claim]:
    """Claim, number, control, ratio, and whether it holds."""
    for name, rows in measure(size):
        for what, control in (("silence", "72 h"), ("fall", "decline >= 30 %"), ("rise", "rise >= 30 %")):
            yield from _false_alarms(f"{what} alarms <= 5 % of the healthy a month, {name}", rows, what, control)
        yield from _power(f"halving at >= 1.5/day found >= 80 % in 30 d at 5 % false alarms, {name}", rows)
    taken, control_s = seconds(size.million)
    number, control = f"{taken * 1000:.0f} ms", f"{control_s * 1000:.0f} ms in double precision"
    yield f"NB-CUSUM, {size.million:,} customers <= 0.2 s", number, control, f"{control_s / taken:.1f}x", taken <= 0.2


def _false_alarms(claim: str, rows: list[Row], what: str, control: str) -> Iterator[Claim]:
    """All classes together, and the worst one; nothing where nobody can be judged."""
    own = [row for row in rows if row.name == what and row.rates != LOUD]
    if own:
        number = sum(row.customers for row in own)
        false, plain = (sum(getattr(row, each) * row.customers for row in own) / number for each in ("false", "plain"))
        worst = max(own, key=lambda row: (row.customers >= SURE, row.false))
        told = f"{false:.1%} of {number:,} ({worst.rates}: {worst.false:.1%} of {worst.customers:,})"
        yield (
            claim,
            told,
            f"{plain:.0%}, {control}",
            f"{plain / max(false, 1e-3):.0f}x fewer",
            bool(worst.false <= 0.05),
        )


def _power(claim: str, rows: list[Row]) -> Iterator[Claim]:
    for row in rows:
        if row.rates == LOUD:
            shipped = f"as shipped {row.changed:.1%} at {row.false:.1%}, median day {row.delay[1]:.0f}"
            control = f"{row.plain_changed:.0%} at {row.plain:.0%}, decline >= 30 %"
            yield claim, f"{row.at_five:.1%}; {shipped}", control, "", row.at_five >= 0.80
