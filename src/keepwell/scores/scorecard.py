"""The scorecard: which measure, curve and weight each indicator has. It is data; this is its shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from keepwell.base.ids import hash63
from keepwell.metrics.catalog import CATALOG, INDICATORS
from keepwell.metrics.points import Curve

NO_MEASURE = "none"  # an indicator a scorecard leaves out


@dataclass(frozen=True)
class Rule:
    """How one indicator is scored."""

    measure: str
    curve: Curve
    weight: float = 1.0


@dataclass(frozen=True)
class Scorecard:
    """Weights of the nine metrics and rules of the 36 indicators, for some segments.

    `segments` names the segments it is chosen for.
    """

    name: str
    segments: tuple[str, ...]
    metrics: Mapping[str, float]
    indicators: Mapping[str, Rule]

    @property
    def version(self) -> str:
        """Changes when anything in the card changes, however little."""
        return f"{hash63(msgspec.json.encode([self.name, _stored(self)])):016x}"


def segment_id(segment: str | None) -> int:
    """The integer that stands for a segment in the store; 0 is no segment."""
    return hash63(segment.encode()) if segment else 0


class Deck:
    """All scorecards of an installation; picks the one for a segment, else the default one."""

    def __init__(self, cards: Mapping[str, Scorecard], default: str) -> None:
        self.cards = dict(cards)
        self.default = self.cards[default]
        self._by_segment = {segment_id(name): card for card in cards.values() for name in card.segments}

    def card(self, segment: int) -> Scorecard:
        return self._by_segment.get(segment, self.default)

    @property
    def version(self) -> str:
        """Changes when any card changes."""
        versions = [card.version for _, card in sorted(self.cards.items())]
        return f"{hash63(msgspec.json.encode([self.default.name, versions])):016x}"

    def measures(self) -> list[str]:
        """The measures any card uses, in a fixed order."""
        used = {rule.measure for card in self.cards.values() for rule in card.indicators.values()}
        return sorted(used - {NO_MEASURE})


def encode_deck(deck: Deck) -> str:
    """A deck as JSON text, to be kept as a version."""
    cards = {name: _stored(card) for name, card in deck.cards.items()}
    return msgspec.json.encode({"default": deck.default.name, "cards": cards}).decode()


class _StoredCard(msgspec.Struct):
    segments: tuple[str, ...]
    metrics: dict[str, float]
    indicators: dict[str, tuple[str, float, tuple[float, ...], tuple[float, ...]]]


def _stored(card: Scorecard) -> _StoredCard:
    """A card with its metrics and indicators in the order of the catalog."""
    rules = {name: card.indicators[name] for name in INDICATORS}
    return _StoredCard(
        card.segments,
        {name: card.metrics[name] for name in CATALOG},
        {name: (rule.measure, rule.weight, rule.curve.xs, rule.curve.ys) for name, rule in rules.items()},
    )


class _StoredDeck(msgspec.Struct):
    default: str
    cards: dict[str, _StoredCard]


def decode_deck(text: str) -> Deck:
    """The deck `encode_deck` wrote."""
    stored = msgspec.json.decode(text, type=_StoredDeck)
    cards = {
        name: Scorecard(
            name,
            card.segments,
            card.metrics,
            {
                indicator: Rule(measure, Curve(xs, ys), weight)
                for indicator, (measure, weight, xs, ys) in card.indicators.items()
            },
        )
        for name, card in stored.cards.items()
    }
    return Deck(cards, stored.default)
