"""Loading scorecards from TOML: the shipped ones, and those of the installation beside them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from keepwell.config.refusal import FileRefusedError, line_of, read_toml
from keepwell.metrics.catalog import CATALOG, INDICATORS
from keepwell.metrics.measures import MEASURES
from keepwell.metrics.points import format_curve, parse_curve, shortest
from keepwell.scores.scorecard import NO_MEASURE, Deck, Rule, Scorecard

DEFAULTS = Path(__file__).parent / "defaults" / "scorecards"
DEFAULT_CARD = "trader"
UNCHANGED = "The scorecards in use were not changed"


@dataclass(frozen=True)
class _Draft:
    path: Path
    text: str
    table: Mapping[str, object]

    def refuse(self, problem: str, *where: str) -> FileRefusedError:
        return FileRefusedError(self.path, line_of(self.text, *where), problem, UNCHANGED)


def load_shipped() -> Deck:
    """The five scorecards that ship."""
    return load_deck([])


def load_deck(own: list[Path]) -> Deck:
    """The shipped scorecards with the installation's own laid over them by name.

    Raises:
        FileRefusedError: a file is malformed; nothing was changed.
    """
    cards: dict[str, Scorecard] = {}
    files: dict[str, Path] = {}
    paths = [DEFAULTS / f"{DEFAULT_CARD}.toml", *sorted(DEFAULTS.glob("*.toml")), *own]
    for path in dict.fromkeys(paths):
        card = load_card(path, cards)
        if files.get(card.name) in own:
            problem = f"`{card.name}` is the name of the scorecard in {files[card.name]} too"
            raise FileRefusedError(path, line_of(path.read_text(encoding="utf-8"), "name"), problem, UNCHANGED)
        cards[card.name], files[card.name] = card, path
    _refuse_shared_segments(cards, files, own)
    return Deck(cards, DEFAULT_CARD)


def _refuse_shared_segments(cards: Mapping[str, Scorecard], files: Mapping[str, Path], own: list[Path]) -> None:
    owner: dict[str, str] = {}
    for name, card in cards.items():
        for segment in card.segments:
            other = owner.setdefault(segment, name)
            if other != name:
                path = files[name] if files[name] in own else files[other]
                line = line_of(path.read_text(encoding="utf-8"), "segments")
                problem = f"segment `{segment}` is claimed by both `{other}` and `{name}`"
                raise FileRefusedError(path, line, problem, UNCHANGED)


def load_card(path: Path, known: Mapping[str, Scorecard]) -> Scorecard:
    """Read one scorecard; `extends` names a known one whose rules it starts from.

    Raises:
        FileRefusedError: with file, line, what is wrong and what was not changed.
    """
    table, text = read_toml(path, UNCHANGED)
    draft = _Draft(path, text, table)
    _refuse_unknown(draft, table, ("name", "segments", "extends", "metrics", "indicators"))
    base = _base(draft, known)
    name = table.get("name")
    if not isinstance(name, str) or not re.fullmatch(r"[\w -]+", name):
        raise draft.refuse("`name` must be a text of letters, digits, spaces, - and _", "name")
    return Scorecard(name, _segments(draft), _metrics(draft, base), _indicators(draft, base))


def format_card(card: Scorecard) -> str:
    """The TOML text `load_card` reads back as an equal card. It says everything, so that it extends none."""
    lines = [f"name = {_quoted(card.name)}", f"segments = [{', '.join(map(_quoted, card.segments))}]"]
    lines += ["", "[metrics]", *(f"{name} = {shortest(card.metrics[name])}" for name in CATALOG)]
    for name in INDICATORS:
        rule = card.indicators[name]
        lines += ["", f"[indicators.{name}]", f"measure = {_quoted(rule.measure)}"]
        lines += [f"curve = {_quoted(format_curve(rule.curve))}", f"weight = {shortest(rule.weight)}"]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A basic string of TOML, which is one of JSON but for the character 127."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _refuse_unknown(draft: _Draft, table: Mapping[str, object], known: tuple[str, ...], *where: str) -> None:
    for key in table:
        if key not in known:
            raise draft.refuse(f"`{key}` is not one of {', '.join(known)}", *where, key)


def _base(draft: _Draft, known: Mapping[str, Scorecard]) -> Scorecard | None:
    name = draft.table.get("extends")
    if name is None:
        return None
    if not isinstance(name, str) or name not in known:
        raise draft.refuse(f"`extends` names no scorecard: {name}", "extends")
    return known[name]


def _segments(draft: _Draft) -> tuple[str, ...]:
    segments = draft.table.get("segments", [])
    if not isinstance(segments, list) or not all(isinstance(item, str) for item in segments):
        raise draft.refuse("`segments` must be a list of texts", "segments")
    return tuple(segments)


def _table(draft: _Draft, name: str, of: Mapping[str, object] | None = None) -> Mapping[str, object]:
    found = (draft.table if of is None else of).get(name, {})
    if not isinstance(found, dict):
        raise draft.refuse(f"`{name}` must be a table", name)
    return found


def _number(draft: _Draft, value: object, *where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1000:
        raise draft.refuse(f"`{where[-1]}` must be a number between 0 and 1000", *where)
    return float(value)


def _metrics(draft: _Draft, base: Scorecard | None) -> dict[str, float]:
    given = _table(draft, "metrics")
    _refuse_unknown(draft, given, tuple(CATALOG), "metrics")
    weights = dict(base.metrics) if base else {}
    weights |= {name: _number(draft, value, "metrics", name) for name, value in given.items()}
    missing = [name for name in CATALOG if name not in weights]
    if missing:
        raise draft.refuse(f"no weight for {', '.join(missing)}", "metrics")
    if sum(weights.values()) <= 0:
        raise draft.refuse("the weights of the metrics add up to nothing", "metrics")
    return weights


def _indicators(draft: _Draft, base: Scorecard | None) -> dict[str, Rule]:
    given = _table(draft, "indicators")
    _refuse_unknown(draft, given, INDICATORS, "indicators")
    rules: dict[str, Rule] = {}
    for name in INDICATORS:
        before = base.indicators[name] if base else None
        rules[name] = _rule(draft, name, given.get(name, {}), before)
    return rules


def _rule(draft: _Draft, name: str, given: object, before: Rule | None) -> Rule:
    where = ("indicators", name)
    if not isinstance(given, dict):
        raise draft.refuse(f"`{name}` must be a table", *where)
    _refuse_unknown(draft, given, ("measure", "curve", "weight"), *where)
    measure = given.get("measure", before.measure if before else name)
    if not isinstance(measure, str) or measure not in (NO_MEASURE, *MEASURES):
        raise draft.refuse(f"`{measure}` is no measure", *where, "measure")
    weight = (
        _number(draft, given["weight"], *where, "weight") if "weight" in given else before.weight if before else 1.0
    )
    if "curve" not in given:
        if before is None:
            raise draft.refuse(f"`{name}` needs a curve", *where)
        return Rule(measure, before.curve, weight)
    try:
        return Rule(measure, parse_curve(str(given["curve"])), weight)
    except ValueError as error:
        raise draft.refuse(f"`{name}`: {error}", *where, "curve") from None
