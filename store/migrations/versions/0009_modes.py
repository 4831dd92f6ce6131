"""Holds and lockdowns: what mode is ordered at which door, by whom, until when."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "mode_lease",
        sa.Column("act", sa.Text(), primary_key=True),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("changed_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("mode_lease_open", "mode_lease", ["device"], sqlite_where=sa.text("open = 1"))
    op.create_index("mode_lease_current", "mode_lease", ["door"], sqlite_where=sa.text("current = 1"))
    op.create_index("mode_lease_due", "mode_lease", ["due"], sqlite_where=sa.text("due IS NOT NULL"))


def downgrade() -> None:
    """Refuse: a log only grows."""
    message = "restore a backup instead"
    raise NotImplementedError(message)
