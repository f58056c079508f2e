"""How often something may be tried: moving windows in memory."""

from __future__ import annotations

import ipaddress
import math

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from keepwell.runtime.clock import now_us
from keepwell.runtime.ports.access import TooManyAttemptsError


class Limits:
    """Counts attempts of any kind. They are forgotten when the process ends."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._items: dict[str, RateLimitItem] = {}

    def spend(self, rate: str, *names: str) -> None:
        """Count one attempt, at most `rate` ("10/15 minutes") for the names together.

        Raises:
            TooManyAttemptsError: that is one too many; it does not count.
        """
        item = self._items.setdefault(rate, parse(rate))
        if not self._limiter.hit(item, *names):
            frees_at = self._limiter.get_window_stats(item, *names).reset_time
            raise TooManyAttemptsError(max(1, math.ceil(frees_at - now_us() / 1_000_000)))

    def forgive(self, rate: str, *names: str) -> None:
        """Forget the attempts of these names."""
        self._limiter.clear(self._items.setdefault(rate, parse(rate)), *names)


def network(address: str) -> str:
    """What counts as one address: an IPv6 user has a whole /64."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)
