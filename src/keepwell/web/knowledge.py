"""The knowledge base as pages, and what people say of findings. It works without JavaScript: a form, then the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import FastAPI, Form, Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from keepwell.base.errors import KeepwellError
from keepwell.expert.judging import Verdict
from keepwell.expert.library import entry_id as written
from keepwell.runtime.ports.desk import Desk
from keepwell.runtime.ports.knowledge import Judged, VerdictRefusedError
from keepwell.web.needs import Role, Visitor, needs, visitor
from keepwell.web.pages import NoSuchCustomer
from keepwell.web.site import Site
from keepwell.web.views import knowledge, links, verdicts

LONGEST_QUERY = 1000  # characters that are shown again; a whole line of a log fits
Text = Annotated[str, Query()]
Typed = Annotated[str, Field(max_length=2000)]
Int64 = Annotated[int, Field(ge=0, lt=2**63)]


class NoSuchEntry(KeepwellError):
    """The knowledge base has no entry with this id."""

    def __init__(self, entry_id: str) -> None:
        super().__init__(f"The knowledge base has no entry {entry_id[:40]!r}.")


class NoSuchVerdict(KeepwellError):
    """Neither right nor wrong."""

    def __init__(self) -> None:
        super().__init__("A finding is right or wrong. Nothing was changed.")


class Said(BaseModel):
    """The fields of the form beneath a finding; `day` is that of what is withdrawn."""

    customer: Typed
    entry: Typed
    topic: Typed = ""
    verdict: Typed = ""
    note: Typed = ""
    as_of: Int64 = 0
    day: Int64 = 0

    def judged(self, who: Visitor) -> Judged:
        return Judged(self.customer, self.entry, self.topic, person_of(who))


def person_of(who: Visitor) -> str:
    """Who speaks; a program is never taken for a person of the same name."""
    return who.name if who.key is None else f"{who.name} (key {who.key})"


def asking(request: Request, now: int, as_of: int) -> verdicts.Asking:
    """Who reads findings, and whether they may judge them."""
    who = visitor(request)
    return verdicts.Asking(person_of(who), who.role >= Role.CSM, now, as_of)


def add_routes(app: FastAPI, desk: Desk, site: Site) -> None:
    """The knowledge base, and verdicts on findings."""
    _reading(app, desk, site)
    _judging(app, Forms(desk, site))


def _reading(app: FastAPI, desk: Desk, site: Site) -> None:
    book = desk.knowledge

    @app.get("/expert/knowledge", dependencies=[needs(Role.VIEWER)], include_in_schema=False)
    def knowledge_list(
        request: Request, q: Text = "", domain: Text = "", severity: Text = "", certainty: Text = ""
    ) -> Response:
        """The entries that a query finds, and errors of the tables; all entries without one."""
        asked = knowledge.wish(q[:LONGEST_QUERY], domain, severity, certainty)
        library = book.library()
        view = knowledge.page(library, library.index.search(asked.query), asked, book.accuracies())
        return site.page(request, "expert/knowledge.html", view=view)

    @app.get("/expert/knowledge/{entry_id}", dependencies=[needs(Role.VIEWER)], include_in_schema=False)
    def knowledge_entry(request: Request, entry_id: str, q: Text = "") -> Response:
        """All that is known of one entry, and what was said of its findings."""
        library = book.library()
        found = library.knowledge.entries.get(written(entry_id))
        if found is None:
            raise NoSuchEntry(entry_id)
        said = book.of_entry(found.id, knowledge.SHOWN_VERDICTS)
        view = knowledge.entry(library, found, book.accuracies(), said, q[:LONGEST_QUERY])
        return site.page(request, "expert/entry.html", view=view)


@dataclass(frozen=True)
class Forms:
    """What the routes of verdicts work with."""

    desk: Desk
    site: Site

    def answer(self, request: Request, said: Said, refused: str = "") -> Response:
        """The form again where only it was asked for or something was refused, else the way back to its finding."""
        part = request.headers.get("hx-request") == "true"
        if part or refused:
            lines = self.desk.knowledge.of_customer(said.customer)
            about, note = (said.customer, said.entry, said.topic), said.note if refused else ""
            asks = asking(request, self.desk.clock(), said.as_of)
            form = verdicts.form(about, lines, asks, note, refused)
            if part:  # htmx puts in place only what is no error
                return self.site.page(request, "expert/verdict.html", form=form)
            back = links.expert(said.customer)
            return self.site.page(request, "expert/refused.html", status=422, form=form, back=back)
        place = quote(verdicts.key(said.entry, said.topic))
        return RedirectResponse(f"{links.expert(said.customer)}#f-{place}", 303)


def _judging(app: FastAPI, forms: Forms) -> None:
    book = forms.desk.knowledge

    @app.post("/expert/verdicts", dependencies=[needs(Role.CSM)], include_in_schema=False)
    def judge(request: Request, said: Annotated[Said, Form()]) -> Response:
        """Say whether a finding is right, as the page told it that it was said on."""
        if said.verdict not in tuple(Verdict):
            raise NoSuchVerdict
        _known(forms.desk, said.customer)
        try:
            line = book.judge(said.judged(visitor(request)), Verdict(said.verdict), said.note, said.as_of or None)
        except VerdictRefusedError as refused:
            return forms.answer(request, said, refused.problem)
        if line is None:
            raise NoSuchCustomer(said.customer)
        return forms.answer(request, said)

    @app.post("/expert/verdicts/withdraw", dependencies=[needs(Role.CSM)], include_in_schema=False)
    def withdraw(request: Request, said: Annotated[Said, Form()]) -> Response:
        """Take back what was said on a day."""
        _known(forms.desk, said.customer)
        book.withdraw(said.judged(visitor(request)), said.day)
        return forms.answer(request, said)


def _known(desk: Desk, customer: str) -> None:
    if "\x00" in customer or desk.book.line(customer) is None:
        raise NoSuchCustomer(customer)
