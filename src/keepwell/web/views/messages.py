"""Messages to customers: what waits for an approval first, and whether anything can leave at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keepwell.runtime.ports.messages import MessageLine, MessagesPart, MessagesWanted, Sending, UnwantedLine
from keepwell.web.views import acting, links, lists, words
from keepwell.web.views.acting import Asking, Typed
from keepwell.web.views.lists import Pager, Tab

ASKED = "asked"
POSTED = "posted"
TABS: Mapping[str, tuple[str, Sequence[str]]] = {
    ASKED: ("Waiting for an approval", ("asked",)),
    "wanted": ("Not written yet", ("wanted",)),
    "posted": ("On their way", ("posted",)),
    "sent": ("Sent", ("sent",)),
    "failed": ("Failed or uncertain", ("failed", "uncertain")),
    "unsent": ("Not sent", ("suppressed", "expired", "cancelled")),
}
"""What the tabs are called, and the states that each holds."""
EMPTY = {
    ASKED: "Nothing waits for an approval. Runs of playbooks write messages when a step is due.",
    "wanted": "No step waits for its message.",
    "posted": "Nothing is on its way.",
    "sent": "Nothing was sent yet.",
    "failed": "Nothing failed, and nothing is uncertain.",
    "unsent": "Nothing was suppressed, expired or cancelled.",
}
STATES = {
    "wanted": "not written yet",
    "asked": "waits for an approval",
    "posted": "on its way",
}
OPEN = ("wanted", "asked", "posted")
SAID = {
    "edited": "The text was changed. Read it again before you approve it.",
    "renewed": "It was written anew from facts as they are now.",
    "rejected": "It was rejected and is not sent.",
    "taken": "It was taken back and is not sent.",
    "stopped": "Everything to customers is stopped.",
    "going": "The stop is over: what waits goes out again, as far as everything else allows it.",
}


@dataclass(frozen=True)
class MessageRow:
    """One message. `when` is until when it can be sent, or when it ended."""

    id: int
    href: str
    title: str
    subject: str
    state: str
    because: str
    customer: str
    customer_href: str
    to: str
    playbook: str
    run_href: str
    made: str
    when: str
    late: bool
    changed: bool
    approved: str


@dataclass(frozen=True)
class Banner:
    """Why nothing can leave. `stopped` is since when somebody stopped it; empty when nobody did."""

    because: str
    stopped: str


@dataclass(frozen=True)
class Wish:
    """What the reader asked to see. `state` is a tab."""

    state: str = ASKED
    customer: str = ""
    page: int = 1

    def href(self, **changed: str) -> str:
        """The address of this list with something changed; a change leads back to its first page."""
        asked = {"state": self.state, "customer": self.customer} | changed
        if asked["state"] == ASKED:
            asked["state"] = ""
        return links.messages(**asked)

    def wanted(self) -> MessagesWanted:
        return MessagesWanted(TABS[self.state][1], self.customer or None)


@dataclass(frozen=True)
class Queue:
    """The page. `picks` tells whether messages can be selected to be read and approved together.

    `mixed` tells whether the tab holds several states, so that each line says its own.
    """

    wish: Wish
    banner: Banner | None
    tabs: Sequence[Tab]
    customer: str
    clear: str
    pager: Pager
    rows: Sequence[MessageRow]
    when: str
    empty: str
    mixed: bool
    picks: bool
    most: int
    admin: bool
    back: str
    said: str
    typed: Typed


@dataclass(frozen=True)
class UnwantedRow:
    """An address that is not written to."""

    address: str
    at: str
    because: str
    by: str


def check(wish: Wish) -> None:
    """Refuse what the list does not have.

    Raises:
        UnknownListFilter: there is no such state.
    """
    lists.check({"state": wish.state}, {"state": TABS})


def page(found: tuple[MessagesPart, Mapping[str, int], Sending], wish: Wish, most: int, asking: Asking) -> Queue:
    """The page that was wished for; at most `most` messages are approved together."""
    part, counts, sending = found
    rows = [row(each, asking.now) for each in part.lines]
    return Queue(
        wish=wish, banner=banner(sending), tabs=_tabs(counts, wish),
        customer=rows[0].customer if wish.customer and rows else wish.customer, clear=wish.href(customer=""),
        pager=lists.pager(len(rows), part.total, wish.page, "message", lambda number: wish.href(page=str(number))),
        rows=rows, when="Expires" if set(TABS[wish.state][1]) <= set(OPEN) else "Ended",
        empty="No message matches." if wish.customer else EMPTY[wish.state], mixed=len(TABS[wish.state][1]) > 1,
        picks=asking.may and wish.state == ASKED and bool(rows), most=most, admin=asking.admin, back=wish.href(),
        said=asking.said, typed=asking.typed,
    )  # fmt: skip


def row(line: MessageLine, now: int) -> MessageRow:
    over = line.ended_at is not None
    return MessageRow(
        id=line.id, href=links.message(line.id), title=line.title, subject=line.subject,
        state=STATES.get(line.state, line.state), because=line.because, customer=line.customer_name,
        customer_href=links.customer(line.customer_id),
        to=" · ".join(each for each in (line.contact, line.recipient, line.channel) if each),
        playbook=line.playbook_title, run_href=links.run(line.run), made=acting.around(line.made_at, now),
        when=acting.around(line.ended_at, now) if line.ended_at is not None else _expires(line, now),
        late=not over and line.expires_at < now, changed=line.changed, approved=", ".join(line.approved_by),
    )  # fmt: skip


def banner(sending: Sending) -> Banner | None:
    """What says that nothing can leave; None when it can."""
    if sending.can_send:
        return None
    since = "" if sending.stop is None else f"since {words.moment(sending.stop.at)}"
    return Banner(acting.sentence(sending.because), since)


def unwanted(line: UnwantedLine) -> UnwantedRow:
    return UnwantedRow(line.address, words.moment(line.at), line.because, line.by)


def said(done: str, number: int | None) -> str:
    """What was done, in words; nothing when the address makes it up."""
    if done == "approved" and number is not None:
        return f"{words.count(number, 'message')} approved."
    return SAID.get(done, "")


def _expires(line: MessageLine, now: int) -> str:
    return acting.around(line.expires_at, now) if line.expires_at > now else "expired"


def _tabs(counts: Mapping[str, int], wish: Wish) -> list[Tab]:
    return [
        Tab(label, wish.href(state=key), key == wish.state, f"{sum(counts.get(each, 0) for each in states):,}")
        for key, (label, states) in TABS.items()
    ]
