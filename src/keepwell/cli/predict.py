"""`keepwell predict`: what is likely next, and what earlier forecasts were worth."""

from __future__ import annotations

import typer

app = typer.Typer(
    help="Forecasts: what is likely next, and why; or why nothing can be said. And what they were worth.",
    no_args_is_help=True,
)
