"""The tables of retention: how long what is kept, what must stay, what was deleted. Times are µs UTC."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, text

from store.schema import metadata
from store.words_column import Words

# Site "" is what holds where a site has set nothing.
retention: Final = Table(
    "retention",
    metadata,
    Column("site", Text, primary_key=True),
    Column("class", Text, primary_key=True),
    Column("days", Integer, nullable=False),
    sqlite_with_rowid=False,
)
# A case may need several; what is empty (or 0) narrows nothing.
legal_hold: Final = Table(
    "legal_hold",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("placed", BigInteger, nullable=False),
    Column("released", BigInteger),
    Column("site", Text, nullable=False),
    Column("doors", Words, nullable=False),
    Column("person", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
)
# `n` details were marked, `upto` is the newest of them. `removed` rows are gone, since `emptied` all that
# were due; since `done` their bytes are as well.
purge: Final = Table(
    "purge",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("site", Text, nullable=False),
    Column("class", Text, nullable=False),
    Column("upto", BigInteger, nullable=False),
    Column("n", Integer, nullable=False),
    Column("marked", BigInteger, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("removed", Integer, nullable=False, server_default=text("0")),
    Column("emptied", BigInteger),
    Column("done", BigInteger),
    Index("purge_open", "due", sqlite_where=text("done IS NULL")),
)
# `name` is the person's in the register of erasures; that, `by` and `basis` stand here only until the record
# of it is written.
erasure: Final = Table(
    "erasure",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("what", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("begun", BigInteger, nullable=False),
    Column("details", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("by", Text, nullable=False),
    Column("basis", Text, nullable=False),
    Column("emptied", BigInteger),
    Column("done", BigInteger),
    Index("erasure_open", "begun", sqlite_where=text("done IS NULL")),
)
