"""When an endpoint may be asked again: so many requests a minute, and a rest after each failure, twice as long."""

from __future__ import annotations

import msgspec

from keepwell.base.time import SECOND_US

MINUTE_US = 60 * SECOND_US
FIRST_REST_S = 2.0
LONGEST_REST_S = 900.0


class Pace(msgspec.Struct, frozen=True):
    """How an endpoint was asked of late.

    Attributes:
        asked: moments of the requests of the last minute, the oldest first.
        failures: how many failed in a row.
        rests_until: it is left alone before that.
    """

    asked: tuple[int, ...] = ()
    failures: int = 0
    rests_until: int = 0


def free_at(pace: Pace, now: int, per_minute: int) -> int:
    """The first moment from now on at which the endpoint may be asked."""
    lately = [each for each in pace.asked if each > now - MINUTE_US]
    full = lately[-per_minute] + MINUTE_US if len(lately) >= per_minute else now
    return max(now, full, pace.rests_until)


def asked(pace: Pace, now: int) -> Pace:
    """A request was sent."""
    kept = tuple(each for each in pace.asked if each > now - MINUTE_US)
    return msgspec.structs.replace(pace, asked=(*kept, now))


def answered(pace: Pace) -> Pace:
    """It was answered as it should be."""
    return msgspec.structs.replace(pace, failures=0, rests_until=0)


def failed(pace: Pace, now: int, again_in_s: float = 0.0) -> Pace:
    """It was not: a longer rest than the last time, and never shorter than what was asked for."""
    failures = pace.failures + 1
    rest_us = int(max(rest_s(failures), again_in_s) * SECOND_US)
    return msgspec.structs.replace(pace, failures=failures, rests_until=now + rest_us)


def rest_s(failures: int) -> float:
    """Seconds of rest after so many failures in a row: 2, 4, 8, and never more than a quarter of an hour."""
    return min(FIRST_REST_S * 2.0 ** min(failures - 1, 20), LONGEST_REST_S)
