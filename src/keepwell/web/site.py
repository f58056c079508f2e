"""Templates and assets: turns a view into a page."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from keepwell.web.assets import Assets
from keepwell.web.needs import Role, Visitor, visitor
from keepwell.web.views import words
from keepwell.web.views.alert_rows import Badge, badge
from keepwell.web.views.links import FORESIGHT

HERE = Path(__file__).parent
THEME_COOKIE = "keepwell_theme"
THEMES = ("system", "dark", "light")  # the order in which the button goes round
ASKED = ("GET", "HEAD")
"""Methods of a page that has an address: it can be fetched again, and follow what happens."""
INBOX = "/alerts"
NAVIGATION = (
    *(("/", "Overview"), (INBOX, "Alerts"), ("/messages", "Interventions"), ("/customers", "Customers")),
    *(("/expert", "Expert"), (FORESIGHT, "Foresight"), ("/events", "Events"), ("/sources", "Sources")),
)
BESIDE = {"/tasks": "/messages", "/runs": "/messages", "/playbooks": "/messages"}
"""Addresses that belong to an entry of the navigation without lying under it."""
FOR_ADMINS = (("/settings", "Settings"),)


class Site:
    """Everything that pages have in common.

    `persona` is whom they greet by a login link; nobody when it is empty. `pressing` counts alerts for the navigation.
    """

    def __init__(self, persona: str = "", pressing: Callable[[], int] | None = None) -> None:
        self._pressing = pressing
        self.assets = Assets(HERE / "static")
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(pct=lambda share: f"{share * 100:.2f}%", date=words.date)
        self._templates.globals.update(asset=self.assets.url)
        self._persona = persona

    def page(self, request: Request, template: str, *, status: int = 200, **context: object) -> HTMLResponse:
        """A page, never kept by caches that others share."""
        who = visitor(request)
        html = self._templates.get_template(template).render(
            **context,
            who=who,
            greeted=self._persona if who.by_link else who.name,
            navigation=NAVIGATION + (FOR_ADMINS if who.role >= Role.ADMIN else ()),
            inbox=INBOX,
            badge=self._badge(who, status),
            here=_entry(request.url.path),
            address=_address(request),
            asked=request.method in ASKED,
            theme=theme(request),
            next_theme=THEMES[(THEMES.index(theme(request)) + 1) % len(THEMES)],
        )
        return HTMLResponse(html, status, headers={"Cache-Control": "private, no-cache"})

    def _badge(self, who: Visitor, status: int) -> Badge:
        """Nothing for strangers, nor where something broke: the page that says so must not ask the store."""
        asks = self._pressing is not None and who.role >= Role.VIEWER and status < HTTPStatus.INTERNAL_SERVER_ERROR
        return badge(self._pressing()) if self._pressing is not None and asks else Badge("", "")


def theme(request: Request) -> str:
    """The reader's choice, or "system" when there is none."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else THEMES[0]


def _entry(path: str) -> str:
    """The first part of a path, of the entry of the navigation to which it belongs."""
    first = "/" + path[1:].partition("/")[0]
    return BESIDE.get(first, first)


def _address(request: Request) -> str:
    """Where this page is, to come back to it. The answer to a form that was refused has no address."""
    if request.method not in ASKED:
        return "/"
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")
