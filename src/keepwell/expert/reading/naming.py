"""The name of a custom error: from the failing program's own AnchorError line, then from its table, or none.

A line is the program's own when it was printed in the call that failed. Where somebody else took part whose programs
are not known, only the order of the lines says who printed it: then the name is likely, not proven. When such a line
and the table disagree, both are candidates.
"""

from __future__ import annotations

from dataclasses import dataclass

from keepwell.expert.reading import meanings
from keepwell.expert.reading.blame import Blame
from keepwell.expert.reading.logs import Named, Walk
from keepwell.expert.reading.reading import Certainty, Clue, because, clue, quoted
from keepwell.expert.reading.tables import Found, Tables

QUIET = frozenset({
    "11111111111111111111111111111111",
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
    own = [each for each in lines if by.whole and each.frame == walk.frame]
    names = tuple(dict.fromkeys(each.name for each in own))
    if len(names) > 1:
        return _open(names, "the failing program printed several names for this number")
    if own:
        return _printed(own[-1], by.program, found, _company(by.program, walk, tables), tables)
    return _tabled({each.name for each in lines}, by, code, found, tables)


def _company(program: str, walk: Walk, tables: Tables) -> bool:
    """Whether programs took part that are not known, and might print anything."""
    return bool(walk.programs - {program} - QUIET - tables.programs.keys())


def _printed(line: Named, program: str, found: Found, company: bool, tables: Tables) -> Naming:  # noqa: FBT001
    """A name that the failing program printed itself."""
    known = program in tables.programs
    agreed = known and found.settled and found.names == (line.name,)
    differs = known and bool(found.names) and line.name not in found.names
    seen = clue("log", f"AnchorError: Error Code: {line.name}. Error Number: {line.number}.", line.line)
    if differs and company:
        why = "the log and the table name it differently, and programs took part that might have printed the line"
        return _open((line.name, *found.names), why, (seen,))
    clues: tuple[Clue, ...] = (seen,)
    if differs:
        clues += because(f"the table says {', '.join(found.names)}: another version of the program")
    certain = agreed or not company
    if not certain:
        clues += because("other unknown programs took part, so that the name is likely and not proven")
    label, said = tables.label(program), line.message.strip().rstrip(".")
    return Naming(
        name=line.name,
        certainty=Certainty.ENTAILED if certain else Certainty.INFERRED,
        meaning=quoted(f"{label} says: {said}")
        if said
        else meanings.of_program(tables.programs.get(program), line.name),
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
