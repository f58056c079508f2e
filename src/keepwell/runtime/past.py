"""One customer in the past: the score as it was published, and the raw history it was made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keepwell.base.time import day_of, last_day_before
from keepwell.engines import duckdb as engine
from keepwell.events.catalog import number
from keepwell.events.event import Event
from keepwell.metrics.history import History
from keepwell.runtime.scoring import Scored, deck_at, look, reference_for, view_of
from keepwell.runtime.workspace import Workspace
from keepwell.scores.score import Scores
from keepwell.scores.scorecard import Scorecard
from keepwell.store import profiles

_RELEASED = number("feature_released")
_ALL = 1_000_000


@dataclass(frozen=True)
class Past:
    """One customer at one moment."""

    moment: int
    scored: Scored
    history: History
    card: Scorecard

    @property
    def scores(self) -> Scores:
        return self.scored.scores

    @property
    def cap_effect(self) -> float:
        """Points a cap took away: 0 or below."""
        return float(self.scores.score[0] - self.scores.uncapped[0])


@dataclass(frozen=True)
class _Evidence:
    """What the log holds about a customer, read once for all its moments."""

    log: engine.LogSnapshot
    events: Sequence[Event]
    releases: Sequence[Event]
    first_uses: Sequence[tuple[str, int, int]]


def pasts(workspace: Workspace, customer: int, moments: Sequence[int]) -> dict[int, Past | None]:
    """A customer at several moments; None where it had no event before."""
    log = look(workspace, (min(moments), max(moments)), [customer])
    latest = max(moments)
    evidence = _Evidence(
        log,
        _events(log, f"customer = {customer} AND known_at < {latest}"),
        _events(log, f"customer = 0 AND kind = {_RELEASED} AND known_at < {latest}"),
        engine.first_days(log, customer),
    )
    return {moment: _past(workspace, customer, moment, evidence) for moment in moments}


def _past(workspace: Workspace, customer: int, moment: int, evidence: _Evidence) -> Past | None:
    view = view_of(evidence.log, moment, reference_for(workspace, last_day_before(moment)), [customer])
    if not len(view):
        return None
    scored = Scored(view, deck_at(workspace, moment))
    card = scored.deck.card(int(view.scope("segment_id")[0]))
    return Past(moment, scored, _history(workspace, customer, scored, evidence), card)


def _history(workspace: Workspace, customer: int, scored: Scored, evidence: _Evidence) -> History:
    scope = scored.table.scope
    moment = int(scope["t"][0])
    with workspace.database.read() as session:
        profile = profiles.at(session, customer, moment)
        numbers = profiles.numbers_at(session, customer, moment)
    releases, advanced = _releases(evidence.releases, moment)
    return History(
        t=moment,
        events=[event for event in evidence.events if event.known_at < moment],
        first_day=int(scope["first_day"][0]),
        own_ever=bool(scope["own_ever"][0]),
        profile=numbers,
        entitled={name: profile.entitled_from[name] for name in profile.entitled},
        limits=profile.limits,
        releases=releases,
        advanced=advanced,
        first_uses=_first_uses(evidence.first_uses, moment),
        connected=scored.table.connected.get(0, frozenset()),
        reference=scored.view.references[0],
    )


def _events(log: engine.LogSnapshot, where: str) -> list[Event]:
    table = engine.events_of(log, where, limit=_ALL)
    names = [name for name in table.column_names if name in Event.__struct_fields__]
    columns = [table.column(name).to_pylist() for name in names]
    return [profiles.to_event(dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)]


def _releases(events: Sequence[Event], moment: int) -> tuple[Mapping[str, int], frozenset[str]]:
    released: dict[str, int] = {}
    advanced = set()
    for event in events:
        if event.known_at >= moment:
            continue
        name, day = event.part or "", day_of(event.occurred_at)
        released[name] = min(released.get(name, day), day)
        if event.code == 1:
            advanced.add(name)
    return released, frozenset(advanced)


def _first_uses(rows: Sequence[tuple[str, int, int]], moment: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for feature, known_at, day in rows:
        if known_at < moment:
            found[feature] = min(found.get(feature, day), day)
    return found
