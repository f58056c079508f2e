"""`keepwell alerts`: what needs attention, and what was done about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keepwell.cli.options import Data, Json, count, emit, moment, plain, progress, say, table, workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keepwell.runtime.alertbook import StoredAlerts
    from keepwell.runtime.ports.alerts import AlertLine, AlertPage, Deed

app = typer.Typer(no_args_is_help=False)
Number = Annotated[int, typer.Argument(metavar="ID", help="The number of the alert.")]
Numbers = Annotated[list[int], typer.Argument(metavar="ID...", help="The numbers of the alerts.")]
BY = "the command line"
MOST = 5000
LONGEST_TEXT = 500  # characters of a reason or a note, as in the API
LARGEST = 2**63  # no number is


@app.callback(invoke_without_command=True)
def alerts(
    context: typer.Context,
    only_open: Annotated[bool, typer.Option("--open", help="Only open ones.")] = False,
    customer: Annotated[str | None, typer.Option(help="Only of this customer.")] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """List alerts, the most pressing first. When nobody serves the data folder, they are brought up to date before."""
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
        ("id", "severity", "state", "customer", "alert", "because", "opened", "react by", "owner"),
        [
            (
                each.id, each.severity, each.state, plain(each.customer_name), each.title, each.because,
                _second(each.opened_at), _second(each.due_at), each.owner,
            )
            for each in found.lines
        ],
    )  # fmt: skip


@app.command("show")
def show(number: Number, data: Data = None, json: Json = False) -> None:
    """Show an alert: whose it is, its deadline, its evidence, threshold, what ends it, and its history."""
    from keepwell.runtime.offline import alert_book

    with workspace(data) as space:
        (found,) = _found(alert_book(space), [number])
    if json:
        history = [
            {"at": _moment(each.at), "kind": each.kind, "by": each.by, "because": each.because}
            for each in found.changes
        ]
        emit({**_document(found.line), "ends": found.rule.ends, "history": history})
        return
    line = found.line
    say(f"{line.title}: {line.customer_name} ({line.severity}, {line.state})")
    say(line.because)
    table("Alert", ("what", "value"), _facts(line))
    table("Evidence", ("what", "value"), [*line.evidence, ("Threshold", _threshold(line)), ("Ends", found.rule.ends)])
    rows = [(_second(each.at), each.kind, each.by, each.because) for each in found.changes]
    table("History", ("at", "kind", "by", "because"), rows)


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

    _check_length("a reason", reason)
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

    _check_length("a note", note)
    _act(data, numbers, Deed("resolve", BY, verdict=verdict, note=note))


def _check_length(what: str, text: str) -> None:
    from keepwell.runtime.ports.alerts import AlertRefusedError

    if len(text) > LONGEST_TEXT:
        raise AlertRefusedError(f"{what} has at most {LONGEST_TEXT} characters, and this one has {len(text):,}")


def _act(data: Path | None, numbers: Sequence[int], deed: Deed) -> None:
    """Do something with alerts, one after the other: which of them it changed is said.

    Raises:
        NoSuchAlertError: some do not exist; nothing was done.
    """
    from keepwell.runtime.offline import alert_book

    with workspace(data) as space, space.writing():
        book = alert_book(space)
        before = [each.line for each in _found(book, list(dict.fromkeys(numbers)))]
        left = [each for each in before if not book.act([each.id], deed)]
    print(f"{count(len(before) - len(left), 'alert')} changed")
    if left:
        print(f"Left as they are: {', '.join(f'{each.id} ({each.state})' for each in left)}")


def _found(book: StoredAlerts, numbers: Sequence[int]) -> list[AlertPage]:
    """The alerts that have these numbers.

    Raises:
        NoSuchAlertError: some do not exist; it names them.
    """
    from keepwell.runtime.offline import NoSuchAlertError

    found = {each: book.alert(each) if 0 <= each < LARGEST else None for each in numbers}
    missing = [number for number, page in found.items() if page is None]
    if missing:
        raise NoSuchAlertError(*missing)
    return [page for page in found.values() if page is not None]


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


def _facts(line: AlertLine) -> list[tuple[str, str]]:
    """Whose an alert is and how it stands; what does not apply is left out."""
    facts = (
        ("Rule", line.rule),
        ("Owner", line.owner or "nobody"),
        ("Opened", _second(line.opened_at)),
        ("React by", _second(line.due_at)),
        ("Snoozed until", _second(line.snoozed_until)),
        ("Snoozed because", line.snooze_reason),
        ("Answered", _second(line.responded_at)),
        ("Ended", _second(line.ended_at)),
        ("Verdict", line.verdict),
        ("Note", line.note),
        ("Not shown", line.suppressed),
    )
    return [(name, value) for name, value in facts if value]


def _threshold(line: AlertLine) -> str:
    from keepwell.web.views.alert_rows import quantity

    return "" if line.threshold is None else quantity(line.threshold, line.unit)


def _moment(instant: int | None) -> str | None:
    from keepwell.base.time import to_rfc3339

    return None if instant is None else to_rfc3339(instant)


def _second(instant: int | None) -> str | None:
    """A moment for a person: to the second, cut off."""
    from keepwell.base.time import SECOND_US

    return None if instant is None else _moment(instant // SECOND_US * SECOND_US)
