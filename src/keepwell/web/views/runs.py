"""The board of runs: how many there are, what happens next first, closed ones under a tab of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keepwell.runtime.ports.runs import RunCounts, RunLine, RunsPart, RunsWanted
from keepwell.web.figures import tenths
from keepwell.web.views import acting, links, lists, words
from keepwell.web.views.acting import Asking
from keepwell.web.views.alert_rows import span
from keepwell.web.views.alerts import Select
from keepwell.web.views.lists import Pager, Tab

ACTIVE, CLOSED = "active", "closed"
STATES = {ACTIVE: "Active", CLOSED: "Closed"}
CONTACT = {"yes": "Held out", "no": "Contacted"}
EMPTY = {
    ACTIVE: "No run is active. One begins when the trigger of a playbook happens.",
    CLOSED: "No run has ended yet. One ends when the customer recovers or leaves, when 30 days have passed, or when "
    "somebody stops it.",
}
DONE = {"stopped": "The run was stopped.", "looked": "The reply was looked at: the run goes on."}
DONE["over"] = "Nothing was changed: it is over already, or no reply holds it."


@dataclass(frozen=True)
class RunRow:
    """One run. `next` is what happens next and when; `late` whether it should have happened."""

    id: int
    href: str
    title: str
    because: str
    customer: str
    customer_href: str
    progress: str
    share: float
    next: str
    when: str
    late: bool
    waits: str
    held_out: bool
    started: str
    behaviour: str
    outcome: str
    ended: str


@dataclass(frozen=True)
class Wish:
    """What the reader asked to see; empty means all."""

    state: str = ACTIVE
    playbook: str = ""
    held_out: str = ""
    outcome: str = ""
    customer: str = ""
    page: int = 1

    def href(self, **changed: str) -> str:
        """The address of this list with something changed; a change leads back to its first page."""
        asked = {name: getattr(self, name) for name in FILTERS} | changed
        if asked["state"] == ACTIVE:
            asked["state"] = ""
        return links.runs(**asked)

    @property
    def narrowed(self) -> bool:
        return bool(self.playbook or self.held_out or self.outcome or self.customer)

    def wanted(self) -> RunsWanted:
        held_out = {"yes": True, "no": False}.get(self.held_out)
        return RunsWanted(self.state == ACTIVE, self.playbook, self.customer or None, held_out, self.outcome)


FILTERS = ("state", "playbook", "held_out", "outcome", "customer")


@dataclass(frozen=True)
class Board:
    """The page."""

    wish: Wish
    tiles: Sequence[tuple[str, str, str]]
    tabs: Sequence[Tab]
    selects: Sequence[Select]
    customer: str
    clear: str
    every: str
    pager: Pager
    rows: Sequence[RunRow]
    closed: bool
    empty: str
    said: str


def check(wish: Wish, playbooks: Sequence[tuple[str, str]]) -> None:
    """Refuse what the list does not have.

    Raises:
        UnknownListFilter: there is no such state, playbook, contact or outcome.
    """
    allowed = {"state": STATES, "playbook": dict(playbooks), "held_out": CONTACT, "outcome": acting.OUTCOMES}
    lists.check({name: getattr(wish, name) for name in allowed}, allowed)


def page(found: tuple[RunsPart, RunCounts], wish: Wish, playbooks: Sequence[tuple[str, str]], asking: Asking) -> Board:
    part, counts = found
    rows = [row(each, asking.now) for each in part.lines]
    return Board(
        wish=wish, tiles=_tiles(counts), tabs=_tabs(counts, wish), selects=_selects(wish, playbooks),
        customer=rows[0].customer if wish.customer and rows else wish.customer, clear=wish.href(customer=""),
        every=Wish(wish.state).href(),
        pager=lists.pager(len(rows), part.total, wish.page, "run", lambda number: wish.href(page=str(number))),
        rows=rows, closed=wish.state == CLOSED,
        empty="No run matches." if wish.narrowed else EMPTY[wish.state], said=asking.said,
    )  # fmt: skip


def row(line: RunLine, now: int) -> RunRow:
    return RunRow(
        id=line.id, href=links.run(line.id), title=line.title, because=line.because, customer=line.customer_name,
        customer_href=links.customer(line.customer_id),
        progress=f"{line.done} of {line.steps}" if line.steps else words.DASH,
        share=line.done / line.steps if line.steps else 0.0, next=acting.named(line.next_step),
        when="" if line.next_at is None else when(line.next_at, now), late=is_late(line, now), waits=line.waits,
        held_out=line.held_out, started=acting.around(line.started_at, now), behaviour=behaviour(line),
        outcome=line.outcome or "", ended="" if line.closed_at is None else acting.around(line.closed_at, now),
    )  # fmt: skip


def is_late(line: RunLine, now: int) -> bool:
    return line.next_at is not None and line.next_at < now


def when(instant: int, now: int) -> str:
    """When a step is due, as a person says it."""
    return acting.around(instant, now) if instant > now else f"overdue by {span(now - instant)}"


def behaviour(line: RunLine) -> str:
    return words.signed(tenths(line.behaviour))


def said(done: str) -> str:
    """What was done, in words; nothing when the address makes it up."""
    return DONE.get(done, "")


def _tiles(counts: RunCounts) -> list[tuple[str, str, str]]:
    closed = sum(counts.closed.values())
    how = " · ".join(f"{counts.closed[each]:,} {each}" for each in acting.OUTCOMES if counts.closed.get(each))
    return [
        ("Active", f"{counts.active:,}", f"{counts.held_out:,} of them held out: no contact"),
        ("Held", f"{counts.held:,}", "by a reply, a call, or because the customer recovers"),
        ("Overdue", f"{counts.overdue:,}", "steps that should have happened by now"),
        ("Closed in 30 days", f"{closed:,}", how or "none"),
    ]


def _tabs(counts: RunCounts, wish: Wish) -> list[Tab]:
    number = {ACTIVE: f"{counts.active:,}", CLOSED: ""}
    return [
        Tab(label, wish.href(state=key, outcome=""), key == wish.state, number[key]) for key, label in STATES.items()
    ]


def _selects(wish: Wish, playbooks: Sequence[tuple[str, str]]) -> list[Select]:
    found = [
        lists.select("playbook", "Playbook", playbooks, wish.playbook),
        lists.select("held_out", "Contact", list(CONTACT.items()), wish.held_out),
    ]
    outcomes = [(each, acting.named(each)) for each in acting.OUTCOMES]
    return [*found, lists.select("outcome", "Outcome", outcomes, wish.outcome)] if wish.state == CLOSED else found
