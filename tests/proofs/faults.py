"""Planted faults: Keepwell as it must not be. A proof that stays green with one of them proves nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from unittest.mock import patch

from keepwell.runtime.receive import Parcel, receive
from keepwell.runtime.workspace import Workspace
from keepwell.store import hot, log, rollups
from keepwell.store.database import Session
from keepwell.store.seen import Mark
from tests.histories import NOW
from tests.proofs.power import Setup, Told


def told_before_commit(space: Workspace, several: Sequence[Parcel], told: Told) -> None:
    with space.database.write():
        receive(space, several, NOW)
        told()


def marked_in_another_transaction(space: Workspace, several: Sequence[Parcel], told: Told) -> None:
    """First everything but the events, committed; then the events whose marks were new."""
    found = []
    apart = hot._told_apart

    def remembered(*given):
        found.append(apart(*given))
        return found[0]

    with patch.object(hot, "_told_apart", remembered), patch.object(hot, "_write"):
        receive(space, several, NOW)
    with patch.object(hot, "_told_apart", lambda *_: found[0]):
        receive(space, several, NOW)
    told()


def folded_after_it_is_noted(space: Workspace, limit: int) -> int:
    """The mark of what is folded, committed before the fold."""
    with space.database.write() as session:
        above, upto = rollups.next_rows(session, limit)
        log.set_mark(session, "rolled_to", upto)
    with space.database.write() as session:
        if upto > above:
            rollups.fold_hot(session, above, upto)
    return upto - above


@contextmanager
def one_source() -> Iterator[None]:
    """Marks that do not tell sources apart."""

    def unscoped(function):
        def changed(session: Session, marks: Sequence[Mark]):
            return function(session, [(0, *each[1:]) for each in marks])

        return changed

    names = ("all_fresh", "fresh_places")
    with patch.multiple(hot, **{name: unscoped(getattr(hot, name)) for name in names}):
        yield


F1 = Setup(take=told_before_commit)
F2 = Setup(pragmas=("synchronous=NORMAL",))
F3 = Setup(take=marked_in_another_transaction)
F4 = Setup(around=one_source)
FOLD_APART = Setup(fold=folded_after_it_is_noted)
NO_SYNC = Setup(pragmas=("synchronous=OFF",))
