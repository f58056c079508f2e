"""From the tables of a map's TOML to the map. Files and lines are the business of `config/webhooks.py`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from keepwell.base.errors import MisconfiguredError
from keepwell.events.mapping import EventMap, EventRule
from keepwell.sources.delivery import PLACES, SIGNATURES, Basic, Clock, Hmac, Key, Names, SharedSecret, Signed, Verifier
from keepwell.sources.mapper.parse import WebhookMap
from keepwell.sources.mapper.paths import Path, path

Table = Mapping[str, object]

FIELDS = ("customer_id", "event", "timestamp", "message_id", "user_id")
TABLES = ("signature", "list", "fields", "constants", "names", "properties", "set")
DIGESTS = ("sha256", "sha1", "sha512")
ENCODINGS = ("hex", "base64")
_HEADER = re.compile(r"[A-Za-z0-9_-]{1,100}")


def compile_map(table: Table, rules: Mapping[str, EventRule]) -> WebhookMap:
    """The map that the tables of a file say; `rules` is what `[events]` says.

    Raises:
        MisconfiguredError: with what is wrong, and the names that lead to it.
    """
    _known(table, TABLES)
    fields = {name: _path(text, "fields", name) for name, text in _known(_table(table, "fields"), FIELDS, "fields")}
    constants = {name: _text(text, "constants", name) for name, text in _constants(table)}
    if "event" not in fields and "event" not in constants:
        raise MisconfiguredError("no path and no constant says what the event is", "fields")
    return WebhookMap(
        signature=_signature(_table(table, "signature")),
        items=_path(table["list"], "list") if "list" in table else None,
        fields=fields,
        constants=constants,
        names={name: _path(text, "names", name) for name, text in _table(table, "names").items()},
        properties={name: _path(text, "properties", name) for name, text in _table(table, "properties").items()},
        set=_table(table, "set"),
        events=EventMap(events=rules),
    )


def _constants(table: Table) -> list[tuple[str, object]]:
    return _known(_table(table, "constants"), FIELDS, "constants")


def _known(table: Table, names: tuple[str, ...], *where: str) -> list[tuple[str, object]]:
    for name in table:
        if name not in names:
            raise MisconfiguredError(f"`{name}` is not one of {', '.join(names)}", *where, name)
    return list(table.items())


def _table(table: Table, name: str) -> Table:
    found = table.get(name, {})
    if not isinstance(found, Mapping):
        raise MisconfiguredError(f"`{name}` must be a table", name)
    return found


def _text(value: object, *where: str) -> str:
    if not isinstance(value, str) or not value:
        raise MisconfiguredError(f"`{where[-1]}` must be a text", *where)
    return value


def _path(value: object, *where: str) -> Path:
    found = path(_text(value, *where))
    if found is None:
        raise MisconfiguredError(f"`{value}` is no path such as `data.items[0].id`", *where)
    return found


# --- how it signs ----------------------------------------------------------------------------


def _signature(table: Table) -> Verifier:
    kind = table.get("kind")
    if kind in KINDS:
        return KINDS[str(kind)](table)
    if not isinstance(kind, str) or kind not in SIGNATURES:
        raise MisconfiguredError(f"`kind` must be one of {', '.join([*KINDS, *SIGNATURES])}", "signature", "kind")
    _known(table, ("kind",), "signature")
    return SIGNATURES[kind]


def _hmac(table: Table) -> Verifier:
    _known(table, ("kind", "header", "text", "timestamp", "id", *_CHOICES, "prefix", "tolerance_s"), "signature")
    names = Names(_header(table, "header"), _header(table, "timestamp", ""), _header(table, "id", ""))
    text = _text(table.get("text", "{body}"), "signature", "text")
    _refuse_unsigned(text, names)
    clock = Clock(_choice(table, "clock"))
    signed = Signed(
        (names,),
        text,
        clock if names.timestamp else None,
        _tolerance(table),
        prefix=_text(table["prefix"], "signature", "prefix") if "prefix" in table else "",
    )
    return Hmac(signed, _choice(table, "digest"), _choice(table, "encoding"), Key(_choice(table, "key")))


def _refuse_unsigned(text: str, names: Names) -> None:
    """A signature must cover the body, and the moment it is checked for."""
    places = PLACES.findall(text)
    if "{" in PLACES.sub("", text) or "body" not in places:
        raise MisconfiguredError("`text` must have {body}, and nothing else in braces it can", "signature", "text")
    for name, header in (("timestamp", names.timestamp), ("id", names.id)):
        if (name in places) != bool(header):
            raise MisconfiguredError(f"`text` has {{{name}}} if and only if `{name}` is a header", "signature", name)


def _secret(table: Table) -> Verifier:
    _known(table, ("kind", "header"), "signature")
    return SharedSecret(_header(table, "header"))


def _basic(table: Table) -> Verifier:
    _known(table, ("kind",), "signature")
    return Basic()


KINDS: Mapping[str, Callable[[Table], Verifier]] = {"hmac": _hmac, "secret": _secret, "basic": _basic}
"""Kinds of signatures besides those of the vendors we know."""

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "digest": DIGESTS,
    "encoding": ENCODINGS,
    "key": tuple(Key),
    "clock": tuple(Clock),
}


def _choice(table: Table, name: str) -> str:
    found = table.get(name, _CHOICES[name][0])
    if found not in _CHOICES[name]:
        raise MisconfiguredError(f"`{name}` must be one of {', '.join(_CHOICES[name])}", "signature", name)
    return str(found)


def _header(table: Table, name: str, absent: str | None = None) -> str:
    found = table.get(name, absent)
    if not isinstance(found, str) or not (_HEADER.fullmatch(found) or found == absent):
        raise MisconfiguredError(f"`{name}` must be the name of a header", "signature", name)
    return found.lower()


def _tolerance(table: Table) -> int:
    found = table.get("tolerance_s", 300)
    if isinstance(found, bool) or not isinstance(found, int) or not 1 <= found <= 86_400:
        raise MisconfiguredError("`tolerance_s` must be a whole number from 1 to 86400", "signature", "tolerance_s")
    return found
