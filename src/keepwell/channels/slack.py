"""Slack: by an incoming webhook, or by a bot's token and `chat.postMessage`.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
https://docs.slack.dev/reference/methods/chat.postMessage
"""

from __future__ import annotations

from typing import Any

import msgspec

from keepwell.channels.guarded import Answer, Door, refusal
from keepwell.channels.letter import Failed, Letter, Receipt, Sent, Uncertain

API = "https://slack.com/api/chat.postMessage"
TEXT_MOST = 3000
REPLY_BYTES = 256 * 1024  # a reply repeats the message

# What Slack says of the message or its channel: the same again would be refused again.
_NEVER = frozenset((
    "channel_not_found", "invalid_blocks", "invalid_blocks_format", "is_archived", "msg_blocks_too_long",
    "msg_too_long", "no_text", "not_in_channel", "restricted_action",
))  # fmt: skip
_UNKNOWN = frozenset(("fatal_error", "internal_error", "request_timeout"))  # it may have been posted all the same


class _Reply(msgspec.Struct):
    ok: bool
    ts: str = ""
    error: str = "unknown"


class IncomingWebhook:
    """Posts to the one channel that the address stands for; a recipient is a name for the outbox only."""

    def __init__(self, url: str, door: Door) -> None:
        self._url, self._door = url, door

    def send(self, letter: Letter) -> Receipt:
        answer = _post(self._door, self._url, message(letter), "")
        if isinstance(answer, Failed | Uncertain):
            return answer
        return refusal(answer) or Sent(letter.name)


class Bot:
    """Posts as a bot to the channel or person that the recipient names, as `C0123456789`."""

    def __init__(self, token: str, door: Door, api: str = API) -> None:
        self._token, self._door, self._api = token, door, api

    def send(self, letter: Letter) -> Receipt:
        body = {**message(letter), "channel": letter.recipient}
        answer = _post(self._door, self._api, body, self._token)
        if isinstance(answer, Failed | Uncertain):
            return answer
        return refusal(answer) or _receipt(answer)


def message(letter: Letter) -> dict[str, Any]:
    """A message as Slack reads it: its blocks, and the text for notifications and for those without blocks."""
    blocks = list(letter.data.get("blocks", ()))
    if not blocks:
        return {"text": escaped(f"{letter.title}\n{letter.text}")[:TEXT_MOST]}
    if letter.repeat:
        note = "Possible repeat: it is not known whether this arrived before."
        blocks.insert(0, {"type": "context", "elements": [{"type": "plain_text", "text": note}]})
    return {"text": escaped(letter.title), "blocks": blocks}


def escaped(text: str) -> str:
    """Text that means only itself. https://docs.slack.dev/messaging/formatting-message-text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _post(door: Door, url: str, body: dict[str, Any], token: str) -> Answer | Failed | Uncertain:
    headers = {"content-type": "application/json; charset=utf-8"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    return door.post(url, msgspec.json.encode(body), headers, REPLY_BYTES)


def _receipt(answer: Answer) -> Receipt:
    """What a reply with status 200 says. One that cannot be read is at least the reply to something that arrived."""
    try:
        reply = msgspec.json.decode(answer.body, type=_Reply)
    except msgspec.DecodeError:
        return Uncertain("the reply of Slack cannot be read")
    if reply.ok:
        return Sent(reply.ts)
    if reply.error in _UNKNOWN:
        return Uncertain(f"Slack answered {reply.error}")
    return Failed(f"Slack answered {reply.error}", permanent=reply.error in _NEVER)
