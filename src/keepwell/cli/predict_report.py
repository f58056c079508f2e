"""`keepwell predict report` and `verify`: what forecasts were worth, and whether anybody changed them since."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from keepwell.base.shares import percent
from keepwell.cli.options import Data, Json, count, emit, say, second, table, workspace

if TYPE_CHECKING:
    from keepwell.runtime.ports.forecasts import FigureLine, GroupLine, ReportPage

PERCENT = ("base_rate", "precision_at_budget", "recall_at_budget", "share_with_30_days", "coverage_at_95",
           "accuracy_when_covered", "looked_at_at_budget", "precision_when_new")  # fmt: skip


def report(
    capacity: Annotated[
        int | None,
        typer.Option(
            help="Customers looked after in a week; not given: what the staff can in a day.",
            min=1,
        ),
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Print what published forecasts were worth, by stage and horizon, once their horizons are closed."""
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.forecasts import StoredForecasts

    with workspace(data) as space:
        found = StoredForecasts(space.database, space.alarms, now_us).report(capacity)
    if json:
        emit(found)
        return
    _summary(found)
    for group in found.groups:
        _group(group)
    for moved in found.moved:
        say(f"{moved.outcome}, {moved.horizon} days: chances are spread otherwise than in the publication before "
            f"(stability index {moved.index:.2f})")  # fmt: skip
    for decided in found.decisions[:5]:
        won = "took the place of" if decided.promoted else "did not replace"
        say(f"{second(decided.at)}: {decided.challenger[:12]} {won} {decided.champion[:12]}: {decided.because}")


def _summary(found: ReportPage) -> None:
    """What there is at all."""
    say(
        f"{count(found.publications, 'publication')}, {count(found.open_horizons, 'horizon')} not scored yet;"
        f" alert budget: {count(found.capacity, 'customer')} a week"
    )
    if found.failed:
        say(f"The round of forecasts of {second(found.failed_at)} failed: {found.failed}")
    if not found.groups:
        say("Nothing is scored yet: a forecast is scored three days after its horizon has ended.")
    elif found.share < 1:
        say(f"The figures are of a fixed sample of {percent(found.share)} of the customers.")


def _group(group: GroupLine) -> None:
    title = (
        f"{group.outcome} within {group.horizon} days, stage {_stage(group.stage)}:"
        f" {count(group.forecasts, 'forecast')} of {count(group.customers, 'customer')}, {count(group.origins, 'week')}"
    )
    if group.because:
        say(f"{title}: no figures. {group.because}")
        return
    rows = [(name.replace("_", " "), *_shown(name, each)) for name, each in group.figures.items()]
    say(title)
    if group.level_off:
        say("The two newest weeks agree that these chances are too high, or too low, on the whole.")
    table("Figures", ("figure", "value", "95 % interval"), rows)


def _stage(number: int) -> str:
    from keepwell.predictions.forecast import Stage

    return Stage(number).name.lower()


def _shown(name: str, figure: FigureLine) -> tuple[str, str]:
    def one(value: float | None) -> str:
        if value is None:
            return "not known"
        return f"{value:.1%}" if name in PERCENT else f"{value:.3f}"

    between = "" if figure.low is None else f"{one(figure.low)} to {one(figure.high)}"
    return one(figure.value), between


def _link(noted: str | None) -> str | None:
    """A link as it is kept.

    Raises:
        typer.BadParameter: it is none, so that no chain could contain it.
    """
    if noted is None:
        return None
    link = noted.strip().lower()
    if not re.fullmatch("[0-9a-f]{64}", link):
        raise typer.BadParameter(f"`{noted}` is no link; write the 64 digits, 0 to 9 and a to f, that `verify` printed")
    return link


def verify(
    head: Annotated[
        str | None, typer.Option(help="A link that was noted earlier: the chain must still contain it.", callback=_link)
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Look for any change to what was forecast and what came of it. Note the link it prints somewhere else."""
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.forecasts import StoredForecasts

    with workspace(data) as space:
        found = StoredForecasts(space.database, space.alarms, now_us).verify(head)
    if json:
        emit(found)
    else:
        for flaw in found.flaws:
            say(f"entry {flaw.entry}: {flaw.what}" if flaw.entry else flaw.what)
        entries = f"{found.entries:,} {'entry' if found.entries == 1 else 'entries'}"
        say(f"{entries}, {'all as written' if not found.flaws else 'NOT as written'}; last link {found.head}")
    if found.flaws:
        sys.exit(1)
