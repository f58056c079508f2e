"""Base58, in which Solana writes addresses, signatures and the data of instructions."""

from __future__ import annotations

from typing import Final

_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUE: Final = {letter: value for value, letter in enumerate(_ALPHABET)}

ADDRESS_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
LONGEST: Final = 128
"""Letters that are looked at: decoding takes time with the square of their number, and nothing we read has more."""


def decode(text: str) -> bytes | None:
    r"""The bytes of a text; None when it is none of base58, or longer than anything that is read.

    >>> decode("3DdGGhkhJbjm")
    b'\x03\x01\x00\x00\x00\x00\x00\x00\x00'
    """
    if len(text) > LONGEST:
        return None
    number = 0
    for letter in text:
        value = _VALUE.get(letter)
        if value is None:
            return None
        number = number * 58 + value
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def is_address(text: object) -> bool:
    """Whether something is the address of an account: 32 bytes."""
    return _has(text, ADDRESS_BYTES)


def is_signature(text: object) -> bool:
    """Whether something is the signature of a transaction: 64 bytes."""
    return _has(text, SIGNATURE_BYTES)


def _has(text: object, size: int) -> bool:
    if not isinstance(text, str) or not size <= len(text) <= 2 * size:
        return False
    found = decode(text)
    return found is not None and len(found) == size
