"""The webhooks that are understood, by the name in their address: `/hooks/stripe`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from keepwell.sources.delivery import SIGNATURES, Delivery, Verify
from keepwell.sources.helius.parse import parse as helius
from keepwell.sources.hubspot.parse import parse as hubspot
from keepwell.sources.intercom.parse import parse as intercom
from keepwell.sources.mapper.parse import WebhookMap
from keepwell.sources.postmark.parse import parse as postmark
from keepwell.sources.sendgrid.parse import parse as sendgrid
from keepwell.sources.sent import Batch
from keepwell.sources.slack.interaction import challenge
from keepwell.sources.slack.parse import parse as slack
from keepwell.sources.standard_webhooks.parse import parse as standard_webhooks
from keepwell.sources.stripe.parse import parse as stripe
from keepwell.sources.typeform.parse import parse as typeform
from keepwell.sources.zendesk.parse import parse as zendesk

Parse = Callable[[Delivery], Batch]


@dataclass(frozen=True)
class Reply:
    """What a sender wants to hear."""

    body: str = ""
    content_type: str = "text/plain"
    status: int = 200


def _nothing(_: Delivery) -> Reply | None:
    """Most senders are content with any 2xx: Intercom for its ping, Zendesk for its test, HubSpot always."""
    return None


def _challenged(delivery: Delivery) -> Reply | None:
    asked = challenge(delivery)
    return None if asked is None else Reply(asked)


@dataclass(frozen=True)
class Webhook:
    """One webhook. A delivery is verified first; only then is it parsed, or replied to.

    Attributes:
        name: the last part of its address, and the name of its source.
        verify: refuses with `UnverifiedError` what none of the secrets has signed.
        parse: the events it brings; refuses with `BodyRefusedError` a body that cannot be read.
        reply: what to answer instead of an empty 200, when the sender asks for something. It refuses as `parse`.
    """

    name: str
    verify: Verify
    parse: Parse
    reply: Callable[[Delivery], Reply | None] = _nothing


_PARSERS: Mapping[str, Parse] = {
    "helius": helius,
    "hubspot": hubspot,
    "intercom": intercom,
    "postmark": postmark,
    "sendgrid": sendgrid,
    "slack": slack,
    "standard_webhooks": standard_webhooks,
    "stripe": stripe,
    "typeform": typeform,
    "zendesk": zendesk,
}
_REPLIES = {"slack": _challenged}

WEBHOOKS: Mapping[str, Webhook] = {
    name: Webhook(name, SIGNATURES[name].verify, parse, _REPLIES.get(name, _nothing))
    for name, parse in _PARSERS.items()
}


def mapped(name: str, reading: WebhookMap) -> Webhook:
    """A webhook of the installation's own, read by its map."""
    return Webhook(name, reading.signature.verify, reading.parse)
