"""Tasks as people see them, and what they do with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from keepwell.base.time import SECOND_US, to_datetime
from keepwell.interventions.facts import Called, Done, Fact, Rejected
from keepwell.interventions.playbook import ESCALATIONS, REPLY, Action
from keepwell.runtime import courses, replies
from keepwell.runtime.courses import Office
from keepwell.runtime.message_lines import sayable
from keepwell.runtime.ports import tasks as port
from keepwell.runtime.ports.expert import Expert
from keepwell.runtime.ports.tasks import TaskRefusedError
from keepwell.runtime.speaking import CannotWriteError, Speaker, Telling
from keepwell.store import lines, messages, runs, tasks
from keepwell.store.customers import ids_of, number_of
from keepwell.store.database import Session
from keepwell.store.messages import Message
from keepwell.store.tasks import Closing, Task

MOST: Final = 5000
CALL_S: Final = 30 * 60
LONGEST: Final = 500


@dataclass(frozen=True)
class StoredTasks:
    """Implements the `Tasks` port. `changed` is called once something is committed."""

    speaker: Speaker
    office: Office
    expert: Expert
    clock: Callable[[], int]
    changed: Callable[[], object]

    # ------------------------------------------------------------------ reading

    def part(self, wanted: port.TasksWanted, start: int, limit: int) -> port.TasksPart:
        with self.speaker.database.read() as session:
            customer = None
            if wanted.customer_id is not None:
                number = number_of(session, wanted.customer_id)
                customer = -1 if number is None else number
            found = tasks.listed(session, MOST, wanted.state, customer, wanted.action)
            found = [each for each in found if wanted.role in ("", *each.roles.split(","))]
            return port.TasksPart(self._lines(session, found[start : start + limit]), len(found))

    def _lines(self, session: Session, found: Sequence[Task]) -> list[port.TaskLine]:
        customers = sorted({each.customer for each in found})
        names = ids_of(session, customers)
        said = {number: lines.words(document) for number, document in lines.documents(session, customers)}
        numbers = runs.numbered(session, customers)
        return [self._line(session, each, (names, said), numbers) for each in found]

    def _line(
        self,
        session: Session,
        task: Task,
        about: tuple[Mapping[int, str], Mapping[int, lines.Words]],
        numbers: Mapping[tuple[int, str, int], int],
    ) -> port.TaskLine:
        name, words = about[0].get(task.customer, ""), about[1].get(task.customer)
        written = messages.of_step(session, _step(task))
        playbook = runs.playbook_of(session, (task.customer, task.purpose), task.run)
        known = self.office.playbooks.get(playbook)
        return port.TaskLine(
            id=task.id, customer_id=name, customer_name=(words.name if words is not None else "") or name,
            run=numbers.get((task.customer, task.purpose, task.run), 0), playbook=playbook,
            title=known.title if known is not None else playbook, step=task.step, action=task.action,
            audience=task.audience, roles=[each for each in task.roles.split(",") if each], priority=task.priority,
            objective=task.objective, because=task.because, message=None if written is None else written.id,
            held_out=bool(task.held_out), created_at=task.created_at, expires_at=task.expires_at, state=task.state,
            note=task.note, closed_at=task.closed_at, by=task.by or "",
        )  # fmt: skip

    def task(self, number: int) -> port.TaskPage | None:
        with self.speaker.database.read() as session:
            task = tasks.find(session, number)
            if task is None:
                return None
            (told,) = self._lines(session, [task])
        now = self.clock()
        try:
            telling: Telling | None = self.speaker.told(_as_message(task, now), now) if task.message else None
        except CannotWriteError:
            telling = None
        found = self.expert.diagnose(told.customer_id, now) if told.customer_id else None
        return port.TaskPage(
            line=told,
            script=_script(telling, task, now),
            facts=sayable(telling) if telling is not None else (),
            reach=_reach(telling),
            findings=[] if found is None else [each.title for each in found.diagnosis.heads],
        )

    # ------------------------------------------------------------------ what people do

    def close(self, number: int, by: str, note: str, *, done: bool = True) -> bool:
        said = " ".join(note.split())[:LONGEST]
        if not done and not said:
            raise TaskRefusedError("a reason is needed")
        now = self.clock()
        with self.speaker.database.write() as session:
            task = self._found(session, number)
            if task.state != tasks.State.OPEN:
                return False
            courses.apply(session, self.office, self._answered(session, task, (by, said, now), done=done), now)
            state = tasks.State.DONE if done else tasks.State.DROPPED
            tasks.close_anyway(session, number, Closing(state, now, by, said))
            session.afterwards.append(self.changed)
        return True

    def _answered(
        self, session: Session, task: Task, told: tuple[str, str, int], *, done: bool
    ) -> dict[runs.Name, list[Fact]]:
        """What runs hear when a task is closed. A brief that was read changes nothing."""
        by, said, now = told
        if task.step == REPLY:
            return replies.looked(session, task.customer, by, now)
        if Action(task.action) in ESCALATIONS:
            return {}
        done_by = Done(now, task.run, task.step, by)
        fact: Fact = done_by if done else Rejected(now, task.run, task.step, by, said)
        return {(task.customer, task.purpose): [fact]}

    def called(self, number: int, by: str, *, held: bool) -> None:
        now = self.clock()
        with self.speaker.database.write() as session:
            task = self._found(session, number)
            mine = [name for name in runs.courses(session, [task.customer]) if name[0] == task.customer]
            facts: dict[runs.Name, Sequence[Fact]] = {name: [Called(now, held=held)] for name in mine}
            if held:
                name = task.customer, task.purpose
                facts[name] = [*facts.get(name, ()), Done(now, task.run, task.step, by)]
            courses.apply(session, self.office, facts, now)
            if held:
                tasks.close_anyway(session, number, Closing(tasks.State.DONE, now, by, "the call was held"))
            session.afterwards.append(self.changed)

    def calendar(self, number: int, at: int) -> bytes | None:
        found = self.task(number)
        return None if found is None else _calendar(found, at, self.clock())

    def _found(self, session: Session, number: int) -> Task:
        task = tasks.find(session, number)
        if task is None:
            raise TaskRefusedError(f"no task has the number {number}")
        return task


def _step(task: Task) -> tasks.Step:
    return task.customer, task.purpose, task.run, task.step


def _as_message(task: Task, now: int) -> Message:
    """The script of a call is written like a message, and goes to nobody."""
    return Message(
        id=0, key="", name="", token="", customer=task.customer, purpose=task.purpose, run=task.run, step=task.step,
        playbook="", template=task.message, parts="", made_at=now, due_at=now, expires_at=task.expires_at,
    )  # fmt: skip


def _script(telling: Telling | None, task: Task, now: int) -> list[str]:
    """What to say, a paragraph each."""
    if telling is None:
        return []
    try:
        draft = telling.compose(_as_message(task, now))
    except CannotWriteError:
        return []
    return [each.text for each in (*draft.opening, *draft.paragraphs, *draft.ending)]


def _reach(telling: Telling | None) -> list[tuple[str, str]]:
    if telling is None:
        return []
    reached = telling.reached
    consent = "has agreed to messages" if reached.consents else "has not agreed to messages"
    name = reached.recipient.name or reached.contact
    return [(name, reached.address), ("Zone", reached.recipient.zone), ("Consent", consent)]


def _calendar(page: port.TaskPage, at: int, now: int) -> bytes:
    """A call as one event of iCalendar (RFC 5545)."""
    about = page.line
    told = [about.because, *page.script, *(f"{label}: {value}" for label, value in page.reach)]
    rows = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Keepwell//EN", "BEGIN:VEVENT", f"UID:task-{about.id}@keepwell",
        f"DTSTAMP:{_stamp(now)}", f"DTSTART:{_stamp(at)}", f"DTEND:{_stamp(at + CALL_S * SECOND_US)}",
        f"SUMMARY:{_escaped(f'Call {about.customer_name}')}", f"DESCRIPTION:{_escaped(chr(10).join(told))}",
        "END:VEVENT", "END:VCALENDAR",
    ]  # fmt: skip
    return "".join(f"{part}\r\n" for row in rows for part in _folded(row)).encode()


def _stamp(at: int) -> str:
    return to_datetime(at).strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    for plain, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r", ""), ("\n", "\\n")):
        text = text.replace(plain, written)
    return text


def _folded(row: str) -> list[str]:
    """Lines of at most 75 octets; what goes on begins with a space (RFC 5545, 3.1)."""
    found, line, size = [], "", 0
    for letter in row:
        width = len(letter.encode())
        if size + width > 74:
            found.append(line)
            line, size = " ", 1
        line, size = line + letter, size + width
    return [*found, line]
