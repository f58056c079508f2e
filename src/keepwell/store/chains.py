"""Cursors of chains: up to which transaction everything about an address has been written."""

from __future__ import annotations

from dataclasses import dataclass

from keepwell.store.database import Session


@dataclass(frozen=True)
class Cursor:
    """Where an address stands.

    Attributes:
        signature, slot: of the newest transaction before which nothing is missing.
        block_at: when its block was made, microseconds, if the node said.
    """

    signature: str
    slot: int
    block_at: int | None = None


def cursors(session: Session, chain: str) -> dict[str, Cursor]:
    """The cursors of a chain by address."""
    rows = session.run("SELECT address, signature, slot, block_at FROM chain_cursor WHERE chain = ?", (chain,))
    return {
        str(address): Cursor(str(signature), int(slot), None if at is None else int(at))
        for address, signature, slot, at in rows
    }


def move(session: Session, chain: str, address: str, cursor: Cursor, now: int) -> None:
    """Let a cursor move on. It never moves back: a later slot that stands there stays."""
    session.run(
        "INSERT INTO chain_cursor (chain, address, signature, slot, block_at, moved_at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (chain, address) DO UPDATE SET signature = excluded.signature, slot = excluded.slot,"
        " block_at = excluded.block_at, moved_at = excluded.moved_at WHERE excluded.slot >= chain_cursor.slot",
        (chain, address, cursor.signature, cursor.slot, cursor.block_at, now),
    )
