"""Identifiers that are the same on every machine and in every run."""

from __future__ import annotations

from hashlib import blake2b

_MASK_63 = (1 << 63) - 1


def hash63(data: bytes) -> int:
    """A 63-bit non-negative hash, so that it fits a signed BIGINT on every store."""
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big") & _MASK_63
