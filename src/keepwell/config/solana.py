"""Loading `solana.toml`: which node is asked for the transactions of which addresses. Without the file, none is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from keepwell.base.time import DAY_US, SECOND_US
from keepwell.config.refusal import FileRefusedError, line_of, read_toml

OWN: Final = "solana.toml"
KEY: Final = "{key}"
VARIABLE: Final = "KEEPWELL_SOLANA_KEY"
UNCHANGED: Final = "No node is asked"
RANGES: Final[Mapping[str, tuple[int, int]]] = {
    "every_s": (5, 86_400),
    "requests_per_minute": (1, 60_000),
    "first_days": (0, 365),
}
MOST_ADDRESSES: Final = 10_000


class _File(msgspec.Struct, forbid_unknown_fields=True):
    """The file as it is written."""

    endpoint: str
    private: bool = False
    every_s: int = 60
    requests_per_minute: int = 100
    first_days: int = 7
    linked: bool = False
    addresses: dict[str, str] = {}


@dataclass(frozen=True)
class Polling:
    """What is asked for.

    Attributes:
        endpoint: address of the node, with its key; it is never shown.
        host: what of it may be shown.
        key: the secret in it, if it is one of its own.
        private: whether it may be a private address, and plain HTTP.
        every_us: from one look at an address to the next.
        per_minute: requests to the endpoint in a minute.
        first_us: how far the first look at an address goes back.
        linked: whether all wallets that are linked to customers are asked about.
        addresses: further ones, each with its customer.
    """

    endpoint: str = field(repr=False)
    host: str
    key: str | None = field(repr=False)
    private: bool
    every_us: int
    per_minute: int
    first_us: int
    linked: bool
    addresses: Mapping[str, str]

    def hidden(self, text: str) -> str:
        """A text without the endpoint and without its secret, wherever somebody repeated them."""
        parts = urlsplit(self.endpoint)
        secrets = (self.endpoint, self.key, f"{parts.path}?{parts.query}", parts.query, parts.path.strip("/"))
        for secret in secrets:
            if secret and len(secret) > 3:
                text = text.replace(secret, "***")
        return text


def load_polling(path: Path, key: str | None, is_address: Callable[[object], bool]) -> Polling | None:
    """What the file of the installation says; None without one. `is_address` knows an address of the chain.

    Raises:
        FileRefusedError: with file, line and what is wrong; nothing of the endpoint is repeated.
    """
    if not path.exists():
        return None
    table, text = read_toml(path, UNCHANGED)

    def refuse(problem: str, *where: str) -> FileRefusedError:
        return FileRefusedError(path, line_of(text, *where), problem, UNCHANGED)

    try:
        given = msgspec.convert(table, _File)
    except msgspec.ValidationError as error:
        raise refuse(*_said(error, table)) from None
    for name, (low, high) in RANGES.items():
        if not low <= getattr(given, name) <= high:
            raise refuse(f"`{name}` must be between {low} and {high}", name)
    _check_addresses(given, is_address, refuse)
    endpoint, host = _endpoint(given, key, refuse)
    return Polling(
        endpoint=endpoint, host=host, key=key, private=given.private, every_us=given.every_s * SECOND_US,
        per_minute=given.requests_per_minute, first_us=given.first_days * DAY_US, linked=given.linked,
        addresses=given.addresses,
    )  # fmt: skip


def _said(error: msgspec.ValidationError, table: Mapping[str, object]) -> tuple[str, ...]:
    """What is wrong, and where."""
    problem, _, place = str(error).partition(" - at `$")
    names = [each for each in place.strip("`.").replace("[...]", "").split(".") if each]
    unknown = next((name for name in table if name not in _File.__struct_fields__), None)
    if unknown is not None:
        return f"there is no `{unknown}`; there are {', '.join(_File.__struct_fields__)}", unknown
    return (f"`{'.'.join(names)}`: {problem}" if names else problem, *names)


def _check_addresses(
    given: _File, is_address: Callable[[object], bool], refuse: Callable[..., FileRefusedError]
) -> None:
    if not given.linked and not given.addresses:
        raise refuse("nothing is asked for: set `linked = true`, or give `[addresses]` with a customer each")
    if len(given.addresses) > MOST_ADDRESSES:
        raise refuse(f"more than {MOST_ADDRESSES} addresses; link them as wallets instead", "addresses")
    for address, customer in given.addresses.items():
        if not is_address(address):
            raise refuse(f"`{address[:60]}` is no address of Solana", "addresses", address)
        if not customer.strip():
            raise refuse(f"`{address}` needs the id of its customer", "addresses", address)


def _endpoint(given: _File, key: str | None, refuse: Callable[..., FileRefusedError]) -> tuple[str, str]:
    """The endpoint with its key, and its host."""
    if KEY in given.endpoint and not key:
        raise refuse(f"`endpoint` has a place for a key, and {VARIABLE} is not set", "endpoint")
    endpoint = given.endpoint.replace(KEY, key or "")
    try:
        parts = urlsplit(endpoint)
        host, _ = parts.hostname, parts.port  # a port that is no number raises
    except ValueError:
        raise refuse("`endpoint` is no address; it begins with https://", "endpoint") from None
    if not host or not endpoint.isprintable() or " " in endpoint:
        raise refuse("`endpoint` is no address; it begins with https://", "endpoint")
    if parts.scheme != "https" and not (given.private and parts.scheme == "http"):
        raise refuse("`endpoint` must begin with https://, or with http:// where `private = true`", "endpoint")
    if parts.username or parts.password:
        raise refuse("`endpoint` must not hold a user; providers take a key in the path or the query", "endpoint")
    return endpoint, host
