"""Taking an array of JSON apart without reading what is in it, so that one broken item leaves the others whole."""

from __future__ import annotations

import re
from collections.abc import Iterator

MAX_SPLIT = 1 << 20
"""Bytes of the largest body that is taken apart: it costs about 0.2 s, a hundred times what reading does."""

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{},]', re.DOTALL)
_KEY = re.compile(rb"\s*:\s*\[")
_BLANK = b" \t\r\n"


def split(body: bytes, key: bytes = b"") -> tuple[bytes, list[bytes]] | None:
    """What is around an array, with an empty one in its place, and its items as they were sent.

    The array is the whole body, or the value of `key` in an object. None when there is no such array.
    """
    start = _start(body, key) if len(body) <= MAX_SPLIT else None
    if start is None:
        return None
    items = []
    begin = start + 1
    for end in _ends(body, start):
        items.append(body[begin:end].strip(_BLANK))
        begin = end + 1
    if not items or body[begin - 1 : begin] != b"]":
        return None
    if items == [b""]:
        items.clear()
    return body[:start] + b"[]" + body[begin:], items


def _start(body: bytes, key: bytes) -> int | None:
    """Where the array begins."""
    first = len(body) - len(body.lstrip(_BLANK))
    if not key:
        return first if body[first : first + 1] == b"[" else None
    wanted = b'"%s"' % key
    depth = 0
    for token in _TOKEN.finditer(body, first):
        depth += _step(token.group())
        found = _KEY.match(body, token.end()) if depth == 1 and token.group() == wanted else None
        if found:
            return found.end() - 1
    return None


def _ends(body: bytes, start: int) -> Iterator[int]:
    """Where each item of the array ends: at a comma between items, or the bracket that closes it."""
    depth = 0
    for token in _TOKEN.finditer(body, start):
        mark = token.group()
        depth += _step(mark)
        if depth == 0 or (depth == 1 and mark == b","):
            yield token.start()
        if depth <= 0:
            return


def _step(mark: bytes) -> int:
    return 1 if mark in (b"[", b"{") else -1 if mark in (b"]", b"}") else 0
