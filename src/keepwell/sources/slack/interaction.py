"""What somebody did with a message or a form in Slack.

https://api.slack.com/reference/interaction-payloads
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs

import msgspec

from keepwell.sources import payload
from keepwell.sources.delivery import Delivery
from keepwell.sources.payload import at, table, word
from keepwell.sources.sent import BodyRefusedError


class Action(msgspec.Struct, frozen=True):
    """One element that was used: its ids, and the value of a button or of what was chosen."""

    action_id: str
    block_id: str | None = None
    value: str | None = None


class Interaction(msgspec.Struct, frozen=True):
    """One use of a message, a shortcut or a form.

    Attributes:
        kind: `block_actions`, `view_submission`, `shortcut`, and so on.
        user_id, team_id: who did it, as Slack calls them.
        actions: what was pressed or chosen.
        callback_id: which shortcut or form it was.
        state: what a form was filled with, by block and action.
        private_metadata: what we put into the form when it was opened.
        trigger_id: opens a form, for 3 seconds.
        response_url: where an answer may be written, for 30 minutes; "" when there is none, or it is not Slack's.
    """

    kind: str
    user_id: str
    team_id: str | None = None
    actions: tuple[Action, ...] = ()
    callback_id: str | None = None
    state: Mapping[str, object] = {}
    private_metadata: str = ""
    trigger_id: str | None = None
    response_url: str = ""


def interaction(delivery: Delivery) -> Interaction | None:
    """The interaction of a delivery; None when it is none, such as the challenge of Slack's events.

    Raises:
        BodyRefusedError: it is neither a form with a payload of JSON nor JSON.
    """
    given = _payload(delivery.body)
    kind, user = word(at(given, "type")), word(at(given, "user", "id"))
    if kind is None or user is None:
        return None
    answer = at(given, "response_url")
    metadata = at(given, "view", "private_metadata")
    return Interaction(
        kind=kind,
        user_id=user,
        team_id=word(at(given, "team", "id")),
        actions=tuple(_actions(given)),
        callback_id=word(at(given, "callback_id")) or word(at(given, "view", "callback_id")),
        state=table(given, "state", "values") or table(given, "view", "state", "values"),
        private_metadata=metadata if isinstance(metadata, str) else "",
        trigger_id=word(at(given, "trigger_id")),
        response_url=answer if isinstance(answer, str) and answer.startswith("https://hooks.slack.com/") else "",
    )


def challenge(delivery: Delivery) -> str | None:
    """What Slack wants to hear before it sends events; None when it asks for nothing.

    Raises:
        BodyRefusedError: as `interaction`.
    """
    given = _payload(delivery.body)
    return word(at(given, "challenge")) if at(given, "type") == "url_verification" else None


def _payload(body: bytes) -> object:
    if body[:1] in (b"{", b"["):
        return payload.decode(body)
    try:
        form = parse_qs(body.decode(), max_num_fields=20)
    except ValueError:
        form = {}
    if "payload" not in form:
        raise BodyRefusedError("The body is no form with a payload. Nothing of it was kept; send what Slack sends")
    return payload.decode(form["payload"][0].encode("utf-8", "surrogatepass"))


def _actions(given: object) -> list[Action]:
    found = []
    for each in payload.items(given, "actions"):
        name = word(at(each, "action_id"))
        value = word(at(each, "value")) or word(at(each, "selected_option", "value"))
        if name is not None:
            found.append(Action(name, word(at(each, "block_id")), value))
    return found
