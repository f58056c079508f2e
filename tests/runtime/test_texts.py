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
