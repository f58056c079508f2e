"""`keepwell simulate`: a made-up platform with a known truth."""

from __future__ import annotations

from typing import Annotated

import typer

from keepwell.cli.options import Data, Json, emit, moment, progress, say, workspace


def simulate(
    customers: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many customers.")] = 200,
    days: Annotated[int, typer.Option(min=1, max=3660, help="How many days of history.")] = 365,
    seed: Annotated[int, typer.Option(help="Another seed is another world.")] = 1,
    until: Annotated[str | None, typer.Option(help="Where the history ends; the last midnight when not given.")] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Fill an empty data folder with simulated customers. Equal options give an equal world."""
    from keepwell.base.time import DAY_US
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.simulating import fill
    from keepwell.simulation.spec import WorldSpec

    end = moment(until, "--until") // DAY_US * DAY_US
    spec = WorldSpec(until=end, customers=customers, days=days, seed=seed)
    with workspace(data, create=True) as space, progress("Simulating", None, quiet=json) as advance:
        filled = fill(space, spec, now_us(), advance)
    if json:
        emit(filled)
    else:
        say(f"{filled.events} events of {filled.customers} customers in {space.folder}; the truth is in {filled.truth}")
