"""Loading playbooks from TOML, one a file: the shipped ones, replaced or joined by those of the installation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from keepwell.config.playbooks_checks import CHOICES, ID, Known, Where, check, check_all
from keepwell.config.refusal import FileRefusedError, line_of, read_toml
from keepwell.interventions.playbook import Exits, Playbook, Step, Trigger

OWN = "playbooks"
"""The folder of the installation's own playbooks, in the data folder."""
DEFAULTS = Path(__file__).parent / "defaults" / "playbooks"
UNCHANGED = "The playbooks in use were not changed"
_PARTS: Mapping[str, type[msgspec.Struct]] = {"trigger": Trigger, "exits": Exits}
_HEADER = re.compile(r"\s*\[\[?")
_STEP = re.compile(r"\s*\[\[\s*steps\s*\]\]")


def shipped_playbooks(known: Known) -> dict[str, Playbook]:
    """The playbooks that ship, by id, in alphabetical order."""
    return load_playbooks(None, known)


def load_playbooks(own: Path | None, known: Known) -> dict[str, Playbook]:
    """The shipped playbooks and those in the installation's own folder, by id, in alphabetical order.

    A file of the same name replaces the shipped playbook as a whole; one that says `enabled = false` and nothing else
    switches it off.

    Args:
        own: the folder; it need not exist.
        known: what a playbook may name.

    Raises:
        FileRefusedError: a file is malformed, or names what does not exist; nothing was changed.
    """
    found: dict[str, tuple[_File, Playbook]] = {}
    for path in (*_files(DEFAULTS), *_files(own)):
        table, text = read_toml(path, UNCHANGED)
        file, name = _File(path, text), path.stem
        if table == {"enabled": False} and name in found:
            found[name] = file, msgspec.structs.replace(found[name][1], enabled=False)
        else:
            found[name] = file, _playbook(file, table, known)
    playbooks = {name: playbook for name, (_, playbook) in sorted(found.items())}
    for name, where, problem in check_all(playbooks):
        raise found[name][0].refuse(problem, where)
    return playbooks


def _files(folder: Path | None) -> list[Path]:
    return sorted(folder.glob("*.toml")) if folder else []


@dataclass(frozen=True)
class _File:
    path: Path
    text: str

    def refuse(self, problem: str, where: Where = ()) -> FileRefusedError:
        return FileRefusedError(self.path, self._line(where), problem, UNCHANGED)

    def _line(self, where: Where) -> int | None:
        """The line of a key; a number in `where` counts the steps."""
        lines = self.text.split("\n")
        steps = [number for number, line in enumerate(lines) if _STEP.match(line)]
        if len(where) < 2 or not isinstance(where[1], int) or where[1] >= len(steps):  # steps, number
            return line_of(self.text, *map(str, where))
        start = steps[where[1]]
        end = next((at for at in range(start + 1, len(lines)) if _HEADER.match(lines[at])), len(lines))
        line = line_of("\n".join(lines[start + 1 : end]), *map(str, where[2:]))
        return start + 1 + (line or 0)


def _playbook(file: _File, table: Mapping[str, object], known: Known) -> Playbook:
    name = file.path.stem
    if not ID.fullmatch(name):
        raise file.refuse(f"`{name}` is no name of a playbook: small letters, digits and _, a letter first")
    for where, problem in _unknown(table):
        raise file.refuse(problem, where)
    try:
        playbook = msgspec.convert({**table, "id": name}, Playbook)
    except msgspec.ValidationError as error:
        raise file.refuse(*_told(error)) from None
    for where, problem in check(playbook, known):
        raise file.refuse(problem, where)
    return playbook


def _unknown(table: Mapping[str, object]) -> Iterator[tuple[Where, str]]:
    """Keys that mean nothing; the name of the file is the id."""
    yield from _surplus((), table, [key for key in Playbook.__struct_fields__ if key != "id"])
    for part, kind in _PARTS.items():
        yield from _surplus((part,), table.get(part), kind.__struct_fields__)
    steps = table.get("steps")
    for place, step in enumerate(steps if isinstance(steps, list) else ()):
        yield from _surplus(("steps", place), step, Step.__struct_fields__)


def _surplus(where: Where, given: object, known: list[str] | tuple[str, ...]) -> Iterator[tuple[Where, str]]:
    for key in given if isinstance(given, dict) else ():
        if key not in known:
            yield (*where, key), f"`{key}` is not one of {', '.join(known)}"


def _told(error: msgspec.ValidationError) -> tuple[str, Where]:
    """What msgspec says of a value, with the choices there are, and where it is."""
    said, _, path = str(error).partition(" - at ")
    where = tuple(int(number) if number else name for name, number in re.findall(r"\.(\w+)|\[(\d+)\]", path.strip("`")))
    if not path:
        missing = re.search(r"`(\w+)`$", said)
        where = (missing[1],) if missing else ()
    key = next((each for each in reversed(where) if isinstance(each, str)), "")
    choices = f"; `{key}` is {CHOICES[key]}" if key in CHOICES else ""
    return f"{key}: {said}{choices}" if key else said, where
