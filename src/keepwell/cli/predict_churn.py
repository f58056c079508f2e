"""`keepwell predict churn`: who will likely leave, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keepwell.base.shares import between, percent
from keepwell.cli.options import AsOf, Data, Json, count, emit, moment, say, table, workspace
from keepwell.predictions.forecast import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keepwell.predictions.landmarks import Question
    from keepwell.runtime.forecast_rows import ForecastRow

Horizons = Annotated[str, typer.Option("--horizons", help="Days to look ahead, separated by commas.")]
Lead = Annotated[int, typer.Option("--lead", min=0, max=365, help="Days between the moment and what is forecast.")]
Kind = Annotated[
    Outcome,
    typer.Option(
        "--outcome",
        help="Silence from now on, to be gone by a day (nothing in the 30 days after it), or the end of a contract.",
    ),
]
Events = Annotated[
    str | None,
    typer.Option(
        "--events",
        help="The events whose absence is silence, separated by commas. Not given: own activity (sign-ins, sessions, "
        "features, API calls, transactions, work, messages and community), never what is done to a customer (invoices, "
        "e-mails, ratings received) nor answers to surveys; or all names of its own, where a log has no such.",
    ),
]
_WHO = {
    Outcome.INACTIVITY: "active in the last 90",
    Outcome.DEPARTURE: "active within their own rhythm",
    Outcome.CANCELLATION: "under contract",
}
_SHOWN = 20
_TOLD = 3


def asked(horizons: str, lead: int, outcome: Outcome) -> Question:
    """The question that options ask.

    Raises:
        typer.BadParameter: horizons are no days.
    """
    from keepwell.predictions.landmarks import Question

    days = [each.strip() for each in horizons.split(",")]
    if not all(each.isdecimal() and 1 <= int(each) <= 730 for each in days) or len(set(days)) != len(days):
        raise typer.BadParameter(
            f"`{horizons}` are no horizons; write days from 1 to 730, like 30,60,90", param_hint="--horizons"
        )
    return Question(tuple(sorted(map(int, days))), lead, outcome)


def listed(names: str | None) -> tuple[str, ...]:
    """Names separated by commas."""
    return tuple(each.strip() for each in (names or "").split(",") if each.strip())


def churn(
    as_of: AsOf = None,
    horizons: Horizons = "30,60,90",
    outcome: Kind = Outcome.INACTIVITY,
    lead: Lead = 0,
    events: Events = None,
    out: Annotated[Path | None, typer.Option("--out", help="A CSV file to write.")] = None,
    reasons: Annotated[int, typer.Option(min=0, help="Of how many customers reasons are told.")] = 1000,
    data: Data = None,
    json: Json = False,
) -> None:
    """Forecast who will leave: nobody's data after the moment is used, and nothing is said without support."""
    from keepwell.runtime.forecast_rows import forecast_rows, write_csv
    from keepwell.runtime.foreseeing import check_events, foresee

    question, at = asked(horizons, lead, outcome), moment(as_of)
    with workspace(data) as space:
        check_events(space, at, listed(events))
        found = foresee(space, at, question, listed(events))
        rows = forecast_rows(space, found, reasons)
    for told in found.reading.said:
        say(told, to_errors=True)
    ended = found.reading.span.ended
    if ended is not None:
        say(f"ask with --as-of {_midnight(ended)}, the day after the log's last one", to_errors=True)
    other = _other(question, found.foresight.seen.median_gap)
    if other:
        say(other, to_errors=True)
    if out:
        write_csv(rows, out)
    if json:
        emit(rows)
        return
    forecasts = found.foresight.forecasts
    say(f"{forecasts.stage.name.lower()}: {forecasts.because}")
    _show(rows, question)
    if out:
        say(f"{count(len(rows), 'row')} in {out}")


def _other(question: Question, gap: float) -> str:
    """What to ask rather, where customers come too often, or too seldom, for what was asked."""
    from keepwell.predictions.landmarks import leaving

    better = leaving(gap)
    if question.outcome in (better, Outcome.CANCELLATION):
        return ""
    often = f"the usual gap is {count(max(round(gap), 1), 'day')} here"
    if better is Outcome.DEPARTURE:
        return f"{often}: who has long been silent stays silent; --outcome departure asks who will be gone"
    return f"{often}: nothing for {count(question.quiet, 'day')} is no departure; ask with --outcome inactivity"


def _midnight(day: int) -> str:
    from keepwell.base.time import DAY_US, to_rfc3339

    return to_rfc3339(day * DAY_US)


def _show(rows: Sequence[ForecastRow], question: Question) -> None:
    """The horizon by which the model was tried."""
    from keepwell.runtime.forecast_rows import TOLD

    horizon, outcome = question.judged, question.outcome
    shown = [row for row in rows if row.horizon_days == horizon and row.probability is not None]
    near = [row for row in shown if row.active]
    if not shown:
        return
    table(
        f"Most likely within {horizon} days, of {count(len(near), 'customer')} {_WHO[outcome]}",
        ("customer", "name", "chance", "range of the fit", "why more than others"),
        [
            (row.customer_id, row.name, percent(row.probability or 0.0), between(row.low or 0.0, row.high or 1.0),
             "; ".join([each.says for each in row.reasons if each.points >= TOLD][:_TOLD]))
            for row in near[:_SHOWN]
        ],
    )  # fmt: skip
    if len(near) > _SHOWN:
        say(f"{count(len(near) - _SHOWN, 'customer')} more, less likely: in --json and --out")
    if len(shown) > len(near):
        say(f"{count(len(shown) - len(near), 'customer')} more, silent for longer: in --json and --out")
