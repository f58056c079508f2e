"""How far each address of a chain has been asked about; and wallets that were linked before mean their customers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chain_cursor",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.Column("block_at", sa.BigInteger(), nullable=True),
        sa.Column("moved_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain", "address"),
    )
    _link_wallets(op.get_bind())


def _link_wallets(connection: sa.Connection) -> None:
    linked = connection.execute(
        sa.text(
            "SELECT e.ref, c.external_id FROM state_event e JOIN customer c ON c.id = e.customer"
            " WHERE e.kind = 72 AND e.ref IS NOT NULL ORDER BY e.occurred_at, e.known_at"
        )
    )
    owners = {str(ref): str(owner) for ref, owner in linked}
    known = {str(name) for (name,) in connection.execute(sa.text("SELECT name FROM link WHERE kind = 'wallet'"))}
    rows = [{"name": name, "owner": owner} for name, owner in owners.items() if name not in known]
    if rows:
        connection.execute(sa.text("INSERT INTO link (kind, name, owner) VALUES ('wallet', :name, :owner)"), rows)
