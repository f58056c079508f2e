"""`keepwell explain`: a score opened up, and why it moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from keepwell.base.shares import percent
from keepwell.cli.options import AsOf, Data, Json, emit, moment, say, shown, table, workspace

if TYPE_CHECKING:
    from keepwell.runtime.ports.book import Change, Explanation


SMALL = 0.05  # what came to less is added up in one line


def explain(
    customer: Annotated[str, typer.Argument(help="The customer's id.")],
    as_of: AsOf = None,
    since: Annotated[str | None, typer.Option("--since", help="Also explain the change since this moment.")] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Show what a customer's score is made of, and with --since why it moved."""
    from keepwell.runtime.explain import UnknownCustomerError, document
    from keepwell.runtime.explain import explain as look

    at = moment(as_of)
    start = moment(since, "--since") if since else None
    if start is not None and start >= at:
        raise typer.BadParameter("must lie before --as-of", param_hint="--since")
    with workspace(data) as space:
        found = look(space, customer, at, start)
    if found is None:
        raise UnknownCustomerError(customer)
    if json:
        emit(document(found))
    else:
        _show(found)


def _show(found: Explanation) -> None:
    if found.score is None:
        say(f"{found.customer_id} has no event before that moment, so there is no score.")
        return
    rows: list[tuple[object, ...]] = []
    for metric in found.metrics:
        rows.append((metric.label, f"{metric.weight:g}", _one(metric.points), f"{metric.contribution:.2f}", ""))
        rows += [
            (f"  {line.label}", "", _one(line.points), f"{line.contribution:.2f}", line.explained)
            for line in metric.indicators
            if line.points is not None
        ]
    provisional = ", provisional" if found.provisional else ""
    title = f"{found.customer_id}: {shown(found.score)} ({found.band}), coverage {percent(found.coverage)}{provisional}"
    table(title, ("made of", "weight", "points", "contribution", "measured"), rows)
    if found.cap_label and found.uncapped_score is not None:
        say(f"Capped from {shown(found.uncapped_score)}: {found.cap_label}.")
    if found.change:
        print()
        _show_change(found.change)


def _show_change(change: Change) -> None:
    """One line for each indicator, and under it the movements it is the sum of."""
    from keepwell.runtime.ports.changes import by_indicator

    if change.total is None:
        say("Change: there was no score at the start, so there is nothing to compare.")
        return
    groups = by_indicator(change.parts)
    large = [moved for moved in groups if abs(moved.points) >= SMALL]
    rows: list[tuple[object, ...]] = []
    for moved in large:
        rows.append((moved.label, f"{moved.points:+.2f}", moved.why))
        if len(moved.movements) > 1:
            rows += [(f"  {each.label}", "", f"{each.points:+.2f}") for each in moved.movements]
    title = f"Change: {_one(change.score_from)} to {_one(change.score_to)}, {change.total:+.2f}"
    table(title, ("what moved the score", "points", "of which"), rows)
    hidden = [moved for moved in groups if abs(moved.points) < SMALL]
    if hidden:
        say(f"{len(hidden)} others moved it by less than {SMALL} each: {sum(each.points for each in hidden):+.2f}.")


def _one(points: float | None) -> str:
    return "no data" if points is None else shown(points)
