#!/usr/bin/env python3
"""Makes docs/typical-customers.md: five typical customers of the simulated base, and sanity figures of all of it.

`.venv/bin/python examples/typical_customers.py`; two minutes. Everything shown comes from `keepwell simulate`,
`keepwell score` and `keepwell explain`; only whom to show is looked up in the world itself.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keepwell.base.time import DAY_US, parse_instant
from keepwell.simulation.spec import WorldSpec
from keepwell.simulation.world import World, simulate

PAGE = Path(__file__).parents[1] / "docs" / "typical-customers.md"
UNTIL = "2026-11-01T00:00:00Z"
SETTLED_DAYS = 120
BANDS = ("healthy", "stable", "at_risk", "critical")
SHOWN_LOSSES = 2
SHOWN_GAPS = 3
FEW = 5


def keepwell(folder: Path, *words: str) -> Any:  # noqa: ANN401 - JSON
    """The JSON document of a command on a data folder."""
    program = Path(sys.executable).with_name("keepwell")
    command = [program, *words, "--data", folder, "--json"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)  # noqa: S603 - our own program
    return json.loads(done.stdout)


@dataclass(frozen=True)
class Base:
    """One simulated base in a data folder, with its scores at the end."""

    spec: WorldSpec
    folder: Path
    scores: Sequence[Mapping[str, Any]]

    @property
    def options(self) -> str:
        return f"--customers {self.spec.customers} --days {self.spec.days} --seed {self.spec.seed} --until {UNTIL}"


def build(spec: WorldSpec, folder: Path) -> Base:
    """Simulate a base and score it."""
    sizes = [f"--{name}={getattr(spec, name)}" for name in ("customers", "days", "seed")]
    keepwell(folder, "simulate", *sizes, "--until", UNTIL)
    return Base(spec, folder, keepwell(folder, "score", "--as-of", UNTIL))


# --- whom to show ----------------------------------------------------------------------------


def chosen(base: Base) -> dict[str, str]:
    """Customer ids by title: the ordinary ones by score, a developer who hardly signs in, the newest."""
    world = simulate(base.spec)
    scores = {row["customer_id"]: row["score"] for row in base.scores if row["score"] is not None}
    ages = {
        each["customer_id"]: (base.spec.until - parse_instant(each["created_at"])) / DAY_US for each in world.customers
    }
    settled = {
        segment: [name for name in _steady(world, segment) if ages[name] >= SETTLED_DAYS and name in scores]
        for segment in ("trader", "developer", "miner", "institution")
    }
    sign_ins = _sign_ins(world, settled["developer"])
    found = {
        "Trader": _middle(settled["trader"], scores.__getitem__),
        "Developer, nearly only by API": _middle(
            sorted(settled["developer"], key=lambda name: (sign_ins[name], name))[:FEW], scores.__getitem__
        ),
        "Miner": _middle(settled["miner"], scores.__getitem__),
        "Institution": _middle(settled["institution"], scores.__getitem__),
    }
    newest = min(scores, key=lambda name: (ages[name], name), default="")
    found[f"Brand-new, {ages.get(newest, 0):.0f} days"] = newest
    return {title: name for title, name in found.items() if name}


def _steady(world: World, segment: str) -> list[str]:
    stories = world.truth["customers"]
    return [
        each["customer_id"]
        for each in world.customers
        if each["segment"] == segment and stories[each["customer_id"]]["kind"] == "steady"
    ]


def _middle(names: Sequence[str], score: Callable[[str], float]) -> str:
    return sorted(names, key=lambda name: (score(name), name))[len(names) // 2] if names else ""


def _sign_ins(world: World, names: Sequence[str]) -> Counter[str]:
    """Sign-ins in the last 90 days."""
    since, wanted = world.spec.until - 90 * DAY_US, set(names)
    return Counter(
        str(row.customer_id)
        for rows in world.rows()
        for row in rows
        if row.event == "signed_in" and row.customer_id in wanted and int(str(row.timestamp)) >= since
    )


# --- why -------------------------------------------------------------------------------------


def losses(found: Mapping[str, Any]) -> list[tuple[float, Mapping[str, Any]]]:
    """Points of the score each indicator with data falls short of, the largest first."""
    parts = []
    known = {metric["metric"]: [line for line in metric["indicators"] if line["points"] is not None]
             for metric in found["metrics"]}  # fmt: skip
    total = sum(metric["weight"] for metric in found["metrics"] if known[metric["metric"]])
    for metric in found["metrics"]:
        lines = known[metric["metric"]]
        parts += [(metric["weight"] / total / len(lines) * (100 - line["points"]), line) for line in lines]
    return sorted(parts, key=lambda part: (-part[0], part[1]["indicator"]))


def why(found: Mapping[str, Any]) -> str:
    """What an explanation says, in two or three sentences."""
    if found["score"] is None:
        return "No event yet."
    lost = [
        f"*{line['label']}* ({line['explained']}: {line['points']:.0f} points, costs {points:.1f})"
        for points, line in losses(found)[:SHOWN_LOSSES]
    ]
    lines = [line for metric in found["metrics"] for line in metric["indicators"]]
    gaps = [f"*{line['label']}*" for line in lines if line["points"] is None]
    said = [f"Loses most on {' and '.join(lost)}." if lost else "Nothing is known yet."]
    if gaps:
        named = ", ".join(gaps[:SHOWN_GAPS]) + (f" and {len(gaps) - SHOWN_GAPS} more" if gaps[SHOWN_GAPS:] else "")
        said.append(f"{len(gaps)} of {len(lines)} indicators without data: {named}.")
    if found["cap_label"]:
        said.append(f"Capped from {found['uncapped_score']:.1f}: {found['cap_label']}.")
    return " ".join(said)


# --- the page --------------------------------------------------------------------------------


def row(title: str, found: Mapping[str, Any]) -> str:
    band = found["band"] + (", provisional" if found["provisional"] else "")
    cells = (title, f"`{found['customer_id']}`", f"{found['score']:.1f}", f"{found['coverage']:.0%}", band, why(found))
    return f"| {' | '.join(cells)} |"


def figures(base: Base) -> str:
    """One row of the sanity table: everybody who is not churned."""
    rows = [each for each in base.scores if each["score"] is not None]
    active = [each for each in rows if each["lifecycle"] != "churned"]
    count = Counter(each["band"] for each in active)
    shares = [f"{count[band] / len(active):.1%}" for band in BANDS]
    score, coverage = (statistics.mean(each[name] for each in active) for name in ("score", "coverage"))
    cells = (base.spec.seed, len(active), len(rows) - len(active), *shares, f"{score:.1f}", f"{coverage:.0%}")
    return f"| {' | '.join(map(str, cells))} |"


def text(bases: Sequence[Base], typical: Sequence[str]) -> str:
    options = bases[0].options
    named = " | ".join(band.replace("_", " ") for band in BANDS)
    people, sanity = "\n".join(typical), "\n".join(map(figures, bases))
    return f"""<!-- Made by `python examples/typical_customers.py`. Do not edit. -->

# Typical customers

**The data is simulated.** The platform, its customers and their stories are made up by `keepwell simulate`; the scores
are computed from its events as from any others. A real platform looks different.

```sh
keepwell simulate {options} --data typical
keepwell explain CUSTOMER --as-of {UNTIL} --data typical
```

The trader, the miner and the institution have the middle score of the steady ones of their segment; the developer
that of the five steady ones with the fewest sign-ins in 90 days; the new customer is the newest with a score. "Costs"
are points of the score: what the indicator would add if it had all of its 100 points.

| | customer | score | coverage | band | why |
| --- | --- | --- | --- | --- | --- |
{people}

## The whole base

Shares of the customers that are not churned, at the end of the history. In a base of which nine in ten fare well, 65
to 80 % should be healthy and fewer than 3 % critical.

| seed | customers | churned | {named} | mean score | mean coverage |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
{sanity}
"""


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--customers", type=int, default=200)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--out", type=Path, default=PAGE)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="keepwell-typical-") as folder:
        bases = []
        for seed in asked.seeds:
            sys.stderr.write(f"seed {seed} ...\n")
            spec = WorldSpec(until=parse_instant(UNTIL), customers=asked.customers, days=asked.days, seed=seed)
            bases.append(build(spec, Path(folder) / str(seed)))
        first = bases[0]
        typical = [
            row(title, keepwell(first.folder, "explain", name, "--as-of", UNTIL))
            for title, name in chosen(first).items()
        ]
        asked.out.write_text(text(bases, typical), encoding="utf-8")
    sys.stderr.write(f"{asked.out} written\n")


if __name__ == "__main__":
    main(sys.argv[1:])
