"""Transactions: what was sent, what landed, what failed, and what was paid for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from keepwell.base.time import SECOND_US
from keepwell.expert.case import Seen
from keepwell.expert.formulas import landing_share
from keepwell.expert.reading.tables import Tables
from keepwell.expert.scope import Topic
from keepwell.expert.telemetry.domain import Domain
from keepwell.expert.telemetry.outcomes import (
    EXPIRED,
    FAILED,
    OK,
    REJECTED,
    UNKNOWN,
    Attempt,
    Feed,
    attempts,
    best,
)
from keepwell.expert.telemetry.record import Record
from keepwell.expert.telemetry.seen import ANSWERS, Mark, of_answer
from keepwell.expert.telemetry.tally import Tally, Trial, counted, used
from keepwell.expert.telemetry.values import amount, last, middle, ratio, text, whole

DEFAULT_LIMIT: Final = 200_000
LARGEST_LIMIT: Final = 1_400_000
"""Compute units of an instruction and at most of a transaction that asks for no limit. Source: agave compute-budget."""

WEBHOOKS: Final = frozenset({Feed.RAW, Feed.ENHANCED})
NAMED: Final = frozenset({Feed.CLIENT, Feed.POLL})
"""Feeds that tell of a transaction whether or not a webhook does."""
RETRIED_US: Final = 300 * SECOND_US
"""Helius delivers up to three times more, a minute apart, and then never."""


@dataclass(frozen=True)
class Sent:
    """The transactions of a customer.

    Attributes:
        now, past: of the two windows.
        feed: where they come from, the best of the window, or of the past when there are none in it.
        log: the sender's log is connected: in one of the windows it said something.
        told: somebody said what became of them.
        fails: a feed that shows failures is connected, or one has shown a failure.
        due: webhooks have told of what happened before this moment, if they ever will.
    """

    now: list[Attempt]
    past: list[Attempt]
    feed: Feed | None
    log: bool
    told: bool
    fails: bool
    due: int
    ends: dict[str, int] = field(default_factory=dict)


def _sent(record: Record) -> Sent:
    both = attempts((*record.past("transaction"), *record.now("transaction")))
    now = [each for each in both if each.at >= record.span.start]
    past = [each for each in both if each.at < record.span.start]
    feed = best(each.feed for each in now) if now else best(each.feed for each in past)
    shows = {Feed.CLIENT, Feed.POLL, Feed.RAW}
    return Sent(
        now=now,
        past=past,
        feed=feed,
        log=any(each.sent for each in both),
        told=any(each.end != UNKNOWN for each in both),
        fails=any(each.end == FAILED or each.feed in shows for each in both),
        due=record.span.now - RETRIED_US,
        ends=_ends(now),
    )


def _ends(rows: Iterable[Attempt]) -> dict[str, int]:
    """How many ended in each way."""
    found = dict.fromkeys((OK, FAILED, EXPIRED, REJECTED, UNKNOWN), 0)
    for each in rows:
        found[each.end] += each.n
    return found


TRANSACTIONS = Domain("transactions", ("transaction",), _sent)
feature = TRANSACTIONS.feature


@feature("src.feed")
def _feed(sent: Sent) -> str | None:
    return sent.feed


@feature("src.webhook_missed_share")
def _missed(sent: Sent) -> float | None:
    """Of what another feed saw succeed, what no webhook told of; unknown of somebody whom no webhook tells of."""
    if not any(each.feeds & WEBHOOKS for each in (*sent.past, *sent.now)):
        return None
    due = [each for each in sent.now if each.end == OK and each.at < sent.due and _is_named(each)]
    return ratio(sum(not each.feeds & WEBHOOKS for each in due), len(due))


def _is_named(attempt: Attempt) -> bool:
    """Whether another feed has it, with the signature by which a webhook would be known to mean the same."""
    return bool(attempt.feeds & NAMED) and text(attempt.properties, "signature", "tx_hash") is not None


@feature("tx.attempted")
def _attempted(sent: Sent) -> int | None:
    """From the sender's log; 0 without one when something landed, as then no log of it came."""
    if sent.log:
        return sum(each.n for each in sent.now if each.sent)
    return 0 if _landed(sent) else None


@feature("tx.landed")
def _landed(sent: Sent) -> int | None:
    return sent.ends[OK] + sent.ends[FAILED] if sent.told else None


@feature("tx.failed")
def _failed(sent: Sent) -> int | None:
    """Of a feed without failures it is 0, which the engine knows to be no success (META-04)."""
    return sent.ends[FAILED] if sent.told and (sent.fails or sent.feed is Feed.ENHANCED) else None


@feature("tx.fail_rate")
def _fail_rate(sent: Sent) -> float | None:
    return ratio(sent.ends[FAILED], _landed(sent)) if sent.fails else None


@feature("tx.expired")
def _expired(sent: Sent) -> int | None:
    return sent.ends[EXPIRED] if sent.log and sent.told else None


@feature("tx.preflight_rejected")
def _rejected(sent: Sent) -> int | None:
    return sent.ends[REJECTED] if sent.log and sent.told else None


@feature("tx.landing_rate")
def _landing_rate(sent: Sent) -> float | None:
    """Of those in the sender's log whose end is known."""
    mine = _ends(each for each in sent.now if each.sent)
    landed = mine[OK] + mine[FAILED]
    return landing_share(landed, landed + mine[EXPIRED] + mine[REJECTED], mine[REJECTED])


@feature("tx.resend_same_blockhash")
def _resent(sent: Sent) -> int | None:
    """Sends with a blockhash that had been seen to expire before, or beyond its last block."""
    mine = [each for each in sent.now if each.sent]
    said = [_over(each) for each in mine]
    hashes = [text(each.properties, "recent_blockhash") for each in mine]
    if not any(hashes) and all(each is None for each in said):
        return None
    expired = _expiries((*sent.past, *sent.now))
    again = [
        over or each.at > expired.get(name or "", each.at) for each, over, name in zip(mine, said, hashes, strict=True)
    ]
    return sum(each.n for each, resent in zip(mine, again, strict=True) if resent)


def _expiries(rows: Iterable[Attempt]) -> dict[str, int]:
    """When a blockhash was first heard of in a transaction that expired with it."""
    found: dict[str, int] = {}
    for each in rows:
        blockhash = text(each.properties, "recent_blockhash")
        if blockhash is not None and each.end == EXPIRED:
            found.setdefault(blockhash, each.at)
    return found


def _over(attempt: Attempt) -> bool | None:
    """Whether it was sent when its blockhash could no longer land."""
    height, last_valid = (amount(attempt.properties, name) for name in ("block_height", "last_valid_block_height"))
    return None if height is None or last_valid is None else height > last_valid


@feature("tx.cu_price_micro")
def _cu_price(sent: Sent) -> float | None:
    return middle(amount(each.properties, "cu_price_micro") for each in sent.now)


@feature("tx.cu_limit")
def _cu_limit(sent: Sent) -> float | None:
    return middle(_limit(each) for each in sent.now)


def _limit(attempt: Attempt) -> float | None:
    """What was asked for; null means that nothing was, and then it follows from the number of instructions."""
    given = amount(attempt.properties, "cu_limit")
    if given is not None or "cu_limit" not in attempt.properties:
        return given
    instructions = whole(attempt.properties.get("instructions"))
    return None if instructions is None else min(DEFAULT_LIMIT * instructions, LARGEST_LIMIT)


@feature("tx.cu_used_ratio")
def _cu_used(sent: Sent) -> float | None:
    return middle(ratio(amount(each.properties, "cu_consumed"), _limit(each)) for each in sent.now)


@feature("tx.cu_limit_missing_share")
def _cu_missing(sent: Sent) -> float | None:
    """Of the rows that say it: null is none, and no such property says nothing."""
    said = [each.properties for each in sent.now if "cu_limit" in each.properties]
    known = [row["cu_limit"] is None for row in said if row["cu_limit"] is None or amount(row, "cu_limit") is not None]
    return ratio(sum(known), len(known))


@feature("wallet.sol_lamports")
def _lamports(sent: Sent) -> float | None:
    return last((each.properties for each in sent.now), "payer_lamports")


@TRANSACTIONS.readings
def _readings(sent: Sent, tables: Tables) -> Iterator[Seen]:
    """Of what landed well only what nodes answered on the way: its err is null, and there is nothing to explain."""
    for each in sent.now:
        if each.end == OK and not any(name in each.properties for name in ANSWERS):
            continue
        mark = Mark(each.at, each.n, text(each.properties, "signature", "tx_hash") or "")
        yield from of_answer(each.properties, tables, mark)


@TRANSACTIONS.tally(Topic.TRANSACTIONS)
def _of_failures(sent: Sent) -> Tally | None:
    if not sent.fails:
        return None
    landed = ([each for each in rows if each.landed] for rows in (sent.now, sent.past))
    return counted(*(_trials(rows, FAILED) for rows in landed), charted=True)


@TRANSACTIONS.tally(Topic.LANDING)
def _of_landing(sent: Sent) -> Tally | None:
    """Not landed among sent, of the sender's log, whose end is known; what preflight rejected was not forwarded."""
    if not sent.log or not sent.told:
        return None
    ends = (OK, FAILED, EXPIRED)
    tried = ([each for each in rows if each.sent and each.end in ends] for rows in (sent.now, sent.past))
    return counted(*(_trials(rows, EXPIRED) for rows in tried))


def _trials(rows: Iterable[Attempt], end: str) -> Iterator[Trial]:
    """In which those that ended so count as failed."""
    return (Trial(each.at, each.n if each.end == end else 0, each.n, used(each.properties)) for each in rows)
