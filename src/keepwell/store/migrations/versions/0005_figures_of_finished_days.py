"""figures of finished days."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "figure",
        sa.Column("day", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customers", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.Float(), nullable=False),
        sa.Column("healthy", sa.BigInteger(), nullable=False),
        sa.Column("at_risk_mrr", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day"),
    )
