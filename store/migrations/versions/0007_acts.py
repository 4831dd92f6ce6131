"""Acts: what waits for its proof, and what is under way at which door."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the two tables."""
    _acts()
    _flights()


def downgrade() -> None:
    """Refuse: a log only grows."""
    message = "restore a backup instead"
    raise NotImplementedError(message)


def _acts() -> None:
    op.create_table(
        "act",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("target", sa.LargeBinary(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=True),
        sqlite_with_rowid=False,
    )
    op.create_index("act_created", "act", ["created"])
    op.create_index("act_session", "act", ["session", "created"])


def _flights() -> None:
    op.create_table(
        "flight",
        sa.Column("act", sa.Text(), primary_key=True),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("busy", sa.Boolean(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("requested", sa.BigInteger(), nullable=False),
        sa.Column("changed_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("flight_busy", "flight", ["door"], unique=True, sqlite_where=sa.text("busy = 1"))
    op.create_index("flight_open", "flight", ["device"], sqlite_where=sa.text("open = 1"))
    op.create_index("flight_due", "flight", ["due"], sqlite_where=sa.text("due IS NOT NULL"))
    op.create_index("flight_door", "flight", ["door", "requested"])
