"""Sentiment of short English texts, on 0-1000, by VADER's lexicon with corrections for crypto and support."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b

from keepwell.events.english import is_advertisement, is_english, without_links
from keepwell.events.feelings import LEXICON

READ_LETTERS = 2000
REMEMBERED = 4096
_known: dict[bytes, int | None] = {}  # by a hash: whole texts would fill the memory
NEUTRAL_BELOW = 0.05  # VADER's own bound: a smaller score says nothing


@lru_cache(maxsize=1)
def _polarity() -> Callable[[str], dict[str, float]]:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyzer = SentimentIntensityAnalyzer()
    analyzer.lexicon.update(LEXICON)
    polarity: Callable[[str], dict[str, float]] = analyzer.polarity_scores
    return polarity


def sentiment(text: str) -> int | None:
    """Thousandths on 0-1; None when no word of the text carries a feeling, it is not English, or an advertisement."""
    read = text[:READ_LETTERS]
    key = blake2b(read.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    if key not in _known:
        if len(_known) >= REMEMBERED:
            _known.clear()
        _known[key] = _feeling(read)
    return _known[key]


def _feeling(text: str) -> int | None:
    if is_advertisement(text) or not is_english(without_links(text)):
        return None
    found = _polarity()(without_links(text))
    if found["pos"] == 0 and found["neg"] == 0:
        return None
    return round((found["compound"] + 1) * 500)
