"""Overrides of a band, as pages and the API set them."""

from __future__ import annotations

from typing import Protocol

from keepwell.base.errors import KeepwellError


class OverrideRefusedError(KeepwellError):
    """An override that cannot be: no such band, no reason, one too long to keep, or an end that has passed.

    Attributes:
        problem: what is wrong, as a sentence for the person who asked.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(f"{problem}. Nothing was changed")
        self.problem = problem


class Overrides(Protocol):
    """Sets and ends overrides. Both say whether there is such a customer; the points stay as they are."""

    def set(self, customer_id: str, band: str, reason: str, until: int | None) -> bool:
        """Show a band instead of the computed one to the end of the day of a moment, or for 30 days.

        Raises:
            OverrideRefusedError: it cannot be.
        """
        ...

    def clear(self, customer_id: str) -> bool:
        """Show the computed band again."""
        ...
