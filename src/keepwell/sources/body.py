"""Bodies of requests: unpacked under a cap, so that a small one cannot fill the memory."""

from __future__ import annotations

import codecs
import zlib

from keepwell.sources.sent import BodyRefusedError, BodyTooLargeError

MAX_WIRE = 1 << 20
"""Bytes of a body as it is sent: twice the largest batch the tracking SDKs make (508 KB)."""

MAX_UNPACKED = 8 << 20
"""Bytes of a body once unpacked."""

_GZIP_MAGIC = b"\x1f\x8b"  # no JSON begins like this, so a packed body without its header is still known
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_BARE_DEFLATE = -zlib.MAX_WBITS
_PLAIN = ("", "identity")
_GZIP = ("gzip", "x-gzip")


def unpack(body: bytes, encoding: str | None) -> bytes:
    """The content of a body, given its `Content-Encoding`: none, gzip or deflate.

    Raises:
        BodyTooLargeError: it has more than `MAX_WIRE` bytes, or `MAX_UNPACKED` unpacked.
        BodyRefusedError: another encoding, or damaged.
    """
    if len(body) > MAX_WIRE:
        raise BodyTooLargeError(MAX_WIRE)
    named = (encoding or "").strip().lower()
    if named in _GZIP or (named in _PLAIN and body.startswith(_GZIP_MAGIC)):
        body = _inflated(body, _GZIP_OR_ZLIB)
    elif named == "deflate":
        body = _inflated(body, _GZIP_OR_ZLIB if _has_zlib_header(body) else _BARE_DEFLATE)
    elif named not in _PLAIN:
        raise BodyRefusedError("The body is packed in a way that is not read. Nothing was kept; send gzip or deflate")
    return body.removeprefix(codecs.BOM_UTF8)


def _has_zlib_header(body: bytes) -> bool:
    """Whether it is deflate as the standard means it; some senders leave the header of RFC 1950 out."""
    return len(body) > 1 and body[0] & 15 == zlib.DEFLATED and (body[0] << 8 | body[1]) % 31 == 0


def _inflated(body: bytes, wbits: int) -> bytes:
    stream = zlib.decompressobj(wbits)
    try:
        content = stream.decompress(body, MAX_UNPACKED + 1)
    except zlib.error:
        raise _damaged() from None
    if len(content) > MAX_UNPACKED:
        raise BodyTooLargeError(MAX_UNPACKED)
    if not stream.eof or stream.unused_data:  # cut off, or followed by something else
        raise _damaged()
    return content


def _damaged() -> BodyRefusedError:
    return BodyRefusedError("The packed body is damaged. Nothing of it was kept; send it again")
