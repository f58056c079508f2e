"""Refusals that the table of statuses has to know before the routes exist."""

from __future__ import annotations

from keepwell.base.errors import KeepwellError


class NoSuchKey(KeepwellError):
    """No key has this number, or it was revoked before."""

    def __init__(self, key_id: int) -> None:
        super().__init__(f"There is no key {key_id} that is in use.")
        self.key_id = key_id
