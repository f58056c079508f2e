"""Whether a reply speaks of leaving: sentences as data, and text of any kind."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.outreach.leaving import speaks_of_leaving

SENTENCES = tomllib.loads(Path(__file__).with_name("leaving.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("sentence", SENTENCES["leaves"])
def test_who_leaves_is_heard(sentence):
    assert speaks_of_leaving(sentence)
    assert speaks_of_leaving(f"Hi Jennifer,\n\n{sentence}\n\nBest, Ada")
    assert speaks_of_leaving(sentence.upper())


@pytest.mark.parametrize("sentence", SENTENCES["stays"])
def test_who_stays_is_not_taken_for_leaving(sentence):
    assert not speaks_of_leaving(sentence)
    assert not speaks_of_leaving(f"Hi Jennifer,\n\n{sentence}\n\nBest, Ada")


def test_a_sentence_that_denies_does_not_silence_the_next_one():
    assert speaks_of_leaving("This is not about the price. We cancel our subscription.")


@given(st.text())
def test_any_text_is_answered(text):
    assert speaks_of_leaving(text) in (True, False)


def test_long_texts_are_read_in_no_time():
    for piece in ("not ", "wir ", "cancel our ", "a", "zu einem ", "we are leaving ", "n't n't "):
        assert not speaks_of_leaving(piece * 20_000)
