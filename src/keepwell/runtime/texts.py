"""Sentiment of short English texts, on 0-1000, by VADER's lexicon."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

NEUTRAL_BELOW = 0.05  # VADER's own bound: a smaller score says nothing


@lru_cache(maxsize=1)
def _polarity() -> Callable[[str], dict[str, float]]:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    polarity: Callable[[str], dict[str, float]] = SentimentIntensityAnalyzer().polarity_scores
    return polarity


@lru_cache(maxsize=4096)
def sentiment(text: str) -> int | None:
    """Thousandths on 0-1; None when no word of the text carries a feeling."""
    found = _polarity()(text[:2000])
    if found["pos"] == 0 and found["neg"] == 0:
        return None
    return round((found["compound"] + 1) * 500)
