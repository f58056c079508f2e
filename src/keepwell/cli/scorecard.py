"""`keepwell scorecard`: look at, check, preview and publish scorecards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keepwell.cli.options import Data, Json, count, emit, say, shown, table, workspace

if TYPE_CHECKING:
    from keepwell.scores.scorecard import Scorecard

app = typer.Typer(help="Scorecards: weights, measures and curves are data.", no_args_is_help=True)
File = Annotated[Path, typer.Argument(help="A scorecard in TOML.")]


@app.command("list")
def list_cards(data: Data = None, json: Json = False) -> None:
    """List the scorecards in use."""
    with workspace(data) as space:
        cards = list(space.deck.cards.values())
    found = [{"name": card.name, "segments": list(card.segments), "version": card.version} for card in cards]
    if json:
        emit(found)
    else:
        table(
            "Scorecards",
            ("name", "segments", "version"),
            [(c["name"], ", ".join(c["segments"]), c["version"]) for c in found],
        )


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(help="A scorecard's name.")], data: Data = None, json: Json = False
) -> None:
    """Print a whole scorecard in TOML, the form that `preview` and `publish` read."""
    from keepwell.config.scorecards import format_card
    from keepwell.runtime.drafts import card_named

    with workspace(data) as space:
        card = card_named(space, name)
    if json:
        emit(_document(card))
    else:
        print(format_card(card), end="")


def _document(card: Scorecard) -> dict[str, object]:
    from keepwell.metrics.points import format_curve

    rules = {
        name: {"measure": rule.measure, "curve": format_curve(rule.curve), "weight": rule.weight}
        for name, rule in card.indicators.items()
    }
    return {
        "name": card.name, "version": card.version, "segments": card.segments, "metrics": card.metrics,
        "indicators": rules,
    }  # fmt: skip


@app.command("preview")
def preview(file: File, data: Data = None, json: Json = False) -> None:
    """Show who would change band under a draft. Nothing is changed."""
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.drafts import preview as compare

    with workspace(data) as space:
        found = compare(space, file, now_us())
    if json:
        emit(found)
        return
    rows = [
        (row.customer_id, row.band_now, row.band_draft, shown(row.score_now), shown(row.score_draft)) for row in found
    ]
    table(
        f"{count(len(rows), 'customer')} would change band",
        ("customer", "now", "draft", "score now", "score draft"),
        rows,
    )


@app.command("publish")
def publish(file: File, data: Data = None, json: Json = False) -> None:
    """Put a scorecard in force from now on; the versions before it are kept."""
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.drafts import publish as put

    with workspace(data, create=True) as space:
        found = put(space, file, now_us())
    if json:
        emit(found)
    else:
        say(f"scorecard {found['name']} is in force, version {found['version']}")
