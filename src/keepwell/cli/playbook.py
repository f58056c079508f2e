"""`keepwell playbook`: which playbooks there are, and what they would have done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keepwell.base.shares import percent
from keepwell.cli.options import Data, Json, count, emit, progress, say, table, workspace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from keepwell.interventions.playbook import Playbook, Step, Trigger
    from keepwell.runtime.ports.playbooks import Preview

app = typer.Typer(no_args_is_help=True, help="See what playbooks do, and check and preview drafts.")
Folder = Annotated[
    Path | None,
    typer.Argument(help="A folder of drafts in the place of the data folder's own.", exists=True, file_okay=False),
]


@app.command("check")
def check(folder: Folder = None, data: Data = None, json: Json = False) -> None:
    """Check all playbooks and tell what each does. A malformed one is refused with its file and line."""
    from keepwell.runtime.playbooks import in_force

    with workspace(data) as space:
        found = in_force(space, folder)
    if json:
        emit([_document(each) for each in found.values()])
        return
    table(
        count(len(found), "playbook"),
        ("id", "playbook", "begins when", "purpose", "steps", "approval", "held out", "version"),
        [
            (
                each.id, each.title, _trigger(each.trigger) if each.enabled else "switched off", each.purpose,
                ", ".join(step.id for step in each.steps), ", ".join(_approval(step) for step in each.steps),
                percent(each.holdout), each.version,
            )
            for each in found.values()
        ],
    )  # fmt: skip
    for each in found.values():
        for step in each.steps:
            if step.to_customer and step.level != "ask":
                say(_warning(each, step))


@app.command("preview")
def preview(
    folder: Folder = None,
    days: Annotated[int, typer.Option(min=1, max=365, help="How many past days to look at.")] = 90,
    data: Data = None,
    json: Json = False,
) -> None:
    """Tell who would have entered in the past, which messages they would have got, and which collide.

    It is assumed that everything was approved at once and done. Nothing is changed and nothing is sent.
    """
    from keepwell.base.time import DAY_US
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.playbooks import in_force
    from keepwell.runtime.playbooks import preview as look_back

    with workspace(data) as space, progress("looking back", None, quiet=json) as step:
        now = now_us()
        found = look_back(space, in_force(space, folder), (now - days * DAY_US, now), step)
    if json:
        emit(found)
        return
    _show(found, days)


@app.command("list")
def list_playbooks(data: Data = None, json: Json = False) -> None:
    """List the playbooks in force: how many runs each has and had in 180 days, and how they ended."""
    from keepwell.runtime.acts import open_acts
    from keepwell.runtime.clock import now_us
    from keepwell.web.documents.playbooks import playbook

    with workspace(data) as space:
        found = open_acts(space, now_us).playbooks.all()
    if json:
        emit([playbook(each) for each in found])
        return
    table(
        count(len(found), "playbook"),
        ("id", "begins when", "active", "runs", "held out", "ended as"),
        [
            (
                each.id, each.trigger if each.enabled else "switched off", each.active, each.runs, each.held_out,
                _ends(each.outcomes),
            )
            for each in found
        ],
    )  # fmt: skip


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(help="The id of the playbook.")], data: Data = None, json: Json = False
) -> None:
    """Show a playbook: what became of its steps in 180 days, and what may be said of its effect."""
    from keepwell.runtime.acts import open_acts
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.ports.playbooks import PlaybookRefusedError
    from keepwell.web.documents.playbooks import page
    from keepwell.web.views.playbooks import effect

    with workspace(data) as space:
        found = open_acts(space, now_us).playbooks.playbook(name)
    if found is None:
        raise PlaybookRefusedError(f"no playbook is called {name!r}")
    if json:
        emit(page(found))
        return
    say(f"{found.line.title}: begins when {found.line.trigger}")
    steps = [
        (
            each.id,
            each.delay_s,
            each.level,
            each.reached,
            each.open,
            ", ".join(f"{k} {v}" for k, v in each.ends.items()),
        )
        for each in found.steps
    ]
    table("Steps", ("step", "delay (s)", "approval", "reached", "open", "ended as"), steps)
    told = effect(found.effect)
    arms = [(each.label, each.customers, each.recovered, each.share) for each in told.arms]
    table(told.verdict, ("customers", "number", "recovered", "share"), arms)
    naive = f"Naive rate: {told.naive}. {told.why}" if told.naive else ""
    difference = f"Difference: {told.difference}" if told.difference else ""
    for line in (difference, told.uneven, told.even, told.needs, naive):
        if line:
            say(line)


def _ends(ends: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in ends.items())


def _show(found: Preview, days: int) -> None:
    table(
        f"What playbooks would have done in {days} days",
        ("playbook", "customers", "runs", "held out", "not begun", "tasks", "messages"),
        [
            (
                each.playbook if each.enabled else f"{each.playbook} (switched off)", each.customers, each.entered,
                each.held_out, each.not_begun, each.tasks,
                ", ".join(f"{name} {number}" for name, number in each.messages.items()),
            )
            for each in found.playbooks
        ],
    )  # fmt: skip
    close = count(found.collisions, "message")
    say(f"{close} within a day of one of another playbook: there the caps let the later one wait.")


def _trigger(trigger: Trigger) -> str:
    if trigger.band is not None:
        return f"the band falls to {trigger.band}"
    return f"alert {trigger.rule}" if trigger.rule else f"event {trigger.event}"


def _approval(step: Step) -> str:
    """Who has to agree to a step."""
    if step.auto_after is not None:
        return f"asks until {step.auto_after} were approved unchanged"
    return "asks" if step.asks else "by itself"


def _warning(playbook: Playbook, step: Step) -> str:
    """What is said of a step that goes to a customer without a person."""
    off = "" if playbook.enabled else " (switched off)"
    since = "" if step.auto_after is None else f" once {step.auto_after} were approved unchanged"
    return f"Warning: the step {step.id} of {playbook.id}{off} goes to customers without a person{since}."


def _document(playbook: Playbook) -> dict[str, object]:
    return {
        "id": playbook.id,
        "title": playbook.title,
        "purpose": playbook.purpose,
        "enabled": playbook.enabled,
        "trigger": {"band": playbook.trigger.band, "rule": playbook.trigger.rule, "event": playbook.trigger.event},
        "holdout": playbook.holdout,
        "version": playbook.version,
        "steps": [
            {"id": each.id, "action": each.action, "delay_s": each.delay_s, "audience": each.audience,
             "message": each.message or None, "approval": each.level}
            for each in playbook.steps
        ],
    }  # fmt: skip
