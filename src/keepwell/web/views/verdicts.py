"""Verdicts on findings: the form beneath a finding, and how right the Expert is, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keepwell.base.time import day_of
from keepwell.expert.judging import LONGEST_NOTE, Accuracy, Verdict
from keepwell.runtime.ports.knowledge import VerdictLine
from keepwell.web.views import words

WORDS = {Verdict.RIGHT: "right", Verdict.WRONG: "wrong"}


@dataclass(frozen=True)
class VerdictForm:
    """What somebody may say of one finding, and what was said.

    `key` is its place in the page, `may` whether whoever reads it may speak. `said` is the reader's verdict of today,
    empty when there is none; `day` the one it is withdrawn by. `others` counts what else was said, at any time.
    """

    key: str
    customer_id: str
    entry: str
    topic: str
    as_of: int
    may: bool
    said: str
    note: str
    day: int
    others: str
    refused: str
    longest: int = LONGEST_NOTE


@dataclass(frozen=True)
class Asking:
    """Who looks at findings, when, and what of theirs was refused."""

    person: str
    may: bool
    now: int
    as_of: int


def key(entry: str, topic: str) -> str:
    """The place of a finding in the page."""
    return f"{entry}-{topic}" if topic else entry


def form(
    finding: tuple[str, str, str], said: Sequence[VerdictLine], asking: Asking, note: str = "", refused: str = ""
) -> VerdictForm:
    """The form of a finding (customer, entry, topic) with what was `said` of the customer's findings."""
    customer_id, entry, topic = finding
    about = [each for each in said if (each.entry, each.topic) == (entry, topic)]
    today = day_of(asking.now)
    own = next((each for each in about if (each.person, each.day) == (asking.person, today)), None)
    return VerdictForm(
        key=key(entry, topic), customer_id=customer_id, entry=entry, topic=topic, as_of=asking.as_of, may=asking.may,
        said=own.verdict.value if own else "", note=note or (own.note if own else ""), day=today,
        others=_others([each for each in about if each is not own]), refused=refused,
    )  # fmt: skip


def _others(lines: Sequence[VerdictLine]) -> str:
    """For example "Said before: 2 right, 1 wrong"."""
    counts = [(WORDS[which], sum(each.verdict is which for each in lines)) for which in Verdict]
    told = ", ".join(f"{count:,} {word}" for word, count in counts if count)
    return f"Also said: {told}." if told else ""


def figure(found: Accuracy) -> str:
    """The accuracy in a few words."""
    if not found.judged:
        return "not judged yet"
    if found.share is None:
        return f"too few to say: {found.right:,} of {words.count(found.judged, 'verdict')} right"
    return f"{words.percent(found.share)} right of {found.judged:,} verdicts, 95 % interval {interval(found)}"


def interval(found: Accuracy) -> str:
    """For example "70 % to 93 %"."""
    low, high = found.interval
    return f"{words.percent(low)} to {words.percent(high)}"


@dataclass(frozen=True)
class AccuracyRow:
    """One line of the table: what it is about, and the figure; `share` is empty with too few to say."""

    name: str
    right: int
    wrong: int
    share: str
    interval: str


def row(name: str, found: Accuracy) -> AccuracyRow:
    enough = found.share is not None
    share = words.percent(found.share) if found.share is not None else "too few"
    return AccuracyRow(name, found.right, found.wrong, share, interval(found) if enough else "")
