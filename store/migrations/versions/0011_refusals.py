"""Refused proofs of acts, counted by session."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "refusal",
        sa.Column("session", sa.Text(), primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("refusal_due", "refusal", ["due"], sqlite_where=sa.text("due IS NOT NULL"))


def downgrade() -> None:
    """Refuse: a log only grows."""
    message = "restore a backup instead"
    raise NotImplementedError(message)
