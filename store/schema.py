"""Every table of the store. Times are µs UTC; ids are text as the estate writes them."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

from core.model import MISSED_AFTER_S
from core.times import DAY_US, LATE_AFTER_US
from store.words_column import Words

metadata: Final = MetaData()
# SQLite gives only INTEGER PRIMARY KEY the row id; PostgreSQL needs the eight bytes.
_Id: Final = BigInteger().with_variant(Integer(), "sqlite")
# Written out, since a partial index is used only where a query repeats its words. In three, as whoever looks
# for what came after some moment need not go further back than such records can be late.
_LATENESS: Final = (LATE_AFTER_US, DAY_US, 30 * DAY_US)
LATE: Final = {
    "leaf_late": f"received - at > {_LATENESS[0]} AND received - at <= {_LATENESS[1]}",
    "leaf_late_days": f"received - at > {_LATENESS[1]} AND received - at <= {_LATENESS[2]}",
    "leaf_late_months": f"received - at > {_LATENESS[2]}",
}

# The name of an act, and the kinds whose records may have one: those of operators and of the organisation. No
# column: SQLite would read the leaf of each record for it that is appended.
_ACT: Final = text("json_extract(CAST(leaf AS TEXT), '$.refs.act')")
_OF_ACTS: Final = text("kind > 600 AND kind < 800")

leaf: Final = Table(
    "leaf",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("received", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("site", Text),
    Column("door", Text),
    Column("device", Text),
    Column("leaf", LargeBinary, nullable=False),
    Column("reason", Text),
    Index("leaf_site", "site", "id"),
    # Each ends in the id, so that records of a place are found in their order. A filter that leaves the
    # reason open asks for each reason there is.
    Index("leaf_kind", "kind", "reason", "site", "id"),
    Index("leaf_door", "door", "kind", "reason", "id"),
    Index("leaf_device", "device", "kind", "reason", "id"),
    *(Index(name, "at", sqlite_where=text(late), postgresql_where=text(late)) for name, late in LATE.items()),
    Index("leaf_act", _ACT, sqlite_where=_OF_ACTS),
)
detail: Final = Table(
    "detail",
    metadata,
    Column("id", _Id, ForeignKey("leaf.id"), primary_key=True, autoincrement=False),
    Column("person", Text),
    Column("keep_until", BigInteger),
    Column("body", LargeBinary, nullable=False),
    Index("detail_keep_until", "keep_until", sqlite_where=text("keep_until IS NOT NULL")),
)
# The records that name a person, found as those of all are: by site, or by device and door. It goes with the
# detail, as it tells who it was. Text is empty where the leaf has none.
person_record: Final = Table(
    "person_record",
    metadata,
    Column("person", Text, primary_key=True),
    Column("site", Text, primary_key=True),
    Column("kind", Integer, primary_key=True, autoincrement=False),
    Column("reason", Text, primary_key=True),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("device", Text, nullable=False),
    Column("door", Text, nullable=False),
    Index("person_record_door", "person", "door", "device", "kind", "reason", "id"),
    sqlite_with_rowid=False,
)
# Where a person number has ever appeared.
person_site: Final = Table(
    "person_site",
    metadata,
    Column("site", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Index("person_site_person", "person"),
    sqlite_with_rowid=False,
)
event_key: Final = Table(
    "event_key",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("id", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
hour: Final = Table(
    "hour",
    metadata,
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("first_id", BigInteger, nullable=False),
)
# How many records there were, by the site's own days (YYYYMMDD) and hours (YYYYMMDDHH) of `at`. Site "" is
# the organisation; door and reason are empty where there is none.
rollup_day: Final = Table(
    "rollup_day",
    metadata,
    Column("site", Text, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("door", Text, primary_key=True),
    Column("kind", Integer, primary_key=True, autoincrement=False),
    Column("reason", Text, primary_key=True),
    Column("n", Integer, nullable=False),
    sqlite_with_rowid=False,
)
rollup_hour: Final = Table(
    "rollup_hour",
    metadata,
    Column("site", Text, primary_key=True),
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("kind", Integer, primary_key=True, autoincrement=False),
    Column("n", Integer, nullable=False),
    sqlite_with_rowid=False,
)
# How long (µs) a device was away on a day of its site, added when it comes back.
downtime: Final = Table(
    "downtime",
    metadata,
    Column("site", Text, primary_key=True),
    Column("device", Text, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("us", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
door_state: Final = Table(
    "door_state",
    metadata,
    Column("door", Text, primary_key=True),
    Column("changed_id", BigInteger, nullable=False),
    Column("state", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
device_state: Final = Table(
    "device_state",
    metadata,
    Column("device", Text, primary_key=True),
    Column("online", Boolean),
    Column("silent", Boolean, nullable=False),
    Column("fault", Text),
    Column("boot", Text, nullable=False),
    Column("firmware", Text),
    Column("changed", BigInteger, nullable=False),
    Column("changed_id", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
feed: Final = Table(
    "feed",
    metadata,
    Column("device", Text, primary_key=True),
    Column("boot", Text, primary_key=True),
    Column("state", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
gap: Final = Table(
    "gap",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("device", Text, nullable=False),
    Column("boot", Text, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("lost", BigInteger, nullable=False),
    Column("opened", BigInteger, nullable=False),
    Column("closed_id", BigInteger),
    Index("gap_open", "device", sqlite_where=text("closed_id IS NULL")),
)
# How many messages of a device were not understood, forged or over its limit; device "" is nobody's.
feed_count: Final = Table(
    "feed_count",
    metadata,
    Column("device", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("n", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
# Who is over a limit now: since when, by how many messages so far, and the record that told of it.
flood: Final = Table(
    "flood",
    metadata,
    Column("device", Text, primary_key=True),
    Column("bucket", Text, primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("n", BigInteger, nullable=False),
    Column("numbered", BigInteger, nullable=False),
    Column("opened_id", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
# Device time minus time of receipt, µs, of the last live word that told a time.
device_clock: Final = Table(
    "device_clock",
    metadata,
    Column("device", Text, primary_key=True),
    Column("offset_us", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("wrong", Boolean, nullable=False),
    Column("streak", Integer, nullable=False),
    sqlite_with_rowid=False,
)
# The last messages of a device as they came, masked.
device_words: Final = Table(
    "device_words",
    metadata,
    Column("device", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("words", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
unclaimed: Final = Table(
    "unclaimed",
    metadata,
    Column("family", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("topic", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("n", BigInteger, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
call: Final = Table(
    "call",
    metadata,
    Column("device", Text, primary_key=True),
    Column("call", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Column("changed_id", BigInteger, nullable=False),
    Column("state", LargeBinary, nullable=False),
    Column("heard", BigInteger, nullable=False, server_default="0"),
    Column("due", BigInteger),
    Column("holder", Text),
    Index("call_open", "site", sqlite_where=text("open = 1")),
    Index("call_open_device", "device", "changed", sqlite_where=text("open = 1")),
    Index("call_heard", "heard", "site"),
    Index("call_due", "due", sqlite_where=text("due IS NOT NULL")),
    Index("call_holder", "holder", sqlite_where=text("holder IS NOT NULL")),
    sqlite_with_rowid=False,
)
heard: Final = Table(
    "heard",
    metadata,
    Column("device", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
lease: Final = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("until", BigInteger, nullable=False),
)
part: Final = Table(
    "part",
    metadata,
    Column("name", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("pid", Integer),
    Column("info", LargeBinary, nullable=False),
)
note: Final = Table(
    "note",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
site: Final = Table(
    "site",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("reasons", Words, nullable=False, server_default="[]"),
    Column("duress_reason", Text, nullable=False, server_default=""),
    Column("missed_after_s", Integer, nullable=False, server_default=str(MISSED_AFTER_S)),
    Column("proof", Text, nullable=False, server_default="each"),
    Column("persons", Integer, nullable=False, server_default=text("1")),
    Column("retired", BigInteger),
)
device: Final = Table(
    "device",
    metadata,
    Column("id", Text, primary_key=True),
    Column("site", Text, ForeignKey("site.id"), nullable=False),
    Column("family", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("heartbeat_s", Integer, nullable=False),
    Column("topic", Text, nullable=False, server_default=""),
    Column("serial", Text, nullable=False, server_default=""),
    Column("time_zone", Text, nullable=False, server_default=""),
    Column("retired", BigInteger),
)
door: Final = Table(
    "door",
    metadata,
    Column("id", Text, primary_key=True),
    Column("site", Text, ForeignKey("site.id"), nullable=False),
    Column("device", Text, ForeignKey("device.id"), nullable=False),
    Column("number", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("sensor", Boolean, nullable=False),
    Column("camera", Text, nullable=False, server_default=""),
    Column("level", Text, nullable=False, server_default=""),
    Column("persons", Integer, nullable=False, server_default=text("1")),
    Column("retired", BigInteger),
)
person: Final = Table(
    "person",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    # Name and number as a search compares them (core.searching).
    Column("sought", Text, nullable=False, server_default=""),
)
