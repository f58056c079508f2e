"""Tasks: the list, the most urgent first, and one with its script, its facts and whom to reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keepwell.runtime.ports.tasks import TaskLine, TaskPage, TasksPart, TasksWanted
from keepwell.web.views import acting, links, lists, words
from keepwell.web.views.acting import Asking, Typed
from keepwell.web.views.alert_rows import Link, SeverityMark, span
from keepwell.web.views.alerts import Select
from keepwell.web.views.facts import FactRow, fact
from keepwell.web.views.lists import Pager, Tab

OPEN, DONE, DROPPED = "open", "done", "dropped"
STATES = {OPEN: "Open", DONE: "Done", DROPPED: "Not wanted"}
EMPTY = {
    OPEN: "No task is open. Runs make tasks of calls, of work for colleagues, and of messages that have not gone out.",
    DONE: "No task was done yet.",
    DROPPED: "No task was dropped yet.",
}
SAID = {
    "done": "The task is done.",
    "dropped": "The task is not wanted any more.",
    "booked": "The call is booked: for 24 hours nothing else goes to the customer.",
    "held": "The call was held: for 24 hours nothing else goes to the customer.",
    "over": "Nothing was changed: it is closed already.",
}
CALLS = ("phone_call", "task", "outreach")
"""What may be done by a call."""


@dataclass(frozen=True)
class TaskRow:
    """One task. `when` is until when it is wanted, or how it ended."""

    id: int
    href: str
    title: str
    mark: SeverityMark
    objective: str
    because: str
    customer: str
    customer_href: str
    whom: str
    held_out: bool
    made: str
    when: str
    late: bool
    note: str
    state: str


@dataclass(frozen=True)
class Wish:
    """What the reader asked to see; empty means all."""

    state: str = OPEN
    action: str = ""
    role: str = ""
    customer: str = ""
    page: int = 1

    def href(self, **changed: str) -> str:
        """The address of this list with something changed; a change leads back to its first page."""
        asked = {name: getattr(self, name) for name in FILTERS} | changed
        if asked["state"] == OPEN:
            asked["state"] = ""
        return links.tasks(**asked)

    @property
    def narrowed(self) -> bool:
        return bool(self.action or self.role or self.customer)

    def wanted(self) -> TasksWanted:
        return TasksWanted(self.state, self.customer or None, self.action, self.role)


FILTERS = ("state", "action", "role", "customer")


@dataclass(frozen=True)
class TaskList:
    """The page."""

    wish: Wish
    tabs: Sequence[Tab]
    selects: Sequence[Select]
    customer: str
    clear: str
    every: str
    pager: Pager
    rows: Sequence[TaskRow]
    when: str
    empty: str
    said: str


@dataclass(frozen=True)
class TaskView:
    """The page of one task.

    Attributes:
        message: where what it is about is.
        reads: whether a reply is to be read.
        calls: whether it may be done by a call.
    """

    row: TaskRow
    facts: Sequence[tuple[str, str]]
    run: Link
    message: Link | None
    script: Sequence[str]
    known: Sequence[FactRow]
    reach: Sequence[tuple[str, str]]
    findings: Sequence[str]
    expert: str
    acts: bool
    reads: bool
    calls: bool
    calendar: str
    earliest: str
    note: str
    said: str
    typed: Typed


def check(wish: Wish) -> None:
    """Refuse what the list does not have.

    Raises:
        UnknownListFilter: there is no such state, action or role.
    """
    allowed = {"state": STATES, "action": acting.ACTIONS, "role": acting.ROLE_NAMES}
    lists.check({name: getattr(wish, name) for name in allowed}, allowed)


def page(part: TasksPart, wish: Wish, asking: Asking) -> TaskList:
    rows = [row(each, asking.now) for each in part.lines]
    return TaskList(
        wish=wish, tabs=[Tab(label, wish.href(state=key), key == wish.state) for key, label in STATES.items()],
        selects=[
            lists.select("action", "What", list(acting.ACTIONS.items()), wish.action),
            lists.select("role", "For", list(acting.ROLE_NAMES.items()), wish.role),
        ],
        customer=rows[0].customer if wish.customer and rows else wish.customer, clear=wish.href(customer=""),
        every=Wish(wish.state).href(),
        pager=lists.pager(len(rows), part.total, wish.page, "task", lambda number: wish.href(page=str(number))),
        rows=rows, when="Wanted until" if wish.state == OPEN else "Closed",
        empty="No task matches." if wish.narrowed else EMPTY[wish.state], said=asking.said,
    )  # fmt: skip


def row(line: TaskLine, now: int) -> TaskRow:
    return TaskRow(
        id=line.id, href=links.task(line.id), title=title(line),
        mark=SeverityMark(acting.named(line.priority), acting.PRESSING.get(line.priority, "")),
        objective=acting.named(line.objective), because=line.because, customer=line.customer_name,
        customer_href=links.customer(line.customer_id),
        whom=acting.roles(list(line.roles)) if line.roles else "the CSM", held_out=line.held_out,
        made=acting.around(line.created_at, now), when=_when(line, now), late=is_late(line, now), note=line.note,
        state=STATES.get(line.state, line.state).lower(),
    )  # fmt: skip


def title(line: TaskLine) -> str:
    """What is to do: what nobody approved, or could not be written, is still to be sent or said."""
    if _reads(line):
        return "Reply to be read"
    return "Message that has not gone out" if line.action == "outreach" else acting.action(line.action)


def _reads(line: TaskLine) -> bool:
    return line.step == acting.REPLY and line.action == "task"


def is_late(line: TaskLine, now: int) -> bool:
    return line.state == OPEN and line.expires_at < now


def view(page: TaskPage, asking: Asking) -> TaskView:
    line, now = page.line, asking.now
    is_open = line.state == OPEN
    return TaskView(
        row=row(line, now), facts=_facts(line, now), run=(f"{line.title}, run {line.run}", links.run(line.run)),
        message=None if line.message is None else ("The message", links.message(line.message)),
        script=page.script, known=[fact(each, now) for each in page.facts], reach=page.reach,
        findings=page.findings, expert=links.expert(line.customer_id), acts=asking.may and is_open,
        reads=_reads(line), calls=line.action in CALLS, calendar=f"{links.task(line.id)}/call.ics",
        earliest=words.to_minute(now), note=line.note, said=asking.said, typed=asking.typed,
    )  # fmt: skip


def said(done: str) -> str:
    """What was done, in words; nothing when the address makes it up."""
    return SAID.get(done, "")


def _when(line: TaskLine, now: int) -> str:
    if line.state != OPEN:
        ended = "" if line.closed_at is None else acting.around(line.closed_at, now)
        return " · ".join(each for each in (ended, line.by) if each)
    late = line.expires_at < now
    return f"overdue by {span(now - line.expires_at)}" if late else acting.around(line.expires_at, now)


def _facts(line: TaskLine, now: int) -> list[tuple[str, str]]:
    facts = [
        ("For", acting.roles(list(line.roles)) if line.roles else "the CSM"),
        ("Aim", acting.named(line.objective)),
        ("Made", acting.both(line.created_at, now)),
        ("Wanted until", acting.both(line.expires_at, now) if line.state == OPEN else ""),
        ("Closed", "" if line.closed_at is None else acting.both(line.closed_at, now)),
        ("By", line.by),
    ]
    return [(name, value) for name, value in facts if value]
