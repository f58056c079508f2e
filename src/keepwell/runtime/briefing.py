"""Letters that interventions write: to the customer what was approved, to colleagues what they have to know or do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from keepwell.alerts.alarms import Alarms
from keepwell.alerts.rota import Person, on_duty, present
from keepwell.alerts.rule import Severity
from keepwell.channels import words
from keepwell.channels.letter import Audience, Letter, Personal
from keepwell.channels.words import Notice
from keepwell.config.settings import Settings
from keepwell.interventions.playbook import Action, Priority
from keepwell.outreach.draft import Draft
from keepwell.runtime import alerting, delivering
from keepwell.scores.bands import BANDS
from keepwell.store import alerts, findings, lines, messages, runs, tasks
from keepwell.store.customers import ids_of
from keepwell.store.database import Session
from keepwell.store.messages import Message
from keepwell.store.tasks import Task

BY_LETTER = ("email", "slack", "apprise", "console")
MOST = 3
"""Open alerts, and findings, in a brief."""
TOLD = 8
"""Lines of a run's history in a brief."""
_SEVERITY = {Priority.NORMAL: Severity.NORMAL, Priority.URGENT: Severity.HIGH, Priority.EMERGENCY: Severity.CRITICAL}
_TITLES = {
    Action.PHONE_CALL: "Call the customer",
    Action.CUSTOM_SOLUTION: "Develop a solution for the customer",
    Action.EXECUTIVE_ESCALATION: "A customer needs senior leadership",
    Action.EXECUTIVE_INVOLVEMENT: "A customer needs executives",
}


@dataclass(frozen=True)
class Briefing:
    """Writes letters into the outbox, in the caller's transaction; `posted` is called once it is committed."""

    settings: Settings
    alarms: Alarms
    posted: Callable[[], object]

    # ------------------------------------------------------------------ to the customer

    def letter(self, message: Message) -> Letter:
        """The letter of a message that is written, byte for byte as it goes out."""
        draft = msgspec.json.decode(message.draft, type=Draft)
        persona, page = self.settings.persona, self.page(message)
        body = [each.text for each in (*draft.opening, *draft.paragraphs, *draft.ending)]
        mail = words.personal(draft.subject.text, body, (), page)
        personal = Personal(
            name=persona, reply_to=self.settings.reply_to or "", page=page, automated=not message.needs_approval
        )
        return Letter(
            key=message.key, audience=Audience.CUSTOMER, channel=message.channel, recipient=message.recipient,
            subject=mail.subject, text=mail.text, html=mail.html, because=message.because,
            expires_at=message.expires_at, personal=personal,
        )  # fmt: skip

    def page(self, message: Message) -> str:
        """Where the receiver can check a letter; empty while the address of this server is not known."""
        base = self.settings.public_url
        return f"{base.rstrip('/')}/letters/{message.token}" if base else ""

    def post(self, session: Session, message: Message, now: int) -> None:
        """Put the letter of a message into the outbox."""
        letter = self.letter(message)
        before = messages.of_run(session, message.customer, message.purpose, message.run)
        answers = tuple(each.name for each in before if each.state == messages.State.SENT)
        if letter.personal is not None and answers:
            letter = msgspec.structs.replace(
                letter, personal=msgspec.structs.replace(letter.personal, answers=answers)
            )  # fmt: skip
        self._post(session, [letter], now)

    # ------------------------------------------------------------------ to colleagues

    def call(self, session: Session, step: tasks.Step, now: int) -> None:
        """Tell whose customer it is, or who is on duty, that a task cannot wait."""
        task = tasks.of_step(session, step)
        person = None if task is None else self._owner(session, task.customer, now)
        if task is not None and person is not None:
            self._post(session, self._letters(person, self._notice(session, task), f"task:{task.id}:{now}"), now)

    def brief(self, session: Session, step: tasks.Step, now: int) -> str:
        """Tell those who have the roles of a task, or whose customer it is; who was told, in words."""
        task = tasks.of_step(session, step)
        if task is None:
            return ""
        notice = self._notice(session, task)
        roles = task.roles.replace("_", " ").replace(",", ", ")
        known = self._in_roles(task, now)
        people = known or [each for each in [self._owner(session, task.customer, now)] if each]
        for person in people:
            self._post(session, self._letters(person, notice, f"task:{task.id}:{now}"), now)
        names = ", ".join(each.name for each in people) or "nobody"
        return f"given to {roles}: {names}" if known else f"nobody has the role {roles}: a task for {names}"

    def ask(self, session: Session, message: Message, now: int) -> None:
        """Tell who can approve it in Slack that a message waits; in the pages it is seen."""
        person = self._owner(session, message.customer, now)
        if person is None or "slack" not in person.channels:
            return
        draft = msgspec.json.decode(message.draft, type=Draft)
        link = self._link(f"messages/{message.id}")
        letter = Letter(
            key=f"ask:{message.id}:{message.digest[:16]}", audience=Audience.STAFF, channel="slack",
            recipient=person.slack, subject=f"To approve: {draft.subject.text}", text=draft.plain,
            data={"blocks": words.approval_blocks(message.id, message.digest, draft, link)},
            because="a message waits for an approval", expires_at=message.expires_at,
        )  # fmt: skip
        self._post(session, [letter], now)

    def _notice(self, session: Session, task: Task) -> Notice:
        name = ids_of(session, [task.customer]).get(task.customer, "")
        said = next((lines.words(document) for _, document in lines.documents(session, [task.customer])), None)
        title = _TITLES.get(Action(task.action), f"To do: {task.step.replace('_', ' ')}")
        run = runs.numbered(session, [task.customer]).get((task.customer, task.purpose, task.run))
        return Notice(
            alert=f"task-{task.id}", customer=name, name=(said.name if said else "") or name, kind=task.action,
            title=title + (" (held out of contact: do not write to them)" if task.held_out else ""),
            severity=str(_SEVERITY[Priority(task.priority)]), because=f"{task.objective}: {task.because}",
            evidence=[*_standing(session, task.customer), *(("So far", each) for each in _so_far(session, task))],
            ends="Somebody closes the task", due_at=task.expires_at,
            link=self._link(f"tasks/{task.id}") if run is not None else None,
        )  # fmt: skip

    def _letters(self, person: Person, notice: Notice, key: str) -> Iterator[Letter]:
        mail = words.notice_mail(notice)
        for channel in person.channels:
            if channel in BY_LETTER:
                address = {"email": person.email, "slack": person.slack}.get(channel) or person.key
                yield Letter(
                    key=f"{key}:{channel}:{person.key}", audience=Audience.STAFF, channel=channel, recipient=address,
                    subject=mail.subject, text=mail.text, html=mail.html, urgent=notice.severity == Severity.CRITICAL,
                    because=notice.because, expires_at=notice.due_at,
                )  # fmt: skip

    def _in_roles(self, task: Task, now: int) -> list[Person]:
        """Who has the roles of a task, each once, or who stands in for them."""
        rota = self.alarms.rota
        keys = [key for role in task.roles.split(",") for key in rota.roles.get(role, ())]
        found = [present(rota, key, now) for key in dict.fromkeys(keys)]
        return list({each.key: each for each in found if each is not None}.values())

    def _owner(self, session: Session, customer: int, now: int) -> Person | None:
        rota = self.alarms.rota
        owner = alerting.owners_of(session, [customer]).get(customer, "")
        key = alerting.person_of(rota, owner)
        return (present(rota, key, now) if key else None) or on_duty(rota, now)

    def _link(self, path: str) -> str | None:
        base = self.settings.public_url
        return None if base is None else f"{base.rstrip('/')}/{path}"

    def _post(self, session: Session, letters: Iterator[Letter] | Sequence[Letter], now: int) -> None:
        if sum(delivering.post(session, each, now) for each in letters):
            session.afterwards.append(self.posted)


def _standing(session: Session, customer: int) -> list[tuple[str, str]]:
    """How the customer stands: score, what it pays, what is open, what the Expert finds."""
    told: list[tuple[str, str]] = []
    for rows in lines.scored(session, [customer]):
        for row in rows:
            before = "" if np.isnan(row["before"]) else f", {row['before']:.0f} a week before"
            told.append(("Health score", f"{row['score']:.0f}, {_said(BANDS[int(row['band'])])}{before}"))
    for _, document in lines.documents(session, [customer]):
        paid = lines.words(document).mrr
        told += [] if np.isnan(paid) else [("Pays a month", f"{paid / 100:,.2f}")]
    wanted = alerts.Wanted(statuses=("open",), customer=customer)
    told += [("Open alert", each.because) for each in alerts.listed(session, wanted, MOST)]
    found = findings.holding(session, [customer])[:MOST]
    return told + [("The Expert finds", each.episode.said.title) for each in found]


def _said(name: str) -> str:
    return name.replace("_", " ")


def _so_far(session: Session, task: Task) -> list[str]:
    """What happened in the run, the oldest first."""
    told = [each for each in runs.lines_of(session, task.customer, 50) if each.run == task.run]
    mine = [each for each in told if each.purpose == task.purpose and each.step != task.step][:TOLD]
    return [f"{_said(each.step) or each.kind}: {each.because}" for each in reversed(mine)]
