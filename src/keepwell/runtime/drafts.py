"""Scorecard drafts: compared on the whole base before they are published, dated when they are."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec

from keepwell.base.errors import KeepwellError
from keepwell.config.scorecards import load_card, load_deck
from keepwell.runtime.scoring import Scored, named, score_at
from keepwell.runtime.workspace import Workspace, own_scorecards
from keepwell.scores.bands import BANDS
from keepwell.scores.scorecard import Deck, Scorecard
from keepwell.store import scorecards


class UnknownScorecardError(KeepwellError):
    """No scorecard has this name.

    Attributes:
        name: the name asked for.
    """

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"no scorecard is called `{name}`; there are {', '.join(known)}")
        self.name = name


def card_named(workspace: Workspace, name: str) -> Scorecard:
    """A scorecard in use.

    Raises:
        UnknownScorecardError: there is none of this name.
    """
    cards = workspace.deck.cards
    if name not in cards:
        raise UnknownScorecardError(name, sorted(cards))
    return cards[name]


class BandMove(msgspec.Struct, frozen=True):
    """A customer whose band a draft would change."""

    customer_id: str
    band_now: str
    band_draft: str
    score_now: float
    score_draft: float


def _with(workspace: Workspace, draft: Path) -> Deck:
    """The installation's scorecards with a draft laid over the one of its name."""
    name = load_card(draft, workspace.deck.cards).name
    kept = [path for path in own_scorecards(workspace.folder) if path.stem != name]
    return load_deck([*kept, draft])


def preview(workspace: Workspace, draft: Path, now: int) -> list[BandMove]:
    """Customers that would change band, the largest change of score first.

    Raises:
        FileRefusedError: the draft is malformed.
    """
    with_draft = _with(workspace, draft)
    now_scored = score_at(workspace, now)
    draft_scored = Scored(now_scored.view, with_draft)
    before, after = now_scored.scores, draft_scored.scores
    names = named(workspace, now_scored.table.scope["customer"])
    moves = [
        BandMove(name, BANDS[a].value, BANDS[b].value, x, y)
        for name, a, b, x, y in zip(
            names,
            before.band.tolist(),
            after.band.tolist(),
            before.score.tolist(),
            after.score.tolist(),
            strict=True,
        )
        if a != b
    ]
    return sorted(moves, key=lambda move: -abs(move.score_draft - move.score_now))


def publish(workspace: Workspace, draft: Path, now: int) -> dict[str, str]:
    """Keep a draft as one of the installation's scorecards, in force from now on.

    Raises:
        FileRefusedError: the draft is malformed; nothing was changed.
    """
    deck = _with(workspace, draft)
    card = load_card(draft, workspace.deck.cards)
    with workspace.writing():
        folder = workspace.folder / "scorecards"
        folder.mkdir(exist_ok=True)
        shutil.copyfile(draft, folder / f"{card.name}.toml")
        with workspace.database.write() as session:
            scorecards.publish(session, workspace.deck, now - 1)
            scorecards.publish(session, deck, now)
    return {"name": card.name, "version": card.version}
