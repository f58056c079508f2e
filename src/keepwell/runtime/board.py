"""The board: everybody's current line in memory, read once and then kept up to date by what has changed."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from keepwell.base.time import SECOND_US
from keepwell.runtime.clock import elapsed_s
from keepwell.runtime.columns import Columns, Texts
from keepwell.store import lines
from keepwell.store.customers import all_ids
from keepwell.store.database import Database, Session
from keepwell.store.lines import ROW, UNSCORED, State, Table, Words

CHECKED_EVERY_S = 60.0
SLACK_US = SECOND_US  # scores of moments so little older than the newest are looked at again: clocks are set
MANY = 2000  # scores that are read again at any rate
FEW = 1000  # customers without a score that are read again: they wait for their first one
_SCORE = [name for name in ROW.names or () if name not in ("number", "mrr", "doc")]


class Board:
    """Everybody's current line. It may be asked from several threads.

    Args:
        checked_every_s: after this many seconds the store is also asked whether anything was missed, as when a clock
            was set back by more than `SLACK_US`; then everybody is read again.
    """

    def __init__(self, database: Database, checked_every_s: float = CHECKED_EVERY_S) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._columns: Columns | None = None
        self._seen = State(0, 0, 0, 0)
        self._commits = 0
        self._checked_s = 0.0
        self._checked_every_s = checked_every_s

    def columns(self) -> Columns:
        """Everybody, with all that was committed before: who was told of a change must find it here."""
        with self._lock:
            commits = self._database.commits
            if self._columns is None or commits != self._commits:
                with self._database.read() as session:
                    self._columns = self._read(session, self._columns)
                self._commits = commits
            return self._columns

    def _read(self, session: Session, known: Columns | None) -> Columns:
        seen = self._seen
        state = lines.state(session, max(seen.newest - SLACK_US, 0))
        since = self._since(session, state) if known is not None else None
        if known is not None and since is not None:
            found = _refreshed(session, known, since)
        else:
            found = read(session, all_ids(session))
        if elapsed_s() - self._checked_s >= self._checked_every_s:
            self._checked_s = elapsed_s()
            if lines.checksum(session) != lines.checksum_of(found.rows):
                found = read(session, all_ids(session))
        recent = lines.state(session, max(state.newest - SLACK_US, 0)).recent
        self._seen = state._replace(recent=recent)
        return replace(found, as_of=state.newest)

    def _since(self, session: Session, state: State) -> int | None:
        """From which moment on scores have to be read; None when everybody has to be."""
        seen = self._seen
        if state.newest < seen.newest or state.last < seen.last or state.history != seen.history:
            return None
        if state.recent <= MANY:
            return max(seen.newest - SLACK_US, 0)
        newer = lines.state(session, seen.newest + 1).recent  # very many share the newest moment: they are passed over
        if newer > MANY or state.recent - newer > seen.recent:
            return None
        return seen.newest + 1


def read(session: Session, fresh: Mapping[int, str]) -> Columns:
    """The lines of customers, given by number and id with the numbers ascending."""
    rows, texts = _with_new(lines.table(np.zeros(0, ROW)), Texts(), fresh)
    numbers = list(fresh)
    for part in lines.scored(session, numbers):
        _write(rows, lines.table(part))
    return Columns(rows, _write_words(session, rows, texts, numbers), 0)


def _refreshed(session: Session, known: Columns, since: int) -> Columns:
    """New customers, lines with a score since a moment, and what people gave those whose line has changed."""
    last = int(known.rows["number"][-1]) if len(known) else 0
    fresh = all_ids(session, last)
    found = lines.scored_since(session, since)
    scored = lines.table(found[_differ(known.rows, lines.table(found))])
    changed = {*scored["number"].tolist(), *lines.failed_since(session, since), *fresh}
    waiting = known.rows["number"][known.rows["band"] < 0]
    if len(waiting) <= FEW:
        changed.update(waiting.tolist())
    if not changed:
        return known
    numbers = sorted(changed)
    if fresh:
        rows, texts = _with_new(known.rows, known.texts, fresh)
    else:
        rows, texts = known.rows | {name: known.rows[name].copy() for name in _SCORE}, known.texts
    _write(rows, scored)
    return Columns(rows, _write_words(session, rows, texts, numbers), 0)


def _differ(known: Table, found: Table) -> NDArray[np.bool_]:
    """Which lines differ in anything that comes with a score."""
    places = np.searchsorted(known["number"], found["number"])
    differ = places >= len(known["number"])
    there = np.flatnonzero(~differ)
    same = np.ones(len(there), np.bool_)
    for name in _SCORE:
        mine, theirs = known[name][places[there]], found[name][there]
        same &= (mine == theirs) | (np.isnan(mine) & np.isnan(theirs))
    differ[there] = ~same
    return differ


def _with_new(rows: Table, texts: Texts, fresh: Mapping[int, str]) -> tuple[Table, Texts]:
    """Copies with new customers at the end, who have no score yet."""
    ids = list(fresh.values())
    empty = [""] * len(ids)
    more = lines.table(np.array([(number, *UNSCORED) for number in fresh], ROW))
    return {name: np.concatenate((rows[name], more[name])) for name in rows}, Texts(
        [*texts.ids, *ids],
        [*texts.names, *ids],
        [*texts.segments, *empty],
        [*texts.plans, *empty],
        [*texts.owners, *empty],
        texts.orders,
    )


def _write(rows: Table, scored: Table) -> None:
    """Put lines where they belong, leaving what people gave."""
    places = np.searchsorted(rows["number"], scored["number"])
    for name in _SCORE:
        rows[name][places] = scored[name]


def _write_words(session: Session, rows: Table, texts: Texts, numbers: Sequence[int]) -> Texts:
    """Put what people gave some customers into rows, in new columns; the texts with it, the same if nothing is new."""
    place_of = dict(zip(numbers, np.searchsorted(rows["number"], numbers).tolist(), strict=True))
    found: dict[int, tuple[int, Words]] = {}
    for number, document in lines.documents(session, numbers):
        place, seen = place_of[number], hash(document)
        if rows["doc"][place] != seen:
            found[place] = seen, lines.words(document)
    if not found:
        return texts
    rows["doc"], rows["mrr"] = rows["doc"].copy(), rows["mrr"].copy()
    for place, (seen, each) in found.items():
        rows["doc"][place], rows["mrr"][place] = seen, each.mrr
    return _texts_with(texts, {place: each for place, (_, each) in found.items()})


def _texts_with(old: Texts, found: Mapping[int, Words]) -> Texts:
    """A copy of texts with those of some places."""
    names, segments, plans, owners = list(old.names), list(old.segments), list(old.plans), list(old.owners)
    for place, each in found.items():
        names[place] = each.name or old.ids[place]
        segments[place], plans[place] = sys.intern(each.segment), sys.intern(each.plan)
        owners[place] = sys.intern(each.owner)
    texts = Texts(old.ids, names, segments, plans, owners, old.orders)
    if names == old.names:
        texts.__dict__.update(old.made)
    return texts
