"""The tables of acts: what waits for its proof, and what is under way at which door. Times are µs UTC."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, Text, text

from store.schema import metadata

# `used` is when a proof, good or bad, has used it up; until then it is pending. `refused` is why it was not
# done. Where two persons are needed, `first` is the first one's proof and `proved` when it was good;
# `seconded` is when the second one's proof, good or bad, has used it up, `second` whose session that was.
act: Final = Table(
    "act",
    metadata,
    Column("id", Text, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("session", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("target", LargeBinary, nullable=False),
    Column("seconds", Integer, nullable=False),
    Column("why", Text, nullable=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("used", BigInteger),
    Column("until", BigInteger, nullable=False, server_default=text("0")),
    Column("persons", Integer, nullable=False, server_default=text("1")),
    Column("refused", Text),
    Column("first", LargeBinary),
    Column("proved", BigInteger),
    Column("seconded", BigInteger),
    Column("second", Text),
    Column("call", Text, nullable=False, server_default=""),
    Index("act_created", "created"),
    Index("act_session", "session", "created"),
    sqlite_with_rowid=False,
)
# A proof at an identity provider that may serve further acts at this door in this session for a while.
standing_proof: Final = Table(
    "standing_proof",
    metadata,
    Column("session", Text, primary_key=True),
    Column("door", Text, primary_key=True),
    Column("act", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("proof", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
# Refused proofs of a session, as `core.refusals` counts them; `at` is the last one's time.
refusal: Final = Table(
    "refusal",
    metadata,
    Column("session", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("due", BigInteger),
    Column("state", LargeBinary, nullable=False),
    Index("refusal_due", "due", sqlite_where=text("due IS NOT NULL")),
    sqlite_with_rowid=False,
)
# One command in flight per door: the unique index sees to it, whoever asks at the same moment.
flight: Final = Table(
    "flight",
    metadata,
    Column("act", Text, primary_key=True),
    Column("door", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("session", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("busy", Boolean, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("due", BigInteger),
    Column("requested", BigInteger, nullable=False),
    Column("changed_id", BigInteger, nullable=False),
    Column("state", LargeBinary, nullable=False),
    Index("flight_busy", "door", unique=True, sqlite_where=text("busy = 1")),
    Index("flight_open", "device", sqlite_where=text("open = 1")),
    Index("flight_due", "due", sqlite_where=text("due IS NOT NULL")),
    Index("flight_door", "door", "requested"),
    Index("flight_requested", "requested"),
    Index("flight_changed", "changed_id"),
    sqlite_with_rowid=False,
)
