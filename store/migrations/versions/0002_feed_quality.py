"""What is known of feeds beside their records: counts, floods, clocks, last words, strangers."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of feed quality."""
    for create in (_counts, _floods, _clocks, _words, _strangers):
        create()


def downgrade() -> None:
    """Refuse: a log only grows."""
    message = "restore a backup instead"
    raise NotImplementedError(message)


def _counts() -> None:
    op.create_table(
        "feed_count",
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device", "reason"),
        sqlite_with_rowid=False,
    )


def _floods() -> None:
    op.create_table(
        "flood",
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("numbered", sa.BigInteger(), nullable=False),
        sa.Column("opened_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device", "bucket"),
        sqlite_with_rowid=False,
    )


def _clocks() -> None:
    op.create_table(
        "device_clock",
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("offset_us", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("wrong", sa.Boolean(), nullable=False),
        sa.Column("streak", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("device"),
        sqlite_with_rowid=False,
    )


def _words() -> None:
    op.create_table(
        "device_words",
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("device"),
        sqlite_with_rowid=False,
    )


def _strangers() -> None:
    op.create_table(
        "unclaimed",
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("family", "name"),
        sqlite_with_rowid=False,
    )
