"""The command line: one file a command, libraries imported where they are used."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from keepwell.cli.app import run

    run()
