"""Sentiment is remembered, and not with the texts themselves."""

import sys

import pytest

from keepwell.runtime import texts


@pytest.mark.parametrize(("text", "least", "most"), [("This is great, thank you!", 700, 1000), ("I hate it", 0, 400)])
def test_a_feeling_is_the_same_when_it_is_asked_again(text, least, most):
    assert least <= texts.sentiment(text) <= most
    assert texts.sentiment(text) == texts.sentiment(text)
    assert texts.sentiment("The table has four legs") is None


def test_what_is_remembered_is_small_and_bounded(monkeypatch):
    monkeypatch.setattr(texts, "_known", {})
    monkeypatch.setattr(texts, "REMEMBERED", 3)
    for number in range(10):
        texts.sentiment(f"good {number}" + "x" * 1000 + "\ud800")

    assert 1 <= len(texts._known) <= 3
    assert max(sys.getsizeof(key) for key in texts._known) < 100


@pytest.mark.parametrize(
    "text",
    [
        "Die Auszahlung dauert, das war ein gutes System",
        "A great expert recovered my coins, thanks, contact him on WhatsApp",
        "Please help with the interest on my shares",
    ],
)
def test_of_other_languages_advertisements_and_things_nothing_is_felt(text):
    assert texts.sentiment(text) is None


@pytest.mark.parametrize(
    ("text", "least", "most"), [("I got rekt by this bridge", 0, 350), ("Seamless swaps", 650, 1000)]
)
def test_words_of_the_trade_are_known(text, least, most):
    assert least <= texts.sentiment(text) <= most


def test_a_link_says_nothing_of_a_feeling():
    plain = texts.sentiment("The swap failed again")

    assert texts.sentiment("The swap https://great.example/love failed again") == plain
