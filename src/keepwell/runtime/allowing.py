"""Whether a message to a customer may leave in this minute: everything the gate asks for, and what follows.

What has to be computed (are its figures still true?) is looked at before the claim's transaction, and may be a minute
old in it; all the rest is read in the transaction itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

import msgspec
import structlog

from keepwell.alerts.alert import Status
from keepwell.base.time import DAY_US, HOUR_US, SECOND_US
from keepwell.channels.letter import Audience, Letter
from keepwell.interventions.standing import is_going, may_go
from keepwell.outreach import gate
from keepwell.outreach.draft import digest_of
from keepwell.outreach.gate import Contact, Limits, Reason, Situation, Verdict
from keepwell.runtime.contacts import Reached
from keepwell.runtime.speaking import CannotWriteError, Speaker, draft_of
from keepwell.store import messages, outbox, runs
from keepwell.store.database import Session
from keepwell.store.messages import Message
from keepwell.store.outbox import Entry, Settled, State

log = structlog.get_logger("keepwell.gate")

FRESH_US: Final = 60 * SECOND_US
"""How long it counts that the figures of a message were found true."""
AT_ONCE: Final = 5
"""Messages whose figures are looked at in a turn, so that letters to staff do not wait for long."""
AGAIN_US: Final = 60 * SECOND_US
"""When what waits for a person is asked about again."""
SCREENING: Final = "compliance_issue"
"""While an alert of this rule lives, nothing is said to the customer before compliance has."""
_SWITCHED_OFF: Final = (Reason.SENDING_OFF, Reason.NOT_LISTED, Reason.DRY_RUN)
"""What is not sent because of these is over: nothing leaves later because somebody changed a setting."""
_REWRITTEN: Final = (Reason.UNTRUE, Reason.OTHER_BYTES)
_LONGEST_US: Final = 7 * DAY_US


@dataclass
class Permit:
    """Asked by the delivery: `look` outside of a transaction, then `allows` in that of the claim."""

    speaker: Speaker
    clock: Callable[[], int]
    _true: dict[str, tuple[int, bool]] = field(default_factory=dict)
    _supposed: bool = False
    _let: list[tuple[int, str, int]] = field(default_factory=list)  # in this turn: customer, run, when

    @property
    def limits(self) -> Limits:
        return Limits(per_hour=self.speaker.briefing.settings.customers_per_hour)

    # ------------------------------------------------------------------ before the transaction

    def look(self, entries: Iterable[Entry], now: int) -> None:
        """Compute the figures of messages that are due anew; a turn begins."""
        self._let.clear()
        self._true = {digest: told for digest, told in self._true.items() if now - told[0] < FRESH_US}
        keys = [each.key for each in entries if each.audience == Audience.CUSTOMER]
        with self.speaker.database.read() as session:
            found = [message for key in keys if (message := messages.of_key(session, key)) is not None]
            opened = self._is_open(session)
        new = [message for message in found if opened and message.digest not in self._true]
        for message in new[:AT_ONCE]:
            self._true[message.digest] = now, self._is_true(message, now)

    def _is_open(self, session: Session) -> bool:
        """Whether anything can leave: else nothing need be computed."""
        return self.speaker.briefing.settings.send == "all" and messages.halted(session) is None

    def _is_true(self, message: Message, now: int) -> bool:
        if not message.draft:
            return False
        try:
            telling = self.speaker.told(message, now)
        except CannotWriteError:
            return False
        except Exception as error:  # what fails for one message must not stop all letters
            log.exception("the figures of a message could not be looked at", message=message.id, exc_info=error)
            return False
        return telling.reached.address == message.recipient and not telling.blocked(draft_of(message))

    def suppose(self, message: Message, now: int, *, is_true: bool) -> None:
        """Take its text as looked at, and its step as one that a person let go."""
        self._true[message.digest] = now, is_true
        self._supposed = True

    # ------------------------------------------------------------------ in the transaction

    def allows(self, session: Session, entry: Entry, now: int) -> bool:
        """Whether it may be claimed now; else it waits, or ends, with the reason."""
        message = messages.of_key(session, entry.key)
        if message is None:
            outbox.close(session, entry.key, Settled(State.CANCELLED, "nobody knows what it is"), now)
            return False
        if message.digest not in self._true and self._is_open(session):
            return False  # its figures are looked at in the next turn
        verdict = self.verdict(session, message, letter_of(entry), now)
        if verdict.state is gate.State.SEND:
            self._let.append((message.customer, run_name(message), now))
            return True
        self._follow(session, (message, entry), verdict, now)
        return False

    def verdict(self, session: Session, message: Message, letter: Letter, now: int) -> Verdict:
        """What the gate says of a message whose figures were looked at."""
        told = gate.Message(
            to=message.recipient,
            digest=digest_of(letter.recipient, letter.title, letter.text),
            run=run_name(message),
            due=message.due_at,
            expires=message.expires_at,
            needs_approval=bool(message.needs_approval),
            together=message.together,
        )
        reached = self.speaker.known.reached(session, message.customer, now)
        if reached is None:
            return Verdict(gate.State.SUPPRESSED, Reason.NO_CONSENT)
        return gate.may_send(told, self._situation(session, message, reached, now), now, self.limits)

    def _situation(self, session: Session, message: Message, reached: Reached, now: int) -> Situation:
        settings = self.speaker.briefing.settings
        going = [*messages.on_their_way(session), *self._let]
        mine = [each for each in going if each[0] == message.customer and each[1] != run_name(message)]
        told = messages.ended_since(session, message.customer, now - _LONGEST_US)
        return Situation(
            sends=settings.send == "all",
            stopped=messages.halted(session) is not None,
            dry_run=settings.dry_run,
            listed=listed(settings.send_to, message.recipient),
            consents=reached.consents,
            unwanted=messages.is_unwanted(session, message.recipient),
            screened=is_screened(session, message.customer),
            holds=self._holds(session, message),
            is_true=self._true.get(message.digest, (0, False))[1],
            approvals=tuple(gate.Approval(each.by, each.digest) for each in message.approved()),
            contacts=(
                *(Contact(each.ended_at or now, run_name(each)) for each in told),
                *(Contact(at, run) for _, run, at in mine),
            ),
            sent=(*messages.arrivals_since(session, now - HOUR_US), *(at for _, _, at in going)),
            hours=reached.hours,
        )

    def _holds(self, session: Session, message: Message) -> bool:
        course = runs.courses(session, [message.customer]).get((message.customer, message.purpose))
        if course is None:
            return False
        is_on = may_go if self._supposed else is_going
        return is_on(course, message.run, message.step)

    def _follow(self, session: Session, of: tuple[Message, Entry], verdict: Verdict, now: int) -> None:
        """What a verdict other than `send` means for the row."""
        message, entry = of
        because = verdict.because
        if verdict.state is gate.State.WAIT:
            until = verdict.until or now + AGAIN_US
            outbox.wait(session, entry.key, until, because)
            messages.save(session, msgspec.structs.replace(message, due_at=until, because=because))
        elif verdict.state is gate.State.BLOCKED and verdict.reason in _REWRITTEN:
            outbox.withdraw(session, entry.key)
            messages.save(session, _asked_again(message, because))
        elif verdict.state is gate.State.BLOCKED and verdict.reason not in _SWITCHED_OFF:
            outbox.wait(session, entry.key, now + AGAIN_US, because)
            messages.save(session, msgspec.structs.replace(message, because=because))
        else:
            over = State.EXPIRED if verdict.state is gate.State.EXPIRED else State.SUPPRESSED
            outbox.close(session, entry.key, Settled(over, because), now)
        log.info("a message does not leave", message=message.id, verdict=str(verdict.state), because=because)


def _asked_again(message: Message, because: str) -> Message:
    """What nobody edited is written anew; what somebody edited is theirs to mend."""
    state = messages.State.ASKED if message.changed else messages.State.WANTED
    return msgspec.structs.replace(message, state=state, approvals="[]", because=because)


def letter_of(entry: Entry) -> Letter:
    """The letter in a row of the outbox."""
    return msgspec.json.decode(entry.payload, type=Letter)


def run_name(message: Message) -> str:
    """The run that sends a message, as contacts are counted."""
    return f"{message.customer}:{message.purpose}:{message.run}"


def listed(wanted: str, address: str) -> frozenset[str] | None:
    """Addresses that may be written to: None is all. A domain lists this address when it is of it."""
    entries = {each.strip().lower() for each in wanted.split(",") if each.strip()}
    if not entries:
        return None
    domain = "@" + address.lower().rpartition("@")[2]
    return frozenset({address}) if address.lower() in entries or domain in entries else frozenset()


def is_screened(session: Session, customer: int) -> bool:
    """Whether compliance has to speak first."""
    found = session.one(
        "SELECT 1 FROM alert_state WHERE customer = ? AND rule = ? AND status <> ?",
        (customer, SCREENING, str(Status.RESOLVED)),
    )
    return found is not None
