"""The table of exports: what was asked for and proved, how far its file is, what of it was delivered.

Times are µs UTC.
"""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Table, Text

from store.schema import metadata

# `scope` is what was readable when it was asked for, as `core.exports` writes it; `delivered` which bytes
# have left, `ended` when the last of them had.
export: Final = Table(
    "export",
    metadata,
    Column("id", Text, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("session", Text, nullable=False),
    Column("filter", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("upto", BigInteger, nullable=False),
    Column("scope", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("done", BigInteger, nullable=False, server_default="0"),
    Column("bytes", BigInteger, nullable=False, server_default="0"),
    Column("sha256", Text, nullable=False, server_default=""),
    Column("trouble", Text, nullable=False, server_default=""),
    Column("created", BigInteger, nullable=False),
    Column("built", BigInteger),
    Column("delivered", Text, nullable=False, server_default=""),
    Column("ended", BigInteger),
    Column("expires", BigInteger),
    Index("export_session", "session", "created"),
    Index("export_state", "state", "created"),
    sqlite_with_rowid=False,
)
