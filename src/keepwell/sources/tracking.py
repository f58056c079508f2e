"""Every address to which tracking requests are sent, and its reader: all that a route has to loop over."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from keepwell.sources.body import unpack
from keepwell.sources.cloudevents import read as cloudevents
from keepwell.sources.direct import read as direct
from keepwell.sources.posthog import read as posthog
from keepwell.sources.segment import read as segment
from keepwell.sources.sent import Batch

Reader = Callable[[Mapping[str, str], bytes, int], Batch]
"""Reads headers and unpacked body of a request that arrived at a moment in microseconds."""


def _segment(call: str, _headers: Mapping[str, str], body: bytes, now: int) -> Batch:
    return segment.read(call, body, now)


def _posthog(_headers: Mapping[str, str], body: bytes, now: int) -> Batch:
    return posthog.read(body, now)


def _direct(_headers: Mapping[str, str], body: bytes, now: int) -> Batch:
    return direct.read(body, now)


READERS: Mapping[str, Reader] = MappingProxyType(
    {f"/v1/{call}": partial(_segment, call) for call in (*segment.BATCHES, *segment.KINDS)}
    | dict.fromkeys(("/batch", "/capture", "/e", "/i/v0/e"), _posthog)
    | {"/v1/cloudevents": cloudevents.read, "/v1/events": _direct}
)
"""Readers by address. An address with a slash at its end is the same one: senders take a redirect for a failure."""


def read(path: str, headers: Mapping[str, str], body: bytes, now: int) -> Batch:
    """What one request brought, whatever its content type says: SDKs label JSON as text and as forms.

    Names of `headers` are in lower case, or looked up without regard to it. `now` is the moment of receipt.

    Raises:
        BodyTooLargeError: the body is too large, packed or unpacked.
        BodyRefusedError: nothing of it can be read.
        KeyError: no reader has this address.
    """
    reader = READERS[path.rstrip("/")]
    return reader(headers, unpack(body, headers.get("content-encoding")), now)


def key_of(headers: Mapping[str, str], batch: Batch | None = None) -> str | None:
    """The write key of a request: the user name of Basic, a Bearer token, `X-Write-Key`, else what the body carried."""
    scheme, _, value = headers.get("authorization", "").strip().partition(" ")
    found = None
    if scheme.lower() == "basic":
        found = _user_name(value)
    elif scheme.lower() == "bearer":
        found = value.strip()
    return found or headers.get("x-write-key", "").strip() or (batch.key if batch else None)


def _user_name(credentials: str) -> str | None:
    """The name before the colon; some senders put the key in the place of the password."""
    try:
        name, _, password = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return name or password
