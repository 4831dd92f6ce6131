"""Acts that end by themselves, that two must prove, and that were refused; proofs at a provider."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is new, with what held until now."""
    _acts()
    _rules()
    _flows()


def downgrade() -> None:
    """Refuse: a log only grows."""
    message = "restore a backup instead"
    raise NotImplementedError(message)


def _acts() -> None:
    op.add_column("act", sa.Column("until", sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    op.add_column("act", sa.Column("persons", sa.Integer(), nullable=False, server_default=sa.text("1")))
    op.add_column("act", sa.Column("refused", sa.Text(), nullable=True))
    op.add_column("act", sa.Column("first", sa.LargeBinary(), nullable=True))
    op.add_column("act", sa.Column("proved", sa.BigInteger(), nullable=True))
    op.add_column("act", sa.Column("seconded", sa.BigInteger(), nullable=True))
    op.add_column("act", sa.Column("second", sa.Text(), nullable=True))
    op.create_table(
        "standing_proof",
        sa.Column("session", sa.Text(), primary_key=True),
        sa.Column("door", sa.Text(), primary_key=True),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("proof", sa.LargeBinary(), nullable=False),
        sqlite_with_rowid=False,
    )


def _rules() -> None:
    one = sa.text("1")
    op.add_column("site", sa.Column("proof", sa.Text(), nullable=False, server_default="each"))
    op.add_column("site", sa.Column("persons", sa.Integer(), nullable=False, server_default=one))
    op.add_column("door", sa.Column("persons", sa.Integer(), nullable=False, server_default=one))


def _flows() -> None:
    for name in ("act", "session"):
        op.add_column("flow", sa.Column(name, sa.Text(), nullable=False, server_default=""))
