"""The pages of alerts, and what people do with them. They work without JavaScript: a form, then the page again."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import FastAPI, Form, Path, Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from keepwell.base.errors import KeepwellError
from keepwell.base.time import DAY_US, from_datetime
from keepwell.runtime.ports.alerts import AlertRefusedError, Deed
from keepwell.runtime.ports.desk import Desk
from keepwell.web.needs import Role, needs, visitor
from keepwell.web.site import Site
from keepwell.web.views import alert_page, alert_rules, alerts, links
from keepwell.web.views.alerts import Asking, Draft, Known, Wish

INCIDENTS = 100  # shown on their page
ONE = re.compile(r"/alerts/([0-9]{1,18})")
LAST = from_datetime(dt.datetime(9999, 12, 31, tzinfo=dt.UTC))  # moments after it cannot be written
LONGEST_TEXT = 500  # characters of a reason or a note, as in the API
VERDICTS = ("useful", "false", "expected")
Text = Annotated[str, Query(max_length=200)]
Typed = Annotated[str, Field(max_length=2000)]
Number = Annotated[int, Path(ge=0, lt=2**63)]
Int64 = Annotated[int, Field(ge=0, lt=2**63)]
Moment = Annotated[int | None, Query(ge=0, lt=LAST)]


class NoSuchAlert(KeepwellError):
    """No alert has this number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"No alert has the number {number}.")


class NoSuchIncident(KeepwellError):
    """No incident has this number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"No incident has the number {number}.")


class NoSuchRule(KeepwellError):
    """No rule has this id."""

    def __init__(self, rule_id: str) -> None:
        super().__init__(f"No rule is called {rule_id[:80]!r}.")


class Acted(BaseModel):
    """The fields of the forms. `deed` is a kind of `Deed`, or the verdict of a resolution."""

    deed: Typed
    ids: Annotated[list[Int64], Field(max_length=500)] = []
    back: Typed = "/alerts"
    reason: Typed = ""
    span: Typed = ""
    until: Typed = ""
    note: Typed = ""
    owner: Typed = ""

    def draft(self, refused: str) -> Draft:
        return Draft(self.ids, self.reason, self.span, self.until, self.note, refused)


class Wished(BaseModel):
    """The parameters of the address of the inbox, and what the page says was just done."""

    state: Typed = "open"
    severity: Typed = ""
    rule: Typed = ""
    owner: Typed = ""
    customer: Typed = ""
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    done: Typed = ""
    changed: Annotated[int | None, Field(ge=0, lt=2**63)] = None
    until: Annotated[int | None, Field(ge=0, lt=LAST)] = None

    def wish(self) -> Wish:
        return Wish(self.state or "open", self.severity, self.rule, self.owner, self.customer.strip(), self.page)


@dataclass(frozen=True)
class Inbox:
    """What the routes of alerts work with."""

    desk: Desk
    site: Site

    def listed(self, request: Request, wish: Wish, said: str = "", draft: Draft | None = None) -> Response:
        """The inbox; past the last page it shows the last one.

        Raises:
            UnknownAlertFilter: there is no such state, severity, rule or owner.
        """
        book = self.desk.alerts
        known = Known([(each.id, each.title) for each in book.rules()], book.staff())
        alerts.check(wish, known)
        part = book.part(wish.wanted(), (wish.page - 1) * alerts.PER_PAGE, alerts.PER_PAGE)
        if not part.lines and wish.page > 1:
            wish = replace(wish, page=alerts.last_page(part.total))
            part = book.part(wish.wanted(), (wish.page - 1) * alerts.PER_PAGE, alerts.PER_PAGE)
        asking = self._asking(request, said, draft)
        view = alerts.page((part, book.counts()), wish, known, book.incidents(INCIDENTS), asking)
        return self.site.page(request, "alerts/inbox.html", status=422 if draft else 200, view=view)

    def one(self, request: Request, number: int, said: str = "", draft: Draft | None = None) -> Response:
        """The page of an alert.

        Raises:
            NoSuchAlert: the book does not hold it.
        """
        found = self.desk.alerts.alert(number)
        if found is None:
            raise NoSuchAlert(number)
        asking = self._asking(request, said, draft)
        view = alert_page.view(found, self.desk.alerts.staff(), self.desk.alerts.incidents(INCIDENTS), asking)
        return self.site.page(request, "alerts/alert.html", status=422 if draft else 200, view=view)

    def again(self, request: Request, acted: Acted, refused: AlertRefusedError) -> Response:
        """The page that a refused form came from, with what was typed."""
        draft = acted.draft(str(refused))
        found = ONE.fullmatch(acted.back)
        if found is not None:
            return self.one(request, int(found[1]), draft=draft)
        return self.listed(request, alerts.wish_of(acted.back), draft=draft)

    def _asking(self, request: Request, said: str, draft: Draft | None) -> Asking:
        return Asking(visitor(request).role >= Role.CSM, self.desk.clock(), said, draft or Draft())


def add_routes(app: FastAPI, desk: Desk, site: Site) -> None:
    inbox = Inbox(desk, site)
    _reading(app, inbox)
    _background(app, desk, site)
    _one(app, inbox)
    _acting(app, inbox)


def _reading(app: FastAPI, inbox: Inbox) -> None:
    @app.get("/alerts", dependencies=[needs(Role.VIEWER)])
    def alert_list(request: Request, asked: Annotated[Wished, Query()]) -> Response:
        return inbox.listed(request, asked.wish(), alerts.said(asked.done, asked.changed, asked.until))


def _background(app: FastAPI, desk: Desk, site: Site) -> None:
    """Incidents and rules."""

    @app.get("/alerts/incidents", dependencies=[needs(Role.VIEWER)])
    def incident_list(request: Request) -> Response:
        found = desk.alerts.incidents(INCIDENTS)
        rows = [alert_rules.incident(each) for each in found]
        return site.page(request, "alerts/incidents.html", rows=rows)

    @app.get("/alerts/incidents/{number}", dependencies=[needs(Role.VIEWER)])
    def incident_page(request: Request, number: Number) -> Response:
        found = desk.alerts.incident(number)
        if found is None:
            raise NoSuchIncident(number)
        return site.page(request, "alerts/incident.html", view=alert_rules.incident_page(found, desk.clock()))

    @app.get("/alerts/rules", dependencies=[needs(Role.VIEWER)])
    def rule_list(request: Request) -> Response:
        return site.page(request, "alerts/rules.html", rows=[alert_rules.rule(each) for each in desk.alerts.rules()])

    @app.get("/alerts/rules/{rule_id}", dependencies=[needs(Role.VIEWER)])
    def rule_page(request: Request, rule_id: str) -> Response:
        found = next((each for each in desk.alerts.rules() if each.id == rule_id), None)
        if found is None:
            raise NoSuchRule(rule_id)
        return site.page(request, "alerts/rule.html", view=alert_rules.rule(found))


def _one(app: FastAPI, inbox: Inbox) -> None:
    @app.get("/alerts/{number}", dependencies=[needs(Role.VIEWER)])
    def alert(
        request: Request, number: Number, done: Text = "", changed: int | None = None, until: Moment = None
    ) -> Response:
        return inbox.one(request, number, alerts.said(done, changed, until))


def _acting(app: FastAPI, inbox: Inbox) -> None:
    @app.post("/alerts/act", dependencies=[needs(Role.CSM)])
    def act(request: Request, acted: Annotated[Acted, Form()]) -> Response:
        """Do something with one alert or several, and go back to where the form was."""
        try:
            deed = _deed(acted, visitor(request).name, inbox.desk.clock)
            changed = inbox.desk.alerts.act(acted.ids, deed)
        except AlertRefusedError as refused:
            return inbox.again(request, acted, refused)
        return RedirectResponse(_back(acted.back, deed, changed), 303)


def _deed(acted: Acted, by: str, clock: Callable[[], int]) -> Deed:
    """What a form asks for.

    Raises:
        AlertRefusedError: nothing is selected, no day is chosen, or a text is too long.
    """
    if not acted.ids:
        raise AlertRefusedError("nothing is selected")
    for name, said in (("reason", acted.reason), ("note", acted.note)):
        if len(said) > LONGEST_TEXT:
            raise AlertRefusedError(f"a {name} has at most {LONGEST_TEXT} characters, and this one has {len(said):,}")
    if acted.deed in VERDICTS:
        return Deed("resolve", by, verdict=acted.deed, note=acted.note)
    if acted.deed == "snooze":
        return Deed("snooze", by, until=_until(acted, clock()), reason=acted.reason)
    return Deed(acted.deed, by, owner=acted.owner)


def _until(acted: Acted, now: int) -> int:
    """When a snooze ends: with the beginning of a day when one is filled in, otherwise some days from now."""
    if not acted.until.strip() and acted.span in {"1", "3", "7"}:
        return now + int(acted.span) * DAY_US
    try:
        return from_datetime(dt.datetime.combine(dt.date.fromisoformat(acted.until.strip()), dt.time(), dt.UTC))
    except ValueError:
        problem = f"the day has to be a date such as 2026-11-20, not {acted.until[:40]!r}"
        raise AlertRefusedError(problem) from None


def _back(address: str, deed: Deed, changed: int) -> str:
    """Where the form was, saying what was done."""
    done = {"done": deed.kind, "changed": changed} | ({} if deed.until is None else {"until": deed.until})
    inside = links.inside(address)
    place = inside if inside.startswith("/alerts") else "/alerts"
    return f"{place}{'&' if '?' in place else '?'}{urlencode(done)}"
