"""Messages as people see them and what they do with them: approve, edit, write anew, reject, stop everything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import structlog
from msgspec.structs import replace

from keepwell.interventions.facts import Approved, Fact, Rejected, Reported
from keepwell.interventions.stage import End
from keepwell.interventions.standing import is_going
from keepwell.outreach import gate
from keepwell.outreach.check import Blocked
from keepwell.outreach.compose import CannotComposeError
from keepwell.outreach.draft import Draft
from keepwell.outreach.rebind import rebind
from keepwell.runtime import courses
from keepwell.runtime.allowing import Permit
from keepwell.runtime.courses import Office
from keepwell.runtime.message_lines import facts_of, line, passages
from keepwell.runtime.ports import messages as port
from keepwell.runtime.ports.messages import MessageRefusedError
from keepwell.runtime.speaking import CannotWriteError, Speaker, Telling, draft_of
from keepwell.store import lines, messages, outbox, runs
from keepwell.store.customers import ids_of, number_of
from keepwell.store.database import Session
from keepwell.store.messages import Halt, Message, State

MOST = 5000
"""Messages that a list looks at."""
LONGEST = 500
"""Letters of a reason."""
log = structlog.get_logger("keepwell.messages")

_WAITS = "the message does not wait for an approval"


@dataclass(frozen=True)
class StoredMessages:
    """Implements the `Messages` port. `changed` is called once something is committed."""

    speaker: Speaker
    office: Office
    clock: Callable[[], int]
    changed: Callable[[], object]

    # ------------------------------------------------------------------ reading

    def counts(self) -> Mapping[str, int]:
        with self.speaker.database.read() as session:
            return messages.counts(session)

    def part(self, wanted: port.MessagesWanted, start: int, limit: int) -> port.MessagesPart:
        with self.speaker.database.read() as session:
            customer = None
            if wanted.customer_id is not None:
                found_number = number_of(session, wanted.customer_id)
                customer = -1 if found_number is None else found_number
            found = messages.listed(session, wanted.states, MOST, customer)
            if set(wanted.states) <= {str(each) for each in messages.OPEN} and wanted.states:
                found.sort(key=lambda each: (each.expires_at, each.id))
            return port.MessagesPart(self._lines(session, found[start : start + limit]), len(found))

    def _lines(self, session: Session, found: Sequence[Message]) -> list[port.MessageLine]:
        customers = sorted({each.customer for each in found})
        names = ids_of(session, customers)
        said = {number: lines.words(document) for number, document in lines.documents(session, customers)}
        numbers = runs.numbered(session, customers)
        titles = {name: template.title for name, template in self.speaker.words.templates.items()}
        return [line(each, (names, said, numbers), (self.office.playbooks, titles)) for each in found]

    def message(self, number: int) -> port.MessagePage | None:
        with self.speaker.database.read() as session:
            message = messages.find(session, number)
            if message is None:
                return None
            (told,) = self._lines(session, [message])
            history = [
                (each.at, each.because, each.by)
                for each in runs.lines_of(session, message.customer, MOST)
                if (each.purpose, each.run, each.step) == (message.purpose, message.run, message.step)
            ]
        return self._page(message, told, history)

    def _page(
        self, message: Message, told: port.MessageLine, history: Sequence[tuple[int, str, str]]
    ) -> port.MessagePage:
        now = self.clock()
        telling, problem = self._telling(message, now)
        draft = draft_of(message) if message.draft else None
        blocked = telling.blocked(draft) if telling is not None and draft is not None else ()
        waits = message.state in messages.OPEN and draft is not None
        verdict = self._verdict(message, now, is_true=not blocked and telling is not None) if waits else None
        return port.MessagePage(
            line=told,
            passages=passages(draft) if draft is not None else (),
            text=self.speaker.briefing.letter(message).text if draft is not None else "",
            digest=message.digest,
            facts=facts_of(draft, telling),
            left_out=[port.LeftOutLine(each.part, each.fact, each.because) for each in draft.left_out] if draft else (),
            blocked=[_blocked(each) for each in blocked] if waits else (),
            verdict=problem or (verdict.because if verdict is not None else ""),
            allowed=not problem and verdict is not None and _would_go(verdict),
            history=history,
        )

    def _telling(self, message: Message, now: int) -> tuple[Telling | None, str]:
        """What is known for a message, or why nothing is."""
        try:
            return self.speaker.told(message, now), ""
        except CannotWriteError as error:
            return None, str(error)

    def _verdict(self, message: Message, now: int, *, is_true: bool) -> gate.Verdict:
        """What the gate says of what is on its way, or would say if a person had approved it just now."""
        asked = message if message.state == State.POSTED else replace(message, due_at=now, needs_approval=0)
        letter = self.speaker.briefing.letter(message)
        permit = Permit(self.speaker, self.clock)
        permit.suppose(message, now, is_true=is_true)
        with self.speaker.database.read() as session:
            return permit.verdict(session, asked, letter, now)

    # ------------------------------------------------------------------ what people do

    def approve(self, digests: Mapping[int, str], by: str) -> int:
        now = self.clock()
        for number in digests:
            self._refuse_blocked(number, now)
        with self.speaker.database.write() as session:
            found = [self._approvable(session, number, digest, by) for number, digest in digests.items()]
            for message in found:
                self._approve(session, replace(message, together=max(message.together, len(found))), by, now)
            session.afterwards.append(self.changed)
        return len(found)

    def _refuse_blocked(self, number: int, now: int) -> None:
        """Refuse a text that would not be sent.

        Raises:
            MessageRefusedError: the check finds something, or there is nobody to write to.
        """
        with self.speaker.database.read() as session:
            message = messages.find(session, number)
        if message is None or not message.draft:
            return
        telling, problem = self._telling(message, now)
        blocked = telling.blocked(draft_of(message)) if telling is not None else ()
        if problem or blocked:
            first = problem or f"its text is blocked: {blocked[0].reason.value}"
            raise MessageRefusedError(f"message {number} cannot be approved: {first}", list(map(_blocked, blocked)))

    def _approvable(self, session: Session, number: int, digest: str, by: str) -> Message:
        """A message that somebody may approve.

        Raises:
            MessageRefusedError: it does not wait for them, or is another text than they saw.
        """
        message = messages.find(session, number)
        if message is None:
            raise MessageRefusedError(f"no message has the number {number}")
        second = message.state == State.POSTED and by not in {each.by for each in message.approved()}
        if message.state != State.ASKED and not second:
            raise MessageRefusedError(f"{_WAITS}: it is {message.state}")
        if message.digest != digest:
            raise MessageRefusedError("the text has changed since you saw it; read it again")
        return message

    def _approve(self, session: Session, message: Message, by: str, now: int) -> None:
        told = [*message.approved(), messages.Approved(by, message.digest, now)]
        approved = replace(message, approvals=msgspec.json.encode(told).decode())
        messages.save(session, approved)
        if message.state == State.POSTED:
            return
        self._answer(session, message, Approved(now, message.run, message.step, by), now)
        after = messages.find(session, message.id)
        course = runs.courses(session, [message.customer]).get((message.customer, message.purpose))
        if after is None or after.state != State.ASKED:
            return
        if course is None or not is_going(course, message.run, message.step):
            raise MessageRefusedError("its run does not go on with it; see the run's history")
        posted = replace(after, state=State.POSTED, due_at=now, because="approved again")
        messages.save(session, posted)
        self.office.briefing.post(session, posted, now)

    def edit(self, number: int, subject: str, paragraphs: Sequence[str], by: str) -> None:
        now = self.clock()
        message = self._waiting(number)
        telling, problem = self._telling(message, now)
        if telling is None:
            raise MessageRefusedError(problem)
        draft = self._rebound(message, telling, subject, paragraphs)
        blocked = telling.blocked(draft)
        if blocked:
            raise MessageRefusedError("the text would be blocked", list(map(_blocked, blocked)))
        edited = replace(message, changed=1, approvals="[]", because=f"edited by {by}")
        self._keep(self.speaker.sealed(edited, draft), message)

    def _rebound(self, message: Message, telling: Telling, subject: str, paragraphs: Sequence[str]) -> Draft:
        try:
            return rebind(draft_of(message), subject, paragraphs, telling.all_facts, telling.now)
        except CannotComposeError as error:
            raise MessageRefusedError(str(error)) from None

    def renew(self, number: int) -> None:
        message = self._waiting(number)
        try:
            written = self.speaker.write(message, self.clock())
        except CannotWriteError as error:
            raise MessageRefusedError(str(error)) from None
        self._keep(replace(written, because="written anew"), message)

    def _waiting(self, number: int) -> Message:
        """A message that waits for an approval.

        Raises:
            MessageRefusedError: there is none of this number, or it does not wait.
        """
        with self.speaker.database.read() as session:
            message = messages.find(session, number)
        if message is None:
            raise MessageRefusedError(f"no message has the number {number}")
        if message.state != State.ASKED:
            raise MessageRefusedError(f"{_WAITS}: it is {message.state}")
        return message

    def _keep(self, message: Message, before: Message) -> None:
        """Write a message that nobody has changed meanwhile.

        Raises:
            MessageRefusedError: somebody has.
        """
        with self.speaker.database.write() as session:
            if messages.find(session, before.id) != before:
                raise MessageRefusedError("it was changed meanwhile; read it again")
            messages.save(session, message)
            name = message.customer, message.purpose
            runs.note(session, name, runs.Note(message.run, self.clock(), "changed", message.step, message.because))
            session.afterwards.append(self.changed)

    def reject(self, number: int, by: str, reason: str) -> None:
        because = _reason(reason)
        now = self.clock()
        with self.speaker.database.write() as session:
            message = messages.find(session, number)
            if message is None:
                raise MessageRefusedError(f"no message has the number {number}")
            if message.state == State.POSTED and not outbox.withdraw(session, message.key):
                raise MessageRefusedError("it has left already")
            if message.state not in (State.ASKED, State.POSTED):
                raise MessageRefusedError(f"{_WAITS}: it is {message.state}")
            self._answer(session, message, self._refusal(message, by, because, now), now)
            left = messages.find(session, number)
            if left is not None and left.state in messages.OPEN:  # the run had let go of it
                messages.save(session, replace(left, state=State.CANCELLED, because=because, ended_at=now))
            session.afterwards.append(self.changed)

    def _refusal(self, message: Message, by: str, because: str, now: int) -> Fact:
        """What a run hears of it: what is on its way already ends as taken back."""
        if message.state == State.POSTED:
            return Reported(now, message.run, message.step, End.CANCELLED, f"taken back by {by}: {because}")
        return Rejected(now, message.run, message.step, by, because)

    def _answer(self, session: Session, message: Message, fact: Fact, now: int) -> None:
        courses.apply(session, self.office, {(message.customer, message.purpose): [fact]}, now)

    # ------------------------------------------------------------------ everything

    def sending(self) -> port.Sending:
        settings = self.speaker.briefing.settings
        with self.speaker.database.read() as session:
            halt = messages.halted(session)
        stop = None if halt is None else port.StopLine(halt.at, halt.because, halt.by)
        if stop is not None:
            return port.Sending(
                can_send=False, because=f"everything was stopped by {stop.by}: {stop.because}", stop=stop
            )
        if settings.send != "all":
            because = f"sending to customers is switched off: KEEPWELL_SEND is {settings.send}"
            return port.Sending(can_send=False, because=because, stop=None)
        if settings.dry_run:
            because = "this is a dry run: KEEPWELL_DRY_RUN is true, so nothing leaves"
            return port.Sending(can_send=False, because=because, stop=None)
        only = f"only to {settings.send_to}" if settings.send_to.strip() else "to every contact that has agreed"
        return port.Sending(
            can_send=True,
            because=f"messages leave once they are approved, {only}, in the name of {settings.persona}",
            stop=None,
        )

    def stop(self, by: str, reason: str) -> None:
        because = _reason(reason)
        with self.speaker.database.write() as session:
            messages.halt(session, Halt(self.clock(), because, by))
            log.warning("everything to customers is stopped", by=by, because=because)
            session.afterwards.append(self.changed)

    def go_on(self, by: str) -> None:
        with self.speaker.database.write() as session:
            messages.go_on(session)
            log.warning("messages to customers may leave again", by=by)
            session.afterwards.append(self.changed)

    def unwanted(self, limit: int) -> Sequence[port.UnwantedLine]:
        with self.speaker.database.read() as session:
            found = messages.unwanted(session, limit)
        return [port.UnwantedLine(each.address, each.at, each.because, each.by) for each in found]


def _blocked(found: Blocked) -> port.BlockedLine:
    return port.BlockedLine(found.passage, found.start, found.end, found.reason.value, found.said, found.fact)


def _would_go(verdict: gate.Verdict) -> bool:
    """Whether an approval is all that it lacks, or time."""
    if verdict.state in (gate.State.SEND, gate.State.WAIT):
        return True
    return verdict.reason in (gate.Reason.NOT_APPROVED, gate.Reason.ALONE)


def _reason(given: str) -> str:
    """A reason that says something.

    Raises:
        MessageRefusedError: it is empty.
    """
    because = " ".join(given.split())[:LONGEST]
    if not because:
        raise MessageRefusedError("a reason is needed")
    return because
