"""All records of an act, found by its name."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index, which holds the records of operators and of the organisation alone."""
    op.execute(
        "CREATE INDEX leaf_act ON leaf (json_extract(CAST(leaf AS TEXT), '$.refs.act')) "
        "WHERE kind > 600 AND kind < 800"
    )


def downgrade() -> None:
    """Refuse: a log only grows."""
    message = "restore a backup instead"
    raise NotImplementedError(message)
