"""A share in words, the same on pages, in tables and in sentences."""

from __future__ import annotations


def percent(share: float) -> str:
    """A share in whole percent that calls nothing 0 % or 100 % that is not.

    >>> percent(0.0), percent(0.005), percent(0.5), percent(0.995), percent(1.0)
    ('0 %', '<1 %', '50 %', '>99 %', '100 %')
    """
    whole = f"{share * 100:.0f}"
    if whole == "0" and share > 0:
        return "<1 %"
    return ">99 %" if whole == "100" and share < 1 else f"{whole} %"


def between(low: float, high: float) -> str:
    """Two shares as the ends of a range: "30 to 51 %"; "about 8 %" where both read the same."""
    ends = percent(low), percent(high)
    return f"about {ends[0]}" if ends[0] == ends[1] else f"{ends[0].removesuffix(' %')} to {ends[1]}"
