"""The event as the log keeps it, and the rejection that stands in for a row that cannot be one."""

from __future__ import annotations

import msgspec

ASSUMED_KNOWN = 1  # known_at was not given and is taken from occurred_at
CLAMPED = 2  # the sender's clock ran ahead; occurred_at was set to the moment of receipt

PLATFORM = ""  # the customer id of events about the platform itself, such as a release


class Event(msgspec.Struct, frozen=True, gc=False):
    """One thing that happened.

    Times are UTC microseconds with `occurred_at <= known_at`. The slots (`n` to `day2`) are what
    the metrics read, all integers and short texts; which property fills which slot is said by the
    catalog. `properties` is the sender's JSON, kept as it came.
    """

    customer_id: str
    kind: int  # number in the catalog; 0 is an event the plan does not know
    name: str | None  # the sender's own name, kept for unknown events
    own: int  # 1 when the customer did it, 0 when it was done to or for the customer
    occurred_at: int
    known_at: int
    recorded_at: int
    sent_at: int | None
    flags: int
    hour: int  # hour of the raw own timestamp, the local half of the duplicate key
    key: int  # 63-bit hash of the message id
    message_id: str | None
    user_id: str | None
    n: int
    v1: int | None
    v2: int | None
    part: str | None
    part2: str | None
    code: int | None
    code2: int | None
    ref: str | None
    day2: int | None
    properties: str


class Rejection(msgspec.Struct, frozen=True):
    """Why a row is not an event. `reason` is one of a closed list; `detail` names the field."""

    reason: str
    detail: str = ""


class Raw(msgspec.Struct, frozen=True, gc=False):
    """A row as a source hands it over, before anything is believed.

    `own_time` is set by sources that put another `timestamp` in place of the sender's: the sender's own in
    microseconds, 0 when there was none. Its hour tells repeats apart, so that what is sent again, and corrected
    differently, is the same event.
    """

    customer_id: object
    event: object
    timestamp: object
    properties: object = None
    message_id: object = None
    received_at: object = None
    user_id: object = None
    sent_at: object = None
    own_time: object = None


ROW_FIELDS = tuple(name for name in Raw.__struct_fields__ if name != "own_time")
"""What a sender may say in a row."""
