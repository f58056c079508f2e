"""Bodies are unpacked under a cap, and anything else is refused by name."""

import gzip
import tracemalloc
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.sources.body import MAX_UNPACKED, MAX_WIRE, unpack
from keepwell.sources.sent import BodyRefusedError, BodyTooLargeError

TEXT = b'{"batch":[]}' * 50
PACKED = gzip.compress(TEXT, mtime=0)  # the time would be part of the names of tests, which must not change


def bare(data):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (TEXT, None),
        (TEXT, ""),
        (TEXT, "identity"),
        (PACKED, "gzip"),
        (PACKED, " GZip "),
        (PACKED, "x-gzip"),
        (PACKED, None),
        (zlib.compress(TEXT), "deflate"),
        (zlib.compress(TEXT, 1), "deflate"),
        (bare(TEXT), "deflate"),
        (b"\xef\xbb\xbf" + TEXT, None),
        (gzip.compress(b"\xef\xbb\xbf" + TEXT, mtime=0), "gzip"),
    ],
)
def test_a_body_is_unpacked(body, encoding):
    assert unpack(body, encoding) == TEXT


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (TEXT, "gzip"),
        (TEXT, "br"),
        (TEXT, "gzip, gzip"),
        (b"", "gzip"),
        (PACKED[:-9], "gzip"),
        (PACKED + b"x", "gzip"),
        (PACKED + PACKED, "gzip"),
        (PACKED[:-8] + b"\0" * 8, "gzip"),
        (b"\x78", "deflate"),
    ],
)
def test_a_damaged_or_unknown_packing_is_refused(body, encoding):
    with pytest.raises(BodyRefusedError):
        unpack(body, encoding)


@pytest.mark.parametrize(("size", "limit"), [(MAX_WIRE, None), (MAX_WIRE + 1, MAX_WIRE)])
def test_a_body_has_a_largest_size(size, limit):
    body = b" " * size
    if limit is None:
        assert unpack(body, None) == body
    else:
        with pytest.raises(BodyTooLargeError) as refused:
            unpack(body, None)
        assert refused.value.limit == limit


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, bare])
def test_the_unpacked_body_has_a_largest_size(pack):
    encoding = "gzip" if pack is gzip.compress else "deflate"

    assert len(unpack(pack(bytes(MAX_UNPACKED)), encoding)) == MAX_UNPACKED
    with pytest.raises(BodyTooLargeError) as refused:
        unpack(pack(bytes(MAX_UNPACKED + 1)), encoding)
    assert refused.value.limit == MAX_UNPACKED


def test_a_bomb_of_300_mb_is_refused_in_little_memory():
    bomb = gzip.compress(bytes(300_000_000))
    assert len(bomb) < MAX_WIRE
    tracemalloc.start()
    with pytest.raises(BodyTooLargeError):
        unpack(bomb, "gzip")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 3 * MAX_UNPACKED


@given(st.binary(max_size=200), st.sampled_from([None, "gzip", "deflate", "br"]))
def test_any_bytes_are_unpacked_or_refused(body, encoding):
    with suppress(BodyRefusedError):
        assert isinstance(unpack(body, encoding), bytes)
