"""A mail that came to us: what kind it is, which of our letters it answers, and what its author wrote.

Anybody can write anything to an address. Whatever it is, reading it ends in a `Mail` or in None; it never raises.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from email import message_from_bytes, message_from_string
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses, parsedate_to_datetime
from enum import StrEnum

import msgspec

from keepwell.base.time import from_datetime
from keepwell.sources.mail.text import asks_to_stop, plain, written

LARGEST = 256 * 1024
"""Bytes of a mail that are read; what lies behind them is attachments."""
PARTS = 60
NAMES = 50
"""Ids of a header that are looked at: the newest answers are at the end of References."""
SUBJECT = 200
_LETTER = re.compile(r"<\s*([0-9a-f]{32})@[^<>@\s]{1,253}\s*>")
_ADDRESS = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9.-]{1,253}")
_AWAY = re.compile(
    r"(automatic reply|auto(matic)?[ -]?(reply|response)|out of (the )?office|automatische antwort|abwesenheitsnotiz"
    r"|abwesend|ich bin nicht im büro|réponse automatique|respuesta automática)\b",
    re.IGNORECASE,
)
_MACHINES = frozenset(("mailer-daemon", "postmaster", "noreply", "no-reply", "donotreply", "do-not-reply"))
_AUTO_PRECEDENCE = frozenset(("bulk", "junk", "auto_reply", "list"))
_FEEDBACK, _STATUS = _REPORTS = ("message/feedback-report", "message/delivery-status")
_COMPLAINTS = frozenset(("abuse", "fraud"))  # of the types of RFC 5965; the others say nothing of the receiver's will
_BROKEN = (MessageError, LookupError, ValueError, TypeError, AttributeError, AssertionError, RecursionError)
"""What the library raises on mail that is no mail; which of them depends on its version."""


class Kind(StrEnum):
    """What a mail is."""

    REPLY = "reply"
    AUTO = "auto"  # written by a machine: an absence, a delay, a receipt
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    STOP = "stop"  # its author wants no more letters


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """What was read.

    Attributes:
        id: the same for the same mail, by whichever way it came: 32 letters and digits, made from its Message-ID, or
            from its bytes when it has none.
        at: when it was written, as it says, microseconds; None when it does not say.
        sender: the address in From, in small letters; empty when there is none, or several.
        answers: names of letters that it may answer, the nearest first.
        text: what its author wrote, without what is quoted and without the signature; of replies only.
        permanent: of a bounce: the address cannot be reached at all.
    """

    id: str
    at: int | None
    kind: Kind
    sender: str = ""
    answers: tuple[str, ...] = ()
    text: str = ""
    permanent: bool = False


def read(raw: bytes) -> Mail | None:
    """Read the bytes of a mail (RFC 5322), or the first of them; None when they are none."""
    try:
        message = message_from_bytes(raw[:LARGEST], policy=compat32)
        return _read(message, raw) if message.keys() else None
    except _BROKEN:
        return None


def _read(message: Message, raw: bytes) -> Mail:
    parts = _parts(message)
    kind, permanent = _kind(message, parts)
    text = ""
    if kind is Kind.REPLY:
        text = _text(parts)
        if asks_to_stop(text, _said(message, "Subject")):
            kind = Kind.STOP
    return Mail(
        id=_id(message, raw), at=_at(message), kind=kind, sender=_sender(message),
        answers=_answers(message, parts), text=text,
        permanent=permanent,
    )  # fmt: skip


def _parts(message: Message) -> list[Message]:
    """The mail and its parts, the first of them, outside in. A part that is itself a mail is opened too."""
    found: list[Message] = []
    waiting = [message]
    while waiting and len(found) < PARTS:
        part = waiting.pop(0)
        found.append(part)
        inner = part.get_payload()
        waiting += [each for each in inner if isinstance(each, Message)] if isinstance(inner, list) else []
    return found


# ---------------------------------------------------------------------- what it is


def _kind(message: Message, parts: list[Message]) -> tuple[Kind, bool]:
    """What it is, and whether a bounce is for good."""
    report = next((part for part in parts if part.get_content_type() == _FEEDBACK), None)
    if report is not None:
        return _complained(report), False
    status = next((part for part in parts if part.get_content_type() == _STATUS), None)
    if status is not None:
        return _bounced(status)
    return (Kind.AUTO if _is_automatic(message) else Kind.REPLY), False


def _complained(report: Message) -> Kind:
    """The kind of a feedback report (RFC 5965)."""
    kinds = [_said(fields, "Feedback-Type").lower() for fields in _blocks(report)]
    if any(kind in _COMPLAINTS for kind in kinds):
        return Kind.COMPLAINT
    return Kind.STOP if "opt-out" in kinds else Kind.AUTO


def _bounced(status: Message) -> tuple[Kind, bool]:
    """The kind of a delivery status (RFC 3464): only `failed` is a bounce; class 5 is for good (RFC 3463)."""
    failed = [fields for fields in _blocks(status) if _said(fields, "Action").lower() == "failed"]
    if not failed:
        return Kind.AUTO, False
    return Kind.BOUNCE, all(_said(fields, "Status").startswith("5.") for fields in failed)


def _blocks(part: Message) -> list[Message]:
    """The groups of fields of a report."""
    inner = part.get_payload()
    return [each for each in inner if isinstance(each, Message)] if isinstance(inner, list) else []


def _is_automatic(message: Message) -> bool:
    """Whether a machine wrote it, as RFC 3834 says it and as older and other programs do."""
    if _said(message, "Auto-Submitted").lower().partition(";")[0].strip() not in ("", "no"):
        return True
    if any(message.get(name) is not None for name in ("X-Autoreply", "X-Autorespond", "X-Autogenerated")):
        return True
    if _said(message, "Precedence").lower() in _AUTO_PRECEDENCE or _said(message, "Return-Path") == "<>":
        return True
    return _sender(message).partition("@")[0] in _MACHINES or bool(_AWAY.match(_said(message, "Subject")))


# ---------------------------------------------------------------------- what it answers


def _answers(message: Message, parts: list[Message]) -> tuple[str, ...]:
    """Names of letters: those whose headers a report returns, then what it says it answers, the nearest first."""
    found: list[str] = []
    if any(part.get_content_type() in _REPORTS for part in parts):
        for returned in _returned(parts):
            found += _names(_said(returned, "Message-ID"))
    found += reversed(_names(_said(message, "In-Reply-To")))
    found += reversed(_names(_said(message, "References")))
    return tuple(dict.fromkeys(found))[:NAMES]


def _names(text: str) -> list[str]:
    return _LETTER.findall(text.lower())[-NAMES:]


def _returned(parts: list[Message]) -> Iterator[Message]:
    """The mail that a report is about: whole, or its headers only."""
    for part in parts[1:]:
        if part.get_content_type() == "text/rfc822-headers":
            yield message_from_string(_decoded(part), policy=compat32)
        elif part.get("Message-ID") is not None:
            yield part


# ---------------------------------------------------------------------- headers and text


def _said(message: Message, name: str) -> str:
    """A header in one line, decoded; empty when it is not there."""
    value = message.get(name)
    return "" if value is None else _unfolded(value)


def _unfolded(value: object) -> str:
    try:
        text = str(make_header(decode_header(str(value))))
    except _BROKEN:
        text = str(value)
    return " ".join(_clean(text).split())


def _sender(message: Message) -> str:
    given = [_unfolded(each) for each in message.get_all("From", [])]
    found = {address.strip().lower() for _, address in getaddresses(given)}
    address = found.pop() if len(found) == 1 else ""
    return address if _ADDRESS.fullmatch(address) else ""


def _at(message: Message) -> int | None:
    try:
        found = from_datetime(parsedate_to_datetime(_said(message, "Date")))
    except (*_BROKEN, OverflowError):
        return None
    return found if found > 0 else None


def _id(message: Message, raw: bytes) -> str:
    own = _said(message, "Message-ID").encode("utf-8", "replace") or raw[:LARGEST]
    return hashlib.sha256(own).hexdigest()[:32]


def _text(parts: list[Message]) -> str:
    """What the author wrote: the first plain text, or what HTML says."""
    shown = [part for part in parts if part.get_content_disposition() != "attachment" and not part.is_multipart()]
    for kind, reading in (("text/plain", str), ("text/html", plain)):
        for part in shown:
            if part.get_content_type() == kind and (text := _clean(reading(_decoded(part)))).strip():
                return written(text)
    return ""


def _decoded(part: Message) -> str:
    """The text of a part. A character set that nobody knows is read as UTF-8."""
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    try:
        return data.decode(part.get_content_charset() or "utf-8", "replace")
    except (LookupError, ValueError):
        return data.decode("utf-8", "replace")


def _clean(text: str) -> str:
    """A text that every database keeps: without halves of characters and without control characters."""
    whole = text.encode("utf-8", "replace").decode()
    return "".join(each for each in whole if each.isprintable() or each in "\n\r\t ")
