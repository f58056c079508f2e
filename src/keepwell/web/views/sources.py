"""The page of sources: who sends, how much, how fresh; what was refused; and whether everybody is watched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keepwell.base.time import DAY_US, HOUR_US, SECOND_US
from keepwell.runtime.ports.health import LATELY, Health, HeldLine, LetterLine, PollLine, SourceLine, Watch
from keepwell.runtime.ports.rejects import RejectLine
from keepwell.web.views import links, words

SHOWN_REJECTS = 50
SHOWN_RAW = 300
QUIET_AFTER_US = 2 * HOUR_US  # a source that sent today and nothing for this long is pointed out
FULL = "Nothing can be written: the disk is full. Events are refused until there is room."
MINUTE_US = 60 * SECOND_US


@dataclass(frozen=True)
class SourceRow:
    """One source. `state` is fresh, quiet or never."""

    label: str
    state: str
    state_words: str
    last: str
    hour: str
    day: str
    duplicates: str
    rejected: str


@dataclass(frozen=True)
class RejectRow:
    """One refused item."""

    number: int
    source: str
    reason: str
    detail: str
    raw: str
    at: str


LETTER_STATES = {
    "failed": "not delivered",
    "uncertain": "may have arrived; it is not sent again",
    "expired": "too late to be of use",
}


@dataclass(frozen=True)
class LetterRow:
    """One message that has not arrived."""

    to: str
    because: str
    state: str
    error: str
    made: str


@dataclass(frozen=True)
class PollRow:
    """One node that is asked. `wrong` is empty when nothing went wrong of late."""

    host: str
    about: str
    polled: str
    behind: str
    wrong: str


@dataclass(frozen=True)
class HeldRow:
    """One customer that is set apart."""

    id: str
    href: str
    reason: str
    times: str


@dataclass(frozen=True)
class SourcesView:
    """Everything the page shows."""

    coverage: str
    late: str
    late_ids: Sequence[tuple[str, str]]
    warning: str
    rows: Sequence[SourceRow]
    polls: Sequence[PollRow]
    unknown: Sequence[tuple[str, str, str]]
    lately: str
    refused: Sequence[tuple[str, str, str, str]]
    letters: Sequence[LetterRow]
    held: Sequence[HeldRow]
    rejects: Sequence[RejectRow]
    more_rejects: bool
    said: str


def page(health: Health, rejects: Sequence[RejectLine], now: int, said: str = "") -> SourcesView:
    """The view. `rejects` may be one more than is shown, to tell that there are more."""
    lines, watch, unknown = health.sources(), health.watch(), health.unknown()
    labels = {line.name: line.label for line in lines}
    return SourcesView(
        coverage=words.percent(watch.share),
        late=_late(watch),
        late_ids=[(each, links.customer(each)) for each in watch.late_ids],
        warning=FULL if watch.read_only else "",
        rows=[_row(line, now) for line in lines],
        polls=[_poll(each, now) for each in health.polls()],
        unknown=[(each.name, f"{each.times:,}", ago(each.last_at, now)) for each in unknown],
        lately=f"{LATELY:,}",
        refused=[(each.address, each.because, ago(each.last_at, now), f"{each.times:,}") for each in health.refused()],
        letters=[_letter(each, now) for each in health.letters()],
        held=[_held(each) for each in watch.held],
        rejects=[_reject(each, labels) for each in rejects[:SHOWN_REJECTS]],
        more_rejects=len(rejects) > SHOWN_REJECTS,
        said=said,
    )  # fmt: skip


def _poll(line: PollLine, now: int) -> PollRow:
    about = f"asked about {line.addresses:,} address{'' if line.addresses == 1 else 'es'}"
    if line.mails is not None:
        about = f"mailbox, {words.count(line.mails, 'mail')} read since the start"
    waiting = f", {words.count(line.waiting, 'transaction')} to come" if line.waiting else ""
    lost = f", {words.count(line.lost, 'transaction')} not to be had" if line.lost else ""
    wrong = "" if line.error_at is None else f"{ago(line.error_at, now)}: {line.error}"
    return PollRow(line.host, about + waiting + lost, "never" if line.polled_at is None else ago(line.polled_at, now),
                   _behind(line, now), wrong)  # fmt: skip


def _behind(line: PollLine, now: int) -> str:
    """How old the moment is up to which everything is known."""
    if line.mails is None and not line.addresses:
        return "there is no address to ask about"
    if line.complete_at is None:
        return "the first round is not done"
    return _passed(max(now - line.complete_at, 0))


def _letter(line: LetterLine, now: int) -> LetterRow:
    state = LETTER_STATES.get(line.state, line.state)
    if line.due_at is not None:
        state = f"tried again {'now' if line.due_at <= now else 'at ' + words.moment(line.due_at)}"
    return LetterRow(f"{line.channel} to {line.recipient}", line.because, state, line.error, ago(line.created_at, now))


def _held(line: HeldLine) -> HeldRow:
    times = words.count(line.failures, "time")
    return HeldRow(line.customer_id, links.customer(line.customer_id), line.reason, times)


def _late(watch: Watch) -> str:
    if not watch.customers:
        return "There is nobody to watch yet."
    if not watch.late:
        return f"All of {words.count(watch.customers, 'customer')} were evaluated within the limit of their band."
    return f"{words.count(watch.late, 'customer')} of {watch.customers:,} waited longer than the limit of their band."


def _row(line: SourceLine, now: int) -> SourceRow:
    state, told = _state(line, now)
    return SourceRow(
        line.label, state, told, "never" if line.last_at is None else ago(line.last_at, now), f"{line.accepted_hour:,}",
        f"{line.accepted_day:,}", f"{line.duplicates_day:,}", f"{line.rejected_day:,}",
    )  # fmt: skip


def _state(line: SourceLine, now: int) -> tuple[str, str]:
    if line.last_at is None:
        return "never", "no live events"
    if now - line.last_at <= QUIET_AFTER_US:
        return "fresh", "fresh"
    return ("quiet", "quiet") if now - line.last_at <= 2 * DAY_US else ("never", "silent")


def ago(instant: int, now: int) -> str:
    """How long before now, as a person says it."""
    passed = max(now - instant, 0)
    return f"{_passed(passed)} ago" if passed < DAY_US else words.moment(instant)


def _passed(passed: int) -> str:
    """A length of time in its largest unit."""
    for unit, name in ((DAY_US, "day"), (HOUR_US, "hour"), (MINUTE_US, "minute")):
        if passed >= unit:
            return words.count(passed // unit, name)
    return words.count(passed // SECOND_US, "second")


def _reject(line: RejectLine, labels: Mapping[str, str]) -> RejectRow:
    raw = line.raw if len(line.raw) <= SHOWN_RAW else line.raw[:SHOWN_RAW] + "…"
    return RejectRow(
        line.id,
        labels.get(line.source, line.source),
        line.reason.replace("_", " "),
        line.detail,
        raw,
        words.moment(line.recorded_at),
    )
