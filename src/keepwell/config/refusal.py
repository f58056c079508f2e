"""A file that is refused says where and what is wrong, and what was not changed."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from keepwell.base.errors import KeepwellError


class FileRefusedError(KeepwellError):
    """A configuration file that cannot be used.

    Attributes:
        path: the file.
        line: 1-based line, or None when it is about the whole file.
        problem: what is wrong, in words.
        unchanged: what stays as it was.
    """

    def __init__(self, path: Path, line: int | None, problem: str, unchanged: str) -> None:
        where = f"{path}:{line}" if line else str(path)
        super().__init__(f"{where}: {problem}. {unchanged}")
        self.path, self.line, self.problem, self.unchanged = path, line, problem, unchanged


def read_toml(path: Path, unchanged: str) -> tuple[dict[str, object], str]:
    """The table of a TOML file and its text.

    Raises:
        FileRefusedError: it is not there, no UTF-8, or no TOML.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise FileRefusedError(path, None, "not UTF-8 text", unchanged) from None
    except OSError as error:
        raise FileRefusedError(path, None, f"cannot be read: {error.strerror}", unchanged) from None
    try:
        return tomllib.loads(text), text
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))  # else it is the end of the file
        line = int(found.group(1)) if found else text.rstrip().count("\n") + 1
        raise FileRefusedError(path, line, f"not valid TOML: {error}", unchanged) from None
    except RecursionError:
        raise FileRefusedError(path, None, "nested too deeply", unchanged) from None


_PART = r"""(?:"[^"]*"|'[^']*'|[\w-]+)"""
_KEY = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"\s*\[+\s*({_KEY})\s*\]")
_SETTING = re.compile(rf"\s*({_KEY})\s*=")


def line_of(text: str, *path: str) -> int | None:
    """The line of a key, given the names of the tables that lead to it, or of the innermost table around it."""
    best, depth = None, 0
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.split("\n"), 1):
        header, setting = _HEADER.match(line), _SETTING.match(line)
        if header:
            table = found = _names(header[1])
        elif setting:
            found = (*table, *_names(setting[1]))
        else:
            continue
        if len(found) > depth and found == path[: len(found)]:
            best, depth = number, len(found)
    return best


def _names(key: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in re.findall(_PART, key))
