"""One message: its text with every figure bound to its fact, what blocks it, and what can be done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from msgspec import structs

from keepwell.outreach.gate import Reason
from keepwell.runtime.ports.messages import BlockedLine, MessageLine, MessagePage, PassageLine
from keepwell.web.views import acting, links, messages, words
from keepwell.web.views.acting import Asking, HistoryRow, Typed
from keepwell.web.views.alert_rows import Link
from keepwell.web.views.facts import FactRow, anchor, fact
from keepwell.web.views.messages import MessageRow


@dataclass(frozen=True)
class Piece:
    """Letters of a passage that are marked alike. `fact` is the anchor of what they say, `reason` why they block."""

    text: str
    fact: str = ""
    meaning: str = ""
    reason: str = ""


@dataclass(frozen=True)
class PassageRow:
    """A passage of the message; a person may edit those that are `editable`."""

    pieces: Sequence[Piece]
    editable: bool


@dataclass(frozen=True)
class BlockedRow:
    """What blocks a text: the letters, or the fact when it is not about letters, and why."""

    said: str
    reason: str
    fact: str


@dataclass(frozen=True)
class Left:
    """A part of the template that is not said, and why."""

    part: str
    because: str
    fact: str


@dataclass(frozen=True)
class Letter:
    """The text as it goes out, and what it stands on. `digest` is what is approved.

    `rest` follows the passages: what every letter has. `whole` tells whether subject, body and rest are all of it.
    """

    row: MessageRow
    subject: PassageRow | None
    body: Sequence[PassageRow]
    rest: str
    whole: bool
    text: str
    digest: str
    facts: Sequence[FactRow]
    known: Sequence[FactRow]
    blocked: Sequence[BlockedRow]
    left: Sequence[Left]
    verdict: str
    allowed: bool


@dataclass(frozen=True)
class MessageView:
    """The page.

    Attributes:
        gate: whether it may be sent; its verdict says why.
        acts: whether it waits for somebody who may approve.
        approves: whether it can be approved now.
        takes_back: whether it was approved, has not left, and the reader may take it back.
        seconds: whether a second person has to agree.
    """

    letter: Letter
    banner: messages.Banner | None
    details: Sequence[tuple[str, str]]
    run: Link
    history: Sequence[HistoryRow]
    asks_gate: bool
    gate: str
    acts: bool
    approves: bool
    takes_back: bool
    seconds: bool
    subject: str
    paragraphs: str
    complaints: Sequence[BlockedRow]
    said: str
    typed: Typed
    editing: bool


@dataclass(frozen=True)
class Edit:
    """An edit that was refused: what was typed, and what is wrong with it."""

    subject: str
    paragraphs: str
    blocked: Sequence[BlockedLine]


def view(page: MessagePage, banner: messages.Banner | None, asking: Asking, edit: Edit | None = None) -> MessageView:
    line, found = page.line, letter(page, asking.now)
    acts = asking.may and line.state == messages.ASKED
    return MessageView(
        letter=found, banner=banner, details=_details(line, asking.now),
        run=(f"{line.playbook_title}, run {line.run}", links.run(line.run)),
        history=[HistoryRow(words.moment(at), acting.capital(what), by, "") for at, what, by in page.history],
        asks_gate=line.state in messages.OPEN and bool(page.verdict), gate=_gate(page), acts=acts,
        approves=acts and bool(page.digest) and not page.blocked,
        takes_back=asking.may and line.state == messages.POSTED, seconds=asking.may and _needs_second(page),
        subject=_placed(page.passages[:1]) if edit is None else edit.subject,
        paragraphs=_placed(page.passages[1:]) if edit is None else edit.paragraphs,
        complaints=[] if edit is None else [_blocked(each) for each in together(edit.blocked)],
        said=asking.said, typed=asking.typed, editing=edit is not None,
    )  # fmt: skip


def letter(page: MessagePage, now: int) -> Letter:
    """The text, its facts and what is wrong with it."""
    meanings = {each.id: f"{each.meaning}: {each.said}" for each in page.facts}
    blocked = together(page.blocked)
    rows = [
        PassageRow(list(pieces(each, [one for one in blocked if one.passage == place], meanings)), each.editable)
        for place, each in enumerate(page.passages)
    ]
    told = [fact(each, now) for each in page.facts]
    body = "\n\n".join(each.text for each in page.passages[1:])
    whole = page.text.startswith(body)
    return Letter(
        row=messages.row(page.line, now), subject=rows[0] if rows else None, body=rows[1:],
        rest=page.text[len(body) :].strip("\n") if whole else "", whole=whole, text=page.text,
        digest=page.digest, facts=[each for each in told if each.in_message],
        known=[each for each in told if not each.in_message], blocked=[_blocked(each) for each in blocked],
        left=[Left(acting.named(each.part), each.because, each.fact) for each in page.left_out],
        verdict=acting.sentence(page.verdict), allowed=page.allowed,
    )  # fmt: skip


def together(blocked: Sequence[BlockedLine]) -> list[BlockedLine]:
    """Letters that follow each other and are blocked for the same reason, as one."""
    found: list[BlockedLine] = []
    for each in sorted(blocked, key=lambda one: (one.passage, one.reason, one.fact, one.start, one.end)):
        last = found[-1] if found else None
        if last is not None and _alike(last) == _alike(each) and last.end == each.start:
            found[-1] = structs.replace(last, end=each.end, said=last.said + each.said)
        else:
            found.append(each)
    return sorted(found, key=lambda one: (one.passage, one.start))


def _alike(line: BlockedLine) -> tuple[int, str, str]:
    return line.passage, line.reason, line.fact


def pieces(passage: PassageLine, blocked: Sequence[BlockedLine], meanings: Mapping[str, str]) -> Iterator[Piece]:
    """The letters of a passage, cut wherever a fact or a block begins or ends: together they are its text."""
    spans = [*((each.start, each.end) for each in passage.bound), *((each.start, each.end) for each in blocked)]
    length = len(passage.text)
    edges = sorted({0, length, *(min(length, edge) for each in spans for edge in each)})
    for start, end in pairwise(edges):
        piece = Piece(passage.text[start:end])
        for bound in passage.bound:
            if bound.start <= start and end <= bound.end:
                piece = replace(piece, fact=anchor(bound.fact), meaning=meanings.get(bound.fact, bound.fact))
        for wrong in blocked:
            if wrong.start <= start and end <= wrong.end:
                piece = replace(piece, reason=acting.sentence(wrong.reason))
        yield piece


def paragraphs_of(text: str) -> list[str]:
    """The paragraphs of a text, which empty lines keep apart."""
    found: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.strip():
            found[-1].append(line.rstrip())
        elif found[-1]:
            found.append([])
    return ["\n".join(each) for each in found if each]


def _gate(page: MessagePage) -> str:
    """Whether it may be sent, now or when its hour comes; what is on its way was approved."""
    if not page.allowed:
        return "No."
    if page.line.state != messages.POSTED:
        return "Yes, once it is approved."
    return "Yes, once a second person agrees." if _needs_second(page) else "Yes."


def _needs_second(page: MessagePage) -> bool:
    return page.line.state == messages.POSTED and Reason.ALONE.value in page.verdict


def _placed(passages: Sequence[PassageLine]) -> str:
    return "\n\n".join(each.placed for each in passages if each.editable)


def _blocked(line: BlockedLine) -> BlockedRow:
    return BlockedRow(line.said, acting.sentence(line.reason), line.fact)


def _details(line: MessageLine, now: int) -> list[tuple[str, str]]:
    over = line.ended_at is not None
    details = [
        ("To", messages.row(line, now).to),
        ("Written", acting.both(line.made_at, now)),
        ("Due", acting.both(line.due_at, now)),
        ("Expires", "" if over else acting.both(line.expires_at, now)),
        ("Ended", "" if line.ended_at is None else acting.both(line.ended_at, now)),
        ("Approved by", ", ".join(line.approved_by)),
        ("Template", line.template),
    ]
    return [(name, value) for name, value in details if value]
