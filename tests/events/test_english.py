"""What is English, and what is an advertisement."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.events.english import is_advertisement, is_english, without_links

SENTENCES = tomllib.loads((Path(__file__).parent / "sentences.toml").read_text())
FOREIGN = [(language, each) for language, some in SENTENCES.items() if language != "english" for each in some]


@pytest.mark.parametrize("text", SENTENCES["english"])
def test_english_is_read(text):
    assert is_english(text)


def test_hardly_any_other_language_is_taken_for_english():
    taken = [each for _, each in FOREIGN if is_english(each)]

    assert len(taken) / len(FOREIGN) <= 0.05
    assert len({language for language, _ in FOREIGN}) == 11


@pytest.mark.parametrize("text", ["", ":)", "12345", "🚀🚀", "OK"])
def test_what_has_hardly_a_word_is_no_other_language(text):
    assert is_english(text)


@pytest.mark.parametrize(
    "text",
    [
        "I lost everything until I found a recovery expert, reach him at fix@coins.example",
        "Best investment! Double your profits, t.me/whale_calls",
        "Contact this hacker on WhatsApp, he recovered my wallet",
    ],
)
def test_offers_with_a_way_to_reach_somebody_are_advertisements(text):
    assert is_advertisement(text)


@pytest.mark.parametrize(
    "text",
    [
        "The swap https://explorer.example/tx/5 failed again",
        "How do I recover my account? I lost my phone",
        "I wrote to help@platform.example and nobody answered",
        "Please contact me about the failed withdrawal",
    ],
)
def test_a_link_or_a_word_alone_is_none(text):
    assert not is_advertisement(text)


def test_links_and_contacts_are_left_out():
    assert without_links("see https://x.example/great or ask bad@y.example now").split() == ["see", "or", "ask", "now"]


@given(st.text(max_size=300))
def test_any_text_is_answered(text):
    assert is_english(text) in (True, False)
    assert is_advertisement(text) in (True, False)
