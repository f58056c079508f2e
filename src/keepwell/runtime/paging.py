"""Alerts become letters to staff: whom to tell, by which channel, and what is said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from keepwell.alerts.alarms import Alarms
from keepwell.alerts.alert import Paged
from keepwell.alerts.incident import Began
from keepwell.alerts.rota import DUTY, OWNER, Person, on_duty, present
from keepwell.alerts.rule import Severity
from keepwell.base.time import DAY_US, HOUR_US
from keepwell.channels import words
from keepwell.channels.letter import Audience, Letter
from keepwell.channels.words import Notice
from keepwell.config.settings import Settings
from keepwell.runtime import alerting, delivering
from keepwell.runtime.alerting import Outcome
from keepwell.store import alerts, lines, log
from keepwell.store.alerts import Row
from keepwell.store.customers import ids_of
from keepwell.store.database import Session

AT_ONCE = (Severity.HIGH, Severity.CRITICAL)
"""Told as it happens; what is milder is in the digest of the day, and in the inbox."""
BY_LETTER = ("email", "slack", "apprise", "console")
WORTH_US = DAY_US  # a page that is older is not sent any more


DIGEST_HOUR = 7  # UTC, from which on the digest of the day is written


@dataclass(frozen=True)
class Desk:
    """Where letters are written: the staff, and where this server is found."""

    alarms: Alarms
    settings: Settings

    def link(self, number: int) -> str | None:
        """The page of an alert, when the address of this server is known."""
        base = self.settings.public_url
        return None if base is None else f"{base.rstrip('/')}/alerts/{number}"

    def incident(self, number: int) -> str | None:
        """The page of an incident."""
        base = self.settings.public_url
        return None if base is None else f"{base.rstrip('/')}/alerts/incidents/{number}"


def post(session: Session, desk: Desk, outcome: Outcome, now: int) -> int:
    """Put the letters of a turn into the outbox, in the caller's transaction; how many."""
    found = 0
    for number, name, paged in outcome.pages:
        row = alerts.row(session, number)
        if row is not None:
            told = notice(session, desk, row)
            for letter in _letters(desk, told, paged, (name[1], row.episode)):
                found += delivering.post(session, letter, now)
    return found


def notice(session: Session, desk: Desk, row: Row) -> Notice:
    """An alert as a person is told of it."""
    rule = desk.alarms.rules[row.rule]
    customer = ids_of(session, [row.customer]).get(row.customer, "")
    said = next((lines.words(document) for _, document in lines.documents(session, [row.customer])), None)
    owner = alerting.person_of(desk.alarms.rota, row.owner or (said.owner if said else ""))
    return Notice(
        alert=str(row.id),
        customer=customer,
        name=(said.name if said else "") or customer,
        kind=rule.alert,
        title=rule.title,
        severity=row.severity,
        because=row.because,
        evidence=row.lines(),
        threshold="" if row.threshold is None else f"{row.threshold:g} {row.unit}",
        ends=rule.ends,
        due_at=row.respond_by,
        owner=None if owner is None else desk.alarms.rota.people[owner].name,
        link=desk.link(row.id),
    )


def _letters(desk: Desk, told: Notice, paged: Paged, about: tuple[str, int]) -> Iterator[Letter]:
    """One for each channel of whom it goes to, and one for programs."""
    key = f"alert:{told.alert}:{about[1]}:{paged.number}"
    person = _person(desk, told, paged)
    mail = words.notice_mail(told)
    expires = paged.at + WORTH_US
    if person is not None and (paged.urgent or paged.severity in AT_ONCE):
        for channel in person.channels:
            if channel in BY_LETTER:
                yield Letter(
                    key=f"{key}:{channel}:{person.key}", audience=Audience.STAFF, channel=channel,
                    recipient=_address(person, channel), subject=mail.subject, text=mail.text, html=mail.html,
                    data={"blocks": words.slack_blocks(told)}, urgent=paged.urgent, because=paged.because,
                    expires_at=expires,
                )  # fmt: skip
    if desk.settings.webhook_url:
        event = "alert.escalated" if paged.level else "alert.opened"
        yield Letter(
            key=f"{key}:webhook", audience=Audience.STAFF, channel="webhook", recipient="webhook",
            subject=mail.subject, text=mail.text, data=words.webhook_body(told, event, paged.at),
            urgent=paged.urgent, because=paged.because, expires_at=expires,
        )  # fmt: skip


def _person(desk: Desk, told: Notice, paged: Paged) -> Person | None:
    """Whom a letter goes to; when that leads to nobody, whoever is on duty."""
    rota, role = desk.alarms.rota, paged.role
    if role == DUTY:
        return on_duty(rota, paged.at)
    key = alerting.person_of(rota, told.owner or "") if role == OWNER else role
    found = present(rota, key, paged.at) if key else None
    return found or on_duty(rota, paged.at)


def _address(person: Person, channel: str) -> str:
    return {"email": person.email, "slack": person.slack}.get(channel) or person.key


def tell_of(session: Session, desk: Desk, began: Began, number: int) -> int:
    """Tell who is on duty that something is the matter with everybody, once; how many letters."""
    person = on_duty(desk.alarms.rota, began.at)
    told = Notice(
        alert=f"incident-{number}", customer="everybody", name="Everybody", kind="incident", title="Incident",
        severity=str(Severity.HIGH), because=began.because, evidence=began.signal.evidence,
        ends="The signal is gone for an hour", link=desk.incident(number),
    )  # fmt: skip
    mail = words.notice_mail(told)
    found = 0
    for channel in () if person is None else person.channels:
        if channel in BY_LETTER and person is not None:
            letter = Letter(
                key=f"incident:{number}:{channel}:{person.key}", audience=Audience.STAFF, channel=channel,
                recipient=_address(person, channel), subject=mail.subject, text=mail.text, html=mail.html,
                because=began.because, expires_at=began.at + WORTH_US,
            )  # fmt: skip
            found += delivering.post(session, letter, began.at)
    return found


def write_digests(session: Session, desk: Desk, now: int) -> int:
    """Put the digests of the day into the outbox, each once; how many were new."""
    if log.mark(session, "digests") >= now // DAY_US:
        return 0
    letters = digests(session, desk, now)
    if letters:
        log.set_mark(session, "digests", now // DAY_US)
    return sum(delivering.post(session, letter, now) for letter in letters)


def digests(session: Session, desk: Desk, now: int) -> list[Letter]:
    """The digest of the day for everybody who is reached by mail, once it is time: open alerts, the worst first."""
    readers = [person for person in desk.alarms.rota.people.values() if _gets_digest(person)]
    if not readers or now % DAY_US < DIGEST_HOUR * HOUR_US:
        return []
    rows = alerts.listed(session, alerts.Wanted(statuses=("open",)), 500)
    told = [notice(session, desk, row) for row in rows]
    return [_digest(desk, person, told, now) for person in readers]


def _gets_digest(person: Person) -> bool:
    return "email" in person.channels and bool(person.email)


def _digest(desk: Desk, person: Person, told: Sequence[Notice], now: int) -> Letter:
    own = [each for each in told if each.owner == person.name]
    date = words.moment(now).rpartition(",")[0]
    counts = {severity: sum(each.severity == severity for each in own) for severity in words.SEVERITIES}
    base = desk.settings.public_url
    mail = words.digest_mail(words.Digest(date=date, notices=own, counts=counts, link=base and f"{base}/alerts"))
    return Letter(
        key=f"digest:{person.key}:{now // DAY_US}", audience=Audience.STAFF, channel="email",
        recipient=person.email, subject=mail.subject, text=mail.text, html=mail.html,
        because="the digest of the day", expires_at=now + WORTH_US,
    )  # fmt: skip
