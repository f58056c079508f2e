"""Raw transactions of Solana, as `getTransaction` shows them.

https://www.helius.dev/docs/webhooks

Only what the chain itself says is read: which transaction, when, paid by whom, and whether and how it failed.
"""

from __future__ import annotations

from collections.abc import Sequence

from keepwell.sources import payload
from keepwell.sources.delivery import Delivery
from keepwell.sources.payload import Fact, Item, at, present, table, word
from keepwell.sources.sent import Batch, Sent

CHAIN = "solana"


def parse(delivery: Delivery) -> Batch:
    """The transactions of a list. The account is found by the wallet that paid the fee.

    Raises:
        BodyRefusedError: the body is not JSON.
    """

    def read(item: Item) -> Sequence[Sent]:
        signature, payer = _signature(item), _payer(item)
        who = payload.whose(None, ("wallet", payer))
        when = item.get("blockTime") or delivery.received_at  # a block of this minute has no time yet
        return payload.sent(who, when, signature, _fact(item, signature, payer))

    return payload.batch(payload.several(delivery.body), read)


def _signature(item: Item) -> str | None:
    return word(at(item, "transaction", "signatures", 0))


def _payer(item: Item) -> str | None:
    """The first account pays the fee. Parsed messages have objects where plain ones have addresses."""
    first = at(item, "transaction", "message", "accountKeys", 0)
    return word(at(first, "pubkey") if isinstance(first, dict) else first)


def _fact(item: Item, signature: str | None, payer: str | None) -> Fact:
    said = present(chain=CHAIN, tx_hash=signature, slot=item.get("slot"), fee_payer=payer)
    meta = table(item, "meta")
    if signature is None or "err" not in meta:  # an enhanced webhook, or a node that kept no result: not to be guessed
        return "helius.transaction", said
    failure = meta["err"]
    status = "succeeded" if failure is None else "failed"
    return "transaction", present(**said, status=status, error=None if failure is None else _error(failure))


def _error(failure: object) -> str:
    """`AccountInUse`, or the JSON of an error with its instruction and code."""
    return (failure if isinstance(failure, str) else payload.as_json(failure))[:1000]
