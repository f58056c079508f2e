"""The board: everybody's current line in memory, read once and then kept up to date by what has changed."""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from keepwell.base.time import SECOND_US
from keepwell.runtime.clock import elapsed_s
from keepwell.runtime.columns import Columns, Texts
from keepwell.store import lines
from keepwell.store.database import Database, Session
from keepwell.store.lines import ROW, UNSCORED, Rows, State, Words

PATIENCE_S = 0.2
CHECKED_EVERY_S = 60.0
SLACK_US = SECOND_US  # scores of moments so little older than the newest are looked at again: clocks are set
MANY = 2000  # scores that are read again at any rate
FEW = 1000  # customers without a score that are read again: they wait for their first one
_SCORE = [name for name in ROW.names or () if name not in ("number", "mrr")]


class Board:
    """Everybody's current line. It may be asked from several threads.

    Args:
        patience_s: after this many seconds the store is asked again for what has changed.
        checked_every_s: after this many seconds it is also asked whether anything was missed, as when a clock was
            set back by more than `SLACK_US`; then everybody is read again.
    """

    def __init__(
        self, database: Database, patience_s: float = PATIENCE_S, checked_every_s: float = CHECKED_EVERY_S
    ) -> None:
        self._database = database
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._columns: Columns | None = None
        self._seen = State(0, 0, 0, 0)
        self._asked_s = self._checked_s = 0.0
        self._checked_every_s = checked_every_s

    def columns(self) -> Columns:
        """Everybody, at most `patience_s` old. While one thread reads what has changed, others get what was there."""
        known = self._columns
        if known is not None and elapsed_s() - self._asked_s < self._patience_s:
            return known
        if not self._lock.acquire(blocking=known is None):
            return known or self.columns()
        try:
            if self._columns is None or elapsed_s() - self._asked_s >= self._patience_s:
                with self._database.read() as session:
                    self._columns = self._read(session, self._columns)
                self._asked_s = elapsed_s()
            return self._columns
        finally:
            self._lock.release()

    def _read(self, session: Session, known: Columns | None) -> Columns:
        seen = self._seen
        state = lines.state(session, max(seen.newest - SLACK_US, 0))
        since = self._since(session, state) if known is not None else None
        if known is None or since is None:
            found = read(session, lines.named(session, 0))
        else:
            found = _refreshed(session, known, since)
        if elapsed_s() - self._checked_s >= self._checked_every_s:
            self._checked_s = elapsed_s()
            if lines.checksum(session) != lines.checksum_of(found.rows):
                found = read(session, lines.named(session, 0))
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


def read(session: Session, fresh: Sequence[tuple[int, str]]) -> Columns:
    """The lines of customers, given by number and id with the numbers ascending."""
    rows, texts = _with_new(np.zeros(0, ROW), Texts(), fresh)
    numbers = [number for number, _ in fresh]
    for part in lines.scored(session, numbers):
        _write(rows, part)
    return _with_words(session, Columns(rows, texts, 0), numbers)


def _refreshed(session: Session, known: Columns, since: int) -> Columns:
    """New customers, lines with a score since a moment, and what people gave those whose line has changed."""
    last = int(known.rows["number"][-1]) if len(known) else 0
    fresh = lines.named(session, last)
    scored = lines.scored_since(session, since)
    scored = scored[_differ(known.rows, scored)]
    rows, texts = known.rows, known.texts
    if fresh:
        rows, texts = _with_new(rows, texts, fresh)
    elif len(scored):
        rows = rows.copy()
    _write(rows, scored)
    changed = {*scored["number"].tolist(), *lines.failed_since(session, since), *(number for number, _ in fresh)}
    waiting = rows["number"][rows["band"] < 0]
    if len(waiting) <= FEW:
        changed.update(waiting.tolist())
    if not changed:
        return known
    return _with_words(session, Columns(rows, texts, 0), sorted(changed))


def _differ(known: Rows, found: Rows) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which lines differ in anything that comes with a score."""
    places = np.searchsorted(known["number"], found["number"])
    there = places < len(known)
    differ = ~there
    old = known[places[there]]
    same = np.ones(len(old), np.bool_)
    for name in _SCORE:
        mine, theirs = old[name], found[there][name]
        same &= (mine == theirs) | (np.isnan(mine) & np.isnan(theirs))
    differ[there] = ~same
    return differ


def _with_new(rows: Rows, texts: Texts, fresh: Sequence[tuple[int, str]]) -> tuple[Rows, Texts]:
    """Copies with new customers at the end, who have no score yet."""
    ids = [name for _, name in fresh]
    empty = [""] * len(ids)
    return np.concatenate((rows, np.array([(number, *UNSCORED) for number, _ in fresh], ROW))), Texts(
        [*texts.ids, *ids],
        [*texts.names, *ids],
        [*texts.segments, *empty],
        [*texts.plans, *empty],
        [*texts.owners, *empty],
        texts.orders,
    )


def _write(rows: Rows, scored: Rows) -> None:
    """Put lines where they belong, leaving what people gave."""
    places = np.searchsorted(rows["number"], scored["number"])
    for name in _SCORE:
        rows[name][places] = scored[name]


def _with_words(session: Session, columns: Columns, numbers: Sequence[int]) -> Columns:
    """Columns with what people gave some customers, in copies of their own."""
    found = dict(_new_words(session, columns, numbers))
    if not found:
        return columns
    rows, old = columns.rows.copy(), columns.texts
    named = any(old.names[place] != (each.name or old.ids[place]) for place, each in found.items())
    names, segments, plans, owners = list(old.names), list(old.segments), list(old.plans), list(old.owners)
    for place, each in found.items():
        names[place] = each.name or old.ids[place]
        segments[place], plans[place] = sys.intern(each.segment), sys.intern(each.plan)
        owners[place] = sys.intern(each.owner)
        rows["mrr"][place] = each.mrr
    texts = Texts(old.ids, names, segments, plans, owners, old.orders)
    if not named:
        texts.__dict__.update(old.made)
    return Columns(rows, texts, 0)


def _new_words(session: Session, columns: Columns, numbers: Sequence[int]) -> Iterator[tuple[int, Words]]:
    """Place and words of those of whom other words are known than before."""
    rows, texts = columns.rows, columns.texts
    place_of = dict(zip(numbers, np.searchsorted(rows["number"], numbers).tolist(), strict=True))
    for number, each in lines.words(session, numbers):
        place = place_of[number]
        mrr = float(rows["mrr"][place])
        known = (texts.names[place], texts.segments[place], texts.plans[place], texts.owners[place])
        if (each.name or texts.ids[place], each.segment, each.plan, each.owner) != known or not (
            mrr == each.mrr or (math.isnan(mrr) and math.isnan(each.mrr))
        ):
            yield place, each
