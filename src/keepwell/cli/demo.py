"""`keepwell demo`: a filled dashboard from simulated customers."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from keepwell.cli.options import say, workspace
from keepwell.cli.serve import Port, run

DEMO_DATA = Path("keepwell-demo")
CHURNED, DISENGAGED = 0.08, 0.14
"""Shares of customers: so many leave in 120 days, and fare badly, that forecasts have something to learn from."""
PAST_DAYS = 120
"""Days in which playbooks are taken to have acted already, with everything approved and nobody replying."""
DemoData = Annotated[
    Path | None,
    typer.Option(
        "--data", envvar="KEEPWELL_DATA", help="Where the data folders of demos lie.", show_default="./keepwell-demo"
    ),
]


def demo(
    customers: Annotated[int, typer.Option(min=1, max=10_000, help="How many customers.")] = 200,
    days: Annotated[int, typer.Option(min=1, max=3660, help="How many days of history.")] = 365,
    seed: Annotated[int, typer.Option(help="Another seed is another world.")] = 1,
    port: Port = 8710,
    data: DemoData = None,
) -> None:
    """Simulate 200 customers over 12 months, and serve their dashboard on this machine."""
    from keepwell.base.time import DAY_US
    from keepwell.cli.options import progress
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.foresight import StoredForesight
    from keepwell.runtime.foretelling import relive as forecasts
    from keepwell.runtime.offline import catch_up
    from keepwell.runtime.playbooks import in_force, relive
    from keepwell.runtime.serving import LOOPBACK, listening
    from keepwell.runtime.simulating import fill, holds_demo
    from keepwell.simulation.spec import WorldSpec

    now = now_us()
    spec = WorldSpec(
        until=now // DAY_US * DAY_US, customers=customers, days=days, seed=seed,
        disengaged_share=DISENGAGED, churned_share=CHURNED, former=True,
    )  # fmt: skip
    folder = (data or DEMO_DATA) / f"{customers}-{days}-{seed}-{spec.until // DAY_US}"
    with workspace(folder, create=True) as space, listening(LOOPBACK, port) as listener:
        if not holds_demo(space):
            print(f"Simulating {customers} customers over {days} days ...", file=sys.stderr, flush=True)
            with progress("Simulating", None, quiet=False) as advance:
                fill(space, spec, now, advance)
            print("Reliving forecasts of the last weeks ...", file=sys.stderr, flush=True)
            with space.writing():
                forecasts(space, StoredForesight(space, now_us).foretell, now)
                catch_up(space, now)
                relive(space, in_force(space), now - PAST_DAYS * DAY_US, now)
        for line in where(folder):
            say(line, to_errors=True)
        run(space, listener, breathing=True)


def where(folder: Path) -> tuple[str, str]:
    """Where the data of a demo lie, and how other commands read them."""
    typed = shlex.quote(str(folder))
    return (
        f"The data folder is {folder}",
        f"Commands read it meanwhile, for example `keepwell findings --data {typed}`.",
    )
