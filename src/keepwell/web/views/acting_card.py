"""Runs, messages and tasks of one customer, on their page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keepwell.runtime.ports.desk import Desk
from keepwell.runtime.ports.messages import MessagesWanted
from keepwell.runtime.ports.runs import RunsWanted
from keepwell.runtime.ports.tasks import TasksWanted
from keepwell.web.views import links, messages, run_page, runs, tasks, words
from keepwell.web.views.acting import HistoryRow
from keepwell.web.views.alert_rows import Link
from keepwell.web.views.messages import MessageRow
from keepwell.web.views.runs import RunRow
from keepwell.web.views.tasks import TaskRow

SHOWN = 5
SHOWN_HISTORY = 20


@dataclass(frozen=True)
class Card:
    """The section. `more` leads to what is not shown."""

    runs: Sequence[RunRow]
    tasks: Sequence[TaskRow]
    messages: Sequence[MessageRow]
    history: Sequence[HistoryRow]
    more: Sequence[Link]


def card(desk: Desk, customer_id: str) -> Card:
    now = desk.clock()
    ran = desk.runs.part(RunsWanted(active=None, customer_id=customer_id), 0, SHOWN)
    todo = desk.tasks.part(TasksWanted(customer_id=customer_id), 0, SHOWN)
    said = desk.messages.part(MessagesWanted(customer_id=customer_id), 0, SHOWN)
    totals = (
        (ran.total, len(ran.lines), "run", links.runs(customer=customer_id)),
        (todo.total, len(todo.lines), "open task", links.tasks(customer=customer_id)),
        (said.total, len(said.lines), "message", links.messages(customer=customer_id)),
    )
    return Card(
        runs=[runs.row(each, now) for each in ran.lines], tasks=[tasks.row(each, now) for each in todo.lines],
        messages=[messages.row(each, now) for each in said.lines],
        history=[run_page.history(each, linked=True) for each in desk.runs.history(customer_id, SHOWN_HISTORY)],
        more=[(f"all {words.count(total, noun)}", href) for total, shown, noun, href in totals if total > shown],
    )  # fmt: skip
