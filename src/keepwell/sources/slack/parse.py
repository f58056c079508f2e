"""Slack as a webhook: an interaction is read, and is no event, because it is about an alert and no customer."""

from __future__ import annotations

from keepwell.sources.delivery import Delivery
from keepwell.sources.sent import Batch
from keepwell.sources.slack.interaction import interaction


def parse(delivery: Delivery) -> Batch:
    """Nothing: a member of your own team did it, which says nothing about a customer.

    Raises:
        BodyRefusedError: the body is nothing that Slack sends.
    """
    interaction(delivery)
    return Batch((), ignored=1)
