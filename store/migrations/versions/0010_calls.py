"""Calls with claims, what a site says of its calls, and who is behind an unlock."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, and find calls by what they wait for."""
    _calls()
    _sites()
    op.add_column("flight", sa.Column("name", sa.Text(), nullable=False, server_default=""))
    op.create_index("flight_requested", "flight", ["requested"])
    op.create_index("flight_changed", "flight", ["changed_id"])


def downgrade() -> None:
    """Refuse: a log only grows."""
    message = "restore a backup instead"
    raise NotImplementedError(message)


def _calls() -> None:
    op.add_column("call", sa.Column("heard", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("call", sa.Column("due", sa.BigInteger(), nullable=True))
    op.add_column("call", sa.Column("holder", sa.Text(), nullable=True))
    op.execute("UPDATE call SET heard = json_extract(CAST(state AS TEXT), '$.started')")
    op.create_index("call_heard", "call", ["heard", "site"])
    op.create_index("call_due", "call", ["due"], sqlite_where=sa.text("due IS NOT NULL"))
    op.create_index("call_holder", "call", ["holder"], sqlite_where=sa.text("holder IS NOT NULL"))


def _sites() -> None:
    op.add_column("site", sa.Column("reasons", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("site", sa.Column("duress_reason", sa.Text(), nullable=False, server_default=""))
    op.add_column("site", sa.Column("missed_after_s", sa.Integer(), nullable=False, server_default="60"))
