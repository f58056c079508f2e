"""The four bands as the pages name and draw them."""

from __future__ import annotations

from dataclasses import dataclass

from keepwell.scores import bands as domain

LABELS = {
    domain.Band.HEALTHY: "Healthy",
    domain.Band.STABLE: "Stable",
    domain.Band.AT_RISK: "At risk",
    domain.Band.CRITICAL: "Critical",
}
UNSCORED = "unscored"


@dataclass(frozen=True)
class Band:
    """Half-open: from `low` up to, but not including, `high`; the first one includes 100."""

    key: str
    label: str
    low: int
    high: int

    @property
    def scope(self) -> str:
        """For example "60 to 79"."""
        return f"{self.low} to {self.high - (self.high < 100)}"

    @property
    def css(self) -> str:
        return css(self.key)


def css(key: str | None) -> str:
    """The style class of a band; a customer without a score has none."""
    return key.replace("_", "-") if key in LABELS else UNSCORED


_EDGES = (0, *map(int, domain.EDGES), 100)
BANDS = tuple(
    Band(key.value, LABELS[key], low, high)
    for key, low, high in zip(domain.BANDS, _EDGES[:-1], _EDGES[1:], strict=True)
)[::-1]
"""The healthiest first."""


def known(key: str) -> bool:
    return key in LABELS


def label(key: str | None) -> str:
    return LABELS[domain.Band(key)] if key in LABELS else "No score yet"


def at(score: float) -> Band:
    """The band that a score lies in."""
    return next(band for band in BANDS if band.key == domain.band_of(score))
