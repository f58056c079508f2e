"""`python -m benchmarks`: measure, and print a table of claim, number, control, ratio and verdict."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import (
    acting,
    alerts,
    board,
    calibration,
    causes,
    ceilings,
    files,
    folder,
    history,
    ingest,
    live,
    paging,
    pandas_control,
    predictions,
    reading,
    rounds,
    rules,
    scoring,
    upcoming,
)
from benchmarks.events import Size
from tests import postgres

FULL = Size(200_000, 120, 150_000)
YEARS = Size(2000, history.YEAR, 2000)
SMALL = Size(600, 30, 1000)
SMALL_YEARS = Size(100, 30, 200)
GIB = 1 << 30


@dataclass(frozen=True)
class Line:
    """One row of the table."""

    claim: str
    number: str
    control: str
    ratio: str
    met: bool


@dataclass(frozen=True)
class Plan:
    """What to measure at which size."""

    cache: Path
    size: Size
    history: Size
    parquet_rows: int
    csv_rows: int
    repeats: int = 3
    requests: int = 4000
    seconds: float = 30.0


def _times(clock: dict[str, float], shown: int = 8) -> str:
    largest = sorted(clock.items(), key=lambda item: -item[1])[:shown]
    return ", ".join(f"{name} {seconds * 1000:.1f}" for name, seconds in largest)


def _scoring(plan: Plan) -> Iterator[Line]:
    path = folder.made(plan.cache, plan.size)
    found: dict[str, Any] = scoring.measure(path, plan.repeats)
    print(f"scoring took {found['cpu']:.2f} s of processor; statements in ms: {_times(found['statements'], 12)}")
    control = f"{found['control']:.2f} s to group by customer and day"
    for claim, name in (("all scores, reference remembered <= 3x", "warm"), ("first scores of a day <= 3x", "first")):
        ratio = found[name] / found["control"]
        yield Line(claim, f"{found[name]:.2f} s for {found['customers']:,}", control, f"{ratio:.1f}x", ratio <= 3)
    peak = found["peak"] / GIB
    slow: dict[str, float] = pandas_control.measure(path)
    for how, seconds in (("same columns", slow["rollups"]), ("JSON parsed first", slow["rollups"] + slow["parse"])):
        control = f"{seconds:.0f} s, pandas, rollups only, {how}, a tenth of the customers x 10"
        ratio = seconds / found["warm"]
        yield Line("pandas >= 20x slower", f"{found['warm']:.2f} s", control, f"{ratio:.1f}x", ratio >= 20)
    yield Line("memory while scoring <= 4 GiB", f"{peak:.2f} GiB", "its own process", "", peak <= 4)


def _live(plan: Plan) -> Iterator[Line]:
    found: dict[str, Any] = live.measure(folder.made(plan.cache, plan.size), 3 * plan.repeats)
    print(f"live took {found['cpu'] * 1000:.0f} ms of processor; steps in ms: {_times(found['steps'])}")
    print(f"live, statements in ms: {_times(found['statements'], 12)}")
    turn = found["turn"]
    number = f"{turn * 1000:.0f} ms (median {found['median'] * 1000:.0f})"
    yield Line(f"rescoring {live.TOUCHED} customers <= 100 ms", number, "0.1 s", f"{turn / 0.1:.1f}x", turn <= 0.1)


def _files(plan: Plan) -> Iterator[Line]:
    parquet, csv = (plan.parquet_rows, "parquet", 100_000), (plan.csv_rows, "csv", 40_000)
    for (rows, kind, wanted), ids in ((parquet, False), (parquet, True), (csv, False)):
        found = files.measure(plan.cache, files.made(plan.cache, rows, kind, ids=ids), plan.repeats)
        claim = f"import of {kind}{' with message ids' * ids} >= {wanted:,}/s"
        ratio = f"{found['control'] / found['import']:.1f}x slower"
        control = f"{found['control']:,.0f}/s by pyarrow, read, written and synced"
        number = f"{found['import']:,.0f}/s of {found['rows']:,}"
        print(f"{kind} took {found['cpu'] * 1e6:.1f} us of processor a row")
        yield Line(claim, number, control, ratio, found["import"] >= wanted)


def _history(plan: Plan) -> Iterator[Line]:
    found = history.measure(plan.cache, plan.history, plan.repeats)
    for name, what in (("warm", "all scores"), ("first", "first scores of a day")):
        short, long = found[name]
        ratio = long / short
        claim = f"{what}, {history.YEARS[1]} years of history <= {history.ALLOWED}x of one"
        yield Line(claim, f"{long:.2f} s", f"{short:.2f} s", f"{ratio:.2f}x", ratio <= history.ALLOWED)


def _board(plan: Plan) -> Iterator[Line]:
    found: dict[str, Any] = board.measure(board.made(plan.cache, plan.size.customers), 10 * plan.repeats)
    for name, times in found["questions"].items():
        middle, late = (float(np.percentile(times, share)) * 1000 for share in (50, 95))
        allowed = 30 if name == "overview" else 100
        ratio = f"{found['control'] * 1000 / middle:.0f}x slower"
        control = f"{found['control']:.1f} s to read everybody"
        claim = f"{name}, {plan.size.customers:,} customers, scores moving, p95 <= {allowed} ms"
        yield Line(claim, f"{late:.1f} ms (median {middle:.1f})", control, ratio, late <= allowed)
    cpu = {name: float(np.percentile(times, 95)) for name, times in found["cpu"].items()}
    print(f"board took at p95 in ms of processor: {_times(cpu)}")
    held = found["held"] / (1 << 20)
    print(
        f"board: first question {found['first']:.1f} s, {held:.0f} MiB held after it, a figure {found['figure']:.1f} s"
    )


def _ingest(plan: Plan) -> Iterator[Line]:
    ours = ingest.throughput("ours", ingest.fresh(plan.cache, "ours"), plan.requests)
    empty = ingest.throughput("empty", ingest.fresh(plan.cache, "empty"), plan.requests)
    with postgres.running() as server:
        plain = ingest.throughput("plain", server.url, max(plan.requests // 20, 5))
    print(f"took {ours['cpu'] * 1e6:.1f} us of processor an event, {empty['cpu'] * 1e6:.1f} without storage;")
    print(f"not folded yet at the end: {ours['lag']:,.0f}")
    rate, number = ours["rate"], f"{ours['rate']:,.0f}/s"
    yield Line("durable events over HTTP >= 50,000/s", number, "50,000/s", f"{rate / 50_000:.2f}x", rate >= 50_000)
    share, control = rate / empty["rate"], f"{empty['rate']:,.0f}/s"
    yield Line(">= 0.25 of the server without storage", number, control, f"{share:.2f}x", share >= 0.25)
    ratio, control = rate / plain["rate"], f"{plain['rate']:,.0f}/s, PostgreSQL"
    yield Line(">= 5x FastAPI, pydantic, a row an event", number, control, f"{ratio:.1f}x", ratio >= 5)
    found = ingest.latency(ingest.fresh(plan.cache, "latency"), plan.seconds)
    claim = "event to score, 1,000/s over 10,000 customers, p99 <= 1 s"
    yield Line(
        claim, f"<= {found['p99']:.2f} s", f"answer p99 {found['answer_p99'] * 1000:.0f} ms", "", found["p99"] <= 1
    )
    yield _paged(plan)
    yield Line("idle server <= 200 MiB", f"{found['idle']:.0f} MiB", "its own process", "", found["idle"] <= 200)
    full = ingest.overload(ingest.fresh(plan.cache, "overload"), plan.seconds)
    told = f"{full['taken']:,.0f} requests of 1,000 events taken, {full['refused']:,.0f} refused"
    yield Line("under overload <= 512 MiB", f"{full['rss']:.0f} MiB", told, "", full["rss"] <= 512)


def _paged(plan: Plan) -> Line:
    took, answered = paging.measure(ingest.fresh(plan.cache, "paging"), plan.seconds)
    at = int(len(took) * 0.99)
    number = f"{took[at]:.2f} s (median {took[len(took) // 2]:.2f}) of {len(took)}"
    control = f"answer p99 {answered[at] * 1000:.0f} ms"
    return Line("urgent ticket to mail, at 1,000 events/s, p99 <= 1 s", number, control, "", took[at] <= 1)


def _alerts(plan: Plan) -> Iterator[Line]:
    return (Line(*each) for each in alerts.claims(alerts.SMALL if plan.size == SMALL else alerts.FULL))


def _rules(plan: Plan) -> Iterator[Line]:
    for each in rules.claims(plan.cache, rules.SMALL if plan.size == SMALL else rules.FULL):
        yield Line(*each)
    seconds, customers, opened = rules.survey(plan.cache, plan.size)
    claim, told = f"daily and weekly rules, {plan.size.customers:,} customers <= 60 s", f"{opened:,} alerts opened"
    yield Line(claim, f"{seconds:.1f} s for {customers:,}", told, "", seconds <= 60)


def _calibration(plan: Plan) -> Iterator[Line]:
    size = calibration.SMALL if plan.size == SMALL else calibration.FULL
    return (Line(*each) for each in calibration.claims(size))


def _causes(plan: Plan) -> Iterator[Line]:
    return (Line(*each) for each in causes.claims(causes.SMALL if plan.size == SMALL else causes.FULL))


def _reading(plan: Plan) -> Iterator[Line]:
    transactions = reading.SMALL if plan.size == SMALL else reading.FULL
    return (Line(*each) for each in reading.claims(transactions, plan.repeats))


def _rounds(plan: Plan) -> Iterator[Line]:
    found = rounds.measure(folder.made(plan.cache, plan.size), plan.repeats)
    customers, alone = int(found["customers"]), found["alone"]
    each, control = found["all"] / customers, f"{alone * 1000:.2f} ms a customer without reading and writing"
    claim, number = f"diagnosing all {plan.size.customers:,} <= 300 s", f"{found['all']:.0f} s for {customers:,}"
    yield Line(claim, number, control, f"{each / alone:.1f}x", found["all"] <= 300)
    claim, number = "one customer with reading its log <= 50 ms", f"{found['one'] * 1000:.0f} ms"
    yield Line(claim, number, f"{alone * 1000:.2f} ms without", f"{found['one'] / alone:.0f}x", found["one"] <= 0.05)
    peak = found["peak"] / GIB
    yield Line("memory while diagnosing all <= 4 GiB", f"{peak:.2f} GiB", "its own process", "", peak <= 4)


def _predictions(plan: Plan) -> Iterator[Line]:
    return (Line(*each) for each in predictions.claims(small_run=plan.size == SMALL))


def _ceilings(plan: Plan) -> Iterator[Line]:
    return (Line(*each) for each in ceilings.claims(small_run=plan.size == SMALL))


def _acting(plan: Plan) -> Iterator[Line]:
    customers = plan.size.customers // 20
    found = acting.measure(customers)
    claim, number = f"{found['due']:,} steps due in {customers:,} runs <= 2 s", f"{found['round']:.2f} s"
    control = f"{found['folds']:.3f} s the folds alone"
    yield Line(claim, number, control, f"{found['round'] / found['folds']:.1f}x", found["round"] <= 2)
    claim, each = f"a year of decisions for {customers:,} <= 60 s", found["year"] / found["decisions"]
    number = f"{found['year']:.1f} s for {found['decisions']:,}"
    yield Line(claim, number, f"{each * 1e6:.0f} µs a decision", "", found["year"] <= 60)


def _next(_: Plan) -> Iterator[Line]:
    for claim in upcoming.claims():
        yield Line(*claim)


PARTS: dict[str, Callable[[Plan], Iterator[Line]]] = {
    "scoring": _scoring, "live": _live, "files": _files, "history": _history, "board": _board, "ingest": _ingest,
    "alerts": _alerts, "rules": _rules, "calibration": _calibration, "causes": _causes, "reading": _reading,
    "rounds": _rounds, "acting": _acting, "next": _next, "predictions": _predictions,
    "ceilings": _ceilings,
}  # fmt: skip


def _table(lines: list[Line]) -> str:
    rows = [f"| {x.claim} | {x.number} | {x.control} | {x.ratio} | {'met' if x.met else 'MISSED'} |" for x in lines]
    return "\n".join(["| claim | number | control | ratio | verdict |", "|---|---|---|---|---|", *rows])


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="share of 20 million events and 200,000 customers")
    parser.add_argument("--small", action="store_true", help="a smoke run in seconds: its numbers mean nothing")
    parser.add_argument("--only", choices=PARTS, action="append", help="measure only this; may be repeated")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "keepwell-benchmarks")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each; the best one counts")
    given = parser.parse_args()
    scale = given.scale
    size = Size(int(FULL.customers * scale), FULL.days, int(FULL.daily * scale))
    years = Size(int(YEARS.customers * scale), YEARS.days, int(YEARS.daily * scale))
    plan = Plan(given.cache, size, years, int(2_000_000 * min(scale, 1)), int(500_000 * min(scale, 1)), given.repeats)
    if given.small:
        plan = Plan(given.cache, SMALL, SMALL_YEARS, 5000, 5000, repeats=1, requests=20, seconds=1.0)
    plan.cache.mkdir(parents=True, exist_ok=True)
    lines: list[Line] = []
    for name in given.only or PARTS:
        for line in PARTS[name](plan):
            lines.append(line)
            print(line)
    print(f"\n{plan.size}, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n\n{_table(lines)}")


if __name__ == "__main__":
    main()
