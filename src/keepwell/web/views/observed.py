"""What the Expert asks for, in words: features, kinds of observation, domains, and sources with their links."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from keepwell.base.errors import KeepwellError
from keepwell.expert.case import Kind
from keepwell.expert.features import Sort, worded
from keepwell.expert.finding import SEVERITIES as SAID
from keepwell.expert.knowledge import Certainty, Knowledge, Severity
from keepwell.expert.scope import Topic
from keepwell.expert.signal import Comparison
from keepwell.web.views.alert_rows import SeverityMark

SEVERITIES: Final = {
    Severity.CRITICAL: SeverityMark(SAID[Severity.CRITICAL].capitalize(), "critical"),
    Severity.WARN: SeverityMark(SAID[Severity.WARN].capitalize(), "at-risk"),
    Severity.WATCH: SeverityMark(SAID[Severity.WATCH].capitalize(), "stable"),
    Severity.INFO: SeverityMark(SAID[Severity.INFO].capitalize(), "unscored"),
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


class UnknownExpertFilter(KeepwellError):
    """A domain, severity or certainty that the Expert does not have."""

    def __init__(self, name: str, value: str) -> None:
        super().__init__(f"The Expert knows no {name} called {value[:40]!r}.")
        self.name = name
        self.value = value


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
    return knowledge.features[name].meaning if name in knowledge.features else name


def condition(asked: Comparison, before: Comparison, knowledge: Knowledge) -> Condition:
    """A comparison in words, beside the same one as it ships."""
    feature = knowledge.features[asked.feature]
    what = meaning(asked.feature, knowledge)
    if asked.other:
        return Condition(f"{what}: {_COMPARED[asked.operator]} {meaning(str(asked.value), knowledge)}", asked.feature)
    was = worded(before.value, feature) if before.value != asked.value else ""
    if feature.sort is Sort.BOOL:
        holds = asked.value is (asked.operator == "==")
        return Condition(f"{what}: {'yes' if holds else 'no'}", asked.feature, was)
    return Condition(f"{what}: {_COMPARED[asked.operator]} {worded(asked.value, feature)}", asked.feature, was)


def options(names: Mapping[str, str], chosen: str, every: str) -> Sequence[tuple[str, str, bool]]:
    """The options of a select: value, words, and whether it is chosen; the first one is all of them."""
    return [("", every, not chosen), *((name, words, name == chosen) for name, words in names.items())]


def check_filters(domain: str, severity: str, certainty: str) -> None:
    """Let through filters that there are, and empty ones.

    Raises:
        UnknownExpertFilter: there is no such domain, severity or certainty.
    """
    for name, value, allowed in (
        ("domain", domain, tuple(DOMAINS)),
        ("severity", severity, tuple(Severity)),
        ("certainty", certainty, tuple(Certainty)),
    ):
        if value and value not in allowed:
            raise UnknownExpertFilter(name, value)
