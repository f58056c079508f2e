"""What requests bring: ids, moments and bodies, read with care."""

from __future__ import annotations

import re
from typing import Annotated, TypeVar
from urllib.parse import unquote

import msgspec
from fastapi import Depends, Path, Query
from starlette.requests import Request

from keepwell.base.errors import KeepwellError
from keepwell.base.time import parse_instant
from keepwell.web.api.problems import Fault

MAX_BODY = 64 * 1024  # bytes; the largest thing to send is a reason
ENDS = 253_402_300_800_000_000  # 10000-01-01, the first moment that has no RFC 3339 text
T = TypeVar("T")


class Unreadable(KeepwellError):
    """A request with something wrong in it.

    Attributes:
        faults: what is wrong, and where.
    """

    def __init__(self, place: str, message: str) -> None:
        super().__init__(f"{place}: {message}. Nothing was changed.")
        self.faults = (Fault(place, message),)


class BodyTooLarge(KeepwellError):
    """A body larger than anything this API takes."""

    def __init__(self) -> None:
        super().__init__(f"The body is larger than {MAX_BODY} bytes. Nothing was changed.")


class NotJson(KeepwellError):
    """A body of another type."""

    def __init__(self) -> None:
        super().__init__("The body is not `application/json`. Nothing was changed.")


def _customer_id(
    customer_id: Annotated[
        str, Path(description="The customer's id, percent-encoded: `/` is `%2F`.", min_length=1, max_length=2000)
    ],
    id: Annotated[  # noqa: A002 - the name in the address
        str | None,
        Query(description="The id when it is `.` or `..`, which clients remove from paths; the path then holds `-`."),
    ] = None,
) -> str:
    return unquote(customer_id) if id is None else id


CustomerId = Annotated[str, Depends(_customer_id)]
Limit = Annotated[int, Query(ge=1, le=500, description="At most this many.")]
Cursor = Annotated[str | None, Query(max_length=4000, description="`next` of the part before.")]
_Moment = Query(max_length=40, json_schema_extra={"format": "date-time"})
Moment = Annotated[str | None, _Moment]


def moment(text: str | None, name: str) -> int | None:
    """Microseconds of an RFC 3339 moment.

    Raises:
        Unreadable: it is none, or lies before 1970.
    """
    if text is None:
        return None
    try:
        found = parse_instant(text)
    except (ValueError, OverflowError):
        raise Unreadable(f"query.{name}", "this is no RFC 3339 moment like 2026-11-22T09:00:00Z") from None
    if not 0 < found < ENDS:
        raise Unreadable(f"query.{name}", "this lies before 1970, or after 9999")
    return found


def past(text: str | None, name: str, now: int) -> int | None:
    """A moment that is not in the future.

    Raises:
        Unreadable: it is no moment, or has not come yet.
    """
    found = moment(text, name)
    if found is not None and found > now:
        raise Unreadable(f"query.{name}", "this lies in the future")
    return found


async def _body(request: Request) -> bytes:
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_BODY:
            raise BodyTooLarge
    return content


async def _json(request: Request) -> bytes:
    """The body of a request that says it is JSON."""
    content = await _body(request)
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json":
        raise NotJson
    return content


AnyBody = Annotated[bytes, Depends(_body)]
JsonBody = Annotated[bytes, Depends(_json)]


def read(body: bytes, kind: type[T]) -> T:
    """A body as what it should be.

    Raises:
        Unreadable: it is something else; what was sent is not repeated.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        said, _, place = str(error).partition(" - at ")
        raise Unreadable(_place(place), _without_values(said)) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Unreadable("body", "this is no valid JSON") from None


def _place(path: str) -> str:
    """A path of msgspec, without names of fields that the sender made up."""
    names = re.findall(r"\.([a-z_]+)", path)
    return ".".join(["body", *names])


def _without_values(said: str) -> str:
    if said.startswith("Invalid enum value"):
        return "this is none of the values it may have"
    if said.startswith("Object contains unknown field"):
        return "it has a field that is not known here"
    return said[:1].lower() + said[1:]
