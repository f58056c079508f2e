"""A small ledger in memory: three publications, what came of two of them, an erasure and a decision."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from keepwell.base.time import DAY_US
from keepwell.predictions import ledger, sheet
from keepwell.predictions.forecast import Outcome, Stage
from keepwell.predictions.ledger import ACTIVE, START, TOLD, Basis, Decided, Entry, Erased, Known, Published, Scored
from keepwell.predictions.ledger_check import Held, verify
from keepwell.predictions.sheet import Part

NOW = 20_000 * DAY_US
PEOPLE = np.array([2, 3, 5, 8, 9, 12, 13])
GONE = 8


@dataclass(frozen=True)
class Copy:
    """Everything a ledger holds, as values: (place, first, bytes) of each entry's parts."""

    entries: tuple[Entry, ...]
    parts: dict[int, tuple[tuple[int, int, bytes], ...]]
    known: Known
    windows: tuple[ledger.Window, ...]
    head: str

    def held(self) -> Held:
        number = sum(map(len, self.parts.values()))
        return Held(self.entries, lambda each: self.parts.get(each, ()), number, self.known, self.windows, self.head)

    def flaws(self, noted: str = START) -> list[str]:
        return [each.what for each in verify(self.held(), noted).flaws]


class Writer:
    """Writes entries one after the other."""

    def __init__(self) -> None:
        self.salts = {int(each): bytes([each]) * 16 for each in PEOPLE}
        self.entries: list[Entry] = []
        self.rows: dict[int, list[Part]] = {}
        self.windows: dict[tuple[int, int], ledger.Window] = {}
        self.newest, self.told_at, self.told = ({int(each): 0 for each in PEOPLE} for _ in range(3))

    def next(self) -> int:
        return len(self.entries) + 1

    def chain(self, content: ledger.Content, rows: list[Part]) -> None:
        before = self.entries[-1].link if self.entries else START
        self.entries.append(ledger.entry(content, before))
        self.rows[content.number] = rows

    def root(self, rows: list[Part]) -> str:
        return sheet.root([sheet.digest(each, self.salts) for each in rows])

    def publish(self, days: int, told: bool) -> int:
        rng = np.random.default_rng(days)
        chance = np.sort(rng.random((len(PEOPLE), 3)), axis=1)[:, ::-1]
        values = ledger.frozen(chance, chance * 0.9, chance, np.full(len(PEOPLE), ACTIVE | (TOLD if told else 0)))
        rows, at = _parts(PEOPLE, values), NOW + days * DAY_US
        content = Published(
            number=self.next(), at=at + 7, made_at=at, outcome=Outcome.INACTIVITY, lead_days=0, horizons=(30, 60, 90),
            stage=Stage.SMALL, because="few customers", model="m1", basis=Basis(at, 12), whole=True,
            rows=len(PEOPLE), root=self.root(rows),
        )  # fmt: skip
        self.windows |= {(each.publication, each.horizon): each for each in ledger.windows(content)}
        spoken = ledger.spoken(content, values).tolist()
        for who, chance_told in zip(PEOPLE.tolist(), spoken, strict=True):
            self.newest[who] = content.number
            if told:
                self.told_at[who], self.told[who] = content.at, chance_told
        self.chain(content, rows)
        return content.number

    def score(self, publication: int, horizon: int) -> None:
        values = np.random.default_rng(publication + horizon).integers(0, 3, (len(PEOPLE), 2)).astype(np.uint16)
        rows = _parts(PEOPLE, values)
        content = Scored(
            number=self.next(), at=NOW + 100 * DAY_US, publication=publication, horizon=horizon, happened=1,
            not_told=1, because="", rows=len(PEOPLE), root=self.root(rows),
        )  # fmt: skip
        window = self.windows[publication, horizon]
        self.windows[publication, horizon] = ledger.Window(publication, horizon, window.ends_at, content.number)
        self.chain(content, rows)

    def erase(self, customer: int) -> None:
        leaves = []
        for number, rows in self.rows.items():
            found = [sheet.without(each, customer, self.salts[customer]) for each in rows]
            leaves += [each[1].hex() for each in found if each]
            self.rows[number] = [each[0] if each else part for each, part in zip(found, rows, strict=True)]
        for kept in (self.salts, self.newest, self.told_at, self.told):
            del kept[customer]
        self.chain(Erased(number=self.next(), at=NOW + 101 * DAY_US, leaves=tuple(leaves)), [])

    def decide(self) -> None:
        content = Decided(
            number=self.next(), at=NOW + 102 * DAY_US, champion="m1", challenger="m2", customers=7, difference=-0.01,
            low=-0.02, high=0.001, promoted=False, because="it may as well be chance",
        )  # fmt: skip
        self.chain(content, [])

    def copy(self) -> Copy:
        people = sorted(self.salts)
        columns = (np.array([of[each] for each in people]) for of in (self.newest, self.told_at, self.told))
        parts = {
            number: tuple((place, each.first, sheet.to_bytes(each)) for place, each in enumerate(rows))
            for number, rows in self.rows.items()
        }
        known = Known(np.array(people), *columns, [self.salts[each] for each in people])
        windows = tuple(self.windows.values())
        return Copy(tuple(self.entries), parts, known, windows, self.entries[-1].link)


def _parts(customer: np.ndarray, values: np.ndarray) -> list[Part]:
    """Two parts, so that there is something to mix up."""
    return [Part(int(customer[at][0]), customer[at], values[at], {}) for at in (slice(0, 4), slice(4, None))]


def world() -> Copy:
    writer = Writer()
    first = writer.publish(0, told=True)
    second = writer.publish(7, told=False)
    writer.score(first, 30)
    writer.score(second, 30)
    writer.erase(GONE)
    writer.decide()
    return writer.copy()


def with_known(copy: Copy, **columns: object) -> Copy:
    return replace(copy, known=replace(copy.known, **columns))
