"""What customers write: short texts in three tones, made of an opening, a matter and a closing."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np
from numpy.random import Generator

from keepwell.simulation import tuning
from keepwell.simulation.draws import Floats, Ints, Words, words

FRIENDLY, PLAIN, CROSS = 0, 1, 2

_MATTER = (
    "price alerts", "the bridge", "limit ladders", "the tax export", "webhooks", "the API limits", "staking",
    "payouts", "session keys", "the risk console", "address screening", "the cost report",
)  # fmt: skip

_TICKET = {
    FRIENDLY: (
        "Could you help us set up {}? Thanks, we like the product.",
        "Quick question about {}: which setting is best? Thank you, great work so far.",
        "Please help us with {}. The rest works perfectly, thanks!",
        "We would love some advice on {}. Thanks for the good support.",
    ),
    PLAIN: (
        "How do we configure {}?",
        "{} shows another figure than yesterday, please have a look.",
        "Please explain how {} is billed. Thanks.",
        "Where do we find the settings for {}?",
    ),
    CROSS: (
        "{} is broken again and it is costing us money. This is frustrating.",
        "Still no fix for {}. We are disappointed and losing trust.",
        "Urgent: {} fails for everybody here, terrible timing.",
        "{} has been wrong for days and nobody answers. Not acceptable.",
    ),
}
_RATING = {
    FRIENDLY: (
        "Great help with {}, solved quickly.",
        "Fast and friendly, {} works perfectly now.",
        "Thank you, excellent support on {}.",
    ),
    PLAIN: ("{} works now.", "OK, {} is set up.", "Done, thanks."),
    CROSS: (
        "Poor answer on {}, and it took far too long.",
        "{} still fails. Bad experience.",
        "Useless reply about {}.",
    ),
}
_SURVEY = {
    FRIENDLY: (
        "Love {}, it saves us hours every week.",
        "Reliable, and {} is excellent.",
        "Great product, {} works well for us.",
        "Happy with {} and with the support.",
    ),
    PLAIN: ("{} does what we need.", "Fine so far, more on {} would help.", "We mainly use {}."),
    CROSS: (
        "{} is unreliable and we waste time on workarounds.",
        "Disappointed with {}, we look at alternatives.",
        "Too many errors in {}, and slow support.",
    ),
}
_FEEDBACK = {
    FRIENDLY: ("The new {} is a great improvement, thanks!", "Nice work on {}, we enjoy using it."),
    PLAIN: ("Please add more filters to {}.", "Could {} be exported as CSV?"),
    CROSS: ("{} got worse with the last release, very annoying.", "{} is confusing and slow."),
}

_PLACES: Mapping[str, Mapping[int, tuple[str, ...]]] = {
    "ticket": _TICKET,
    "rating": _RATING,
    "survey": _SURVEY,
    "feedback": _FEEDBACK,
}


def _sentence(pattern: str, matter: str) -> str:
    text = pattern.format(matter)
    return text[0].upper() + text[1:]


_TEXTS = {
    (place, tone): [_sentence(pattern, matter) for pattern, matter in product(patterns, _MATTER)]
    for place, tones in _PLACES.items()
    for tone, patterns in tones.items()
}


def tones(mood: Floats, rng: Generator) -> Ints:
    """The tone of somebody in a mood: friendly, plain or cross."""
    heard = tuning.POSITIVE + 1.6 * mood + rng.logistic(size=len(mood))
    return np.where(heard > 0, FRIENDLY, np.where(heard > -1.8, PLAIN, CROSS))


def write(place: str, tone: Ints, rng: Generator) -> Words:
    """A text for each row, in its tone."""
    found = np.empty(len(tone), dtype=object)
    for each in (FRIENDLY, PLAIN, CROSS):
        texts = _TEXTS[place, each]
        chosen = tone == each
        found[chosen] = words(texts, rng.integers(len(texts), size=int(chosen.sum())))
    return found
