"""The page of a written assessment, its Markdown, and the questions to a language model where there is one."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import FastAPI, Form, Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from keepwell.expert.consultation import Wish
from keepwell.expert.consultation_record import Context, Purpose, Urgency
from keepwell.expert.consultation_text import markdown
from keepwell.runtime.ports.consultation import QUESTION, Consulted
from keepwell.runtime.ports.desk import Desk
from keepwell.web.needs import Role, needs, visitor
from keepwell.web.pages import NoSuchCustomer
from keepwell.web.site import Site
from keepwell.web.views import consultation

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


class Wanted(BaseModel):
    """Of whom, and what for."""

    customer: Annotated[str, Field(max_length=200)]
    purpose: Purpose = Purpose.IDENTIFY
    context: Context = Context.DECLINE
    urgency: Urgency = Urgency.NORMAL

    @property
    def wish(self) -> Wish:
        return Wish(self.purpose, self.context, self.urgency)


class Question(Wanted):
    """What a model is asked; nothing asks for the short version."""

    question: Annotated[str, Field(max_length=QUESTION)] = ""


def add_routes(app: FastAPI, desk: Desk, site: Site) -> None:
    @app.get("/expert/consultation", dependencies=[needs(Role.VIEWER)], include_in_schema=False)
    def consultation_page(request: Request, wanted: Annotated[Wanted, Query()]) -> Response:
        """The written assessment of a customer."""
        name, found = _known(desk, wanted.customer), desk.consultant.consult(wanted.customer, wanted.wish, None)
        return _page(request, site, _there(found, wanted), (name, _asks(request, desk), ""))

    @app.get("/expert/consultation/markdown", dependencies=[needs(Role.VIEWER)], include_in_schema=False)
    def consultation_markdown(wanted: Annotated[Wanted, Query()]) -> Response:
        """The same as Markdown, to keep."""
        name, found = _known(desk, wanted.customer), desk.consultant.consult(wanted.customer, wanted.wish, None)
        text = markdown(_there(found, wanted).assessment, name)
        file = f"assessment-{_UNSAFE.sub('-', wanted.customer)[:80].strip('-') or 'customer'}.md"
        headers = {"Content-Disposition": f'attachment; filename="{file}"', "Cache-Control": "private, no-cache"}
        return Response(text, media_type="text/markdown; charset=utf-8", headers=headers)

    if desk.consultant.has_model:
        _questions(app, desk, site)


def _questions(app: FastAPI, desk: Desk, site: Site) -> None:
    @app.post("/expert/consultation", dependencies=[needs(Role.CSM)], include_in_schema=False)
    def ask(request: Request, asked: Annotated[Question, Form()]) -> Response:
        """The assessment again, with what a model says beside it."""
        name, question = _known(desk, asked.customer), asked.question.strip()
        if question:
            found = desk.consultant.answer(asked.customer, asked.wish, question)
        else:
            found = desk.consultant.phrase(asked.customer, asked.wish)
        return _page(request, site, _there(found, asked), (name, True, question))


def _asks(request: Request, desk: Desk) -> bool:
    """Whether the reader may ask a model."""
    return desk.consultant.has_model and visitor(request).role >= Role.CSM


def _known(desk: Desk, customer: str) -> str:
    """The customer's name.

    Raises:
        NoSuchCustomer: the book does not hold it.
    """
    line = desk.book.line(customer) if "\x00" not in customer else None
    if line is None:
        raise NoSuchCustomer(customer)
    return line.name


def _there(found: Consulted | None, wanted: Wanted) -> Consulted:
    if found is None:
        raise NoSuchCustomer(wanted.customer)
    return found


def _page(request: Request, site: Site, found: Consulted, about: tuple[str, bool, str]) -> Response:
    name, asks, question = about
    view = consultation.view(found, name, asks=asks, question=question)
    return site.page(request, "expert/consultation.html", view=view)
