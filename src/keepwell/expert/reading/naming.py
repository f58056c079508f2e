"""The name of a custom error: from the failing program's own AnchorError line, then from its table, or none.

Any program can print any text, and only the order of the lines says who printed it. So a name is proven when nobody
else took part who might have printed it, or when the table agrees; otherwise it is likely.
"""

from __future__ import annotations

from dataclasses import dataclass

from keepwell.expert.reading import meanings
from keepwell.expert.reading.blame import Blame
from keepwell.expert.reading.logs import Named, Walk
from keepwell.expert.reading.reading import Certainty, Clue, because, clue, quoted, words
from keepwell.expert.reading.tables import Found, Tables

QUIET = frozenset({
    "11111111111111111111111111111111",
    "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL",
    "AddressLookupTab1e1111111111111111111111111",
    "BPFLoader1111111111111111111111111111111111",
    "BPFLoader2111111111111111111111111111111111",
    "BPFLoaderUpgradeab1e11111111111111111111111",
    "ComputeBudget111111111111111111111111111111",
    "Config1111111111111111111111111111111111111",
    "Ed25519SigVerify111111111111111111111111111",
    "KeccakSecp256k11111111111111111111111111111",
    "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr",
    "Stake11111111111111111111111111111111111111",
    "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
    "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb",
    "Vote111111111111111111111111111111111111111",
})  # fmt: skip
"""Programs that belong to the runtime or print fixed texts only; they name no error of another program."""

NOT_ITS_OWN = "another program printed another name for this number, which does not count"


@dataclass(frozen=True, slots=True)
class Naming:
    """A name with its meaning, certainty and reference; or candidates; and the clues to it."""

    name: str | None = None
    certainty: Certainty | None = None
    candidates: tuple[str, ...] = ()
    meaning: str | None = None
    reference: str | None = None
    clues: tuple[Clue, ...] = ()


def name_custom(code: int, by: Blame, walk: Walk, tables: Tables) -> Naming:
    """What a number means that `by.program` raised."""
    found = tables.lookup(by.program, code)
    lines = [each for each in walk.named if each.number == code]
    if by.program is None:
        told = because("who printed the name of this number is not proven") if lines else ()
        return _open(found.names, found.why, told)
    table = tables.programs.get(by.program)
    prints = by.whole and (table is None or table.anchor)  # programs of other frameworks print no such line
    own = [each for each in lines if prints and each.program == by.program]
    names = tuple(dict.fromkeys(each.name for each in own))
    if len(names) > 1:
        return _open(names, "the failing program printed several names for this number")
    if own:
        return _printed(own[-1], found, walk.programs - {by.program} - QUIET, tables)
    return _tabled({each.name for each in lines}, by, code, found, tables)


def _printed(line: Named, found: Found, others: frozenset[str], tables: Tables) -> Naming:
    """A name that the failing program printed itself; `others` took part as well, and can print."""
    assert line.program is not None  # noqa: S101 - it is the failing program
    known = line.program in tables.programs
    agreed = known and found.settled and found.names == (line.name,)
    differs = known and bool(found.names) and line.name not in found.names
    certain = agreed or not (others if differs else others - tables.programs.keys())
    clues: tuple[Clue, ...] = (
        clue("log", f"AnchorError: Error Code: {line.name}. Error Number: {line.number}.", line.line),
    )
    if differs:
        clues += because(f"the table says {', '.join(found.names)}: it may be another version of the program")
    if not certain:
        clues += because("other programs took part, and only the order of the lines says who printed it")
    label, said = tables.label(line.program), line.message.strip().rstrip(".")
    return Naming(
        name=line.name,
        certainty=Certainty.ENTAILED if certain else Certainty.INFERRED,
        meaning=f"{label} says: {quoted(said)}" if said else f"{label}: {words(line.name)}",
        reference=found.reference if known and line.name in found.names else "the AnchorError line of the program",
        clues=clues,
    )


def _tabled(said: set[str], by: Blame, code: int, found: Found, tables: Tables) -> Naming:
    """A name out of the program's table; `said` are names that others printed for the number."""
    if by.program is None or not found.settled or by.program not in tables.programs:
        return _open(found.names, found.why)
    name = found.names[0]
    clues: tuple[Clue, ...] = (clue("table", f"{tables.label(by.program)}: {code} is {name}"),)
    strangers = said - {name}
    unseen = found.anchor and not by.whole
    if strangers:
        clues += because(NOT_ITS_OWN)
    if unseen:
        clues += because("the log is not whole, and the program might have printed another name")
    return Naming(
        name=name,
        certainty=Certainty.INFERRED if strangers or unseen else Certainty.ENTAILED,
        meaning=meanings.of_program(tables.programs[by.program], name),
        reference=found.reference,
        clues=clues,
    )


def _open(candidates: tuple[str, ...], why: str, clues: tuple[Clue, ...] = ()) -> Naming:
    """No name is chosen."""
    return Naming(None, Certainty.HINT if candidates else None, candidates, clues=(*clues, *because(why)))
