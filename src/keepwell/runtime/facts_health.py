"""What is told of a customer's health: the score as it was published, what was reached, and what the Expert found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from keepwell.base.time import DAY_US, last_day_before
from keepwell.expert.episode import Said
from keepwell.expert.knowledge import Certainty, Severity
from keepwell.expert.scope import Whose
from keepwell.outreach.catalog import Reading
from keepwell.outreach.locales import rounded
from keepwell.runtime.past import pasts
from keepwell.runtime.scoring import deck_at
from keepwell.runtime.workspace import Workspace
from keepwell.scores.bands import BANDS, Band
from keepwell.scores.lifecycle import STAGES, Lifecycle
from keepwell.store import earlier, findings, scores
from keepwell.store.database import Session

PERIOD: Final = 28
"""Days of the period over which a change of the score is told."""
NEWS: Final = 14
"""Days for which something reached is news."""
WORST_FIRST: Final = tuple(reversed(Severity))

Told = Iterator[tuple[str, Reading]]


class _Score(NamedTuple):
    """A score as it was published: when, what, in which band, under which card."""

    at: int
    score: float
    band: int
    provisional: bool
    scorecard: str


def health(workspace: Workspace, customer: int, now: int) -> Told:
    """Facts of the score, milestones and findings of one customer."""
    yield from _score(workspace, customer, now)
    with workspace.database.read() as session:
        yield from _milestone(session, customer, now)
        yield from _finding(session, customer, now)


# --- the score -------------------------------------------------------------------------------


def _score(workspace: Workspace, customer: int, now: int) -> Told:
    """The score in whole points, so that what is said adds up: 72 and 78 are 6 apart. None that is provisional."""
    found = _published(workspace, customer, now)
    if found is None or found.provisional:
        return
    points = int(rounded(found.score))
    yield "score_now", Reading(points, found.at)
    yield "band_now", Reading(band_name(BANDS[found.band]), found.at)
    before = _before(workspace, customer, found, now)
    if before is not None:
        yield "score_before", Reading(before, found.at)
        yield "score_period", Reading(PERIOD * DAY_US // 1_000_000, found.at)
        if points != before:
            yield "score_change", Reading(points - before, found.at)


def band_name(band: Band) -> str:
    """The name of a band as people read it.

    >>> band_name(Band.AT_RISK)
    'At risk'
    """
    return band.value.replace("_", " ").capitalize()


def _published(workspace: Workspace, customer: int, now: int) -> _Score | None:
    """The score everybody sees; asked of the past, that of the moment."""
    with workspace.database.read() as session:
        row = scores.current_of(session, customer)
    if row is None:
        return None
    if row.as_of <= now:
        return _Score(row.as_of, row.score, row.computed_band, bool(row.provisional), row.scorecard)
    past = pasts(workspace, customer, [now])[now]
    if past is None:
        return None
    made = past.scores
    return _Score(now, float(made.score[0]), int(made.computed_band[0]), bool(made.provisional[0]), past.card.name)


def _before(workspace: Workspace, customer: int, found: _Score, now: int) -> int | None:
    """The score when the period began; none that was made otherwise, or in the first weeks."""
    day = last_day_before(now) - PERIOD
    with workspace.database.read() as session:
        then = earlier.at_end_of(session, customer, day)
    if then is None or then.scorecard != found.scorecard or STAGES[then.lifecycle] is Lifecycle.ONBOARDING:
        return None
    same = deck_at(workspace, (day + 1) * DAY_US).version == deck_at(workspace, now).version
    return int(rounded(then.score)) if same else None


# --- what was reached and found ----------------------------------------------------------------


def _milestone(session: Session, customer: int, now: int) -> Told:
    """That the best band was reached lately, and is kept."""
    changes = [(at, became) for at, _, became, _ in scores.changes_of(session, customer) if at < now]
    if changes and changes[-1][1] == BANDS[-1].value and changes[-1][0] >= now - NEWS * DAY_US:
        said = f'Your account has reached "{band_name(BANDS[-1])}", the best of our categories.'
        yield "milestone", Reading(said, now)


def _finding(session: Session, customer: int, now: int) -> Told:
    """The worst of what is established, is trouble of their own, and may be said; in the words of our knowledge."""
    held = [each.episode for each in findings.holding(session, [customer], now)]
    told = [each for each in held if _is_sayable(each.said)]
    if told:
        worst = min(told, key=lambda each: (WORST_FIRST.index(each.said.severity), each.since, each.name))
        yield "finding", Reading(worst.said.title, now)


def _is_sayable(said: Said) -> bool:
    own = said.scope in (Whose.CUSTOMER, Whose.BOTH)
    return own and said.certainty is Certainty.ENTAILED and said.may_tell_customer and not said.explained_by
