"""The one way by which messages reach the web: to public addresses only, resolved once, no redirects, bounded.

A name is resolved once. Every address it has is checked, and the connection goes to a checked address; the name is
asked for in TLS and in the `Host` header only. So a name server that changes its answer changes nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import httpx2

from keepwell.channels.letter import Failed, Uncertain

CONNECT_S = 5.0
TOTAL_S = 20.0  # from the first look-up to the last byte that is read
BODY_S = 2.0
KEPT_BYTES = 1024
LONGEST_REST_S = 24 * 3600.0

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

# The part of IPv6 that is handed out, without what only wraps an IPv4 address (Teredo, 6to4).
# https://www.iana.org/assignments/ipv6-unicast-address-assignments
_PUBLIC_6 = ipaddress.ip_network("2000::/3")
_WRAPPED_6 = (ipaddress.ip_network("2001::/32"), ipaddress.ip_network("2002::/16"))


class TargetRefusedError(Exception):
    """The address is none that messages may be sent to."""


class UnresolvedError(Exception):
    """The name has no address."""


@dataclass(frozen=True)
class Answer:
    """What came back: the status, the headers, and the beginning of the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def is_public(text: str) -> bool:
    """Whether an address belongs to the open internet."""
    try:
        address: Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(str(address.ipv4_mapped))
        if address not in _PUBLIC_6 or any(address in each for each in _WRAPPED_6):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, by the system.

    Raises:
        UnresolvedError: there are none.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise UnresolvedError(f"{host} has no address") from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class _Checked(httpx2.AsyncBaseTransport):
    """Connects to the address that was checked, and to no other."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._inner = httpx2.AsyncHTTPTransport(verify=door.tls or True, trust_env=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        addresses = await self._door.addresses(request.url)
        for address in addresses[:-1]:
            try:
                return await self._inner.handle_async_request(_pinned(request, address))
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue
        return await self._inner.handle_async_request(_pinned(request, addresses[-1]))

    async def aclose(self) -> None:
        await self._inner.aclose()


def _pinned(request: httpx2.Request, address: str) -> httpx2.Request:
    extensions = {**request.extensions, "sni_hostname": request.url.host}
    url = request.url.copy_with(host=address)
    return httpx2.Request(request.method, url, headers=request.headers, stream=request.stream, extensions=extensions)


def trust() -> ssl.SSLContext:
    """The system's trust, read once by whoever asks often: reading it takes longer than most answers do."""
    return httpx2.create_ssl_context(trust_env=False)


@dataclass(frozen=True)
class Door:
    """The way to the web, and what it lets through.

    Attributes:
        private: whether private addresses and plain HTTP are allowed.
        resolve: how names become addresses.
        total_s: how long a request may take.
        body_s: how long is waited for the body of an answer, whose status has come.
        tls: another trust than the system's.
    """

    private: bool = False
    resolve: Resolve = field(default=resolve)
    total_s: float = TOTAL_S
    body_s: float = BODY_S
    tls: ssl.SSLContext | None = None

    async def addresses(self, url: httpx2.URL) -> Sequence[str]:
        """The addresses of a URL, all of them checked.

        Raises:
            TargetRefusedError: it is not HTTPS, names a user, or one of the addresses is private.
            UnresolvedError: the name has no address.
        """
        if url.userinfo or url.scheme not in ("http", "https") or (url.scheme == "http" and not self.private):
            raise TargetRefusedError(f"{url.host} is not asked: only https:// addresses without a user are")
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            found = await asyncio.wait_for(self.resolve(url.host, port), CONNECT_S)
        except TimeoutError:
            raise UnresolvedError(f"{url.host} was not resolved in time") from None
        if not found:
            raise UnresolvedError(f"{url.host} has no address")
        if not self.private and not all(is_public(each) for each in found):
            raise TargetRefusedError(f"{url.host} is not asked: it has an address that is not public")
        return found

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str], keep: int = KEPT_BYTES
    ) -> Answer | Failed | Uncertain:
        """Send a body by POST, and read the first `keep` bytes of an answer of any status; follow no redirects."""
        try:
            return asyncio.run(self._within(url, body, headers, keep))
        except (TargetRefusedError, httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
            return Failed(str(error) or "the address cannot be read", permanent=True)
        except UnresolvedError as error:
            return Failed(str(error))
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            return Failed(f"no connection: {_said(error)}")
        except (httpx2.HTTPError, TimeoutError) as error:
            return Uncertain(f"no answer: {_said(error)}")

    async def _within(self, url: str, body: bytes, headers: Mapping[str, str], keep: int) -> Answer:
        async with asyncio.timeout(self.total_s):
            return await self._posted(url, body, headers, keep)

    async def _posted(self, url: str, body: bytes, headers: Mapping[str, str], keep: int) -> Answer:
        limits = httpx2.Timeout(self.total_s, connect=min(CONNECT_S, self.total_s))
        async with (
            httpx2.AsyncClient(
                transport=_Checked(self), follow_redirects=False, trust_env=False, timeout=limits
            ) as client,
            client.stream("POST", url, content=body, headers=dict(headers)) as answer,
        ):
            return Answer(answer.status_code, dict(answer.headers), await _beginning(answer, keep, self.body_s))


async def _beginning(answer: httpx2.Response, keep: int, body_s: float) -> bytes:
    """The first bytes of a body; what is late or lost on the way does not change what the status said."""
    kept = bytearray()
    with suppress(httpx2.HTTPError, TimeoutError):
        await asyncio.wait_for(_read(answer, kept, keep), body_s)
    return bytes(kept[:keep])


async def _read(answer: httpx2.Response, kept: bytearray, most: int) -> None:
    async for piece in answer.aiter_raw():
        kept += piece
        if len(kept) >= most:
            return


def refusal(answer: Answer) -> Failed | Uncertain | None:
    """What a status means that is not a success; None when it is one.

    A gateway that says 502 or 504 does not know what the server behind it did.
    """
    status = answer.status
    if 200 <= status < 300:
        return None
    if status in (502, 504):
        return Uncertain(f"a gateway answered {status}")
    if 300 <= status < 400:
        return Failed(f"answered {status}: redirects are not followed", permanent=True)
    passing = status >= 500 or status in (408, 425, 429)
    return Failed(f"answered {status}", permanent=not passing, again_in_s=_rest_s(answer))


def _rest_s(answer: Answer) -> float:
    """How long the receiver asked to be left alone. A date instead of seconds counts as nothing asked."""
    text = answer.headers.get("retry-after", "")
    return min(float(text), LONGEST_REST_S) if text.isascii() and text.isdigit() else 0.0


def _said(error: BaseException) -> str:
    return str(error) or type(error).__name__
