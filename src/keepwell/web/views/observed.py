"""What the Expert asks for, in words: features, kinds of observation, domains, and sources with their links."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from keepwell.expert.case import Kind
from keepwell.expert.features import Feature, Sort, Value
from keepwell.expert.finding import shown
from keepwell.expert.knowledge import Certainty, Knowledge, Severity
from keepwell.expert.scope import Topic
from keepwell.expert.signal import Comparison
from keepwell.web.views.alert_rows import SeverityMark
from keepwell.web.views.words import PERCENT

SEVERITIES: Final = {
    Severity.CRITICAL: SeverityMark("Critical", "critical"),
    Severity.WARN: SeverityMark("Warning", "at-risk"),
    Severity.WATCH: SeverityMark("Watch", "stable"),
    Severity.INFO: SeverityMark("Note", "unscored"),
}
CERTAINTIES: Final = {
    Certainty.ENTAILED: "established",
    Certainty.INFERRED: "likely",
    Certainty.HINT: "a hint",
}
DOMAINS: Final = {
    "meta": "Data quality and scope",
    "solana_tx": "Solana transactions",
    "solana_dex": "Trading on Solana",
    "rpc_api": "RPC and API",
    "zkpow": "Mining and proving",
    "lp_yield": "Liquidity and yield",
    "bridge": "Bridges",
    "lending": "Lending",
    "security": "Security",
    "compliance": "Compliance",
}
TOPICS: Final = {
    Topic.TRANSACTIONS: "failed transactions",
    Topic.LANDING: "transactions that did not land",
    Topic.SLIPPAGE: "slippage of swaps",
    Topic.CALLS: "failed calls",
    Topic.DELIVERY: "work accepted against the rate reported",
    Topic.WORK: "work accepted against the own past",
    Topic.STALE: "stale shares",
    Topic.INVALID: "invalid shares",
}
STANDINGS: Final = {
    "stat.p_own": "the chance of counts as bad as these, given the customer's own past",
    "stat.p_peer": "the chance of counts as bad as these, given all others at the same time",
    "stat.p_net": "the chance of counts as bad as those of all others together, given their past",
    "stat.n": "the number of attempts in the last day",
    "stat.cusum": "the evidence, attempt by attempt, that failures became more frequent",
}
"""The knowledge base names the tests; these are the questions they answer."""
NEEDS: Final = {
    Kind.ERROR: "transactions with err and logs as they came",
    Kind.TRANSACTION: "transactions with err as it came",
    Kind.INSTRUCTION: "transactions with err and logs as they came",
    Kind.RPC: "answers of nodes with rpc_error_code, and the chain",
    Kind.HTTP: "requests with http_status",
    Kind.API: "swaps or quotes with api and api_error_code",
    Kind.POOL: "shares that were rejected, with their stratum number",
    Kind.CODE: "codes of the prover in reason_code or skip_code",
    Kind.OUTCOME: "proof requests with their outcome",
    Kind.STATE: "bridge messages with their state",
    Kind.MESSAGE: "messages of errors as they stand",
    Kind.SELECTOR: "answers of EVM nodes with rpc_error_data",
}
"""What has to be sent for a kind of observation."""
_COMPARED: Final = {"<": "below", "<=": "at most", ">": "above", ">=": "at least", "==": "is", "!=": "is not"}
_URL: Final = re.compile(r"https?://[^\s<>\"')\]]+")
_CLOSING: Final = ".,;:"


@dataclass(frozen=True)
class Part:
    """A piece of a text; `href` is empty where it is no link."""

    text: str
    href: str = ""


@dataclass(frozen=True)
class Condition:
    """A comparison in words: `name` is the feature's own; `was` what ships, where this installation changed it."""

    text: str
    name: str
    was: str = ""


def linked(text: str) -> Sequence[Part]:
    """A text with its web addresses as links. Nothing but http and https becomes one."""
    parts, end = [], 0
    for found in _URL.finditer(text):
        address = found[0].rstrip(_CLOSING)
        parts += [Part(text[end : found.start()]), Part(address, address)]
        end = found.start() + len(address)
    parts.append(Part(text[end:]))
    return [each for each in parts if each.text]


def meaning(name: str, knowledge: Knowledge) -> str:
    """What a feature is, in words; what is no feature says it itself."""
    if name in STANDINGS:
        return STANDINGS[name]
    return knowledge.features[name].meaning if name in knowledge.features else name


def condition(asked: Comparison, before: Comparison, knowledge: Knowledge) -> Condition:
    """A comparison in words, beside the same one as it ships."""
    feature = knowledge.features[asked.feature]
    what = meaning(asked.feature, knowledge)
    if asked.other:
        return Condition(f"{what}: {_COMPARED[asked.operator]} {meaning(str(asked.value), knowledge)}", asked.feature)
    was = bound(before.value, feature) if before.value != asked.value else ""
    if feature.sort is Sort.BOOL:
        holds = asked.value is (asked.operator == "==")
        return Condition(f"{what}: {'yes' if holds else 'no'}", asked.feature, was)
    return Condition(f"{what}: {_COMPARED[asked.operator]} {bound(asked.value, feature)}", asked.feature, was)


def bound(value: Value, feature: Feature) -> str:
    """A bound with its unit; shares up to 1 in percent."""
    if isinstance(value, bool | str):
        return shown(value)
    if feature.unit == "ratio" and 0 < value <= 1:
        return f"{value * 100:.6g}{PERCENT}"
    number = f"{value:,.6g}" if isinstance(value, float) else f"{value:,}"
    return number if feature.unit in _PLAIN else f"{number} {feature.unit}"


_PLAIN: Final = frozenset({"ratio", "count", "p", "0..1", "code", "nats", "same unit", "sd"})
"""Units that add nothing to a number."""


def options(names: Mapping[str, str], chosen: str, every: str) -> Sequence[tuple[str, str, bool]]:
    """The options of a select: value, words, and whether it is chosen; the first one is all of them."""
    return [("", every, not chosen), *((name, words, name == chosen) for name, words in names.items())]
