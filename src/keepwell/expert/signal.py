"""Signals: what must be observed for an entry of the knowledge base to hold, and whether it was.

There are three answers. Yes and no rest on what is known; the third is that it cannot be known, because features are
missing or a reading is uncertain, and it says which. The logic is Kleene's: a condition that fails makes the whole
fail, whatever is missing, so knowing less can turn an answer into "unknown" and never into its contrary.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta

from keepwell.expert.case import Kind, Seen
from keepwell.expert.features import Value

ANCHOR: Final = "anchor"
"""The table of errors that every Anchor program shares; only the program's own log can name them for it."""
PROGRAM: Final = "the program that failed, from the full logs"
NAME: Final = "the name of the error, from the full logs"
Look = Callable[[str], Value | None]
"""The value of a feature, or None when it is not known."""


class Truth(IntEnum):
    """Whether something holds; the smaller of two is their conjunction, the larger one their disjunction."""

    NO = 0
    UNKNOWN = 1
    YES = 2


class Comparison(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A feature against a value, or against another feature when `other` says so."""

    feature: str
    operator: Literal["<", "<=", ">", ">=", "==", "!="]
    value: bool | int | float | str
    other: bool = False

    @property
    def features(self) -> tuple[str, ...]:
        return (self.feature, str(self.value)) if self.other else (self.feature,)


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of the one and, where there are any, at least one of the other."""

    every: tuple[Comparison, ...] = msgspec.field(default=(), name="all")
    some: tuple[Comparison, ...] = msgspec.field(default=(), name="any")

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        return self.every + self.some


class ProgramErrors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Errors of one program, by number or, where versions differ, by name.

    Attributes:
        program: its key in the tables.
        codes: numbers that mean the same in every version.
        names: names, whatever their number.
        meaning: the names of the numbers, from the tables.
    """

    program: str
    codes: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    meaning: Mapping[int, tuple[str, ...]] = {}


class ApiErrors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Errors of one API."""

    api: str
    codes: tuple[int | str, ...]


class Signal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Observations of which any one is enough, and conditions that must hold besides.

    Attributes:
        errors: custom errors, of the program that raised them and not of its caller.
        tx_errors: variants of Solana's TransactionError.
        ix_errors: variants of InstructionError; with `origin_program` only of that program.
        rpc_errors: JSON-RPC codes on `chain`.
        http: statuses.
        api_codes: errors of APIs.
        pool_codes: stratum codes.
        codes: codes of tools, in their own brackets.
        outcomes: ends of proof requests.
        states: states of bridge messages.
        messages: texts that a message contains; a number must be the whole message.
        selectors: of EVM errors.
        decode: any error that is not decoded with certainty.
        least: how many of the observations there must be; fewer are explained, and no trouble yet.
        when: conditions on features.
    """

    errors: tuple[ProgramErrors, ...] = ()
    tx_errors: tuple[str, ...] = ()
    ix_errors: tuple[str, ...] = ()
    origin_program: str = ""
    rpc_errors: tuple[int, ...] = ()
    chain: str = ""
    http: tuple[int, ...] = ()
    api_codes: tuple[ApiErrors, ...] = ()
    pool_codes: tuple[int, ...] = ()
    codes: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    selectors: tuple[str, ...] = ()
    decode: Literal["", "ambiguous_or_unknown"] = ""
    least: Annotated[int, Meta(ge=1)] = 1
    when: When = When()

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of observation it asks for."""
        return (Kind.ERROR,) if self.decode else tuple(kind for kind, name in LISTS.items() if getattr(self, name))


LISTS: Final = {
    Kind.ERROR: "errors",
    Kind.TRANSACTION: "tx_errors",
    Kind.INSTRUCTION: "ix_errors",
    Kind.RPC: "rpc_errors",
    Kind.HTTP: "http",
    Kind.API: "api_codes",
    Kind.POOL: "pool_codes",
    Kind.CODE: "codes",
    Kind.OUTCOME: "outcomes",
    Kind.STATE: "states",
    Kind.MESSAGE: "messages",
    Kind.SELECTOR: "selectors",
}
"""The list of a signal that speaks of each kind of observation."""


class Match(NamedTuple):
    """How one observation answers a signal: `said` is what was recognised, or what is missing to recognise it."""

    truth: Truth
    said: str = ""


_NO: Final = Match(Truth.NO)


class Weighed(NamedTuple):
    """How a case answers a signal.

    Attributes:
        truth: the answer.
        listed: the answer of the lists alone; yes where there are none.
        matched: observations that answer yes, each with what was recognised.
        held: comparisons that hold.
        missing: features, and parts of readings, without which it cannot be known.
    """

    truth: Truth
    listed: Truth
    matched: tuple[tuple[Seen, str], ...]
    held: tuple[Comparison, ...]
    missing: tuple[str, ...]


def weigh(signal: Signal, kinds: Sequence[Kind], readings: Mapping[Kind, Sequence[Seen]], look: Look) -> Weighed:
    """Whether the signal is there; `kinds` are the signal's own, and given because they are asked for often."""
    if kinds and readings.keys().isdisjoint(kinds):
        return _NOTHING
    matches = [(seen, match(signal, seen)) for kind in kinds for seen in readings.get(kind, ())]
    listed = max([each.truth for _, each in matches]) if kinds else Truth.YES
    if listed is Truth.NO:
        return _NOTHING
    every = [compare(each, look) for each in signal.when.every]
    some = [compare(each, look) for each in signal.when.some]
    enough = _enough(signal, matches)
    all_of, one_of = min(every) if every else Truth.YES, max(some) if some else Truth.YES
    truth = min(listed, enough, all_of, one_of)
    answers = [*zip(every, signal.when.every, strict=True), *zip(some, signal.when.some, strict=True)]
    missing: list[str] = []
    if truth is Truth.UNKNOWN:
        uncertain = [each.said for _, each in matches if each.truth is Truth.UNKNOWN]
        missing += uncertain if Truth.UNKNOWN in (listed, enough) else []
        missing += _unknown(answers[: len(every)], look) if all_of is Truth.UNKNOWN else []
        missing += _unknown(answers[len(every) :], look) if one_of is Truth.UNKNOWN else []
    return Weighed(
        truth,
        listed,
        tuple([(seen, each.said) for seen, each in matches if each.truth is Truth.YES]),
        tuple([each for answer, each in answers if answer is Truth.YES]),
        tuple(dict.fromkeys(missing)),
    )


def _enough(signal: Signal, matches: Sequence[tuple[Seen, Match]]) -> Truth:
    """Whether there are as many observations as it takes; unknown while those that are uncertain would decide."""
    if signal.least == 1:
        return Truth.YES
    sure, possible = (
        sum(seen.count for seen, each in matches if each.truth in told)
        for told in ((Truth.YES,), (Truth.YES, Truth.UNKNOWN))
    )
    return Truth.YES if sure >= signal.least else Truth.UNKNOWN if possible >= signal.least else Truth.NO


def _unknown(asked: Sequence[tuple[Truth, Comparison]], look: Look) -> list[str]:
    """The features without which some of these comparisons cannot be answered."""
    return [name for answer, each in asked if answer is Truth.UNKNOWN for name in each.features if look(name) is None]


_NOTHING: Final = Weighed(Truth.NO, Truth.NO, (), (), ())


def compare(asked: Comparison, look: Look) -> Truth:
    """Whether a comparison holds; unknown when one of its sides is."""
    left = look(asked.feature)
    right = look(str(asked.value)) if asked.other else asked.value
    if left is None or right is None:
        return Truth.UNKNOWN
    return Truth.YES if OPERATORS[asked.operator](left, right) else Truth.NO


OPERATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def match(signal: Signal, seen: Seen) -> Match:
    """Whether an observation is one of those the signal lists."""
    return _MATCHERS[seen.kind](signal, seen)


def _error(signal: Signal, seen: Seen) -> Match:
    if signal.decode:
        return _listed(not seen.decoded, f"error {seen.code} not decoded with certainty")
    return max((_of_program(each, seen) for each in signal.errors), key=lambda found: found.truth)


def _of_program(errors: ProgramErrors, seen: Seen) -> Match:
    """One program's errors. A name that is known must agree with the number: it outranks every table."""
    if errors.program == ANCHOR and seen.program not in (ANCHOR, ""):
        return _of_framework(errors, seen)
    if seen.program not in (errors.program, ""):
        return _NO
    possible = _possible(errors, seen)
    if possible is not Truth.YES:
        return Match(possible, NAME if possible is Truth.UNKNOWN else "")
    if not seen.program:
        return Match(Truth.UNKNOWN, PROGRAM)
    return Match(Truth.YES, f"{seen.name or ' or '.join(seen.candidates) or _names(errors, seen)[0]} ({seen.code})")


def _of_framework(errors: ProgramErrors, seen: Seen) -> Match:
    """Errors of the framework in a program of its own: only their name proves that the program is built with it."""
    shared = _names(errors, seen)
    if seen.name in shared:
        return Match(Truth.YES, f"{seen.name} ({seen.code})")
    return Match(Truth.UNKNOWN, NAME) if set(shared) & set(seen.candidates) else _NO


def _possible(errors: ProgramErrors, seen: Seen) -> Truth:
    """Whether the error is one of those, were it of that program."""
    meant = {*_names(errors, seen), *errors.names}
    if seen.name:
        return Truth.YES if seen.name in meant else Truth.NO
    if seen.candidates:
        right = [each in meant for each in seen.candidates]
        return Truth.YES if all(right) else Truth.UNKNOWN if any(right) else Truth.NO
    if seen.code in errors.codes:
        return Truth.YES
    return Truth.UNKNOWN if errors.names and seen.program else Truth.NO


def _names(errors: ProgramErrors, seen: Seen) -> tuple[str, ...]:
    """What the tables call the number, where it is one of those listed."""
    return () if seen.code is None else errors.meaning.get(seen.code, ())


def _instruction(signal: Signal, seen: Seen) -> Match:
    if seen.name not in signal.ix_errors:
        return _NO
    if signal.origin_program and not seen.program:
        return Match(Truth.UNKNOWN, PROGRAM)
    return _listed(signal.origin_program in ("", seen.program), seen.name)


def _api(signal: Signal, seen: Seen) -> Match:
    found = any(
        seen.program == each.api and (seen.code in each.codes or (bool(seen.name) and seen.name in each.codes))
        for each in signal.api_codes
    )
    return _listed(found, str(seen.name or seen.code))


def _message(signal: Signal, seen: Seen) -> Match:
    """What is recognised is our own text, so that nothing a stranger wrote is repeated."""
    for text in signal.messages:
        if text == seen.name if text.isdecimal() else text in seen.name:
            return Match(Truth.YES, text)
    return _NO


def _listed(found: bool, said: str) -> Match:  # noqa: FBT001
    return Match(Truth.YES, said) if found else _NO


def _by_name(names: Callable[[Signal], Sequence[str]]) -> Callable[[Signal, Seen], Match]:
    return lambda signal, seen: _listed(seen.name in names(signal), seen.name)


def _by_code(codes: Callable[[Signal], Sequence[int]], what: str) -> Callable[[Signal, Seen], Match]:
    return lambda signal, seen: Match(Truth.YES, f"{what} {seen.code}") if seen.code in codes(signal) else _NO


def _rpc(signal: Signal, seen: Seen) -> Match:
    return _listed(seen.chain == signal.chain and seen.code in signal.rpc_errors, f"{seen.chain} RPC {seen.code}")


_MATCHERS: Final[Mapping[Kind, Callable[[Signal, Seen], Match]]] = {
    Kind.ERROR: _error,
    Kind.TRANSACTION: _by_name(lambda signal: signal.tx_errors),
    Kind.INSTRUCTION: _instruction,
    Kind.RPC: _rpc,
    Kind.HTTP: _by_code(lambda signal: signal.http, "HTTP"),
    Kind.API: _api,
    Kind.POOL: _by_code(lambda signal: signal.pool_codes, "stratum"),
    Kind.CODE: _by_name(lambda signal: signal.codes),
    Kind.OUTCOME: _by_name(lambda signal: signal.outcomes),
    Kind.STATE: _by_name(lambda signal: signal.states),
    Kind.MESSAGE: _message,
    Kind.SELECTOR: lambda signal, seen: _listed(seen.name.lower() in signal.selectors, seen.name.lower()),
}
