"""`keepwell backtest`: how good forecasts would have been."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from keepwell.base.shares import percent
from keepwell.cli.options import Data, Json, emit, moment, progress, say, table, workspace
from keepwell.cli.predict_churn import Events, Horizons, Kind, Lead, asked, listed
from keepwell.predictions.forecast import Outcome

if TYPE_CHECKING:
    from keepwell.runtime.rolling import Origin

app = typer.Typer(no_args_is_help=True, help="Try forecasts on the past.")


@app.command("predictions")
def predictions(
    first: Annotated[str, typer.Option("--from", help="The first day that is forecast, RFC 3339.")],
    last: Annotated[str, typer.Option("--to", help="The last one.")],
    step: Annotated[str, typer.Option("--step", help="Days between, like 30d.")] = "30d",
    horizons: Horizons = "30,60,90",
    outcome: Kind = Outcome.INACTIVITY,
    lead: Lead = 0,
    events: Events = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Forecast past days from what was known then, and judge by what came after. Stopped, it goes on where it was."""
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.foreseeing import check_events
    from keepwell.runtime.rolling import Roll, rolled

    roll = Roll(_days(first, last, step), asked(horizons, lead, outcome), listed(events))
    with workspace(data) as space:
        check_events(space, now_us(), roll.events)
    with workspace(data) as space, progress("looking back", len(roll.days), quiet=json) as advance:
        found = rolled(space, roll, now_us(), advance)
    if json:
        emit(found)
        return
    for told in found.said:
        say(told)
    table(
        f"{len(roll.days)} days, customers active in the 90 days before each",
        ("day", "horizon", "stage", "customers", "leave", "AUROC", "log-loss", "Brier skill", "observed/expected",
         "95 % sure of"),
        [_cells(each) for each in (*found.origins, *found.together)],
    )  # fmt: skip
    for each in found.origins:
        if each.horizon_days == roll.question.longest and not each.figures:
            say(f"{each.at}: {each.because if each.due else 'the window is still open'}")


def _days(first: str, last: str, step: str) -> range:
    """Days from the first to the last.

    Raises:
        typer.BadParameter: they are none.
    """
    from keepwell.base.time import day_of

    found = re.fullmatch(r"(\d{1,4})d?", step)
    if not found or not int(found[1]):
        raise typer.BadParameter(f"`{step}` is no step; write days, like 30d", param_hint="--step")
    begin, end = day_of(moment(first, "--from")), day_of(moment(last, "--to"))
    if begin > end:
        raise typer.BadParameter("it is before --from", param_hint="--to")
    return range(begin, end + 1, int(found[1]))


def _cells(row: Origin) -> tuple[str, ...]:
    figures = row.figures
    shown = [_number(figures.get(name)) for name in ("base_rate", "auroc", "log_loss", "brier_skill")]
    auroc = f"{shown[1]} [{_number(row.auroc_low)}, {_number(row.auroc_high)}]" if shown[1] else ""
    sure = (
        f"{percent(row.coverage)}, {_number(row.accuracy_at_coverage) or '-'} right" if row.coverage is not None else ""
    )
    return (
        row.at[:10] or "together", f"{row.horizon_days} d", row.stage, f"{row.customers:,}", shown[0], auroc, shown[2],
        shown[3], _number(figures.get("observed_over_expected")), sure,
    )  # fmt: skip


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
