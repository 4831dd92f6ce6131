"""The call at a door on which an act was asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("act", sa.Column("call", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    """Refuse: a log only grows."""
    message = "restore a backup instead"
    raise NotImplementedError(message)
