"""`keepwell rejects`: rows that were refused, and another try."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from keepwell.cli.options import Data, Json, count, emit, say, table, workspace

SHOWN = 40  # characters of a value
COLUMNS = ("customer_id", "event", "timestamp", "properties", "message_id", "received_at")
FIELDS = {"bad_event": "event", "bad_customer": "customer_id", "bad_properties": "properties"}
"""What a reason is about that names no field."""

app = typer.Typer(help="Rejected rows: list them, or try them again.", no_args_is_help=True)


@app.command("list")
def list_rejects(
    limit: Annotated[int, typer.Option(min=1, help="At most this many.")] = 1000,
    data: Data = None,
    json: Json = False,
) -> None:
    """List rejected rows with their reasons and what was wrong in them.

    A row number counts rows of data from 1: no header, no empty lines.
    """
    from keepwell.base.time import to_rfc3339
    from keepwell.runtime.importing import waiting_rejects

    with workspace(data) as space:
        found = waiting_rejects(space, limit)
    if json:
        emit(
            [
                {
                    "id": each.id, "source": each.source, "file": each.file, "row": each.row,
                    "reason": each.reason, "detail": each.detail, "raw": each.raw,
                    "recorded_at": to_rfc3339(each.recorded_at),
                }
                for each in found
            ]
        )  # fmt: skip
        return
    rows = [
        (
            each.source,
            to_rfc3339(each.recorded_at),
            each.file,
            each.row,
            each.reason,
            _wrong(each.reason, each.detail, each.raw),
            each.raw[:80],
        )
        for each in found
    ]
    table(count(len(rows), "rejected row"), ("source", "time", "file", "row", "reason", "detail", "starts"), rows)


def _wrong(reason: str, detail: str, raw: str) -> str:
    """The field that a row was refused for, with its value where the row still tells it."""
    name = detail or FIELDS.get(reason, "")
    row = _object(raw)
    values = row if name in COLUMNS else _object(row.get("properties"))
    value = values.get(name)
    if value in (None, ""):
        return name
    text = str(value)
    return f"{name}: {text[:SHOWN]}{'...' if len(text) > SHOWN else ''}"


def _object(text: object) -> dict[str, object]:
    """What a JSON text says, or the object itself; nothing when it is none."""
    import msgspec

    try:
        found = msgspec.json.decode(text) if isinstance(text, str) else text
    except (msgspec.DecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


@app.command("replay")
def replay(
    map_file: Annotated[Path | None, typer.Option("--map", help="An event map to apply first.")] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Try the rejected rows again; those accepted now leave the list."""
    from keepwell.config.mappings import load_map
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.replaying import replay_rejects

    mapping = load_map(map_file) if map_file else None
    with workspace(data) as space:
        summary = replay_rejects(space, now_us(), mapping)
    if json:
        emit(summary)
    else:
        say(f"{summary.accepted} accepted, {summary.duplicates} already there, {summary.rejected} still rejected")
        for why, number in summary.left.items():
            say(f"{number} cannot be tried again: {why}")
