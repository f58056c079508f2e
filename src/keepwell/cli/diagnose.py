"""`keepwell diagnose`: what is technically wrong, as far as it is proven."""

from __future__ import annotations

import enum
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keepwell.base.errors import KeepwellError
from keepwell.cli.options import Data, Json, emit, say, table

if TYPE_CHECKING:
    from keepwell.expert.reading.reading import Reading

STANDARD_INPUT = Path("-")


class Chain(enum.StrEnum):
    """Chains whose JSON-RPC codes mean different things."""

    SOLANA = "solana"
    EVM = "evm"


class DocumentRefusedError(KeepwellError):
    """A file that is no JSON.

    Attributes:
        path: the file, or `-`.
        problem: what is wrong, in words.
    """

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path, self.problem = path, problem


def diagnose(
    transaction: Annotated[
        Path | None,
        typer.Option("--transaction", help="JSON of a node, a webhook or a client; `-` is standard input."),
    ] = None,
    chain: Annotated[
        Chain | None, typer.Option("--chain", help="Whose codes they are, when the document does not tell.")
    ] = None,
    data: Data = None,  # noqa: ARG001 - every command takes it
    json: Json = False,
) -> None:
    """Read why a transaction, a call or a piece of work failed, and what is left open."""
    from keepwell.config.expert_tables import load_tables
    from keepwell.expert.reading.read import read
    from keepwell.expert.reading.reading import answer

    if transaction is None:
        raise typer.BadParameter("is needed", param_hint="--transaction")
    readings = read(_document(transaction), load_tables(), None if chain is None else chain.value)
    if json:
        answers = [answer(each) for each in readings]
        emit(answers[0] if len(answers) == 1 else answers)
    else:
        _show(readings)


def _document(path: Path) -> object:
    """The JSON in a file.

    Raises:
        DocumentRefusedError: it cannot be read, or is no JSON.
    """
    import msgspec

    try:
        text = sys.stdin.buffer.read() if path == STANDARD_INPUT else path.read_bytes()
        return msgspec.json.decode(text)
    except OSError as error:
        raise DocumentRefusedError(path, f"cannot be read: {error.strerror}") from None
    except msgspec.DecodeError as error:
        raise DocumentRefusedError(path, f"no JSON: {error}") from None
    except UnicodeDecodeError:
        raise DocumentRefusedError(path, "not UTF-8 text") from None
    except RecursionError:
        raise DocumentRefusedError(path, "nested too deeply") from None


def _show(readings: Sequence[Reading]) -> None:
    for place, each in enumerate(readings):
        if place:
            say("")
        rows = [
            ("program", each.program),
            ("code", each.code),
            ("name", each.name),
            ("candidates", ", ".join(each.candidates)),
            ("meaning", each.meaning),
            ("certainty", each.certainty),
            ("reference", each.reference),
        ]
        rows += [("left open" if clue.source == "reason" else clue.source, clue.text) for clue in each.evidence]
        title = f"{each.kind}: {each.status}" + (f", {each.error_class}" if each.error_class else "")
        table(title, ("what", ""), [row for row in rows if row[1] not in (None, "")])
