"""`python -m docs.generate`: write the pages of `docs/reference/` from the code; with --check only compare."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from docs.generator import commands, crypto_indicators, events, indicators, measures, rejections, settings

FOLDER = Path(__file__).parent / "reference"

PAGES: Mapping[str, Callable[[], str]] = {
    "events.md": events.page,
    "indicators.md": indicators.page,
    "crypto-indicators.md": crypto_indicators.page,
    "measures.md": measures.page,
    "rejections.md": rejections.page,
    "commands.md": commands.page,
    "settings.md": settings.page,
}


def stale() -> list[str]:
    """Pages that differ from what the code says today, missing ones included."""
    kept = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    return [name for name, make in PAGES.items() if kept.get(name) != make()]


def write() -> None:
    """Write every page that differs."""
    FOLDER.mkdir(exist_ok=True)
    for name in stale():
        (FOLDER / name).write_text(PAGES[name](), encoding="utf-8")
        sys.stdout.write(f"{name} written\n")


def main(arguments: list[str]) -> int:
    """Write the pages, or with --check name the stale ones and fail."""
    if arguments == ["--check"]:
        found = stale()
        sys.stdout.write("".join(f"{name} is stale: python -m docs.generate\n" for name in found))
        return bool(found)
    write()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
