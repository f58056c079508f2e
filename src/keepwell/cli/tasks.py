"""`keepwell tasks`: what only a person can do, and that it was done."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from keepwell.cli.options import Data, Json, count, emit, plain, say, second, table, workspace

app = typer.Typer(no_args_is_help=True, help="See the tasks of runs, and close them.")
Number = Annotated[int, typer.Argument(metavar="ID", help="The number of the task.", min=0, max=2**63 - 1)]
BY = "the command line"
MOST = 5000


class State(StrEnum):
    """Which tasks."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


@app.command("list")
def list_tasks(
    state: Annotated[State, typer.Option(help="Which.")] = State.OPEN,
    customer: Annotated[str | None, typer.Option(help="Only of this customer.")] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """List tasks, the most urgent first."""
    from keepwell.runtime.acts import open_acts
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.ports.tasks import TasksWanted
    from keepwell.web.documents.tasks import task

    with workspace(data) as space:
        found = open_acts(space, now_us).tasks.part(TasksWanted(state.value, customer), 0, MOST)
    if json:
        emit([task(each) for each in found.lines])
        return
    table(
        count(found.total, "task"),
        ("id", "priority", "what", "customer", "for", "objective", "wanted until", "note"),
        [
            (
                each.id, each.priority, each.action, plain(each.customer_name), ", ".join(each.roles) or "csm",
                each.objective, second(each.expires_at), each.note,
            )
            for each in found.lines
        ],
    )  # fmt: skip


@app.command("show")
def show(number: Number, data: Data = None, json: Json = False) -> None:
    """Show a task: its script, the facts that may be said, how the customer is reached, what the Expert finds."""
    from keepwell.runtime.acts import open_acts
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.ports.tasks import TaskRefusedError
    from keepwell.web.documents.tasks import page

    with workspace(data) as space:
        found = open_acts(space, now_us).tasks.task(number)
    if found is None:
        raise TaskRefusedError(f"no task has the number {number}")
    if json:
        emit(page(found))
        return
    line = found.line
    say(f"{line.action}: {line.customer_name} ({line.priority}, {line.state})")
    say(line.because)
    for paragraph in found.script:
        say(paragraph)
    table("Reach", ("what", "value"), found.reach)
    facts = [(each.id, each.meaning, each.said, each.now, second(each.as_of), each.origin) for each in found.facts]
    table("Facts", ("fact", "meaning", "said", "now", "as of", "origin"), facts)
    for finding in found.findings:
        say(f"The Expert: {finding}")


@app.command("done")
def done(number: Number, note: Annotated[str, typer.Option(help="What came of it.")] = "", data: Data = None) -> None:
    """Say that a task is done."""
    from keepwell.runtime.acts import open_acts
    from keepwell.runtime.clock import now_us

    with workspace(data) as space, space.writing():
        closed = open_acts(space, now_us).tasks.close(number, BY, note)
    _said(number, closed=closed)


@app.command("drop")
def drop(number: Number, reason: Annotated[str, typer.Option(help="Why.")], data: Data = None) -> None:
    """Say that a task is not wanted."""
    from keepwell.runtime.acts import open_acts
    from keepwell.runtime.clock import now_us

    with workspace(data) as space, space.writing():
        closed = open_acts(space, now_us).tasks.close(number, BY, reason, done=False)
    _said(number, closed=closed)


def _said(number: int, *, closed: bool) -> None:
    say("1 task closed" if closed else f"task {number} is closed already; nothing was changed")
