"""Sign-in at providers: sessions know theirs, flows under way, sealed tokens, who is known, break-glass."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what sessions and accounts lack, then the new tables."""
    for name in ("provider", "sid", "proven", "lacking"):
        op.add_column("session", sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.create_index("session_sid", "session", ["provider", "sid"], sqlite_where=sa.text("sid <> ''"))
    op.add_column(
        "account", sa.Column("breakglass", sa.Boolean(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column(
        "account", sa.Column("last_code", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("account", sa.Column("drilled", sa.BigInteger(), nullable=True))
    for make in (_places, _known, _flows, _logouts, _tokens, _trust):
        make()


def downgrade() -> None:
    """Refuse: a log only grows."""
    message = "restore a backup instead"
    raise NotImplementedError(message)


def _places() -> None:
    op.create_table(
        "session_place",
        sa.Column("session", sa.Text(), primary_key=True),
        sa.Column("address", sa.Text(), primary_key=True),
        sa.Column("agent", sa.Text(), primary_key=True),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )


def _known() -> None:
    op.create_table(
        "known",
        sa.Column("subject", sa.Text(), primary_key=True),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("groups", sa.LargeBinary(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )


def _flows() -> None:
    op.create_table(
        "flow",
        sa.Column("ref", sa.Text(), primary_key=True),
        sa.Column("state", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("browser", sa.LargeBinary(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("onwards", sa.Text(), nullable=False),
        sa.Column("strong", sa.Boolean(), nullable=False),
        sa.Column("memo", sa.LargeBinary(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
    )
    op.create_index("flow_created", "flow", ["created"])
    op.create_index("flow_origin", "flow", ["origin", "created"])


def _logouts() -> None:
    op.create_table(
        "logout",
        sa.Column("provider", sa.Text(), primary_key=True),
        sa.Column("jti", sa.LargeBinary(), primary_key=True),
        sa.Column("issued", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("logout_sid", "logout", ["provider", "sid"])
    op.create_index("logout_subject", "logout", ["subject"])
    op.create_index("logout_until", "logout", ["until"])


def _tokens() -> None:
    op.create_table(
        "held_token",
        sa.Column("session", sa.Text(), primary_key=True),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("again", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sqlite_with_rowid=False,
    )


def _trust() -> None:
    op.create_table(
        "trust",
        sa.Column("provider", sa.Text(), primary_key=True),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sqlite_with_rowid=False,
    )
