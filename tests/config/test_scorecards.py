"""Scorecard files: the shipped ones are whole, and a malformed one is refused with file and line."""

from dataclasses import replace

import pytest

from keepwell.config.refusal import FileRefusedError
from keepwell.config.scorecards import DEFAULTS, format_card, load_card, load_deck, load_shipped
from keepwell.metrics.catalog import CATALOG, INDICATORS
from keepwell.metrics.points import parse_curve
from keepwell.scores.scorecard import Rule, segment_id

SHIPPED = load_shipped()
TRADER = SHIPPED.default


@pytest.mark.parametrize("card", SHIPPED.cards.values(), ids=SHIPPED.cards)
def test_a_shipped_card_covers_everything_and_weighs_100(card):
    assert tuple(card.indicators) == INDICATORS
    assert set(card.metrics) == set(CATALOG)
    assert sum(card.metrics.values()) == 100


def test_the_specified_weights():
    assert TRADER.metrics == {
        "usage_frequency": 15, "transaction_volume": 15, "feature_adoption": 10,
        "communication_responsiveness": 10, "platform_engagement": 15, "support_tickets": 10,
        "satisfaction": 10, "payment_behaviour": 10, "account_growth": 5,
    }  # fmt: skip
    assert {rule.weight for rule in TRADER.indicators.values()} == {1.0}


def test_every_shipped_file_is_a_card_of_its_name():
    assert {path.stem for path in DEFAULTS.glob("*.toml")} == set(SHIPPED.cards)


@pytest.mark.parametrize("segment", ["trader", "developer", "miner", "institution", "protocol"])
def test_a_segment_has_its_card(segment):
    assert SHIPPED.card(segment_id(segment)).name == segment


@pytest.mark.parametrize("segment", [None, "unheard of"])
def test_any_other_segment_has_the_default_card(segment):
    assert SHIPPED.card(segment_id(segment)) is TRADER


@pytest.fixture
def write(tmp_path):
    def write(text, name="own.toml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


HOSTILE = replace(
    TRADER,
    name="Été - 2",
    segments=('a "quoted" \\ one', "tab\tand\nline", "delete\x7f", "\N{GRINNING FACE}", ""),
    metrics={**TRADER.metrics, "satisfaction": 0.1234567890123},
    indicators={
        **TRADER.indicators,
        "survey_score": Rule("none", parse_curve("-1e-9:0 0.1:33.333333333 1e9:100"), 1e-7),
    },
)


@pytest.mark.parametrize("card", [*SHIPPED.cards.values(), HOSTILE], ids=lambda card: card.name)
def test_a_card_written_and_read_back_is_the_same(write, card):
    assert load_card(write(format_card(card)), {}) == card


def test_a_card_extends_another(write):
    path = write("""
name = "whale"
extends = "trader"
segments = ["whale"]
metrics.usage_frequency = 30
[indicators.active_days]
curve = "0:0 1:100"
[indicators.referrals]
measure = "none"
weight = 0.5
""")
    deck = load_deck([path])
    card = deck.cards["whale"]

    assert deck.card(segment_id("whale")) is card
    assert card.metrics == {**TRADER.metrics, "usage_frequency": 30}
    assert card.indicators == {
        **TRADER.indicators,
        "active_days": Rule("active_days", parse_curve("0:0 1:100")),
        "referrals": Rule("none", TRADER.indicators["referrals"].curve, 0.5),
    }


def test_an_own_card_replaces_the_shipped_one_of_its_name(write):
    path = write('name = "miner"\nextends = "trader"\nsegments = ["miner", "pool"]')
    deck = load_deck([path])

    assert deck.cards["miner"].indicators == TRADER.indicators
    assert deck.card(segment_id("pool")).name == "miner"
    assert set(deck.cards) == set(SHIPPED.cards)


BASE = 'name = "own"\nextends = "trader"\n'
MALFORMED = [
    (None, "UTF-8", b"name = '\xff'"),
    (2, "TOML", 'name = "own"\nextends "trader"'),
    (2, "TOML", 'name = "own"\nextends = [\n\n'),
    (None, "name", 'extends = "trader"'),
    (1, "name", 'name = ""\nextends = "trader"'),
    (1, "name", 'name = "../own"\nextends = "trader"'),
    (2, "name", 'extends = "trader"\nname = 5'),
    (3, "colour", BASE + 'colour = "red"'),
    (2, "no_such", 'name = "own"\nextends = "no_such"'),
    (2, "extends", 'name = "own"\nextends = ["trader"]'),
    (3, "segments", BASE + 'segments = "whale"'),
    (3, "segments", BASE + 'segments = ["whale", 1]'),
    (None, "usage_frequency", 'name = "own"'),
    (2, "account_growth", 'name = "own"\n[metrics]\nusage_frequency = 15'),
    (3, "metrics", BASE + "metrics = 3"),
    (4, "usage", BASE + "[metrics]\nusage = 3"),
    (5, "satisfaction", BASE + '[metrics]\naccount_growth = 3\nsatisfaction = "a lot"'),
    (4, "satisfaction", BASE + "[metrics]\nsatisfaction = -1"),
    (4, "satisfaction", BASE + "[metrics]\nsatisfaction = 1001"),
    (4, "satisfaction", BASE + "[metrics]\nsatisfaction = nan"),
    (4, "satisfaction", BASE + "[metrics]\nsatisfaction = true"),
    (3, "satisfaction", BASE + "metrics.satisfaction = inf"),
    (3, "nothing", BASE + "[metrics]\n" + "\n".join(f"{name} = 0" for name in CATALOG)),
    (3, "indicators", BASE + 'indicators = "all"'),
    (3, "no_such", BASE + '[indicators.no_such]\ncurve = "0:0 1:100"'),
    (4, "referrals", BASE + "[indicators]\nreferrals = 5"),
    (4, "curves", BASE + '[indicators.referrals]\ncurves = "0:0 1:100"'),
    (4, "no_such", BASE + '[indicators.referrals]\nmeasure = "no_such"'),
    (4, "measure", BASE + '[indicators.referrals]\nmeasure = ["referrals"]'),
    (5, "weight", BASE + '[indicators.referrals]\nmeasure = "none"\nweight = "heavy"'),
    (4, "two", BASE + '[indicators.referrals]\ncurve = "1:100"'),
    (4, "two", BASE + '[indicators.referrals]\ncurve = ""'),
    (4, "value:points", BASE + '[indicators.referrals]\ncurve = "0:0 1"'),
    (4, "value:points", BASE + '[indicators.referrals]\ncurve = "0:0 1:many"'),
    (4, "value:points", BASE + "[indicators.referrals]\ncurve = 3"),
    (4, "rise", BASE + '[indicators.referrals]\ncurve = "1:0 1:100"'),
    (4, "rise", BASE + '[indicators.referrals]\ncurve = "1:0 0:100"'),
    (4, "100", BASE + '[indicators.referrals]\ncurve = "0:0 1:101"'),
    (4, "100", BASE + '[indicators.referrals]\ncurve = "0:-1 1:100"'),
    (4, "finite", BASE + '[indicators.referrals]\ncurve = "0:0 inf:100"'),
    (4, "finite", BASE + '[indicators.referrals]\ncurve = "0:nan 1:100"'),
    (4, "finite", BASE + "[indicators]\nreferrals.curve = '0:0 nan:100'"),
    (4, "curves", BASE + "[indicators]\nreferrals = { curves = '0:0' }"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "names", "text"), MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_card_is_refused_with_its_line(write, line, names, text):
    path = write(text)
    with pytest.raises(FileRefusedError) as refused:
        load_deck([path])

    assert (refused.value.path, refused.value.line) == (path, line)
    assert names in refused.value.problem
    assert refused.value.unchanged == "The scorecards in use were not changed"
    assert (
        str(refused.value) == f"{path}{f':{line}' if line else ''}: {refused.value.problem}. {refused.value.unchanged}"
    )


@pytest.mark.parametrize("text", ["[metrics]\n", '[indicators.active_days]\ncurve = "0:0 1:100"'])
def test_a_card_from_nothing_must_say_everything(write, text):
    metrics = "\n".join(f"{name} = 1" for name in CATALOG)
    path = write(f'name = "own"\n{text.replace("[metrics]", "")}\n[metrics]\n{metrics}')
    with pytest.raises(FileRefusedError, match="needs a curve"):
        load_card(path, {})


CLAIMS = [
    ("whale", '["whale", "miner"]', "`miner`"),  # comes after the shipped owner
    ("trader", '["trader", "miner"]', "`miner`"),  # comes before the shipped owner
]


@pytest.mark.parametrize(("name", "segments", "segment"), CLAIMS)
def test_a_segment_has_one_card(write, name, segments, segment):
    path = write(f'extends = "trader"\nname = "{name}"\nsegments = {segments}', "any name.toml")
    with pytest.raises(FileRefusedError) as refused:
        load_deck([path])

    assert (refused.value.path, refused.value.line) == (path, 3)
    assert segment in refused.value.problem


def test_two_own_cards_of_one_name_are_refused(write):
    text = 'extends = "trader"\nname = "whale"\nsegments = []'
    first, second = write(text, "a.toml"), write(text, "b.toml")
    with pytest.raises(FileRefusedError) as refused:
        load_deck([first, second])

    assert (refused.value.path, refused.value.line) == (second, 2)
    assert str(first) in refused.value.problem
