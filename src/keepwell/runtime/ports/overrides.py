"""Overriding a band as pages do it."""

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
    """Shows a band in place of the computed one for a while. The points stay as they are."""

    def begin(self, customer_id: str, band: str, reason: str, until_day: int) -> None:
        """Show `band` to the end of `until_day` (a day number, UTC).

        Raises:
            KeepwellError: there is no such customer, or OverrideRefusedError.
        """
        ...

    def end(self, customer_id: str) -> None:
        """Show the computed band again.

        Raises:
            KeepwellError: there is no such customer.
        """
        ...
