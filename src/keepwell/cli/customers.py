"""`keepwell customers`: who is watched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from keepwell.base.shares import percent
from keepwell.cli.options import Data, Json, count, emit, shown, table, workspace

if TYPE_CHECKING:
    from keepwell.runtime.rows import CustomerRow


BANDS = ("healthy", "stable", "at_risk", "critical")
BAND_CHOICE = f"[{'|'.join(BANDS)}]"


def band_name(text: str) -> str:
    """The name of a band.

    Raises:
        typer.BadParameter: there is no such band.
    """
    if text not in BANDS:
        raise typer.BadParameter(f"`{text}` is no band; the bands are {', '.join(BANDS)}")
    return text


def customers(
    band: Annotated[
        str | None, typer.Option(help="Only customers of this band.", parser=band_name, metavar=BAND_CHOICE)
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """List customers with their scores as of now, the lowest first; those without a score, then the churned, last."""
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.rows import customer_rows

    with workspace(data) as space:
        rows = [row for row in customer_rows(space, now_us()) if band is None or row.band == band]
    if json:
        emit(rows)
        return
    table(
        count(len(rows), "customer"),
        ("id", "name", "score", "band", "coverage", ""),
        [(row.id, row.name, _one(row.score), row.band, percent(row.coverage), _note(row)) for row in rows],
    )


def _note(row: CustomerRow) -> str:
    """What to keep in mind about a score."""
    notes = ["provisional"] if row.provisional else []
    notes += [f"set by hand, computed {row.computed_band}"] if row.band != row.computed_band else []
    return ", ".join(notes + (["churned"] if row.lifecycle == "churned" else []))


def _one(score: float | None) -> str | None:
    return None if score is None else shown(score)
