"""The statistics behind the Expert: how often a rule blames the innocent, and how much it takes to see a change.

Mechanism: exact tests of small counts against the own past, against all others and of all others against theirs; a
Bernoulli CUSUM transaction by transaction; Poisson tails for work. Control, on the same windows: "half of the
transactions fail". The stated numbers come from an independent program with its own random numbers, so simulated ones
may differ by chance: four standard errors, besides the digits that were not stated.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keepwell.config import expert
from keepwell.expert.case import Case, Kind, Seen
from keepwell.expert.diagnose import diagnose
from keepwell.expert.scope import Standing, Topic
from keepwell.statistics import failures, work
from keepwell.statistics.failures import ALERT, Counts, Drift, Scope
from keepwell.statistics.special import poisson

BASE = 0.10
PEERS, PEER_TRIALS, PEER_RATES = 60, 25, (2, 18)
BASELINE_WINDOWS = 14
NUMBERS = (5, 10, 20, 50)
Claim = tuple[str, str, str, str, bool]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Size:
    """Windows of each scenario, and runs of each chart, cut off after so many transactions."""

    windows: int
    runs: int
    longest: int


FULL = Size(3000, 2000, 20_000)
SMALL = Size(40, 40, 400)

HALF_RULE = {2: 0.28, 4: 0.11, 8: 0.02}
NEEDED = {
    (5, 100): [3, 4, 5, 5, 7, 10, 20],
    (15, 100): [None, 5, 6, 7, 11, 17, 35],
    (150, 1000): [None, 5, 6, 7, 10, 15, 29],
    (3, 12): [None, None, 8, 10, 17, 31, 72],
}
SCENARIOS: dict[str, tuple[float, float, Scope, Sequence[float]]] = {
    "nothing wrong": (0.10, 0.10, Scope.NORMAL, (1.0, 1.0, 1.0, 0.999)),
    "customer 50 %": (0.50, 0.10, Scope.CUSTOMER, (0.11, 0.38, 0.82, 0.996)),
    "network 35 %": (0.35, 0.35, Scope.NETWORK, (0.24, 0.46, 0.75, 0.96)),
    "network 35 %, customer 80 %": (0.80, 0.35, Scope.BOTH, (0.33, 0.81, 0.98, 1.0)),
}
CHARTS = ((0.10, 0.35, 1650, 18, 11), (0.05, 0.20, 2600, 27, None))
"""Rates, transactions from one false alarm to the next (exact: tests/statistics), medians until a rise is found."""
POISSON = {0.9: 1840, 0.8: 440, 0.7: 190, 0.5: 60, 0.25: 23, 0.0: 7}
SILENCE = {0.5: 0.22, 1.0: 0.05, 2.0: 0.0025}


def percent(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.3g}" for value in np.asarray(values) * 100) + " %"


def at_least_half(n: int, share: float) -> float:
    """The chance that half of n or more fail, exactly."""
    return sum(math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(math.ceil(n / 2), n + 1))


def half_rule(size: Size) -> Iterator[Claim]:
    """What the plain rule does to who is well, exactly; and our test on simulated windows of the same size."""
    chance = np.random.default_rng(2)
    found = [at_least_half(n, 0.15) for n in HALF_RULE]
    ours = []
    for n in HALF_RULE:
        past = Counts(chance.binomial(n * BASELINE_WINDOWS, 0.15, size.windows), n * BASELINE_WINDOWS)
        ours.append(
            float((failures.against_past(Counts(chance.binomial(n, 0.15, size.windows), n), past) < ALERT).mean())
        )
    met = all(round(value, 2) == stated for value, stated in zip(found, HALF_RULE.values(), strict=True))
    claim = "half fail, customer well at 15 %: alarms in 28, 11, 2 % of windows of 2, 4, 8"
    yield claim, percent(found), f"{percent(ours)} by the own past", "", met
    blamed = at_least_half(10, 0.35)
    yield "half fail, network at 35 %, 10 trials: 25 % blamed", percent([blamed]), "", "", round(blamed, 2) == 0.25


def needed(past: tuple[int, int], n: int) -> int | None:
    """Failures among n that are unlikely enough after such a past."""
    p = failures.against_past(Counts(np.arange(n + 1), n), Counts(*past))
    return int(np.argmax(p < ALERT)) if (p < ALERT).any() else None


def needed_table(_: Size) -> Iterator[Claim]:
    numbers = (3, 5, 8, 10, 20, 40, 100)
    found = {past: [needed(past, n) for n in numbers] for past in NEEDED}
    for past, row in found.items():
        print(f"failures needed after {past[0]} of {past[1]}, of {numbers}: {row}")
    same = sum(a == b for past in NEEDED for a, b in zip(found[past], NEEDED[past], strict=True))
    yield "failures needed for p < .001: 28 cells as stated", f"{same} of 28", "", "", same == 28


def windows(n: int, own: float, network: float, size: Size, chance: np.random.Generator) -> tuple[Whole, Whole]:
    """Verdicts on simulated windows of n transactions, and the failures of the customer in each."""
    w = size.windows
    past, now = chance.binomial(n * BASELINE_WINDOWS, BASE, w), chance.binomial(n, own, w)
    rates = np.minimum(chance.beta(*PEER_RATES, (w, PEERS)) * network / BASE, 1)
    others = chance.binomial(PEER_TRIALS, rates).sum(axis=1)
    before = chance.binomial(PEER_TRIALS * BASELINE_WINDOWS, chance.beta(*PEER_RATES, (w, PEERS))).sum(axis=1)
    total = PEERS * PEER_TRIALS
    found = failures.evidence(
        Counts(now, n),
        Counts(past, n * BASELINE_WINDOWS),
        Counts(others, total),
        Counts(before, total * BASELINE_WINDOWS),
    )
    return failures.scopes(found, total), np.asarray(now)


def scope_table(size: Size) -> Iterator[Claim]:
    chance = np.random.default_rng(11)
    for name, (own, network, wanted, stated) in SCENARIOS.items():
        rows = [windows(n, own, network, size, chance) for n in NUMBERS]
        found = [float((verdict == wanted).mean()) for verdict, _ in rows]
        wrong = [float((verdict == Scope.CUSTOMER).mean()) for verdict, _ in rows]
        plain = [float((2 * now >= n).mean()) for n, (_, now) in zip(NUMBERS, rows, strict=True)]
        slack = [4 * math.sqrt(max(p * (1 - p), 1e-3) * 2 / size.windows) + 0.005 for p in stated]
        met = all(abs(a - b) <= more for a, b, more in zip(found, stated, slack, strict=True))
        if wanted is Scope.NETWORK:
            met = met and max(wrong) <= 0.002
        print(f"{name}: {wanted.name.lower()} {percent(found)}; blamed on the customer alone {percent(wrong)}")
        claim = f"{name} is {wanted.name.lower()}: {percent(stated)} at 5, 10, 20, 50"
        yield claim, percent(found), f"{percent(plain)} blamed where half fail", "", met


def run_lengths(rate: float, chart: Drift, size: Size, chance: np.random.Generator) -> Whole:
    """Transactions to the first alarm of each run; the longest there is for who has none."""
    value, length = np.zeros(size.runs, np.float32), np.full(size.runs, size.longest)
    waiting = np.arange(size.runs)
    for step in range(1, size.longest + 1):
        value = failures.drift(value, chance.random(len(waiting)) < rate, chart)
        over = value > chart.h
        if over.any():
            length[waiting[over]] = step
            waiting, value = waiting[~over], value[~over]
            if not len(waiting):
                break
    return length


def charts(size: Size) -> Iterator[Claim]:
    chance = np.random.default_rng(5)
    for p0, p1, apart, delay, at_half in CHARTS:
        chart = Drift(p0, p1)
        false = float(run_lengths(p0, chart, size, chance).mean())
        found = [float(np.median(run_lengths(rate, chart, size, chance))) for rate in (p1, 0.5)]
        near = abs(false - apart) <= 0.1 * apart and abs(found[0] - delay) <= 2
        met = near and (at_half is None or abs(found[1] - at_half) <= 1)
        told = f"; {at_half} at 50 %" if at_half else ""
        claim = f"CUSUM {p0} to {p1}: 1 false alarm in about {apart:,}, found after {delay}{told}"
        number = f"1 in {false:,.0f}, after {found[0]:.0f}; {found[1]:.0f} at 50 %"
        yield claim, number, "", "", met


def expected_needed(ratio: float) -> int:
    """Events to expect in a window, so that a fall to this ratio is seen at p < .001 in nine of ten."""
    for mean in (*range(1, 60), *range(60, 3000, 5)):
        counts = np.arange(mean + 1)
        allowed = counts[work.short(counts, mean) <= ALERT]
        if len(allowed) and (ratio == 0 or float(poisson(allowed[-1], mean * ratio)) >= 0.9):
            return mean
    return -1


def poisson_table(_: Size) -> Iterator[Claim]:
    found = [expected_needed(ratio) for ratio in POISSON]
    stated = list(POISSON.values())
    claim = f"expected events to see a fall to 90, 80, 70, 50, 25, 0 %: {', '.join(map(str, stated))}"
    yield claim, ", ".join(map(str, found)), "", "", found == stated
    chances = [math.exp(-rate * 3) for rate in SILENCE]
    met = all(abs(a - b) <= b / 50 for a, b in zip(chances, SILENCE.values(), strict=True))
    yield "three silent days at .5, 1, 2 events a day: 22, 5, .25 %", percent(chances), "", "", met


def speed(_: Size) -> Iterator[Claim]:
    """Reading the knowledge base; and one customer of whom everything is known, beside one of whom little is."""
    tables = expert.shipped_names()
    read = best(lambda: expert.knowledge_of(expert.DEFAULTS, tables), 3)
    yield "the knowledge base is read in <= 60 ms", f"{read * 1000:.0f} ms", "", "", read <= 0.06
    knowledge = expert.shipped_knowledge(tables)
    numbers = {name: 1.0 for name, each in knowledge.features.items() if each.unit not in ("bool", "text")}
    seen = [Seen(Kind.HTTP, code=code) for code in range(418, 430)]
    crowd = dict.fromkeys(Topic, Standing(0.5, 0.5, 0.5, 40, 1.0))
    full, little = Case(0, numbers, seen, crowd), Case(0, {"tx.attempted": 40}, seen[:3], {})
    slow, quick = (best(lambda case=case: diagnose(case, knowledge), 20) for case in (full, little))
    claim, control = "diagnosing one customer <= 50 ms", f"{quick * 1000:.2f} ms of whom little is known"
    yield claim, f"{slow * 1000:.2f} ms", control, f"{slow / quick:.1f}x", slow <= 0.05
    fleet = slow * 200_000
    yield "200,000 customers, from cases, <= 300 s on one core", f"{fleet:.0f} s, from one", "", "", fleet <= 300


def best(work_: Callable[[], Any], repeats: int) -> float:
    """Seconds of the quickest of some runs."""
    taken = []
    for _ in range(repeats):
        began = time.perf_counter()
        work_()
        taken.append(time.perf_counter() - began)
    return min(taken)


PARTS = (half_rule, needed_table, scope_table, charts, poisson_table, speed)


def claims(size: Size) -> Iterator[Claim]:
    """Claim, number, control, ratio, and whether it holds."""
    for part in PARTS:
        yield from part(size)
