"""One run: its steps as a line, what holds it, and its history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keepwell.interventions.stage import Stage
from keepwell.runtime.ports.runs import RunHistory, RunLine, RunPage, StepLine
from keepwell.web.views import acting, links, runs, words
from keepwell.web.views.acting import Asking, HistoryRow, Typed
from keepwell.web.views.alert_rows import Link
from keepwell.web.views.runs import RunRow

ARRIVED = ("sent", "done by a person")


@dataclass(frozen=True)
class StepRow:
    """One step. `css` is the style of its sign: done, over, now or later."""

    title: str
    id: str
    css: str
    stage: str
    when: str
    because: str
    aim: str
    tags: Sequence[str]
    links: Sequence[Link]


@dataclass(frozen=True)
class RunView:
    """The page.

    Attributes:
        reply: since when a reply waits for somebody to look at it; empty when none does.
        replied: what the newest reply says.
    """

    row: RunRow
    active: bool
    facts: Sequence[tuple[str, str]]
    playbook: Link
    steps: Sequence[StepRow]
    history: Sequence[HistoryRow]
    acts: bool
    reply: str
    replied: str
    said: str
    typed: Typed


def view(page: RunPage, asking: Asking) -> RunView:
    line, now = page.line, asking.now
    active = line.closed_at is None
    return RunView(
        row=runs.row(line, now), active=active, facts=_facts(line, now),
        playbook=(line.title, links.playbook(line.playbook)), steps=[_step(each, now) for each in page.steps],
        history=[history(each) for each in page.history], acts=asking.may and active,
        reply="" if line.reply_at is None else acting.around(line.reply_at, now), replied=_replied(page),
        said=asking.said, typed=asking.typed,
    )  # fmt: skip


def history(line: RunHistory, *, linked: bool = False) -> HistoryRow:
    """A line of a history; `linked` where lines of several runs stand together."""
    step = f": {acting.named(line.step)}" if line.step else ""
    kind = acting.KINDS.get(line.kind, acting.named(line.kind))
    name = f"{acting.named(line.playbook)}, {kind.lower()}" if linked else kind
    href = links.run(line.run) if linked and line.run is not None else ""
    return HistoryRow(words.moment(line.at), name + step, line.by, line.because, href)


def _replied(page: RunPage) -> str:
    """The newest reply; empty when none is in the history."""
    replies = [each for each in page.history if each.kind == acting.REPLY]
    return max(replies, key=lambda each: each.at).because if replies else ""


def _facts(line: RunLine, now: int) -> list[tuple[str, str]]:
    share = f"yes: {words.percent(line.propensity)} of customers are" if line.held_out else ""
    facts = [
        ("Started", acting.both(line.started_at, now)),
        ("Ended", "" if line.closed_at is None else acting.both(line.closed_at, now)),
        ("Purpose", acting.named(line.purpose)),
        ("Behaviour since the start", f"{runs.behaviour(line)} points"),
        ("Held out", share),
        ("Version of the playbook", line.version),
    ]
    return [(name, value) for name, value in facts if value]


def _step(line: StepLine, now: int) -> StepRow:
    ended = line.stage == Stage.ENDED.value
    return StepRow(
        title=acting.named(line.id), id=line.id, css=_css(line),
        stage=line.end or acting.STAGES.get(line.stage, line.stage), when=_when(line, now),
        because=line.because if ended else "", aim=acting.named(line.objective), tags=_tags(line),
        links=_links(line),
    )  # fmt: skip


def _css(line: StepLine) -> str:
    if line.stage == Stage.ENDED.value:
        return "done" if line.end in ARRIVED else "over"
    return "later" if line.stage == Stage.WAITING.value else "now"


def _when(line: StepLine, now: int) -> str:
    if line.ended_at is not None:
        return acting.both(line.ended_at, now)
    if line.planned_at is None:
        return "when the step before it is over"
    return f"{'planned for' if line.planned_at > now else 'since'} {acting.both(line.planned_at, now)}"


def _tags(line: StepLine) -> list[str]:
    whom = acting.roles(list(line.roles)) if line.roles else ""
    audience = f"to {whom}" if whom else acting.AUDIENCES.get(line.audience, line.audience)
    pressing = line.priority if line.priority != "normal" else ""
    condition = acting.CONDITIONS.get(line.condition, line.condition)
    return [each for each in (acting.action(line.action), audience, condition, pressing) if each]


def _links(line: StepLine) -> list[Link]:
    found: list[Link] = []
    if line.message is not None:
        found.append(("The message", links.message(line.message)))
    if line.task is not None:
        found.append(("The task", links.task(line.task)))
    return found
