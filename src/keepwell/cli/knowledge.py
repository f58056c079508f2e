"""`keepwell knowledge`: what the Expert may say, and how right it was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from keepwell.base.errors import KeepwellError
from keepwell.cli.options import Data, Json, emit, say, table, workspace

if TYPE_CHECKING:
    from keepwell.expert.judging import Accuracy
    from keepwell.expert.knowledge import Entry
    from keepwell.expert.search import Code
    from keepwell.runtime.ports.knowledge import Library
    from keepwell.web.views.observed import Condition


SHOWN = 200  # characters of a query that are repeated


class _SearchUnlessNamed(TyperGroup):
    """Takes what is no command of the group for a query: `keepwell knowledge 0x1771`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - Typer's own class is private
        named = bool(args) and (args[0] in self.commands or args[0] == "--help")
        return super().parse_args(ctx, args if named else ["search", *args])


app = typer.Typer(
    help="What the Expert may say, and how right it was. `keepwell knowledge QUERY` searches.", cls=_SearchUnlessNamed
)


class NoSuchEntryError(KeepwellError):
    """The knowledge base has no entry with this id.

    Attributes:
        name: what was asked for.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no entry {name[:40]!r}; `keepwell knowledge` lists them")
        self.name = name


@app.command("search")
def search(
    query: Annotated[
        list[str] | None, typer.Argument(help="An id, a name, a code in either notation, a line of a log, or words.")
    ] = None,
    data: Data = None,
    *,
    json: Json = False,
) -> None:
    """Search the knowledge base and the tables of errors; list all entries when nothing is asked for."""
    from keepwell.expert.finding import CERTAINTIES, SEVERITIES
    from keepwell.expert.library import brief, code
    from keepwell.web.views.observed import DOMAINS

    library = _library(data)
    asked = " ".join(query or ())
    found = library.index.search(asked)
    if json:
        entries = [brief(each, library.knowledge) for each in found.entries]
        emit({"entries": entries, "codes": [code(each) for each in found.codes]})
        return
    if not found.entries and not found.codes:
        _say_nothing(asked)
        return
    rows = [
        (each.id, each.title, SEVERITIES[each.severity], CERTAINTIES[each.certainty], DOMAINS[each.domain])
        for each in found.entries
    ]
    if rows:
        table("Entries", ("id", "title", "severity", "certainty", "domain"), rows)
    if found.codes:
        table("Errors of programs", ("program", "number", "name", "meaning", "explained by"), _codes(found.codes))


def _say_nothing(asked: str) -> None:
    """Nothing was found; one word may have been meant for a command."""
    say(f"Nothing was found for `{asked[:SHOWN]}`.")
    if len(asked.split()) == 1:
        say("`keepwell knowledge QUERY` searches; its commands are `search`, `show ID` and `accuracy`.")


def _codes(codes: tuple[Code, ...]) -> list[tuple[str, str, str, str, str]]:
    """Rows of errors: where versions of a program differ, all names."""
    return [
        (
            each.program, each.hexadecimal if each.number is None else f"{each.number} ({each.hexadecimal})",
            " or ".join(each.names), " or ".join(each.meaning), ", ".join(each.entries),
        )
        for each in codes
    ]  # fmt: skip


@app.command("show")
def show(
    entry: Annotated[str, typer.Argument(metavar="ID", help="The id of an entry, as TX-01.")],
    data: Data = None,
    *,
    json: Json = False,
) -> None:
    """Show one entry: when it holds, what may be behind it, what to do, and where that was read."""
    from keepwell.expert.library import entry_id, whole

    library = _library(data)
    found = library.knowledge.entries.get(entry_id(entry))
    if found is None:
        raise NoSuchEntryError(entry)
    if json:
        emit(whole(found, library.knowledge, library.shipped))
        return
    _tell(library, found)


def _tell(library: Library, found: Entry) -> None:
    """An entry in the words of its page."""
    from keepwell.expert.judging import accuracies
    from keepwell.expert.library import brief
    from keepwell.web.views.knowledge import entry

    told = entry(library, found, accuracies(()), (), "")
    rows = [("diagnosis", told.diagnosis), ("about", told.domain)]
    if not brief(found, library.knowledge)["may_tell_customer"]:
        rows.append(("told to", "staff only: it is never said to the customer"))
    for place, (what, members) in enumerate(told.listed):
        rows.append(("or" if place else told.enough.lower(), f"{what}: {', '.join(members)}"))
    rows += [("all of", _condition(each)) for each in told.every]
    rows += [("one of", _condition(each)) for each in told.some]
    rows += [("why so", f"{told.why} ({told.basis})")]
    rows += [("possible cause", each) for each in told.causes] + [("to do", each) for each in told.actions]
    rows += [("source", each) for each in library.knowledge.references[found.id]]
    table(f"{told.id}: {told.title} ({told.severity.label.lower()}, {told.certainty})", ("what", ""), rows)


def _condition(each: Condition) -> str:
    was = f" (changed here, ships with {each.was})" if each.was else ""
    return f"{each.text}{was}, {each.name}"


@app.command("accuracy")
def accuracy(data: Data = None, *, json: Json = False) -> None:
    """Say how right the Expert was, as far as people judged its findings."""
    from keepwell.expert.library import figures
    from keepwell.runtime.knowing import stored_accuracies

    with workspace(data) as space:
        found = stored_accuracies(space)
    if json:
        emit(figures(found))
        return
    rows = [_row("all", found.overall)]
    rows += [_row(name.value, each) for name, each in found.by_certainty.items()]
    rows += [_row(name, each) for name, each in found.by_entry.items()]
    table("Verdicts on findings", ("of", "right", "wrong", "share right", "95 % interval"), rows)
    say("Counted are verdicts that people chose to give, and nothing that nobody judged.")


def _row(name: str, found: Accuracy) -> tuple[str, int, int, str, str]:
    from keepwell.web.views.verdicts import row

    told = row(name, found)
    return told.name, told.right, told.wrong, told.share, told.interval


def _library(data: Path | None) -> Library:
    """The knowledge base with the numbers of a data folder, if there is one."""
    from keepwell.config.settings import load_settings
    from keepwell.runtime.knowing import Shelf

    library = Shelf(load_settings(data).data).library()
    if library.refused:
        say(f"keepwell: {library.refused}", to_errors=True)
    return library
