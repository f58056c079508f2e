"""The pieces every generated page is put together from."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

WORDS: Mapping[str, Mapping[str, str]] = tomllib.loads(
    (Path(__file__).parent / "words.toml").read_text(encoding="utf-8")
)
"""One sentence for each thing that the code names and does not describe: events, reasons of rejection."""

GENERATED = "<!-- Made by `python -m docs.generate`. Do not edit: change the code, or docs/generator/words.toml. -->"


def document(title: str, *blocks: str) -> str:
    """A whole page: a title and paragraphs, tables or lists."""
    return "\n\n".join((GENERATED, f"# {title}", *(block for block in blocks if block))) + "\n"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; bars inside cells are escaped."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def code(text: object) -> str:
    """A name as code."""
    return f"`{text}`"


def codes(names: Iterable[object]) -> str:
    """Names as code, separated by commas."""
    return ", ".join(map(code, names))


def sentence(docstring: str | None) -> str:
    """A docstring as one line."""
    return " ".join((docstring or "").split())
