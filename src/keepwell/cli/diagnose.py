"""`keepwell diagnose`: what is technically wrong, as far as it is proven."""

from __future__ import annotations

import enum
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keepwell.base.errors import KeepwellError
from keepwell.cli.options import AsOf, Data, Json, emit, moment, say, table, workspace

if TYPE_CHECKING:
    from keepwell.expert.reading.reading import Reading
    from keepwell.expert.reading.rpc import Chain as Family
    from keepwell.runtime.ports.expert import Diagnosed
    from keepwell.web.views.diagnosis import FindingRow

STANDARD_INPUT = Path("-")


class Chain(enum.StrEnum):
    """Chains whose JSON-RPC codes mean different things."""

    SOLANA = "solana"
    EVM = "evm"


class DocumentRefusedError(KeepwellError):
    """A file that is no JSON, or JSON without anything in it.

    Attributes:
        path: the file, or `-`.
        problem: what is wrong, in words.
    """

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path, self.problem = path, problem


def diagnose(
    customer: Annotated[str | None, typer.Argument(help="The customer's id.")] = None,
    transaction: Annotated[
        Path | None,
        typer.Option("--transaction", help="JSON of a node, a webhook or a client; `-` is standard input."),
    ] = None,
    chain: Annotated[
        Chain | None, typer.Option("--chain", help="Whose codes they are, when the document does not tell.")
    ] = None,
    as_of: AsOf = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Say what is technically wrong with a customer; or, with --transaction, read why one document failed."""
    if customer is None and transaction is None:
        raise typer.BadParameter("needs a customer, or --transaction with a file")
    if customer is not None and transaction is not None:
        raise typer.BadParameter("a customer and --transaction: only one of both")
    if transaction is not None:
        _read(transaction, chain, json=json)
    elif customer is not None:
        _diagnose(customer, moment(as_of), data, json=json)


def _diagnose(customer: str, at: int, data: Path | None, *, json: bool) -> None:
    """What is wrong with a customer, as known before a moment."""
    from keepwell.expert.answer import answer
    from keepwell.runtime.diagnosing import diagnosed
    from keepwell.runtime.explain import UnknownCustomerError

    with workspace(data) as space:
        found = diagnosed(space, customer, at)
    if found is None:
        raise UnknownCustomerError(customer)
    if json:
        looked_at = {"events": found.events, "compared_with": found.others}
        emit({"customer_id": customer, **looked_at, **answer(found.diagnosis, found.knowledge)})
    else:
        _tell(found)


def _tell(found: Diagnosed) -> None:
    from keepwell.web.views.diagnosis import view

    shown, undecided = view(found, found.customer_id), len(found.diagnosis.undecided)
    say(f"{found.customer_id}: {shown.looked_at}")
    if shown.nothing:
        say(shown.nothing)
    for row in shown.findings:
        _show_finding(row)
    if shown.reserved:
        rows = [(_about(each.title, each.about), each.id, each.sentence) for each in shown.reserved]
        table("What could not be judged", ("what", "entry", ""), rows)
    if undecided:
        say(f"{undecided} more cannot be decided from what was sent; --json lists what would decide them.")


def _show_finding(row: FindingRow) -> None:
    """One finding under its title: what is said, by which entry, to whom, and what it rests on."""
    rows = [("diagnosis", row.sentence), ("entry", row.id), ("certainty", row.certainty), ("whose", row.whose)]
    for name, lines in (
        ("evidence", [f"{each.text}, {each.reference}" if each.reference else each.text for each in row.evidence]),
        ("possible cause", row.causes),
        ("to do", row.actions),
        ("also explains", row.also),
        ("reference", ["".join(part.text for part in each) for each in row.references]),
    ):
        rows += [(name, line) for line in lines]
    table(f"{row.severity.label}: {_about(row.title, row.about)}", ("what", ""), rows)


def _about(title: str, topic: str) -> str:
    return f"{title}: {topic}" if topic else title


def _read(transaction: Path, chain: Chain | None, *, json: bool) -> None:
    """Why a transaction, a call or a piece of work failed, what is left open, and the entries that speak of it."""
    from keepwell.config.expert import shipped_knowledge, shipped_names
    from keepwell.config.expert_tables import load_tables
    from keepwell.expert.library import speaking_of
    from keepwell.expert.reading.read import read
    from keepwell.expert.reading.reading import answer

    tables = load_tables()
    of: Family | None = None if chain is None else chain.value
    readings = read(_document(transaction), tables, of)
    knowledge = shipped_knowledge(shipped_names())
    told = [(each, speaking_of(each, of, knowledge, tables)) for each in readings]
    if json:
        answers = [{**answer(each), "entries": entries} for each, entries in told]
        emit(answers[0] if len(answers) == 1 else answers)
    else:
        _show(told)


def _document(path: Path) -> object:
    """The JSON in a file.

    Raises:
        DocumentRefusedError: it cannot be read, is no JSON, or holds nothing that could be read.
    """
    import msgspec

    try:
        text = sys.stdin.buffer.read() if path == STANDARD_INPUT else path.read_bytes()
        if not text.strip():
            raise DocumentRefusedError(path, "it is empty")
        found: object = msgspec.json.decode(text)
    except OSError as error:
        raise DocumentRefusedError(path, f"cannot be read: {error.strerror}") from None
    except msgspec.DecodeError as error:
        raise DocumentRefusedError(path, f"no JSON: {error}") from None
    except UnicodeDecodeError:
        raise DocumentRefusedError(path, "not UTF-8 text") from None
    except RecursionError:
        raise DocumentRefusedError(path, "nested too deeply") from None
    if not isinstance(found, dict | list) or not found:
        raise DocumentRefusedError(path, "neither an object nor a list with something in it")
    return found


def _show(told: Sequence[tuple[Reading, list[str]]]) -> None:
    for place, (each, entries) in enumerate(told):
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
        if entries:
            say(
                f"The knowledge base speaks of it: {', '.join(f'`keepwell knowledge show {name}`' for name in entries)}"
            )
