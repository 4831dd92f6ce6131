"""People's names as they are sought: without case and accents."""

import sqlalchemy as sa
from alembic import op

from core.searching import sought

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Write out for everybody known what a search compares."""
    op.add_column("person", sa.Column("sought", sa.Text(), server_default="", nullable=False))
    person = sa.table(
        "person", sa.column("id", sa.Text), sa.column("name", sa.Text), sa.column("sought", sa.Text)
    )
    connection = op.get_bind()
    rows = connection.execute(sa.select(person.c.id, person.c.name)).all()
    change = person.update().where(person.c.id == sa.bindparam("number")).values(sought=sa.bindparam("words"))
    if rows:
        connection.execute(change, [{"number": row.id, "words": sought(row.name, row.id)} for row in rows])


def downgrade() -> None:
    """Refuse: a log only grows."""
    message = "restore a backup instead"
    raise NotImplementedError(message)
