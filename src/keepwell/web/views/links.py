"""Addresses inside the dashboard."""

from __future__ import annotations

from urllib.parse import quote, urlencode

INCIDENTS = "/alerts/incidents"
KNOWLEDGE = "/expert/knowledge"
PLAYBOOKS = "/playbooks"
FORESIGHT = "/foresight"


def customer(customer_id: str, **query: str) -> str:
    """The page of a customer. An id is any text; browsers swallow a path of dots."""
    if customer_id in {".", ".."}:
        return "/customers/?" + urlencode({"id": customer_id, **query})
    return f"/customers/{quote(customer_id, safe='')}" + _query(query)


def customers(**query: str) -> str:
    return "/customers" + _query(query)


def events(**query: str) -> str:
    return "/events" + _query(query)


def alerts(**query: str) -> str:
    return "/alerts" + _query(query)


def alert(number: int) -> str:
    return f"/alerts/{number}"


def incident(number: int) -> str:
    return f"{INCIDENTS}/{number}"


def rule(rule_id: str) -> str:
    return f"/alerts/rules/{quote(rule_id, safe='')}"


def fleet(**query: str) -> str:
    """What is said of everybody."""
    return "/expert" + _query(query)


def findings(entry_id: str, **query: str) -> str:
    """The customers of whom an entry is said now."""
    return "/expert/findings" + _query({"entry": entry_id, **query})


def expert(customer_id: str, *, panel: bool = False) -> str:
    """The diagnosis of a customer, whole or as a panel of the customer's page."""
    return ("/expert/panel" if panel else "/expert") + _query({"customer": customer_id})


def indicators(customer_id: str, *, panel: bool = False) -> str:
    """The crypto indicators of a customer, with all their weeks or as a panel of the customer's page."""
    return f"/expert/indicators{'/panel' if panel else ''}" + _query({"customer": customer_id})


def foresight(**query: str) -> str:
    """What is likely next of everybody."""
    return FORESIGHT + _query(query)


def foresight_panel() -> str:
    """The short version of it, for the overview."""
    return f"{FORESIGHT}/panel"


def foresight_report() -> str:
    """What forecasts were worth."""
    return f"{FORESIGHT}/report"


def outlook(customer_id: str, *, panel: bool = False) -> str:
    """What is likely next of a customer, as a page or as a panel of the customer's page."""
    return f"{FORESIGHT}/customer{'/panel' if panel else ''}" + _query({"customer": customer_id})


def knowledge(**query: str) -> str:
    """The knowledge base, or what was found in it."""
    return KNOWLEDGE + _query(query)


def entry(entry_id: str, **query: str) -> str:
    """One entry of the knowledge base."""
    return f"{KNOWLEDGE}/{quote(entry_id, safe='')}" + _query(query)


def runs(**query: str) -> str:
    return "/runs" + _query(query)


def run(number: int) -> str:
    return f"/runs/{number}"


def tasks(**query: str) -> str:
    return "/tasks" + _query(query)


def task(number: int) -> str:
    return f"/tasks/{number}"


def messages(**query: str) -> str:
    return "/messages" + _query(query)


def message(number: int) -> str:
    return f"/messages/{number}"


def playbook(name: str) -> str:
    return f"{PLAYBOOKS}/{quote(name, safe='')}"


def _query(query: dict[str, str]) -> str:
    given = {key: value for key, value in query.items() if value}
    return "?" + urlencode(given) if given else ""


def inside(address: str) -> str:
    """The address if it is a path of this site, else the start page."""
    local = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if local and address.isprintable() else "/"
