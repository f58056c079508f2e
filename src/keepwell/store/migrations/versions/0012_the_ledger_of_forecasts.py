"""the ledger of forecasts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger_entry",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("ledger_entry_by_kind", "ledger_entry", ["kind", "number"], unique=False)
    op.create_table(
        "ledger_part",
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("part", sa.BigInteger(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("entry", "part"),
    )
    op.create_index("ledger_part_by_first", "ledger_part", ["entry", "first"], unique=False)
    op.create_table(
        "ledger_window",
        sa.Column("publication", sa.BigInteger(), nullable=False),
        sa.Column("horizon", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("scored", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("publication", "horizon"),
    )
    op.create_index("ledger_window_by_end", "ledger_window", ["scored", "ends_at"], unique=False)
    op.create_table(
        "ledger_customer",
        sa.Column("customer", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("newest", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.Column("told", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("customer"),
    )
