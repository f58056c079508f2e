"""What the Expert found: trouble of this customer and not of everybody, at least as bad as the rule asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from keepwell.alerts.conditions.registry import Condition, Found, Line, Params, condition, filled
from keepwell.alerts.seen import Seen
from keepwell.expert.diagnose import DRIFT, OWN
from keepwell.expert.episode import Episode, Said
from keepwell.expert.knowledge import Certainty, Severity
from keepwell.expert.scope import Whose
from keepwell.expert.telemetry.observe import KINDS

MILDEST_FIRST: Final = tuple(Severity)
SHOWN: Final = 4


def of_domains(*domains: str) -> Callable[[Episode], bool]:
    """Whether a finding is about one of some domains."""
    return lambda episode: episode.said.domain in domains


def stands_out(episode: Episode) -> bool:
    """Whether a finding says that failures became more frequent, at once or slowly."""
    return episode.entry in (OWN, DRIFT)


def _register(rule: str, concerns: Callable[[Episode], bool]) -> None:
    condition(rule, *sorted(KINDS))(_reading(concerns))


def _reading(concerns: Callable[[Episode], bool]) -> Condition:
    def read(seen: Seen, params: Params) -> Found:
        found = [
            [x for x in _own(seen.findings.get(each, ())) if concerns(x) and _presses(x, params)]
            for each in seen.view.scope("customer").tolist()
        ]
        count = np.array([len(each) for each in found], np.float64)
        severe = np.array([any(x.said.severity is Severity.CRITICAL for x in each) for each in found], np.bool_)
        return Found(
            count > 0, count, filled(seen, 1.0), "findings", lambda row: _because(found[row]),
            lambda row: _evidence(found[row]), severe,
        )  # fmt: skip

    return read


def _own(episodes: Sequence[Episode]) -> list[Episode]:
    """Findings that stand by themselves, are no hint and not everybody's; the worst first."""
    found = [each for each in episodes if _is_own(each.said)]
    return sorted(found, key=lambda each: (-MILDEST_FIRST.index(each.said.severity), each.since, each.name))


def _is_own(said: Said) -> bool:
    if said.certainty is Certainty.HINT or said.explained_by:
        return False
    return said.scope not in (Whose.NETWORK, Whose.NORMAL)


def _presses(episode: Episode, params: Params) -> bool:
    """Whether it is bad enough; a critical one need not be seen more than once."""
    said = episode.said
    often = not said.observed or said.observed >= params["times"] or said.severity is Severity.CRITICAL
    return often and MILDEST_FIRST.index(said.severity) >= params["severity"]


def _because(found: Sequence[Episode]) -> str:
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    return f"{found[0].said.title}{more}"


def _evidence(found: Sequence[Episode]) -> list[Line]:
    return [(each.entry, each.said.sentence) for each in found[:SHOWN]]


_register("performance_degradation", of_domains("solana_tx", "solana_dex", "zkpow"))
_register("integration_problem", of_domains("rpc_api"))
_register("position_at_risk", of_domains("lending", "lp_yield", "bridge"))
_register("security_concern", of_domains("security"))
_register("compliance_issue", of_domains("compliance"))
_register("technical_drift", stands_out)
