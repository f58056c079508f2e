"""Transactions of Solana that Helius delivers.

https://www.helius.dev/docs/webhooks

A raw webhook brings them as `getTransaction` shows them, those that failed as well. An enhanced one never brings a
failure, and names nobody here: nothing of it is kept, so that no success rate is made of successes alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from keepwell.sources import payload
from keepwell.sources.delivery import Delivery
from keepwell.sources.payload import Fact, Item
from keepwell.sources.sent import Batch, Sent
from keepwell.sources.solana import transaction
from keepwell.sources.solana.transaction import Told

UNREAD = "helius.transaction"
NO_RESULT = "no result"


def parse(delivery: Delivery) -> Batch:
    """The transactions of a list. The account is found by the wallets that signed, the payer's first.

    Raises:
        BodyRefusedError: the body is not JSON.
    """

    def read(item: Item) -> Sequence[Sent]:
        told = transaction.read(item, "raw_webhook")
        who = payload.whose(None, *(("wallet", each) for each in told.signers))
        when = told.block_time or delivery.received_at  # a block of this minute has no time yet
        return payload.sent(who, when, _name(told), _fact(item, told))

    return payload.batch(payload.several(delivery.body), read)


def _name(told: Told) -> str | None:
    """The signature. What came without its result does not take it from what comes with it later."""
    if told.signature is None or told.properties is not None:
        return told.signature
    return f"{told.signature}:{NO_RESULT}"


def _fact(item: Item, told: Told) -> Fact:
    if told.properties is not None:
        return "transaction", told.properties
    return UNREAD, transaction.without_result(item, "raw_webhook")
