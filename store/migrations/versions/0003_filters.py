"""Any filter of the log by key, roll-ups by day and hour, what people chose, where doors are."""

import sqlalchemy as sa
from alembic import op

from store.sqlite import APPEND_ONLY

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_DAY_US = 86_400_000_000
_LATE = {
    "leaf_late": f"received - at > 60000000 AND received - at <= {_DAY_US}",
    "leaf_late_days": f"received - at > {_DAY_US} AND received - at <= {30 * _DAY_US}",
    "leaf_late_months": f"received - at > {30 * _DAY_US}",
}


def upgrade() -> None:
    """Bring what is stored into the new tables, then drop what they replace."""
    for change in (_reasons, _leaf_indexes, _people, _rollups, _choices):
        change()
    op.add_column("door", sa.Column("level", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    """Refuse: a log only grows."""
    message = "restore a backup instead"
    raise NotImplementedError(message)


def _reasons() -> None:
    op.add_column("leaf", sa.Column("reason", sa.Text(), nullable=True))
    # The leaf stays as it is: the reason in it is only written out beside it.
    op.execute("DROP TRIGGER leaf_no_update")
    op.execute(
        "UPDATE leaf SET reason = json_extract(CAST(leaf AS TEXT), '$.reason') "
        "WHERE json_extract(CAST(leaf AS TEXT), '$.reason') IS NOT NULL"
    )
    for trigger in APPEND_ONLY:
        if "leaf_no_update" in trigger:
            op.execute(trigger)


def _leaf_indexes() -> None:
    op.drop_index("leaf_door_kind", "leaf")
    op.drop_index("leaf_late", "leaf")
    op.create_index("leaf_kind", "leaf", ["kind", "reason", "site", "id"])
    op.create_index("leaf_door", "leaf", ["door", "kind", "reason", "id"])
    op.create_index("leaf_device", "leaf", ["device", "kind", "reason", "id"])
    for name, late in _LATE.items():
        op.create_index(name, "leaf", ["at"], sqlite_where=sa.text(late), postgresql_where=sa.text(late))


def _people() -> None:
    op.create_table(
        "person_record",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("kind", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("person", "site", "kind", "reason", "id"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "person_record_door", "person_record", ["person", "door", "device", "kind", "reason", "id"]
    )
    op.create_table(
        "person_site",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("site", "person"),
        sqlite_with_rowid=False,
    )
    op.create_index("person_site_person", "person_site", ["person"])
    op.execute(
        "INSERT INTO person_record (person, site, kind, reason, id, device, door) "
        "SELECT detail.person, coalesce(leaf.site, ''), leaf.kind, coalesce(leaf.reason, ''), leaf.id, "
        "coalesce(leaf.device, ''), coalesce(leaf.door, '') "
        "FROM detail JOIN leaf ON leaf.id = detail.id WHERE detail.person IS NOT NULL"
    )
    op.execute("INSERT INTO person_site (site, person) SELECT DISTINCT site, person FROM person_record")
    op.drop_index("detail_person", "detail")


def _rollups() -> None:
    op.create_table(
        "rollup_day",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("kind", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("site", "day", "door", "kind", "reason"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rollup_hour",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("site", "hour", "kind"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "downtime",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site", "device", "day"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO rollup_day (site, day, door, kind, reason, n) "
        "SELECT site, hour / 100, door, kind, reason, sum(n) FROM rollup "
        "GROUP BY site, hour / 100, door, kind, reason"
    )
    op.execute(
        "INSERT INTO rollup_hour (site, hour, kind, n) "
        "SELECT site, hour, kind, sum(n) FROM rollup GROUP BY site, hour, kind"
    )
    op.drop_table("rollup")


def _choices() -> None:
    op.create_table(
        "preference",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "name"),
        sqlite_with_rowid=False,
    )
