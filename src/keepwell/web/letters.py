"""The page of a letter: whether it is genuine, and the way to get no more. For strangers, without a login.

Mail scanners open every link of a letter, so a GET changes nothing. A mail provider posts in its reader's name with one
click (RFC 8058), without cookies and from anywhere; so no session means anything here.
"""

from __future__ import annotations

import re

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from keepwell.base.errors import KeepwellError
from keepwell.runtime.limiting import Limits, network
from keepwell.runtime.ports.letters import LetterPage, Letters
from keepwell.web.api.asked import AnyBody
from keepwell.web.needs import open_to_all
from keepwell.web.site import Site
from keepwell.web.views.letters import letter as view_of

MISSES = "30/minute"
"""How many addresses that lead to no letter one network may ask for. Those that do are never refused."""
LONGEST = 4096
"""Bytes of a body that are looked at: a wish takes fewer than three hundred."""
HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "no-referrer"}
_WISH = re.compile(
    rb"(?:\A|&)List-Unsubscribe=One-Click\s*(?:&|\Z)"  # application/x-www-form-urlencoded
    rb"|name=\"?List-Unsubscribe\"?[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\nOne-Click\s",  # multipart/form-data
    re.IGNORECASE,
)


class NoSuchLetter(KeepwellError):
    """A letter that we did not send, or not inside of the product."""

    def __init__(self) -> None:
        super().__init__("There is no such letter.")


def add_routes(app: FastAPI, letters: Letters, site: Site) -> None:
    """The page of a letter, and what its button does."""
    limits = Limits()

    def answer(request: Request, found: LetterPage | None, *, refused: bool = False) -> Response:
        if found is None:
            limits.spend(MISSES, "letter", network(request.client.host if request.client else ""))
        status = 404 if found is None else 400 if refused else 200
        page = site.page(request, "letter.html", status=status, view=view_of(found, refused=refused))
        page.headers.update(HEADERS)
        return page

    @app.api_route("/letters/{token}", methods=["GET", "HEAD"], dependencies=[open_to_all()], include_in_schema=False)
    def letter(request: Request, token: str) -> Response:
        """Whether a letter is genuine."""
        return answer(request, letters.page(token))

    @app.post("/letters/{token}", dependencies=[open_to_all()], include_in_schema=False)
    def refuse_letters(request: Request, token: str, body: AnyBody) -> Response:
        """No more letters to its address, from now on."""
        if not _WISH.search(body[:LONGEST]):
            return answer(request, letters.page(token), refused=True)
        return answer(request, letters.refuse(token))
