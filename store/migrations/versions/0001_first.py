"""The first schema."""

from alembic import op

from store.schema import metadata
from store.sqlite import APPEND_ONLY

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table, and keep leaves append-only."""
    metadata.create_all(op.get_bind())
    for trigger in APPEND_ONLY:
        op.execute(trigger)


def downgrade() -> None:
    """Refuse: a log only grows."""
    message = "restore a backup instead"
    raise NotImplementedError(message)
