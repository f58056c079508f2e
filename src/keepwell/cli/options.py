"""Options that many commands share, and how their results are printed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from unicodedata import category

import typer

if TYPE_CHECKING:
    from keepwell.runtime.workspace import Workspace

UNCUT = 10_000  # columns of a terminal wider than any line

Data = Annotated[
    Path | None,
    typer.Option("--data", envvar="KEEPWELL_DATA", help="The data folder.", show_default="./keepwell-data"),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="A past moment, RFC 3339; now when not given.")]


def workspace(data: Path | None, *, create: bool = False) -> AbstractContextManager[Workspace]:
    """The data folder, open; it must be there unless `create` says that the command may make it."""
    from keepwell.config.settings import load_settings
    from keepwell.runtime.workspace import open_workspace

    return open_workspace(load_settings(data), create=create)


def moment(text: str | None, option: str = "--as-of") -> int:
    """The moment an option names, or now.

    Raises:
        typer.BadParameter: it is no moment.
    """
    from keepwell.base.time import parse_instant
    from keepwell.runtime.clock import now_us

    if text is None:
        return now_us()
    try:
        return parse_instant(text)
    except ValueError:
        raise typer.BadParameter(
            f"`{text}` is no moment; write it like 2026-11-22T09:00:00Z", param_hint=option
        ) from None


def second(instant: int | None) -> str:
    """A moment for a person: to the second, cut off; nothing when there is none."""
    from keepwell.base.time import SECOND_US, to_rfc3339

    return "" if instant is None else to_rfc3339(instant // SECOND_US * SECOND_US)


def emit(document: object) -> None:
    """Print one JSON document."""
    import msgspec

    print(msgspec.json.encode(document).decode())


def count(number: int, noun: str) -> str:
    """For example "1 customer", "1,204 customers"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


_OBEYED = ("Cc", "Cf", "Cs", "Zl", "Zp")  # control, format (also of writing direction), surrogates, ends of lines
_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"  # parts of names in many scripts


def plain(text: str) -> str:
    r"""A text with all that a terminal would obey made visible, for example `\x1b`."""
    if text.isprintable():
        return text
    return "".join(
        letter.encode("unicode_escape").decode() if category(letter) in _OBEYED and letter not in _JOINERS else letter
        for letter in text
    )


def say(text: str, *, to_errors: bool = False) -> None:
    """Print one line for a person, whatever names are in it."""
    print(plain(text), file=sys.stderr if to_errors else sys.stdout)


def shown(score: float) -> str:
    """A score as the pages show it: cut off, never rounded up into a higher band."""
    from keepwell.web.figures import tenths
    from keepwell.web.views.words import points

    return points(tenths(score))


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table for a person; values are never read as markup, nor obeyed by the terminal.

    It is cut to the width of a terminal, and to none when it goes to a file or another program. Without rows it is one
    sentence: headings over nothing look like a fault.
    """
    if not rows:
        say(f"{title}: none.")
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    made = Table(title=Text(plain(title), "table.title"), title_justify="left", show_edge=False, pad_edge=False)
    for column in columns:
        made.add_column(column)
    for row in rows:
        made.add_row(*(Text("" if value is None else plain(str(value))) for value in row))
    Console(width=None if sys.stdout.isatty() else UNCUT).print(made)


@contextmanager
def progress(label: str, total: int | None, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error; nothing when it is no terminal or JSON is asked for."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn(label),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("rows"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal) as bar:
        task = bar.add_task(label, total=total)
        yield lambda rows: bar.update(task, advance=rows)
