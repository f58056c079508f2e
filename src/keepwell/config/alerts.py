"""Loading the rules of alerts from TOML: the shipped ones, changed by the installation's own file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from keepwell.alerts.conditions import CONDITIONS
from keepwell.alerts.rule import Cadence, Rule, Severity
from keepwell.config.refusal import FileRefusedError, line_of, read_toml

OWN = "alerts.toml"
"""The installation's own rules, in the data folder."""
DEFAULTS = Path(__file__).parent / "defaults" / "alerts.toml"
UNCHANGED = "The rules of alerts in use were not changed"
SHARES = ("probability",)
"""Parameters that are shares, also where 0 ships."""
CHOICES = {"cadence": tuple(Cadence), "severity": tuple(Severity)}


@dataclass(frozen=True)
class _File:
    path: Path
    text: str

    def refuse(self, problem: str, *where: str) -> FileRefusedError:
        return FileRefusedError(self.path, line_of(self.text, *where), problem, UNCHANGED)


def shipped_rules() -> dict[str, Rule]:
    """The rules that ship, by id, in the order in which they are shown."""
    table, text = read_toml(DEFAULTS, UNCHANGED)
    file = _File(DEFAULTS, text)
    return {name: _rule(file, name, _table(file, name, given)) for name, given in table.items()}


def load_rules(own: Path | None) -> dict[str, Rule]:
    """The shipped rules with the installation's own file laid over them; without a file, the shipped ones.

    Raises:
        FileRefusedError: the file is malformed; nothing was changed.
    """
    rules = shipped_rules()
    if own is None or not own.exists():
        return rules
    table, text = read_toml(own, UNCHANGED)
    file = _File(own, text)
    for name, given in table.items():
        if name not in rules:
            raise file.refuse(f"there is no rule `{name}`; there are {', '.join(rules)}", name)
        rules[name] = _changed(file, rules[name], _table(file, name, given))
    return rules


def _table(file: _File, name: str, given: object) -> Mapping[str, object]:
    if not isinstance(given, dict):
        raise file.refuse(f"`{name}` is no table", name)
    return given


def _changed(file: _File, rule: Rule, given: Mapping[str, object]) -> Rule:
    """A rule with some of its fields and parameters replaced."""
    _check_changed(file, rule, given)
    return _rule(file, rule.id, {**msgspec.to_builtins(rule), **given, "params": {**rule.params, **_params(given)}})


def _check_changed(file: _File, rule: Rule, given: Mapping[str, object]) -> None:
    """Refuse what a shipped rule does not have, and a share that is none."""
    params = given.get("params", {})
    if not isinstance(params, dict):
        raise file.refuse("`params` is no table", rule.id, "params")
    for name, value in params.items():
        if name not in rule.params:
            known = ", ".join(rule.params) or "none"
            raise file.refuse(f"{rule.id} has no parameter `{name}`; there are {known}", rule.id, "params", name)
        share = 0 < rule.params[name] < 1 or name in SHARES
        if share and isinstance(value, int | float) and not 0 <= value <= 1:
            problem = f"{rule.id}: `{name}` is a share between 0 and 1, not {value:g}; 30 % is written as 0.3"
            raise file.refuse(problem, rule.id, "params", name)
    for name in ("id", "alert"):
        if name in given:
            raise file.refuse(f"`{name}` of a shipped rule cannot be changed", rule.id, name)


def _rule(file: _File, name: str, given: Mapping[str, object]) -> Rule:
    params = {key: float(value) if isinstance(value, bool | int) else value for key, value in _params(given).items()}
    try:
        rule = msgspec.convert({**given, "id": name, "params": params}, Rule)
    except msgspec.ValidationError as error:
        field = str(error).rpartition("$.")[2].strip("`").partition(".")[0].partition("[")[0]
        choices = f"; `{field}` is one of {', '.join(CHOICES[field])}" if field in CHOICES else ""
        raise file.refuse(f"{name}: {str(error).partition(' - at ')[0]}{choices}", name, field) from None
    if name not in CONDITIONS:
        raise file.refuse(f"no condition is called `{name}`", name)
    for key in ("respond_s", "hold_s", "calm_s", "once_s"):
        if not 0 <= getattr(rule, key) <= 366 * 86400:
            raise file.refuse(f"{name}: `{key}` must be between 0 and 31622400 seconds", name, key)
    for key, value in rule.params.items():
        if not math.isfinite(value) or value < 0:
            raise file.refuse(f"{name}: `{key}` must be a number of at least 0", name, "params", key)
    return rule


def _params(given: Mapping[str, object]) -> dict[str, object]:
    params = given.get("params", {})
    return dict(params) if isinstance(params, dict) else {}
