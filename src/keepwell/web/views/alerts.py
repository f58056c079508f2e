"""The inbox of alerts: one tab a state, narrowed by filters, the most pressing first, fifty to a page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from keepwell.alerts.alert import Status
from keepwell.base.errors import KeepwellError
from keepwell.runtime.ports.alerts import AlertsPart, Counts, IncidentLine, Wanted
from keepwell.web.views import alert_rows, links, words
from keepwell.web.views.alert_rows import SEVERITIES, AlertRow, Link
from keepwell.web.views.customers import Choice

PER_PAGE = 50
HELD_BACK = "held_back"
TABS = {
    Status.OPEN.value: "Open",
    Status.ACKNOWLEDGED.value: "Acknowledged",
    Status.SNOOZED.value: "Snoozed",
    Status.RESOLVED.value: "Resolved",
    HELD_BACK: "Not shown",
}
"""What the tabs are called. Those not shown are open too: the budget of the day holds them back."""
WHEN = {
    Status.OPEN.value: "React by",
    Status.ACKNOWLEDGED.value: "Answered",
    Status.SNOOZED.value: "Comes back",
    Status.RESOLVED.value: "Ended",
    HELD_BACK: "React by",
}
EMPTY = {
    Status.OPEN.value: "Nothing needs attention.",
    Status.ACKNOWLEDGED.value: "Nobody is taking care of an alert at the moment.",
    Status.SNOOZED.value: "No alert is snoozed.",
    Status.RESOLVED.value: "No alert has ended yet.",
    HELD_BACK: "Nothing is held back today.",
}
MEANING = {
    Status.SNOOZED.value: "They come back by themselves when their time is up.",
    HELD_BACK: "Open, and held back today: whoever owns them has more pressing ones. They compete again tomorrow.",
}
DONE = {
    "acknowledge": "acknowledged",
    "snooze": "snoozed",
    "unsnooze": "brought back",
    "resolve": "resolved",
    "reassign": "given to somebody else",
}
SPANS = (("1", "for 1 day"), ("3", "for 3 days"), ("7", "for a week"), ("date", "until the date"))


class UnknownAlertFilter(KeepwellError):
    """A state, severity, rule or owner that the inbox does not have."""

    def __init__(self, name: str, value: str) -> None:
        super().__init__(f"The list of alerts knows no {name} called {value[:40]!r}.")
        self.name = name
        self.value = value


@dataclass(frozen=True)
class Wish:
    """What the reader asked to see. `state` is a tab; the others narrow it, and empty means all."""

    state: str = Status.OPEN.value
    severity: str = ""
    rule: str = ""
    owner: str = ""
    customer: str = ""
    page: int = 1

    def href(self, **changed: str) -> str:
        """The address of this list with something changed; a change leads back to its first page."""
        asked = {name: getattr(self, name) for name in FILTERS} | changed
        if asked["state"] == Status.OPEN.value:
            del asked["state"]
        return links.alerts(**asked)

    @property
    def narrowed(self) -> bool:
        return bool(self.severity or self.rule or self.owner or self.customer)

    def wanted(self) -> Wanted:
        """What to ask the book for."""
        held_back = self.state == HELD_BACK
        open_ones = held_back or self.state == Status.OPEN.value
        return Wanted(
            states=(Status.OPEN.value if held_back else self.state,),
            customer_id=self.customer or None,
            rules=(self.rule,) if self.rule else (),
            severities=(self.severity,) if self.severity else (),
            owner=self.owner or None,
            shown=not held_back if open_ones else None,
        )


FILTERS = ("state", "severity", "rule", "owner", "customer")


def wish_of(address: str) -> Wish:
    """What an address of the inbox asks for; what it does not understand is left out."""
    found = parse_qs(urlsplit(address).query)

    def first(name: str, otherwise: str = "") -> str:
        return found.get(name, [otherwise])[0]

    return Wish(first("state", "open"), first("severity"), first("rule"), first("owner"), first("customer"))


@dataclass(frozen=True)
class Draft:
    """What somebody wanted done, and why it was not."""

    ids: Sequence[int] = ()
    reason: str = ""
    span: str = ""
    until: str = ""
    note: str = ""
    refused: str = ""


@dataclass(frozen=True)
class Select:
    """A filter of the list; each option is a value, what it is called, and whether it is chosen."""

    name: str
    label: str
    options: Sequence[tuple[str, str, bool]]


@dataclass(frozen=True)
class Known:
    """What can be chosen among: rules and staff, each as keys and what they are called."""

    rules: Sequence[tuple[str, str]]
    staff: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Banner:
    """An incident above the list."""

    href: str
    because: str
    held: str


@dataclass(frozen=True)
class Asking:
    """What the reader may do, and what was said. `said` is what was done, `now` the present."""

    may: bool
    now: int
    said: str = ""
    draft: Draft = field(default_factory=Draft)


@dataclass(frozen=True)
class Inbox:
    """The page. `acts` tells whether anything can be done with what is listed.

    When nothing is listed, `empty` says why, and `elsewhere` leads to what waits.
    """

    wish: Wish
    tabs: Sequence[Choice]
    selects: Sequence[Select]
    customer: str
    clear: str
    every: str
    summary: str
    meaning: str
    when: str
    rows: Sequence[AlertRow]
    banners: Sequence[Banner]
    incidents: str
    empty: str
    elsewhere: Link | None
    previous: str
    next: str
    position: str
    acts: bool
    snoozed: bool
    spans: Sequence[tuple[str, str]]
    back: str
    said: str
    draft: Draft


def check(wish: Wish, known: Known) -> None:
    """Refuse what the list does not have.

    Raises:
        UnknownAlertFilter: there is no such state, severity, rule or owner.
    """
    choices = {
        "state": tuple(TABS),
        "severity": tuple(key for key, _, _ in SEVERITIES),
        "rule": tuple(key for key, _ in known.rules),
        "owner": tuple(key for key, _ in known.staff),
    }
    for name, allowed in choices.items():
        value = getattr(wish, name)
        if value and value not in allowed:
            raise UnknownAlertFilter(name, value)


def page(
    found: tuple[AlertsPart, Counts], wish: Wish, known: Known, incidents: Sequence[IncidentLine], asking: Asking
) -> Inbox:
    """The page that was wished for."""
    part, counts = found
    pages = last_page(part.total)
    start = (wish.page - 1) * PER_PAGE
    held = alert_rows.incident_links(incidents)
    banners = [_banner(each) for each in incidents if each.ended_at is None]
    rows = [alert_rows.row(line, asking.now, held) for line in part.lines]
    waiting = _waiting(counts) if wish == Wish() else ""
    return Inbox(
        wish=wish, tabs=_tabs(counts, wish), selects=_selects(wish, known),
        customer=_customer(part, wish), clear=wish.href(customer=""), every=Wish(wish.state).href(),
        summary=_summary(start, len(rows), part.total), meaning=MEANING.get(wish.state, ""), when=WHEN[wish.state],
        rows=rows, banners=banners, incidents=_incidents(len(banners)),
        empty="No alert matches." if wish.narrowed else waiting or EMPTY[wish.state],
        elsewhere=(TABS[HELD_BACK], Wish(HELD_BACK).href()) if waiting else None,
        previous=wish.href(page=str(wish.page - 1)) if wish.page > 1 else "",
        next=wish.href(page=str(wish.page + 1)) if wish.page < pages else "",
        position=f"Page {wish.page} of {pages}",
        acts=asking.may and wish.state != Status.RESOLVED.value and bool(rows),
        snoozed=wish.state == Status.SNOOZED.value, spans=SPANS, back=wish.href(),
        said=asking.said, draft=asking.draft,
    )  # fmt: skip


def last_page(total: int) -> int:
    return max(1, math.ceil(total / PER_PAGE))


def said(deed: str, changed: int | None, until: int | None = None) -> str:
    """What was done, in words; nothing when the address does not say."""
    if changed is None or deed not in DONE:
        return ""
    if not changed:
        return "Nothing was changed: it is over already, or was so before."
    end = f" until {words.moment(until)}" if deed == "snooze" and until is not None else ""
    return f"{words.count(changed, 'alert')} {DONE[deed]}{end}."


def _summary(start: int, shown: int, total: int) -> str:
    if shown == total:
        return words.count(total, "alert")
    return f"{start + 1:,} to {start + shown:,} of {words.count(total, 'alert')}"


def _waiting(counts: Counts) -> str:
    """What is open although nothing is listed: the budget of the day holds it back."""
    verb = "waits" if counts.suppressed == 1 else "wait"
    return f"{words.count(counts.suppressed, 'alert')} {verb} until tomorrow." if counts.suppressed else ""


def _tabs(counts: Counts, wish: Wish) -> list[Choice]:
    numbers: Mapping[str, int] = {
        **counts.states,
        Status.OPEN.value: alert_rows.shown(counts),
        HELD_BACK: counts.suppressed,
    }
    return [Choice(label, wish.href(state=key), key == wish.state, numbers.get(key, 0)) for key, label in TABS.items()]


def _selects(wish: Wish, known: Known) -> list[Select]:
    choices = (
        ("severity", "Severity", [(key, label) for key, label, _ in SEVERITIES]),
        ("rule", "Rule", known.rules),
        ("owner", "Owner", known.staff),
    )
    return [
        Select(name, label, [("", "All", not chosen), *((key, said, key == chosen) for key, said in options)])
        for name, label, options in choices
        for chosen in [getattr(wish, name)]
    ]


def _customer(part: AlertsPart, wish: Wish) -> str:
    """The name of the only customer that is listed; its id when nothing is."""
    return part.lines[0].customer_name if wish.customer and part.lines else wish.customer


def _incidents(number: int) -> str:
    return f"{words.count(number, 'incident')} {'is' if number == 1 else 'are'} open" if number else ""


def _banner(line: IncidentLine) -> Banner:
    held = f"{words.count(line.held, 'alert')} held" if line.held else "no alerts held"
    return Banner(links.incident(line.id), line.because, held)
