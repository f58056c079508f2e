"""`keepwell messages`: what is said to customers: reading, approving, rejecting, and stopping everything."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from keepwell.cli.options import Data, Json, count, emit, plain, say, second, table, workspace

if TYPE_CHECKING:
    from keepwell.runtime.ports.messages import MessagePage, Messages, Sending

app = typer.Typer(no_args_is_help=True, help="Read, approve and reject messages to customers, and stop them all.")
Number = Annotated[int, typer.Argument(metavar="ID", help="The number of the message.", min=0, max=2**63 - 1)]
Reason = Annotated[str, typer.Option(help="Why.")]
BY = "the command line"
HERE = "by the settings of this shell"
MOST = 5000
SHORTEST = 8  # letters of a digest


class State(StrEnum):
    """Which messages."""

    WANTED = "wanted"
    ASKED = "asked"
    POSTED = "posted"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


@app.command("list")
def list_messages(
    state: Annotated[State, typer.Option(help="Which.")] = State.ASKED,
    customer: Annotated[str | None, typer.Option(help="Only to this customer.")] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """List messages, those that wait for an approval unless told otherwise, and whether anything can leave."""
    from keepwell.runtime.acts import open_acts
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.ports.messages import MessagesWanted
    from keepwell.web.documents.messages import message

    with workspace(data) as space:
        book = open_acts(space, now_us).messages
        found, sending = book.part(MessagesWanted((state.value,), customer), 0, MOST), book.sending()
    if json:
        emit([message(each) for each in found.lines])
        return
    if not sending.can_send:
        say(_unsent(sending))
    table(
        count(found.total, "message"),
        ("id", "customer", "playbook", "template", "subject", "state", "because", "expires"),
        [
            (
                each.id, plain(each.customer_name), each.playbook, each.template, each.subject, each.state,
                each.because, second(each.expires_at),
            )
            for each in found.lines
        ],
    )  # fmt: skip


@app.command("show")
def show(number: Number, data: Data = None, json: Json = False) -> None:
    """Show a message: the exact text, its facts, what is wrong with it, what the gate says, and its digest."""
    from keepwell.runtime.acts import open_acts
    from keepwell.runtime.clock import now_us
    from keepwell.web.documents.messages import page

    with workspace(data) as space:
        found = _found(open_acts(space, now_us).messages, number)
    if json:
        emit(page(found))
        return
    line = found.line
    say(f"{line.title}: {line.customer_name} ({line.state}, {line.because})")
    say(f"To: {line.contact} <{line.recipient}> by {line.channel}")
    say(f"Subject: {line.subject}")
    for written in found.text.splitlines():
        say(written)
    facts = [
        (each.id, each.meaning, each.said, each.now or "not known", second(each.as_of), each.origin)
        for each in found.facts
    ]
    table("Facts", ("fact", "meaning", "said", "now", "as of", "origin"), facts)
    if found.blocked:
        table("Blocked", ("said", "because"), [(each.said or each.fact, each.reason) for each in found.blocked])
    say(f"Gate, {HERE}: {found.verdict}")
    say(f"Digest: {found.digest}")


@app.command("approve")
def approve(
    number: Number,
    digest: Annotated[
        str, typer.Option(help="The digest that `keepwell messages show` prints, or its first 8 letters or more.")
    ],
    data: Data = None,
) -> None:
    """Approve the text that was read: it names its digest, and another text is not approved."""
    from keepwell.runtime.acts import open_acts
    from keepwell.runtime.clock import now_us

    if len(digest) < SHORTEST:
        raise typer.BadParameter(f"it has at least {SHORTEST} letters", param_hint="--digest")
    with workspace(data) as space, space.writing():
        book = open_acts(space, now_us).messages
        whole = _found(book, number).digest
        book.approve({number: whole if whole.startswith(digest) else digest}, BY)
    say("1 message approved")


@app.command("reject")
def reject(number: Number, reason: Reason, data: Data = None) -> None:
    """Say that a message is not to be sent, or take back one that was approved and has not left."""
    from keepwell.runtime.acts import open_acts
    from keepwell.runtime.clock import now_us

    with workspace(data) as space, space.writing():
        open_acts(space, now_us).messages.reject(number, BY, reason)
    say("1 message rejected")


@app.command("stop")
def stop(reason: Reason, data: Data = None) -> None:
    """Stop everything to customers at once."""
    from keepwell.runtime.acts import open_acts
    from keepwell.runtime.clock import now_us

    with workspace(data) as space, space.writing():
        open_acts(space, now_us).messages.stop(BY, reason)
    say("everything to customers is stopped")


@app.command("go")
def go(data: Data = None) -> None:
    """End the stop."""
    from keepwell.runtime.acts import open_acts
    from keepwell.runtime.clock import now_us

    with workspace(data) as space, space.writing():
        book = open_acts(space, now_us).messages
        book.go_on(BY)
        sending = book.sending()
    say(f"the stop is over; {HERE}, {sending.because}")


def _unsent(sending: Sending) -> str:
    """Why nothing leaves: a stop holds for every process, settings only for one that was started with them."""
    if sending.stop is not None:
        return f"Nothing leaves for customers: {sending.because}"
    return f"{HERE.capitalize()}, nothing leaves for customers: {sending.because}. A server that runs has its own."


def _found(book: Messages, number: int) -> MessagePage:
    from keepwell.runtime.ports.messages import MessageRefusedError

    found = book.message(number)
    if found is None:
        raise MessageRefusedError(f"no message has the number {number}")
    return found
