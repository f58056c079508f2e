"""The ledger: what was forecast, what came of it, what was erased and decided, each entry chained to the one before.

The link of an entry is SHA-256 over the link before it and the entry's content as bytes; the content holds the root of
its rows. Whoever changes, removes, adds or moves anything would have to make all later links anew, and the last link
may have been written down elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import msgspec
import numpy as np

from keepwell.base.errors import KeepwellError
from keepwell.base.time import DAY_US
from keepwell.predictions.forecast import Outcome, Stage
from keepwell.predictions.landmarks import Question
from keepwell.predictions.sheet import Small
from keepwell.statistics.arrays import Floats, Ints, Mask

START: Final = "0" * 64
"""What the first entry is chained to."""
UNKNOWN: Final = 65_535
"""In the place of a chance that was not given."""
TOLD, ACTIVE = 1, 2
"""Flags of a frozen row: an event was made of it; the customer was active lately."""
_WHOLE: Final = 10_000


class Basis(msgspec.Struct, frozen=True):
    """What of the log forecasts are made of, and what counts as activity in it.

    Attributes:
        known_before: nothing that became known at this moment or later.
        events: how many events had been accepted when the forecasts were made.
        counts: names of the events that count as a customer's activity; empty: all that are its own.
    """

    known_before: int
    events: int
    counts: tuple[str, ...] = ()


class Published(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="published"):
    """Forecasts of one moment. Its rows hold chance, lower and upper end of each horizon, then flags.

    Attributes:
        number: of the entry; `at`: when it was frozen; moments are microseconds.
        made_at: the moment the forecasts are of.
        basis: what of the log was known.
        whole: whether it is of everybody; else only of those of whom there was news between two such.
        rows, root: of the customers.
        quiet_days: for how long nothing comes of who has gone; 0 where no departure is forecast.
        point: the chance from which on there is an alert, in ten-thousandths; None where no chance was given.
        relived: made afterwards, of a simulated log, out of what was known at the moment.
    """

    number: int
    at: int
    made_at: int
    outcome: Outcome
    lead_days: int
    horizons: tuple[int, ...]
    stage: Stage
    because: str
    model: str
    basis: Basis
    whole: bool
    rows: int
    root: str
    quiet_days: int = 0
    point: int | None = None
    relived: bool = False


class Scored(msgspec.Struct, frozen=True, kw_only=True, tag="scored"):
    """What came of one horizon of a publication. Its rows hold a `Came`, and the customer's last day of activity.

    Attributes:
        publication: its number.
        happened, not_told: to how many it happened, and of how many that cannot be told.
        because: why nothing can be told of anybody; empty otherwise.
    """

    number: int
    at: int
    publication: int
    horizon: int
    happened: int
    not_told: int
    because: str
    rows: int
    root: str


class Erased(msgspec.Struct, frozen=True, kw_only=True, tag="erased"):
    """A customer's rows were erased; the leaves that stayed, in order of entry."""

    number: int
    at: int
    leaves: tuple[str, ...]


class Decided(msgspec.Struct, frozen=True, kw_only=True, tag="decided"):
    """Whether a new model takes the place of the one in use.

    Attributes:
        champion, challenger: digests of the models.
        customers: of the closed window that both were judged on.
        difference, low, high: log-loss of the challenger less that of the champion, and its 90 % interval; None when
            there was nobody to judge by.
    """

    number: int
    at: int
    champion: str
    challenger: str
    customers: int
    difference: float | None
    low: float | None
    high: float | None
    promoted: bool
    because: str


Content = Published | Scored | Erased | Decided
_decoder: msgspec.json.Decoder[Content] = msgspec.json.Decoder(Content)


class ForecastsRefusedError(KeepwellError):
    """Forecasts that cannot be frozen.

    Attributes:
        problem: what is wrong with them.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(f"forecasts that are not published: {problem}")
        self.problem = problem


# ---------------------------------------------------------------------- rows


def frozen(chance: Floats, low: Floats, high: Floats, flags: Ints) -> Small:
    """Rows of a publication in ten-thousandths, shape (customers, 3 * horizons + 1).

    No chance is frozen as certain: the nearest are 1 and 9,999 of 10,000. Rounding keeps the order of horizons.
    """
    ends = (_small(low, 0, _WHOLE), _small(high, 0, _WHOLE))
    columns = np.stack((_small(chance, 1, _WHOLE - 1), *ends), axis=2)
    return np.hstack((columns.reshape(len(chance), 3 * chance.shape[1]), flags.astype(np.uint16)[:, None]))


def _small(values: Floats, least: int, most: int) -> Small:
    rounded = np.clip(np.rint(np.nan_to_num(values) * _WHOLE), least, most)
    found: Small = np.where(np.isfinite(values), rounded, UNKNOWN).astype(np.uint16)
    return found


def chances(values: Small) -> Floats:
    """Chance, lower and upper end from frozen rows, 0 to 1, NaN where none was given; (customers, horizons, 3)."""
    numbers = values[:, :-1].reshape(len(values), values.shape[1] // 3, 3)
    found: Floats = np.where(numbers == UNKNOWN, np.nan, numbers / _WHOLE)
    return found


def flagged(values: Small, flag: int) -> Mask:
    """Which frozen rows have a flag."""
    found: Mask = (values[:, -1] & flag) > 0
    return found


# ---------------------------------------------------------------------- the chain


class Entry(msgspec.Struct, frozen=True):
    """A row of the chain: kind and moment stand in the content too, whose bytes are what is chained."""

    number: int
    kind: str
    at: int
    content: str
    link: str


def link(before: str, content: str) -> str:
    """The link of an entry from the one before it, in hexadecimal digits."""
    return sha256(b"link" + before.encode() + content.encode()).hexdigest()


def entry(content: Content, before: str) -> Entry:
    """An entry, chained to a link."""
    text = msgspec.json.encode(content).decode()
    kind = str(content.__struct_config__.tag)
    return Entry(content.number, kind, content.at, text, link(before, text))


def read(content: str) -> Content:
    """What an entry says.

    Raises:
        msgspec.DecodeError: it is no content.
    """
    return _decoder.decode(content)


class Window(msgspec.Struct, frozen=True):
    """One horizon of a publication: when it ends, and the number of the entry that scored it, None before that."""

    publication: int
    horizon: int
    ends_at: int
    scored: int | None = None


@dataclass(frozen=True)
class Known:
    """What is kept of customers: arrays of the same length, by ascending number.

    Attributes:
        customer: numbers.
        newest: the number of the newest publication each is in; 0 for none.
        told_at, told: when an event was last made of its forecast, and of which chance in ten-thousandths; 0 for never.
        salt: of each.
    """

    customer: Ints
    newest: Ints
    told_at: Ints
    told: Ints
    salt: Sequence[bytes]

    def salts(self) -> dict[int, bytes]:
        return dict(zip(self.customer.tolist(), self.salt, strict=True))


# ---------------------------------------------------------------------- what follows from a publication

SPOKEN_DAYS: Final = 90
"""The horizon that events tell of."""


def windows(published: Published) -> list[Window]:
    """The horizons of a publication, when it has rows."""
    if not published.rows:
        return []
    return [Window(published.number, days, bounds(published, days)[1]) for days in published.horizons]


def bounds(published: Published, horizon: int) -> tuple[int, int]:
    """When the window of a horizon begins and ends, microseconds."""
    asked = Question(published.horizons, published.lead_days, published.outcome, published.quiet_days)
    return published.made_at + asked.begins(horizon) * DAY_US, published.made_at + asked.ends(horizon) * DAY_US


def width(content: Published | Scored) -> int:
    """How many numbers a row of an entry holds."""
    return 3 * len(content.horizons) + 1 if isinstance(content, Published) else 2


def spoken(published: Published, values: Small) -> Ints:
    """The chances that events tell of, in ten-thousandths; `UNKNOWN` where there is none."""
    if SPOKEN_DAYS not in published.horizons:
        return np.full(len(values), UNKNOWN, np.int64)
    return values[:, 3 * published.horizons.index(SPOKEN_DAYS)].astype(np.int64)
