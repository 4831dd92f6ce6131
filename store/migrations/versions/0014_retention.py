"""How long what is kept, legal holds, purges and erasures."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "retention",
        sa.Column("site", sa.Text(), primary_key=True),
        sa.Column("class", sa.Text(), primary_key=True),
        sa.Column("days", sa.Integer(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("placed", sa.BigInteger(), nullable=False),
        sa.Column("released", sa.BigInteger(), nullable=True),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("doors", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
    )
    _deletions()


def _deletions() -> None:
    op.create_table(
        "purge",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("marked", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("removed", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("emptied", sa.BigInteger(), nullable=True),
        sa.Column("done", sa.BigInteger(), nullable=True),
    )
    op.create_index("purge_open", "purge", ["due"], sqlite_where=sa.text("done IS NULL"))
    op.create_table(
        "erasure",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("begun", sa.BigInteger(), nullable=False),
        sa.Column("details", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("emptied", sa.BigInteger(), nullable=True),
        sa.Column("done", sa.BigInteger(), nullable=True),
    )
    op.create_index("erasure_open", "erasure", ["begun"], sqlite_where=sa.text("done IS NULL"))


def downgrade() -> None:
    """Refuse: a log only grows."""
    message = "restore a backup instead"
    raise NotImplementedError(message)
