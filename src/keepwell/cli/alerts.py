"""`keepwell alerts`: what needs attention, and what was done about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keepwell.cli.options import Data, Json, count, emit, moment, plain, progress, table, workspace

if TYPE_CHECKING:
    from keepwell.runtime.ports.alerts import AlertLine

app = typer.Typer(help="What needs attention: list, show, act, and preview changed rules.", no_args_is_help=False)
Number = Annotated[int, typer.Argument(metavar="ID", help="The number of the alert.")]
Numbers = Annotated[list[int], typer.Argument(metavar="ID...", help="The numbers of the alerts.")]
BY = "the command line"
MOST = 5000


@app.callback(invoke_without_command=True)
def alerts(
    context: typer.Context,
    only_open: Annotated[bool, typer.Option("--open", help="Only open ones, the most pressing first.")] = False,
    customer: Annotated[str | None, typer.Option(help="Only of this customer.")] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """List alerts. When nobody serves the data folder, they are brought up to date first."""
    if context.invoked_subcommand is not None:
        return
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.offline import alert_book, bring_up_to_date
    from keepwell.runtime.ports.alerts import Wanted

    with workspace(data) as space:
        bring_up_to_date(space, now_us())
        wanted = Wanted(("open",) if only_open else (), customer)
        found = alert_book(space).part(wanted, 0, MOST)
    if json:
        emit([_document(each) for each in found.lines])
        return
    table(
        count(found.total, "alert"),
        ("id", "severity", "state", "customer", "alert", "because", "opened"),
        [
            (
                each.id, each.severity, each.state, plain(each.customer_name), each.title, each.because,
                _moment(each.opened_at),
            )
            for each in found.lines
        ],
    )  # fmt: skip


@app.command("show")
def show(number: Number, data: Data = None, json: Json = False) -> None:
    """Show an alert: its evidence, threshold, what ends it, and its history."""
    from keepwell.runtime.offline import NoSuchAlertError, alert_book

    with workspace(data) as space:
        found = alert_book(space).alert(number)
    if found is None:
        raise NoSuchAlertError(number)
    history = [
        {"at": _moment(each.at), "kind": each.kind, "by": each.by, "because": each.because} for each in found.changes
    ]
    if json:
        emit({**_document(found.line), "ends": found.rule.ends, "history": history})
        return
    line = found.line
    print(f"{line.title}: {plain(line.customer_name)} ({line.severity}, {line.state})\n{line.because}")
    table("Evidence", ("what", "value"), [*line.evidence, ("Threshold", _threshold(line)), ("Ends", found.rule.ends)])
    columns = ("at", "kind", "by", "because")
    table("History", columns, [[each[name] for name in columns] for each in history])


@app.command("acknowledge")
def acknowledge(numbers: Numbers, data: Data = None) -> None:
    """Say that somebody takes care of alerts."""
    from keepwell.runtime.ports.alerts import Deed

    _act(data, numbers, Deed("acknowledge", BY))


@app.command("snooze")
def snooze(
    numbers: Numbers,
    until: Annotated[str, typer.Option(help="When to hear of it again: RFC 3339.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    data: Data = None,
) -> None:
    """Hear of alerts again later."""
    from keepwell.runtime.ports.alerts import Deed

    _act(data, numbers, Deed("snooze", BY, until=moment(until, "--until"), reason=reason))


@app.command("resolve")
def resolve(
    numbers: Numbers,
    verdict: Annotated[str, typer.Option(help="useful, false or expected.")] = "useful",
    note: Annotated[str, typer.Option(help="What was found.")] = "",
    data: Data = None,
) -> None:
    """Close alerts, and say whether they were worth it."""
    from keepwell.runtime.ports.alerts import Deed

    _act(data, numbers, Deed("resolve", BY, verdict=verdict, note=note))


def _act(data: Path | None, numbers: list[int], deed: object) -> None:
    from keepwell.runtime.offline import alert_book
    from keepwell.runtime.ports.alerts import Deed

    assert isinstance(deed, Deed)  # noqa: S101 - the type is imported where it is used
    with workspace(data) as space, space.writing():
        changed = alert_book(space).act(numbers, deed)
    print(f"{count(changed, 'alert')} changed")


@app.command("rules")
def rules(data: Data = None, json: Json = False) -> None:
    """List the rules: what each does, and how it did in the last 90 days."""
    from keepwell.runtime.offline import alert_book

    with workspace(data) as space:
        found = alert_book(space).rules()
    if json:
        emit(found)
        return
    table(
        count(len(found), "rule"),
        ("rule", "cadence", "severity", "fires when", "90 days", "useful", "false", "open"),
        [
            (each.id, each.cadence, each.severity, each.what, each.fired, each.useful, each.false, each.open)
            for each in found
        ],
    )


@app.command("preview")
def preview(
    file: Annotated[Path, typer.Argument(help="A draft of alerts.toml.", exists=True, dir_okay=False)],
    days: Annotated[int, typer.Option(min=1, max=365, help="How many past days to look at.")] = 90,
    data: Data = None,
    json: Json = False,
) -> None:
    """Show what changed rules would have fired in the past. Nothing is changed."""
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.previewing import preview as compare

    with workspace(data) as space, progress("looking back", days, quiet=json) as step:
        found = compare(space, file, now_us(), days, step)
    if json:
        emit(found)
        return
    table(
        f"What the rules would have fired in {days} days",
        ("rule", "in force", "draft", "customers", "draft", "only in the draft"),
        [
            (each.rule, each.fired, each.draft_fired, each.customers, each.draft_customers, ", ".join(each.added))
            for each in found
        ],
    )


def _document(line: AlertLine) -> dict[str, object]:
    """The contract of the command line: one alert."""
    return {
        "id": line.id,
        "customer_id": line.customer_id,
        "rule": line.rule,
        "alert": line.alert,
        "state": line.state,
        "severity": line.severity,
        "opened_at": _moment(line.opened_at),
        "due_at": _moment(line.due_at),
        "evidence": [{"label": label, "value": value} for label, value in line.evidence],
        "because": line.because,
        "title": line.title,
        "owner": line.owner,
        "measure": line.measure,
        "threshold": line.threshold,
        "unit": line.unit,
        "ended_at": _moment(line.ended_at),
        "snoozed_until": _moment(line.snoozed_until),
        "verdict": line.verdict,
        "held_by": list(line.held_by),
        "suppressed": line.suppressed,
    }


def _threshold(line: AlertLine) -> str:
    return "" if line.threshold is None else f"{line.threshold:g} {line.unit}"


def _moment(instant: int | None) -> str | None:
    from keepwell.base.time import to_rfc3339

    return None if instant is None else to_rfc3339(instant)
