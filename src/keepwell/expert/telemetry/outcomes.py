"""Transactions put together from what several feeds said of them, and what became of each.

A sender's log knows what was sent and what never arrived; a feed of the chain knows what landed. Rows with the same
signature are one transaction. What rows say against each other is not decided.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from keepwell.events.catalog import STATUS_WORDS, STATUSES
from keepwell.expert.reading.evidence import MISSING
from keepwell.expert.telemetry.record import Occurrence
from keepwell.expert.telemetry.values import Properties, amount, code, moment, table, text, times


class Feed(StrEnum):
    """Where rows come from, the one that knows most about failures first."""

    CLIENT = "client_log"
    POLL = "rpc_poll"
    RAW = "raw_webhook"
    ENHANCED = "enhanced_webhook"


OK, FAILED, EXPIRED, REJECTED, UNKNOWN = STATUSES
LANDED: Final = frozenset({OK, FAILED})
PREFLIGHT: Final = -32002
_WORDS: Final = {**STATUS_WORDS, **{each: each for each in STATUSES}}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One transaction, or several that one row reports together.

    Attributes:
        at: when it was first heard of.
        n: how many.
        end: one of the plan's statuses.
        sent: the sender's log has it.
        feeds: those that have it; empty when no row says.
        properties: of all its rows, the later ones first.
    """

    at: int
    n: int
    end: str
    sent: bool
    feeds: frozenset[Feed]
    properties: Properties

    @property
    def feed(self) -> Feed | None:
        """The one that knows most about failures."""
        return best(self.feeds)

    @property
    def landed(self) -> bool:
        """Whether it is on chain."""
        return self.end in LANDED


def attempts(rows: Iterable[Occurrence]) -> list[Attempt]:
    """The transactions of rows, which are in order of time."""
    single: list[Attempt] = []
    named: dict[str, list[Attempt]] = {}
    for row in rows:
        signature = text(row.properties, "signature", "tx_hash")
        (single if signature is None else named.setdefault(signature, [])).append(_attempt(row))
    together = [same[0] if len(same) == 1 else _together(same) for same in named.values()]
    return sorted(single + together, key=lambda each: each.at)


def _attempt(row: Occurrence) -> Attempt:
    properties = row.properties
    end, feed = _end(properties), _feed(properties)
    sent = feed is Feed.CLIENT or (feed is None and _by_sender(properties, end))
    told = Feed.CLIENT if sent else feed
    return Attempt(row.at, times(properties), end, sent, frozenset() if told is None else _ALONE[told], properties)


def _feed(properties: Properties) -> Feed | None:
    said = properties.get("feed")
    return _FEEDS.get(said) if isinstance(said, str) else None


_FEEDS: Final = {each.value: each for each in Feed}
_BEST: Final = {each: place for place, each in enumerate(Feed)}
_ALONE: Final = {each: frozenset({each}) for each in Feed}


def best(feeds: Iterable[Feed | None]) -> Feed | None:
    """The feed that knows most about failures."""
    return min((each for each in feeds if each is not None), key=_BEST.__getitem__, default=None)


def _by_sender(properties: Properties, end: str) -> bool:
    """Whether only the sender's own log can know this, when the row does not say where it comes from."""
    if end in (EXPIRED, REJECTED) or text(properties, "recent_blockhash") is not None:
        return True
    sent = (moment(properties, name) for name in ("send_ts", "sign_ts"))
    return any(each is not None for each in sent) or amount(properties, "last_valid_block_height") is not None


def _end(properties: Properties) -> str:
    """What became of it, by one row: by its status and its `err`, as far as they agree."""
    said, err = _word(properties.get("status")), error_of(properties)
    if said in (EXPIRED, REJECTED, UNKNOWN):
        return said
    if code(properties, "rpc_error_code") == PREFLIGHT:
        return REJECTED if said is None else UNKNOWN
    if err is MISSING:
        return said or UNKNOWN
    told = OK if err is None else FAILED
    return told if said in (None, told) else UNKNOWN


def error_of(properties: Properties) -> object:
    """The runtime's error as it was sent; `MISSING` when it was not, which is not the same as null."""
    if "err" in properties:
        return properties["err"]
    if "meta" in properties:
        return table(properties, "meta").get("err", MISSING)
    return properties.get("transactionError") or MISSING


def _word(said: object) -> str | None:
    """A status of the plan; None when nothing was said, unknown when it is no status."""
    if said is None or said == "":
        return None
    if not isinstance(said, str):
        return UNKNOWN
    return _WORDS.get(said) or _WORDS.get(said.strip().lower(), UNKNOWN)


def _together(same: list[Attempt]) -> Attempt:
    """One transaction out of several rows about it."""
    properties: dict[str, object] = {}
    for each in same:
        properties.update({name: value for name, value in each.properties.items() if value is not None})
    if any(each.properties.get("err", MISSING) is None for each in same):
        properties.setdefault("err", None)
    return Attempt(
        at=same[0].at,
        n=max(each.n for each in same),
        end=_joint({each.end for each in same}),
        sent=any(each.sent for each in same),
        feeds=frozenset().union(*(each.feeds for each in same)),
        properties=properties,
    )


def _joint(ends: set[str]) -> str:
    """What is on chain stands above what the sender believed; two ends on chain contradict each other."""
    landed = ends & LANDED
    if landed:
        return landed.pop() if len(landed) == 1 else UNKNOWN
    sure = ends - {UNKNOWN}
    return sure.pop() if len(sure) == 1 else EXPIRED if sure else UNKNOWN
