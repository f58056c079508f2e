"""Overrides of a band, as the API sets them."""

from __future__ import annotations

from typing import Protocol

from keepwell.base.errors import KeepwellError


class OverrideRefusedError(KeepwellError):
    """An override that would end before it begins.

    Attributes:
        until: when it would end.
    """

    def __init__(self, until: str) -> None:
        super().__init__(f"an override cannot end in the past ({until}). Nothing was changed")
        self.until = until


class Overrides(Protocol):
    """Sets and ends overrides. Both say whether there is such a customer."""

    def set(self, customer_id: str, band: str, reason: str, until: int | None) -> bool:
        """Show a band instead of the computed one, until a moment or for 30 days.

        Raises:
            OverrideRefusedError: it would end before it begins.
        """
        ...

    def clear(self, customer_id: str) -> bool: ...
