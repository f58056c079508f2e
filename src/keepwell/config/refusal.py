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
        return tomllib.loads(text), text
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found.group(1)) if found else None
        raise FileRefusedError(path, line, f"not valid TOML: {error}", unchanged) from None
    except UnicodeDecodeError:
        raise FileRefusedError(path, None, "not UTF-8 text", unchanged) from None
    except OSError as error:
        raise FileRefusedError(path, None, f"cannot be read: {error.strerror}", unchanged) from None


def line_of(text: str, *path: str) -> int | None:
    """The line of a key, given the names of the tables that lead to it."""
    best: int | None = None
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line)
        if header:
            table = tuple(part.strip(" \"'") for part in header.group(1).split("."))
            if table == path[: len(table)]:
                best = number
            continue
        key = re.match(r"\s*([\w\-\".']+)\s*=", line)
        if key and (*table, *(part.strip("\"'") for part in key.group(1).split("."))) == path:
            return number
    return best
