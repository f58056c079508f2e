"""Forecasts of churn on public logs, beside simple rules and models in the same run; and what they cost.

Mechanism: rolling origins, everything fitted on windows that had closed by the origin. Control: the recency rule,
BG/NBD, a logit of recency, frequency, tenure and money, and LightGBM on the same features, one model of 90 days.
The reference rows are those of the public logs in the design (active in the last 90 days, P(nothing in 90 days)).
"""

from __future__ import annotations

import itertools
import resource
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np

from benchmarks.public_logs import ORIGINS, diaries
from keepwell.predictions import accuracy, bgnbd, boosting, linear, logit, small
from keepwell.predictions.accuracy import Judged, committed, figure, threshold_for
from keepwell.predictions.candidates import closed, lessons, mixed
from keepwell.predictions.diary import Diary, arranged
from keepwell.predictions.explaining import explain
from keepwell.predictions.features import Seen
from keepwell.predictions.forecast import Stage
from keepwell.predictions.foretelling import STUDIED, Foresight, foretell
from keepwell.predictions.landmarks import Landmark, Question, label, seen_at
from keepwell.predictions.linear import Form, Linear
from keepwell.predictions.logit import Prior

ASKED = Question((30, 60, 90))
ACTIVE = 90
REFERENCE = {"cdnow": 0.710, "retail": 0.760, "alpha": 0.806}
EVERYBODY = {"cdnow": 0.808}
DRAWN = {50: 0.746, 200: 0.747}
"""The MAP logit, mean over the three logs."""
SLOPES = {
    "retail": (-0.69, -1.69, 0.33, 0.50, -0.19),
    "cdnow": (-0.63, -1.52, 0.70, 1.08, 0.00),
    "alpha": (0.38, -1.01, 0.50, 0.76, 0.06),
}
"""What each log says of the slopes of the house prior: for a log, only those of the others are used."""
LEADS = {"retail": (30, 224, 0.80, 0.69), "cdnow": (60, 396, 0.74, 0.84), "alpha": (30, 900, 0.77, 0.88)}
"""Active within, origin, AUROC and precision of the top tenth at a lead of 30 days."""
DRAWS = 20

T = TypeVar("T")
Row = tuple[str, str, str, str, bool]


def claims(*, small_run: bool) -> Iterator[Row]:
    """Rows of the benchmarks' table."""
    logs = diaries()
    for name, log in logs.items():
        yield from _rolling(name, log, ORIGINS[name][1:2] if small_run else ORIGINS[name])
    yield from _drawn(logs, 2 if small_run else DRAWS)
    for name, log in logs.items():
        yield from _lead(name, log)
    yield from _speed(2000 if small_run else 100_000, 20 if small_run else 200)


def _truth(log: Diary, seen: Seen, question: Question = ASKED) -> Landmark:
    return label(log, seen, question)


def _judged(log: Diary, seen: Seen, chance: np.ndarray, within: int = ACTIVE) -> Judged:
    near = seen.column("recency") <= within
    return Judged(_truth(log, seen).happened(ASKED.longest)[near], chance[near], seen.place[near])


def _rolling(name: str, log: Diary, origins: tuple[int, ...]) -> Iterator[Row]:
    """Our forecast beside the controls, mean over origins."""
    rows: dict[str, list[Judged]] = {}
    everybody, coherent = [], []
    for day in origins:
        known = log.known_before(day)
        ours = foretell(known, 0, day, ASKED)
        print(f"{name}, day {day}: {ours.forecasts.stage.name.lower()}: {ours.forecasts.because}")
        for model, chance in _controls(known, day, ours.seen).items():
            rows.setdefault(model, []).append(_judged(log, ours.seen, chance))
        assert ours.model is not None
        chance = ours.forecasts.chance
        rows.setdefault("ours", []).append(_judged(log, ours.seen, chance[:, -1]))
        everybody.append(_judged(log, ours.seen, chance[:, -1], 10**6))
        coherent.append((np.diff(ours.model.log_odds(ours.seen), axis=1) <= 0).all(axis=1))
    yield from _beside(name, {model: _means(each) for model, each in rows.items()}, _means(everybody)[0])
    share = float(np.concatenate(coherent).mean())
    yield f"{name}, forecasts that agree over horizons, unguarded", f"{share:.2%}", "100 %", "", share == 1
    yield _sure(name, rows["ours"])


def _beside(name: str, means: dict[str, tuple[float, ...]], of_all: float) -> Iterator[Row]:
    for model, (auroc, loss, score, error) in means.items():
        print(f"{name}, {model}: AUROC {auroc:.4f}, log-loss {loss:.4f}, Brier {score:.4f}, ECE {error:.3f}")
    auroc, loss, *_ = means["ours"]
    best = min(loss for model, (_, loss, *_) in means.items() if model != "ours")
    control = ", ".join(f"{model} {each[0]:.3f}" for model, each in means.items() if model != "ours")
    reached = REFERENCE[name]
    claim = f"{name}, AUROC of the active >= {reached}"
    yield claim, f"{auroc:.4f}", control, f"{auroc - reached:+.4f}", auroc >= reached
    yield f"{name}, log-loss <= the best control", f"{loss:.4f}", f"{best:.4f}", f"{loss - best:+.4f}", loss <= best
    if name in EVERYBODY:
        reached = EVERYBODY[name]
        yield f"{name}, AUROC of all >= {reached}", f"{of_all:.4f}", "", f"{of_all - reached:+.4f}", of_all >= reached


def _sure(name: str, rows: list[Judged]) -> Row:
    """Answering only when sure enough, by what was sure enough at the origin before."""
    frozen = [committed(after, threshold_for(before)) for before, after in itertools.pairwise(rows)]
    said = [each for each in frozen if each.number]
    right = float(np.average([each.accuracy for each in said], weights=[each.number for each in said])) if said else 0.0
    covered = float(np.mean([each.coverage for each in frozen])) if frozen else 0.0
    return (
        f"{name}, '95 % sure' is right >= .93",
        f"{right:.3f}",
        f"covers {covered:.0%}",
        "",
        right >= 0.93 or not said,
    )


def _means(rows: list[Judged]) -> tuple[float, ...]:
    of = (accuracy.auroc, accuracy.log_loss, accuracy.brier, accuracy.calibration_error)
    return tuple(float(np.mean([figure(each, judged) for judged in rows])) for each in of)


def _controls(known: Diary, day: int, seen: Seen) -> dict[str, np.ndarray]:
    """P(nothing in 90 days) by the controls."""
    asked = Question((ASKED.longest,))
    lesson = lessons(known, 0, day, asked, 1).at(day)
    course = closed(lesson)
    recency = np.concatenate([part.seen.column("recency") for part in course.parts])
    silent = np.concatenate([part.happened(asked.longest) for part in course.parts])
    alone = boosting.SETTINGS | {"num_threads": 1}
    return {
        "recency rule": _binned(recency, silent, seen.column("recency")),
        "BG/NBD": bgnbd.nothing_within(lesson.now, bgnbd.lives(seen), asked.longest),
        "RFM logit": logit.sigmoid(linear.fit(small.PLAIN, course).log_odds(seen)[:, 0]),
        "LightGBM": _plain(np.concatenate([part.seen.values for part in course.parts]), silent, seen.values, alone),
    }


def _binned(recency: np.ndarray, silent: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """The share of the silent among those as recent, in twenty bins; within a bin, by recency."""
    edges = np.unique(np.quantile(recency, np.linspace(0, 1, 21)))[1:-1]
    place = np.searchsorted(edges, recency)
    shares = (np.bincount(place, silent, len(edges) + 1) + 1) / (np.bincount(place, minlength=len(edges) + 1) + 2)
    return np.clip(shares[np.searchsorted(edges, asked)] + 1e-7 * asked, 1e-6, 1 - 1e-6)


def _plain(x: np.ndarray, y: np.ndarray, asked: np.ndarray, settings: dict[str, object]) -> np.ndarray:
    import lightgbm

    keep = np.random.default_rng(0).permutation(len(x))[:200_000]
    trees = lightgbm.train(settings, lightgbm.Dataset(x[keep].astype(np.float32), y[keep].astype(np.float32)), 150)
    return np.asarray(trees.predict(asked.astype(np.float32)))


def _drawn(logs: dict[str, Diary], draws: int) -> Iterator[Row]:
    """The logit of few customers, drawn from each log and judged on everybody else."""
    for number, reached in DRAWN.items():
        found = {name: [_draw(name, log, number, seed) for seed in range(draws)] for name, log in logs.items()}
        each = {name: float(np.nanmean(scores)) for name, scores in found.items()}
        mean = float(np.mean(list(each.values())))
        control = ", ".join(f"{name} {score:.3f}" for name, score in each.items())
        claim = f"{number} customers, prior of the other logs, mean AUROC >= {reached}"
        met = mean >= reached if len(each) == len(SLOPES) else True
        yield claim, f"{mean:.4f}", control, f"{mean - reached:+.4f}", met


def _draw(name: str, log: Diary, number: int, seed: int) -> float:
    day = ORIGINS[name][-1]
    form = Form(small.NAMES, small.five, _others(name), small.ACTIVE)
    base = seen_at(log.known_before(day), day, ASKED.outcome)
    chosen = np.sort(np.random.default_rng(seed).permutation(base.place)[:number])
    taught = lessons(log.known_before(day).of(chosen), 0, day, Question((ASKED.longest,)), 1).at(day)
    course = closed(taught)
    happened = np.concatenate([part.happened(ASKED.longest) for part in course.parts])
    if happened.all() or not happened.any():
        return float("nan")
    model: Linear = linear.fit(form, course)
    rest = base.among(np.flatnonzero(~np.isin(base.place, chosen)))
    own = Seen(rest.day, rest.place, rest.names, rest.values, taught.parts[0].seen.median_gap)
    return figure(accuracy.auroc, _judged(log, own, model.log_odds(own)[:, 0], small.ACTIVE))


def _others(name: str) -> Prior:
    rest = [slopes for log, slopes in SLOPES.items() if log != name]
    return Prior(np.mean(rest, axis=0), np.full(len(small.NAMES), small.DOUBT))


def _lead(name: str, log: Diary) -> Iterator[Row]:
    """What 30 days of lead cost, of those who were active shortly before."""
    within, day, reached, top = LEADS[name]
    scores = {}
    for lead in (0, 30):
        asked = Question((30, 60, 90), lead)
        known = log.known_before(day)
        taught = lessons(known, 0, day, asked, 1)
        seen = seen_at(known, day, asked.outcome)
        chance = logit.sigmoid(mixed(taught.at(day)).log_odds(seen)[:, -1])
        near = seen.column("recency") <= within
        scores[lead] = Judged(_truth(log, seen, asked).happened(90)[near], chance[near], seen.place[near])
    auroc = figure(accuracy.auroc, scores[30])
    found = accuracy.at_capacity(scores[30], len(scores[30]) // 10).precision
    control = f"{figure(accuracy.auroc, scores[0]):.3f} without lead; top tenth {found:.2f}, reference {top}"
    yield (
        f"{name}, 30 days of lead, AUROC >= {reached}",
        f"{auroc:.4f}",
        control,
        f"{auroc - reached:+.4f}",
        auroc >= reached,
    )


def _made(customers: int, each: int) -> Diary:
    """So many customers with so many events each, over two years."""
    rng = np.random.default_rng(1)
    rows = customers * each
    pace = rng.gamma(1.0, 1.0, customers)
    owner = rng.choice(customers, rows, p=pace / pace.sum())
    life = rng.exponential(500, customers).clip(20, 730)
    begins = rng.integers(0, 300, customers)
    day = (begins[owner] + rng.random(rows) * life[owner]).astype(np.int64).clip(0, 729)
    cell, count = np.unique(owner.astype(np.int64) * 1000 + day, return_counts=True)
    owner, day = cell // 1000, cell % 1000
    return Diary(np.arange(customers), arranged(customers, owner, day, day, count, count * 250))


def _speed(customers: int, each: int) -> Iterator[Row]:
    log = _made(customers, each)
    seconds, made = _timed(lambda: foretell(log.known_before(640), 0, 640, ASKED))
    lesson = lessons(log.of(bgnbd.drawn(log.customer, STUDIED)), 0, 640, ASKED, 1).at(640)
    fit, _ = _timed(lambda: boosting.fit_all_horizons(lesson))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
    print(f"{customers:,} customers, {len(log.own.day):,} customer-days: {made.forecasts.stage.name.lower()}")
    claim = f"features, trials, fit and forecast of {customers:,} customers <= 2x the fit of LightGBM alone"
    yield claim, f"{seconds:.1f} s", f"{fit:.1f} s", f"{seconds / fit:.1f}x", seconds <= 2 * fit
    yield "memory of all that <= 3 GiB", f"{peak:.2f} GiB", "its own process and the other logs", "", peak <= 3
    yield _explaining(log.known_before(640), made)


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    started = time.perf_counter()
    found = work()
    return time.perf_counter() - started, found


def _explaining(log: Diary, made: Foresight) -> Row:
    claim = "one customer's forecast with reasons <= 20 ms"
    if made.model is None:
        return claim, "refused", made.forecasts.because, "", made.forecasts.stage is not Stage.REFUSED
    whose = made.forecasts.customer[:: max(len(made.forecasts.customer) // 20, 1)][:20].tolist()
    took = sorted(_timed(lambda who=who: explain(made, log, [who], 90))[0] for who in whose)
    middle = took[len(took) // 2]
    return claim, f"{middle * 1000:.1f} ms (slowest {took[-1] * 1000:.1f})", "", "", middle <= 0.02
