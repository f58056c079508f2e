"""`keepwell import`: files in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from keepwell.cli.options import Data, Json, count, emit, progress, say, table, workspace

app = typer.Typer(help="Import files of events or customers.", no_args_is_help=True)

Files = Annotated[
    list[Path],
    typer.Argument(help="CSV, JSON lines or Parquet; the first two also as .gz.", metavar="FILE..."),
]
Map = Annotated[Path | None, typer.Option("--map", help="A TOML file that names foreign columns and events.")]


@app.command("events")
def events(files: Files, map_file: Map = None, data: Data = None, json: Json = False) -> None:
    """Import events: `customer_id,event,timestamp,properties`; extra columns become properties.

    Durable, restartable after a kill, and importing a file again adds nothing.
    """
    from keepwell.config.mappings import load_map
    from keepwell.events.mapping import EventMap
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.importing import import_events, rows_in

    mapping = load_map(map_file) if map_file else EventMap()
    with workspace(data, create=True) as space, progress("Importing", rows_in(files), quiet=json) as advance:
        summary = import_events(space, files, now_us(), mapping, advance)
    _show(summary, json=json, mapped=map_file is not None)


@app.command("customers")
def customers(files: Files, data: Data = None, json: Json = False) -> None:
    """Import customers: a `customer_id` (or `id`) column; every other column is a trait."""
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.importing import import_customers

    with workspace(data, create=True) as space, progress("Importing", None, quiet=json) as advance:
        summary = import_customers(space, files, now_us(), advance)
    _show(summary, json=json)


def _unknown(names: Mapping[str, int], *, mapped: bool) -> str:
    from keepwell.runtime.importing import UNKNOWN_SHOWN

    shown = ", ".join(f"{name} ({count})" for name, count in names.items())
    many = f"{len(names)} or more" if len(names) == UNKNOWN_SHOWN else str(len(names))
    said = "event name is" if len(names) == 1 else "event names are"
    hint = "" if mapped else "; map them with --map"
    return f"{many} {said} not in the tracking plan: {shown}: kept, but in no score{hint}"


def _show(summary: object, *, json: bool, mapped: bool = False) -> None:
    from keepwell.runtime.importing import Summary

    assert isinstance(summary, Summary)  # noqa: S101 - imported lazily, so typed here
    if json:
        emit(summary)
        return
    rows = [
        ("accepted", summary.accepted),
        ("duplicates", summary.duplicates),
        ("rejected", summary.rejected),
    ]
    rows += [(f"  {reason}", count) for reason, count in summary.reasons.items()]
    table(count(summary.customers, "customer"), ("rows", "count"), rows)
    if summary.unknown_events:
        say(_unknown(summary.unknown_events, mapped=mapped))
    if summary.rejected:
        say("`keepwell rejects list` shows the rejected rows; `keepwell rejects replay` tries them again.")
