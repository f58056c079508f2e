"""`keepwell runs`: the playbooks that customers are taken through, and stopping one."""

from __future__ import annotations

from typing import Annotated

import typer

from keepwell.cli.options import Data, Json, count, emit, plain, say, second, table, workspace

app = typer.Typer(no_args_is_help=True, help="See the runs of playbooks, and stop one.")
Number = Annotated[int, typer.Argument(metavar="ID", help="The number of the run.", min=0, max=2**63 - 1)]
BY = "the command line"
MOST = 5000


@app.command("list")
def list_runs(
    closed: Annotated[bool, typer.Option("--closed", help="Those that are over.")] = False,
    playbook: Annotated[str, typer.Option(help="Only of this playbook.")] = "",
    customer: Annotated[str | None, typer.Option(help="Only of this customer.")] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """List active runs, what happens next first; or those that are over."""
    from keepwell.runtime.acts import open_acts
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.ports.runs import RunsWanted
    from keepwell.web.documents.runs import run

    with workspace(data) as space:
        acts = open_acts(space, now_us)
        if playbook and playbook not in {each.id for each in acts.playbooks.all()}:
            raise typer.BadParameter(f"no playbook is called {playbook!r}", param_hint="--playbook")
        wanted = RunsWanted(active=not closed, playbook=playbook, customer_id=customer)
        found = acts.runs.part(wanted, 0, MOST)
    if json:
        emit([run(each) for each in found.lines])
        return
    table(
        count(found.total, "run"),
        ("id", "playbook", "customer", "because", "started", "steps", "next", "at", "held", "outcome"),
        [
            (
                each.id, each.playbook, plain(each.customer_name), each.because, second(each.started_at),
                f"{each.done} of {each.steps}", each.next_step, second(each.next_at),
                each.waits or ("held out" if each.held_out else ""), each.outcome,
            )
            for each in found.lines
        ],
    )  # fmt: skip


@app.command("show")
def show(number: Number, data: Data = None, json: Json = False) -> None:
    """Show a run: its steps in their order, where each stands and why, and its history."""
    from keepwell.runtime.acts import open_acts
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.ports.runs import RunRefusedError
    from keepwell.web.documents.runs import page

    with workspace(data) as space:
        found = open_acts(space, now_us).runs.run(number)
    if found is None:
        raise RunRefusedError(f"no run has the number {number}")
    if json:
        emit(page(found))
        return
    line = found.line
    say(f"{line.title}: {line.customer_name} ({line.outcome or 'active'}{', held out' if line.held_out else ''})")
    say(line.because)
    if line.waits:
        say(f"Held: {line.waits}")
    steps = [
        (
            each.id, each.end or each.stage, second(each.ended_at or each.planned_at), each.because, each.message,
            each.task,
        )
        for each in found.steps
    ]  # fmt: skip
    table("Steps", ("step", "stands", "at", "because", "message", "task"), steps)
    rows = [(second(each.at), each.kind, each.step, each.because, each.by) for each in found.history]
    table("History", ("at", "kind", "step", "because", "by"), rows)


@app.command("stop")
def stop(number: Number, reason: Annotated[str, typer.Option(help="Why.")], data: Data = None) -> None:
    """End a run; what waits of it is not sent."""
    from keepwell.runtime.acts import open_acts
    from keepwell.runtime.clock import now_us

    with workspace(data) as space, space.writing():
        stopped = open_acts(space, now_us).runs.stop(number, BY, reason)
    say("1 run stopped" if stopped else f"run {number} is over already; nothing was changed")
