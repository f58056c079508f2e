"""The scorecard: kept and read back exactly, and another version with any change."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwell.config.scorecards import load_shipped
from keepwell.metrics.catalog import CATALOG, INDICATORS
from keepwell.metrics.points import Curve, format_curve, parse_curve
from keepwell.scores.scorecard import Deck, Rule, decode_deck, encode_deck, segment_id
from tests.scores.cards import cards

SHIPPED = load_shipped()
TRADER = SHIPPED.default
CURVE = Curve((0.0, 1.0), (0.0, 100.0))


@st.composite
def decks(draw):
    found = {card.name: card for card in draw(st.lists(cards, min_size=1, max_size=3))}
    return Deck(found, draw(st.sampled_from(sorted(found))))


@settings(max_examples=20)
@given(decks())
def test_a_deck_survives_being_kept(deck):
    read = decode_deck(encode_deck(deck))

    assert (read.cards, read.default) == (deck.cards, deck.default)
    assert read.version == deck.version


def test_the_shipped_deck_survives_being_kept():
    assert decode_deck(encode_deck(SHIPPED)).cards == SHIPPED.cards


CHANGES = [
    pytest.param(lambda card: replace(card, name="other"), id="name"),
    pytest.param(lambda card: replace(card, segments=("trader", "whale")), id="one segment more"),
    pytest.param(lambda card: replace(card, segments=("trader,whale",)), id="a segment with a comma"),
    *[
        pytest.param(lambda card, name=name: replace(card, metrics={**card.metrics, name: 15.0000001}), id=name)
        for name in CATALOG
    ],
    *[
        pytest.param(
            lambda card, name=name, change=change: replace(
                card, indicators={**card.indicators, name: change(card.indicators[name])}
            ),
            id=f"{name} {place}",
        )
        for name in INDICATORS
        for place, change in enumerate(
            (
                lambda rule: replace(rule, measure="none"),
                lambda rule: replace(rule, weight=1.0000001),
                lambda rule: replace(rule, curve=replace(rule.curve, xs=(rule.curve.xs[0] - 1e-9, *rule.curve.xs[1:]))),
                lambda rule: replace(rule, curve=replace(rule.curve, ys=(rule.curve.ys[0] + 1e-9, *rule.curve.ys[1:]))),
            )
        )
    ],
]


def test_every_change_is_another_version():
    changed = [TRADER, *(change.values[0](TRADER) for change in CHANGES)]

    assert len({card.version for card in changed}) == len(changed)
    assert len({Deck({"trader": card}, "trader").version for card in changed}) == len(changed)


def test_the_version_is_of_the_content_only():
    same = replace(TRADER, metrics=dict(reversed(TRADER.metrics.items())), indicators=dict(TRADER.indicators))

    assert same.version == TRADER.version


def test_the_order_in_which_cards_are_loaded_is_no_change_but_the_default_is():
    turned = Deck(dict(reversed(SHIPPED.cards.items())), "trader")

    assert turned.version == SHIPPED.version != Deck(SHIPPED.cards, "miner").version


def test_a_segment_picks_its_card():
    deck = Deck({"a": replace(TRADER, name="a", segments=()), "b": replace(TRADER, name="b", segments=("x", "y"))}, "a")

    assert [deck.card(segment_id(name)).name for name in ("x", "y", "z", None)] == ["b", "b", "a", "a"]


def test_the_measures_of_a_deck_are_those_in_use():
    rules = {**dict.fromkeys(INDICATORS, Rule("none", CURVE)), INDICATORS[3]: Rule("work_trend", CURVE)}

    assert Deck({"a": replace(TRADER, indicators=rules)}, "a").measures() == ["work_trend"]


SIX_DIGITS = st.integers(-999_999, 999_999).map(lambda number: number / 1000)
HUNDREDTHS = st.integers(0, 10_000).map(lambda number: number / 100)


@st.composite
def written(draw, digits=SIX_DIGITS, points=HUNDREDTHS):
    """Curves as people write them."""
    xs = sorted(draw(st.lists(digits, min_size=2, max_size=6, unique=True)))
    ys = [draw(points) for _ in xs]
    return Curve(tuple(xs), tuple(ys))


@given(written() | written(st.floats(-1e12, 1e12), st.floats(0, 100)))
def test_a_curve_is_read_back_as_it_was_written(curve):
    assert parse_curve(format_curve(curve)) == curve


@given(written(), st.floats(-2000, 2000))
def test_a_curve_is_clamped_and_goes_through_its_knots(curve, value):
    low, high = min(curve.ys), max(curve.ys)
    found = curve.points(np.array([*curve.xs, -1e9, 1e9, value]))

    assert found[: len(curve.xs)].tolist() == pytest.approx(curve.ys, abs=1e-6)
    assert (found[-3], found[-2]) == (curve.ys[0], curve.ys[-1])
    assert low - 1e-6 <= found[-1] <= high + 1e-6
