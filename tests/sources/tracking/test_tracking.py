"""Addresses, content types, packings and keys, as they come from outside."""

import base64
import gzip
import zlib

import pytest
from starlette.datastructures import Headers

from keepwell.sources import tracking
from keepwell.sources.body import MAX_WIRE
from keepwell.sources.sent import Batch, BodyRefusedError, BodyTooLargeError
from tests.sources.tracking.wire import NOW, batch, dumped, only, read, track

BODY = dumped(batch(track()))
TYPES = ["application/json", "text/plain", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "", "x"]


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize(
    ("pack", "encoding"),
    [(bytes, None), (gzip.compress, "gzip"), (gzip.compress, None), (zlib.compress, "deflate")],
)
def test_a_body_is_what_it_is_whatever_it_is_called(kind, pack, encoding):
    headers = {"content-type": kind} | ({"content-encoding": encoding} if encoding else {})

    assert only("/v1/batch", pack(BODY), headers) == only("/v1/batch", BODY)


def test_headers_of_the_server_are_read():
    headers = Headers({"Content-Encoding": "gzip", "Authorization": "Bearer k"})

    assert only("/v1/batch", gzip.compress(BODY), headers) == only("/v1/batch", BODY)
    assert tracking.key_of(headers) == "k"


def test_a_large_body_is_refused_before_it_is_read():
    with pytest.raises(BodyTooLargeError):
        read("/v1/batch", b" " * (MAX_WIRE + 1))


@pytest.mark.parametrize("path", tracking.READERS)
def test_every_address_refuses_what_it_cannot_read(path):
    with pytest.raises(BodyRefusedError):
        tracking.read(path, {}, b"\x00", NOW)
    with pytest.raises(BodyRefusedError):
        tracking.read(path + "/", {"content-encoding": "gzip"}, BODY, NOW)


def test_an_unknown_address_is_no_request():
    with pytest.raises(KeyError):
        read("/v1/unknown", BODY)


def basic(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


KEYS = {
    "nothing": ({}, None, None),
    "basic": ({"authorization": basic("k:")}, None, "k"),
    "basic in capitals": ({"authorization": basic("k:").replace("Basic", "BASIC")}, None, "k"),
    "basic without a colon": ({"authorization": basic("k")}, None, "k"),
    "basic with a password": ({"authorization": basic("k:p")}, None, "k"),
    "basic with a password only": ({"authorization": basic(":k")}, None, "k"),
    "bearer": ({"authorization": "Bearer k"}, None, "k"),
    "a header": ({"x-write-key": " k "}, None, "k"),
    "the body": ({}, "k", "k"),
    "headers before the body": ({"x-write-key": "k"}, "b", "k"),
    "authorization before a header": ({"authorization": basic("k:"), "x-write-key": "h"}, "b", "k"),
    "broken basic": ({"authorization": "Basic *"}, "b", "b"),
    "basic that is no text": ({"authorization": "Basic /w=="}, "b", "b"),
    "basic beyond ASCII": ({"authorization": "Basic é"}, "b", "b"),
    "another scheme": ({"authorization": "Digest k"}, "b", "b"),
    "an empty key": ({"authorization": basic(":"), "x-write-key": ""}, None, None),
}


@pytest.mark.parametrize(("headers", "in_body", "expected"), KEYS.values(), ids=KEYS)
def test_where_the_key_is(headers, in_body, expected):
    assert tracking.key_of(headers, Batch([], in_body)) == expected
