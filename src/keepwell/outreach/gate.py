"""The gate: may this message be sent to this customer now? Asked in the minute of sending, of everything at once.

An answer that ends the message comes before one that a person can change, and that before one that time changes; so
after days without power nothing waits that is late. Whether it is a dry run is asked last: then everything else allows
it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from keepwell.alerts.hours import Calendar, windows
from keepwell.base.time import DAY_US, HOUR_US, to_rfc3339


class State(StrEnum):
    """What becomes of a message."""

    SEND = "send"
    WAIT = "wait"  # ask again at `until`
    BLOCKED = "blocked"  # until a person changes something
    SUPPRESSED = "suppressed"  # never: this customer is not to be written to
    EXPIRED = "expired"  # never: its time is over


class Reason(StrEnum):
    """Why, in words for a person."""

    ALLOWED = "everything allows it"
    OVER = "what it was written for is over"
    LATE = "it is too late"
    TOO_LATE = "the next moment at which it may be sent is too late for it"
    NO_CONSENT = "the customer has not agreed to be written to"
    UNWANTED = "the address is on the list of those that are not written to"
    SCREENED = "the customer is blocked by screening"
    SENDING_OFF = "sending to customers is switched off"
    STOPPED = "everything is stopped"
    NOT_LISTED = "the address is not on the list of those that may be written to"
    UNTRUE = "a figure in it is not bound, or not true any more"
    NOT_APPROVED = "nobody has approved it"
    OTHER_BYTES = "what was approved is another text"
    ALONE = "so many in one go need a second person"
    CAP = "the customer has heard enough from us for now"
    HOURLY = "the installation has sent enough in this hour"
    QUIET = "it is a quiet hour where the customer is"
    DRY_RUN = "this is a dry run: nothing leaves"


@dataclass(frozen=True)
class Verdict:
    """What becomes of a message, and why; `until` is the instant to ask again, when it waits."""

    state: State
    reason: Reason
    until: int | None = None

    @property
    def because(self) -> str:
        return self.reason.value + (f"; until {to_rfc3339(self.until)}" if self.until is not None else "")


@dataclass(frozen=True, kw_only=True)
class Message:
    """What is to be sent.

    Attributes:
        to: the address.
        digest: of its bytes, `digest_of`.
        run: the run of a playbook that sends it; its own id when there is none.
        due: when it was to be sent: its plan, or the `until` of the last verdict. It is late counted from then.
        expires: the instant from which it is never sent.
        needs_approval: whether its playbook asks for one.
        of_model: whether a language model worded it: then it always needs one.
        together: how many are approved with it in one go.
    """

    to: str
    digest: str
    run: str
    due: int
    expires: int
    needs_approval: bool = True
    of_model: bool = False
    together: int = 1


@dataclass(frozen=True)
class Contact:
    """A message that went to the customer, whatever it came from; `run` as in `Message`."""

    at: int
    run: str


@dataclass(frozen=True)
class Approval:
    """Who approved a text, and which."""

    by: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What is so in the minute of sending.

    Attributes:
        sends: whether sending to customers is switched on.
        stopped: whether the global stop is pulled.
        dry_run: whether nothing leaves.
        listed: addresses that may be written to; None is all.
        consents: whether the contact agreed.
        unwanted: whether the address unsubscribed, bounced or complained.
        screened: whether screening blocks the customer.
        holds: whether the condition of the step still holds.
        is_true: whether the checker found nothing, with facts as they are now.
        approvals: of this message.
        contacts: of this customer, as far back as the longest cap; without those to come.
        sent: instants at which the installation sent to customers in the last hour.
        hours: when the contact may be written to, in their zone.
    """

    sends: bool
    stopped: bool
    dry_run: bool
    listed: frozenset[str] | None
    consents: bool
    unwanted: bool
    screened: bool
    holds: bool
    is_true: bool
    approvals: tuple[Approval, ...]
    contacts: tuple[Contact, ...]
    sent: tuple[int, ...]
    hours: Calendar


@dataclass(frozen=True)
class Limits:
    """How much is too much.

    Attributes:
        caps: pairs of microseconds and the runs of which a customer may hear within them.
        per_hour: messages of the installation in an hour.
        late: microseconds after `due` from which a message is not sent.
        alone: messages in one go that one person may approve.
    """

    caps: tuple[tuple[int, int], ...] = ((DAY_US, 1), (7 * DAY_US, 3))
    per_hour: int = 50
    late: int = 4 * HOUR_US
    alone: int = 25


DEFAULT_LIMITS: Final = Limits()


def may_send(message: Message, situation: Situation, now: int, limits: Limits = DEFAULT_LIMITS) -> Verdict:
    """The verdict of this minute. A message that may be sent may be sent at `now`, and at no later moment unasked."""
    for state, reasons in (
        (State.EXPIRED, _expired(message, situation, now, limits)),
        (State.SUPPRESSED, _suppressed(situation)),
        (State.BLOCKED, _blocked(message, situation, limits)),
    ):
        for reason in reasons:
            return Verdict(state, reason)
    until, reason = _wait(message, situation, now, limits)
    if until >= message.expires:
        return Verdict(State.EXPIRED, Reason.TOO_LATE)
    if until > now:
        return Verdict(State.WAIT, reason, until)
    if situation.dry_run:
        return Verdict(State.BLOCKED, Reason.DRY_RUN)
    return Verdict(State.SEND, Reason.ALLOWED)


def _expired(message: Message, situation: Situation, now: int, limits: Limits) -> Iterator[Reason]:
    if not situation.holds:
        yield Reason.OVER
    if now - message.due > limits.late or now >= message.expires:
        yield Reason.LATE


def _suppressed(situation: Situation) -> Iterator[Reason]:
    if situation.screened:
        yield Reason.SCREENED
    if situation.unwanted:
        yield Reason.UNWANTED
    if not situation.consents:
        yield Reason.NO_CONSENT


def _blocked(message: Message, situation: Situation, limits: Limits) -> Iterator[Reason]:
    if not situation.sends:
        yield Reason.SENDING_OFF
    if situation.stopped:
        yield Reason.STOPPED
    if situation.listed is not None and message.to not in situation.listed:
        yield Reason.NOT_LISTED
    if not situation.is_true:
        yield Reason.UNTRUE
    if message.needs_approval or message.of_model:
        yield from _unapproved(message, situation.approvals, limits)


def _unapproved(message: Message, approvals: Sequence[Approval], limits: Limits) -> Iterator[Reason]:
    """What an approval lacks: it is of exactly these bytes, and of many by two."""
    people = {each.by for each in approvals if each.digest == message.digest}
    if not people:
        yield Reason.OTHER_BYTES if approvals else Reason.NOT_APPROVED
    elif message.together > limits.alone and len(people) == 1:
        yield Reason.ALONE


def _wait(message: Message, situation: Situation, now: int, limits: Limits) -> tuple[int, Reason]:
    """The first instant from now on that no cap and no quiet hour forbids, and what forbade it longest.

    Contacts only grow older, so a cap that has opened stays open; quiet hours come again, and are looked at last.
    """
    caps = max((_free(_heard(message, situation), span, most) for span, most in limits.caps), default=now)
    hourly = _free(situation.sent, HOUR_US, limits.per_hour)
    until, reason = max((now, Reason.ALLOWED), (caps, Reason.CAP), (hourly, Reason.HOURLY), key=lambda each: each[0])
    if until >= message.expires:
        return until, reason
    opens = next(opens for opens, closes in windows(situation.hours, until) if opens < closes)
    return (opens, Reason.QUIET) if opens > until else (until, reason)


def _heard(message: Message, situation: Situation) -> list[int]:
    """When the customer last heard of each other run: the messages of one count once, and this one's own not again."""
    last: dict[str, int] = {}
    for each in situation.contacts:
        if each.run != message.run:
            last[each.run] = max(each.at, last.get(each.run, each.at))
    return list(last.values())


def _free(moments: Sequence[int], span: int, most: int) -> int:
    """The first instant at which fewer than `most` of these lie in the span before it; long ago when always."""
    if most < 1:
        return 1 << 62
    newest = sorted(moments, reverse=True)
    return newest[most - 1] + span if len(newest) >= most else 0
