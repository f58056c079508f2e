"""Alerts in words: mail, Slack and webhook from plain data. Nothing is read and nothing is sent here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import mrml
import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined

from keepwell.base.time import to_datetime, to_rfc3339
from keepwell.channels.letter import Letter
from keepwell.channels.slack import escaped
from keepwell.outreach.draft import Draft

SEVERITIES = ("critical", "high", "normal", "low")
"""The worst first, as they are shown."""
COLOURS = {"critical": "#b3261e", "high": "#b45309", "normal": "#475569", "low": "#64748b"}
SHOWN = 50  # of one severity in a digest, or messages in a group
HEADER_MOST = 150  # characters of a heading in Slack
SECTION_MOST = 3000
FIELDS_MOST = 10

_templates = Environment(
    loader=PackageLoader("keepwell.channels"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True,
)  # fmt: skip


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One alert, as a person is told of it.

    Attributes:
        alert: its id; buttons carry it.
        customer: the customer's id.
        name: the customer's name.
        kind: type of the alert, as `at_risk_alert`.
        severity: one of `SEVERITIES`.
        evidence: what was measured: labels and values.
        threshold: what it was held against.
        ends: what ends the alert.
        due_at: microseconds by which somebody has to react.
        link: the page of the alert.
    """

    alert: str
    customer: str
    name: str
    kind: str
    title: str
    severity: str
    because: str
    evidence: Sequence[tuple[str, str]] = ()
    threshold: str = ""
    ends: str = ""
    due_at: int | None = None
    owner: str | None = None
    link: str | None = None

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Everything to be listed below the reason, as label and value."""
        due = [] if self.due_at is None else [("React by", moment(self.due_at))]
        said = [("Threshold", singular(self.threshold)), ("Ends", self.ends), ("Owner", self.owner or "")]
        return [*self.evidence, *(pair for pair in said if pair[1]), *due]

    @property
    def subject(self) -> str:
        return f"{self.severity.capitalize()}: {self.name}: {self.title}"


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    """The alerts of a day.

    Attributes:
        date: as it is shown.
        counts: alerts by severity, which may be more than are listed.
        link: the page of all alerts.
    """

    date: str
    notices: Sequence[Notice]
    counts: Mapping[str, int]
    link: str | None = None

    @property
    def subject(self) -> str:
        return f"Alerts of {self.date}: {self.summary}"

    @property
    def summary(self) -> str:
        """How many there are of each severity."""
        told = [f"{self.counts[each]} {each}" for each in SEVERITIES if self.counts.get(each)]
        return ", ".join(told) or "none"

    @property
    def groups(self) -> list[tuple[str, list[Notice], int]]:
        """Severity, the alerts shown, and how many more there are; the worst first, and none that is empty."""
        found = []
        for severity in SEVERITIES:
            listed = [each for each in self.notices if each.severity == severity]
            shown = listed[:SHOWN]
            more = max(self.counts.get(severity, 0), len(listed)) - len(shown)
            if shown or more:
                found.append((severity, shown, more))
        return found


class Mail(msgspec.Struct, frozen=True):
    """A mail in words."""

    subject: str
    text: str
    html: str


def singular(measure: str) -> str:
    """A measure with its unit in the number that it needs: "1 tickets" is "1 ticket"."""
    number, gap, unit = measure.partition(" ")
    return f"{number}{gap}{unit.removesuffix('s')}" if number == "1" else measure


def moment(instant_us: int) -> str:
    """A moment as it is shown, for example `23 Nov 2026, 10:30 UTC`."""
    found = to_datetime(instant_us)
    return f"{found.day} {found:%b %Y, %H:%M} UTC"


# ---------------------------------------------------------------------- mail


def notice_mail(notice: Notice) -> Mail:
    """The mail about one alert."""
    lines = [notice.title, f"{notice.name} ({notice.customer})", "", notice.because]
    lines += ["", *(f"{label}: {value}" for label, value in notice.facts)]
    lines += ["", f"Open: {notice.link}"] if notice.link else []
    return Mail(notice.subject, "\n".join(lines) + "\n", _html("notice.mjml", notice=notice))


def digest_mail(digest: Digest) -> Mail:
    """The mail about the alerts of a day."""
    lines = [f"Alerts of {digest.date}: {digest.summary}"]
    for severity, shown, more in digest.groups:
        lines += ["", severity.upper()]
        for each in shown:
            lines += [f"- {each.name}: {each.title}", f"  {each.because}"]
            lines += [f"  {each.link}"] if each.link else []
        lines += [f"  and {more} more"] if more else []
    lines += ["", f"All alerts: {digest.link}"] if digest.link else []
    return Mail(digest.subject, "\n".join(lines) + "\n", _html("digest.mjml", digest=digest))


def _html(template: str, **facts: object) -> str:
    """MJML with every value escaped, made into HTML that mail programs show alike."""
    return mrml.to_html(_templates.get_template(template).render(colours=COLOURS, **facts)).content


# ---------------------------------------------------------------------- Slack


def slack_blocks(notice: Notice) -> list[dict[str, Any]]:
    """Blocks with the buttons Acknowledge and Snooze, which carry the alert's id."""
    reason = f"*{escaped(notice.name)}* ({escaped(notice.customer)})\n{escaped(notice.because)}"
    heading = _cut(f"{notice.severity.capitalize()}: {notice.title}", HEADER_MOST)
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": heading}},
        {"type": "section", "text": {"type": "mrkdwn", "text": _cut(reason, SECTION_MOST)}},
    ]
    fields = [
        {"type": "mrkdwn", "text": _cut(f"*{escaped(label)}*\n{escaped(value)}", 2000)} for label, value in notice.facts
    ]
    if fields:
        blocks.append({"type": "section", "fields": fields[:FIELDS_MOST]})
    return [*blocks, {"type": "actions", "block_id": "alert", "elements": _buttons(notice)}]


def _buttons(notice: Notice) -> list[dict[str, Any]]:
    buttons: list[dict[str, Any]] = [
        {"type": "button", "action_id": action, "value": notice.alert, "text": {"type": "plain_text", "text": label}}
        for action, label in (("acknowledge", "Acknowledge"), ("snooze", "Snooze"))
    ]
    buttons[0]["style"] = "primary"
    if notice.link:
        text = {"type": "plain_text", "text": "Open"}
        buttons.append({"type": "button", "action_id": "open", "url": notice.link, "text": text})
    return buttons


def approval_blocks(number: int, digest: str, draft: Draft, link: str | None) -> list[dict[str, Any]]:
    """Blocks with a message that waits, as it would go out, and buttons that carry its number and digest."""
    value = f"{number}:{digest}"
    buttons: list[dict[str, Any]] = [
        {"type": "button", "action_id": action, "value": value, "text": {"type": "plain_text", "text": label}}
        for action, label in (("approve", "Approve"), ("reject", "Reject"))
    ]
    buttons[0]["style"] = "primary"
    if link:
        buttons.append(
            {"type": "button", "action_id": "open", "url": link, "text": {"type": "plain_text", "text": "Open"}}
        )
    return [
        {"type": "header", "text": {"type": "plain_text", "text": _cut(draft.subject.text, HEADER_MOST)}},
        {"type": "section", "text": {"type": "plain_text", "text": _cut(draft.plain, SECTION_MOST)}},
        {"type": "actions", "block_id": "message", "elements": buttons},
    ]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


# ---------------------------------------------------------------------- webhooks


def webhook_body(notice: Notice, event: str, at: int) -> dict[str, Any]:
    """The body of a webhook: what happened (as `alert.opened`), when, and the alert."""
    data = {
        "alert": notice.alert,
        "customer": {"id": notice.customer, "name": notice.name},
        "type": notice.kind,
        "title": notice.title,
        "severity": notice.severity,
        "because": notice.because,
        "evidence": [{"label": label, "value": value} for label, value in notice.evidence],
        "threshold": singular(notice.threshold),
        "ends": notice.ends,
        "due_at": None if notice.due_at is None else to_rfc3339(notice.due_at),
        "owner": notice.owner,
        "link": notice.link,
    }
    return {"type": event, "timestamp": to_rfc3339(at), "data": data}


# ---------------------------------------------------------------------- groups


def grouped(letters: Sequence[Letter]) -> Mail:
    """Several messages to one receiver in one."""
    shown, more = letters[:SHOWN], max(len(letters) - SHOWN, 0)
    lines = [f"{len(letters)} messages that came too close together to be sent one by one."]
    for each in shown:
        lines += ["", f"- {each.subject}", *(f"  {line}" for line in each.text.splitlines())]
    lines += ["", f"and {more} more, in Keepwell's outbox"] if more else []
    return Mail(f"{len(letters)} messages", "\n".join(lines) + "\n", _html("group.mjml", letters=shown, more=more))


BULLET = "• "
"""Begins a line that is an item of a list."""
ASKED = "Is this letter really from us? You do not want such letters?"
"""What leads to the page of a letter."""


def personal(subject: str, paragraphs: Sequence[str], small: Sequence[str], page: str) -> Mail:
    """A letter to a customer from its passages, as they were approved.

    Args:
        subject: one line.
        paragraphs: plain text; lines that begin with a bullet are items of a list.
        small: lines beneath it.
        page: where it can be checked and unsubscribed from; empty for none.
    """
    foot = [*small, *([f"{ASKED} {page}"] if page else [])]
    text = "\n\n".join([*paragraphs, *(["-- \n" + "\n".join(foot)] if foot else [])]) + "\n"
    blocks = [_block(each) for each in paragraphs]
    return Mail(
        subject, text, _html("personal.mjml", subject=subject, blocks=blocks, small=small, page=page, asked=ASKED)
    )


def _block(paragraph: str) -> Mapping[str, Any]:
    """A paragraph, or a lead and its list."""
    lines = paragraph.splitlines()
    items = [line.removeprefix(BULLET) for line in lines if line.startswith(BULLET)]
    return {"text": "\n".join(line for line in lines if not line.startswith(BULLET)), "listed": items}
