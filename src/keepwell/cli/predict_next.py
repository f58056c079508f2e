"""`keepwell predict expansion`, `adoption` and `satisfaction`: the next upgrade, feature and answer."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from keepwell.base.errors import KeepwellError
from keepwell.base.shares import percent
from keepwell.cli.options import AsOf, Data, Json, count, emit, moment, say, second, table, workspace

if TYPE_CHECKING:
    from keepwell.runtime.ports.next import Answering, Expanding, Next

Customer = Annotated[str | None, typer.Option("--customer", help="The id of one customer; all when not given.")]
Out = Annotated[Path | None, typer.Option("--out", help="A CSV file to write the forecasts to.")]
Row = Mapping[str, object]
Found = TypeVar("Found")

EXPANSION = (
    "customer_id", "meter", "used", "expected_at", "not_before", "likely_by", "probability", "held", "because",
    "name",
)  # fmt: skip
ADOPTION = ("customer_id", "rank", "feature", "probability", "share", "because", "name")
SATISFACTION = ("customer_id", "survey", "answers", "expected", "low", "high", "probability", "dropped", "name")
MOMENTS = ("expected_at", "not_before", "likely_by")


class FileNotWrittenError(KeepwellError):
    """A file of forecasts could not be written.

    Attributes:
        path: which.
    """

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path} could not be written: {problem}")
        self.path = path


def expansion(
    customer: Customer = None, as_of: AsOf = None, out: Out = None, data: Data = None, json: Json = False
) -> None:
    """Show when plans become too small, who is likely to take more within 90 days, and to whom not to propose it."""
    at = moment(as_of)
    found, names = _asked(data, lambda port: port.expansion(at, customer))
    some = sorted(found.customers, key=_soonest)
    rows: list[Row] = [
        {name: _shown(name, getattr(each, name)) for name in EXPANSION[:-1]} | {"name": names[each.customer_id]}
        for each in some
    ]
    _give(rows, EXPANSION, out)
    if json:
        emit({"as_of": _rfc3339(at), "because": found.because, "customers": rows})
        return
    say(found.because)
    table(
        f"Upgrades as of {second(at)}",
        ("customer", "name", "limit", "projected to be exceeded", "between", "upgrade in 90 days", "not now, because"),
        [
            (each.customer_id, names[each.customer_id], each.because, _day(each.expected_at),
             f"{_day(each.not_before)} and {_day(each.likely_by)}" if each.expected_at else "",
             _percent(each.probability), each.held)
            for each in some
        ],
    )  # fmt: skip


def adoption(
    customer: Customer = None, as_of: AsOf = None, out: Out = None, data: Data = None, json: Json = False
) -> None:
    """Show which features customers are likely to begin to use within 30 days, and what speaks for them."""
    at = moment(as_of)
    found, names = _asked(data, lambda port: port.adoption(at, customer))
    rows: list[Row] = [
        {"customer_id": name, **{key: getattr(each, key) for key in ADOPTION[1:-1]}, "name": names[name]}
        for name, some in found.customers.items()
        for each in some
    ]
    _give(rows, ADOPTION, out)
    if json:
        emit({"as_of": _rfc3339(at), "because": found.because, "tested": found.tested, "suggestions": rows})
        return
    say(found.because)
    table(
        f"Likely next features as of {second(at)}",
        ("customer", "name", "", "feature", "in 30 days", "because"),
        [
            (name, names[name], each.rank, each.feature, _percent(each.probability), each.because)
            for name, some in found.customers.items()
            for each in some
        ],
    )


def satisfaction(
    customer: Customer = None, as_of: AsOf = None, out: Out = None, data: Data = None, json: Json = False
) -> None:
    """Show what the next answers to surveys will be, with an interval, and who answers at all."""
    at = moment(as_of)
    found, names = _asked(data, lambda port: port.satisfaction(at, customer))
    own = [name for name in SATISFACTION if name not in ("survey", "name")]
    rows: list[Row] = [
        {"survey": survey.kind, **{name: getattr(each, name) for name in own}, "name": names[each.customer_id]}
        for survey in found.surveys
        for each in survey.customers
    ]
    _give(rows, SATISFACTION, out)
    if json:
        surveys = [
            {"survey": each.kind, "scale": each.scale, "unhappy": each.unhappy, "because": each.because}
            for each in found.surveys
        ]
        emit({"as_of": _rfc3339(at), "surveys": surveys, "who_answers": found.who, "forecasts": rows})
        return
    for survey in found.surveys:
        say(f"{survey.kind}: {survey.because}")
    who = found.who
    say(f"{who.answered} of {count(who.active, 'active customer')} answered in 180 days; {_bias(who)}")
    table(
        f"Next answers as of {second(at)}",
        ("customer", "name", "survey", "answers", "next answer", "9 of 10 between", "unhappy", "dropped by"),
        [
            (each.customer_id, names[each.customer_id], survey.kind, each.answers, f"{each.expected:.1f}",
             f"{each.low:.1f} and {each.high:.1f}", _percent(each.probability),
             f"{each.dropped:.1f}" if each.dropped else "")
            for survey in found.surveys
            for each in survey.customers
        ],
    )  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the three commands to `keepwell predict`."""
    for command in (expansion, adoption, satisfaction):
        app.command()(command)


def _asked(data: Path | None, ask: Callable[[Next], Found]) -> tuple[Found, Mapping[str, str]]:
    """What is found, and what customers are called."""
    from keepwell.runtime.next import LoggedNext
    from keepwell.runtime.rows import called

    with workspace(data) as space:
        return ask(LoggedNext(space)), called(space)


def _soonest(found: Expanding) -> tuple[float, float, float, str]:
    """The most likely to take more first, then whose limit is reached soonest, then who has used most of it."""
    return -(found.probability or 0.0), found.expected_at or inf, -(found.used or 0.0), found.customer_id


def _give(rows: Sequence[Row], columns: Sequence[str], out: Path | None) -> None:
    """Write rows to a file, if one is asked for."""
    if out is None:
        return
    try:
        with out.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)
    except OSError as error:
        raise FileNotWrittenError(out, error.strerror or str(error)) from None
    say(f"{count(len(rows), 'row')} to {out}", to_errors=True)


def _shown(name: str, value: object) -> object:
    return _rfc3339(value) if name in MOMENTS and isinstance(value, int) else value


def _rfc3339(at: int) -> str:
    from keepwell.base.time import to_rfc3339

    return to_rfc3339(at)


def _day(at: int | None) -> str:
    return "" if at is None else _rfc3339(at)[:10]


def _percent(chance: float | None) -> str:
    return "" if chance is None else percent(chance)


def _bias(who: Answering) -> str:
    answering, silent = who.days_of_answering, who.days_of_silent
    if silent is None or answering is None:
        return "who answers can't be compared with who does not"
    return f"they were active on {answering:.0f} days, the others on {silent:.0f}"
