"""The table of holds and lockdowns: what mode is ordered at which door, by whom, until when (µs UTC)."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, LargeBinary, Table, Text, text

from store.schema import metadata

# `current` is what a screen shows of a door: an order in force, or a hold that ended and left it unlocked.
# `open` is whether what the door shows still changes anything.
mode_lease: Final = Table(
    "mode_lease",
    metadata,
    Column("act", Text, primary_key=True),
    Column("door", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("session", Text, nullable=False),
    Column("current", Boolean, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("due", BigInteger),
    Column("changed_id", BigInteger, nullable=False),
    Column("state", LargeBinary, nullable=False),
    Index("mode_lease_open", "device", sqlite_where=text("open = 1")),
    Index("mode_lease_current", "door", sqlite_where=text("current = 1")),
    Index("mode_lease_due", "due", sqlite_where=text("due IS NOT NULL")),
    sqlite_with_rowid=False,
)
