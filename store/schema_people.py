"""The tables of those who operate Gatehouse: accounts, sessions, sign-ins under way, the policy.

Times are µs UTC. What is secret stands here as a hash, or sealed by a key that is not in the store.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, Text, text

from store.schema import metadata

account: Final = Table(
    "account",
    metadata,
    Column("username", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("groups", LargeBinary, nullable=False),
    Column("totp_secret", Text),
    Column("disabled", BigInteger),
    Column("breakglass", Boolean, nullable=False, server_default=text("0")),
    # The number of the last one-time code that was taken (RFC 6238, section 5.2: none twice).
    Column("last_code", BigInteger, nullable=False, server_default=text("0")),
    Column("drilled", BigInteger),
)
attempt: Final = Table(
    "attempt",
    metadata,
    Column("key", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("locked_until", BigInteger, nullable=False),
)
session: Final = Table(
    "session",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("ref", Text, nullable=False, unique=True),
    Column("subject", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("groups", LargeBinary, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("active", BigInteger, nullable=False),
    Column("idle_after", BigInteger, nullable=False),
    Column("ends", BigInteger, nullable=False),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("ended", BigInteger),
    Column("ended_reason", Text),
    # Empty for accounts of our own; `sid` is the provider's name for the session, `proven` how surely.
    Column("provider", Text, nullable=False, server_default=""),
    Column("sid", Text, nullable=False, server_default=""),
    Column("proven", Text, nullable=False, server_default=""),
    Column("lacking", Text, nullable=False, server_default=""),
    Index("session_subject", "subject"),
    Index("session_sid", "provider", "sid", sqlite_where=text("sid <> ''")),
)
# Where a session was used from, beside where it was begun.
session_place: Final = Table(
    "session_place",
    metadata,
    Column("session", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("agent", Text, primary_key=True),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
# What a person has chosen for their screens; `subject` as in their session.
preference: Final = Table(
    "preference",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)
policy: Final = Table(
    "policy",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("document", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
)
# Who has ever signed in: as whom, from where, with which groups last, and which roles these gave.
known: Final = Table(
    "known",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("provider", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("username", Text, nullable=False),
    Column("groups", LargeBinary, nullable=False),
    Column("roles", Text, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
# Sign-ins under way at a provider: found by its state once, bound to the browser that began it.
flow: Final = Table(
    "flow",
    metadata,
    Column("ref", Text, primary_key=True),
    Column("state", LargeBinary, nullable=False, unique=True),
    Column("browser", LargeBinary, nullable=False),
    Column("provider", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("onwards", Text, nullable=False),
    Column("strong", Boolean, nullable=False),
    Column("memo", LargeBinary, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("answer", LargeBinary),
    Column("act", Text, nullable=False, server_default=""),
    Column("session", Text, nullable=False, server_default=""),
    Index("flow_created", "created"),
    Index("flow_origin", "origin", "created"),
)
# Sessions that a provider has ended: each of its tokens counts once, and what it ended never begins again.
logout: Final = Table(
    "logout",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("jti", LargeBinary, primary_key=True),
    Column("issued", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("sid", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Index("logout_sid", "provider", "sid"),
    Index("logout_subject", "subject"),
    Index("logout_until", "until"),
    sqlite_with_rowid=False,
)
# What a provider has given a session, sealed; it is taken back there once the session has ended.
held_token: Final = Table(
    "held_token",
    metadata,
    Column("session", Text, primary_key=True),
    Column("provider", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("again", BigInteger, nullable=False, server_default=text("0")),
    sqlite_with_rowid=False,
)
# What is known of each provider: reached, keys, clock, the last sign-in that worked and that did not.
trust: Final = Table(
    "trust",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("state", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
# Passkeys (Web Authentication, level 3): the public half of each, and whose it is.
passkey: Final = Table(
    "passkey",
    metadata,
    Column("credential", LargeBinary, primary_key=True),
    Column("ref", Text, nullable=False, unique=True),
    Column("subject", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("counter", BigInteger, nullable=False),
    Column("synced", Boolean, nullable=False),
    Column("backed_up", Boolean, nullable=False),
    Column("transports", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("used", BigInteger),
    # Its counter once did not grow: it may have been copied, and proves nothing until it is removed.
    Column("locked", BigInteger),
    Index("passkey_subject", "subject"),
)
# By which an authenticator knows a person: random, so that it tells nobody who that is.
passkey_handle: Final = Table(
    "passkey_handle",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("handle", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
# What a session was asked to have signed by a new passkey; taken away before the answer is looked at.
passkey_challenge: Final = Table(
    "passkey_challenge",
    metadata,
    Column("session", Text, primary_key=True),
    Column("challenge", LargeBinary, nullable=False),
    Column("way", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
# One-time codes that let somebody enrol a passkey: their SHA-256, one a person.
passkey_code: Final = Table(
    "passkey_code",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("hash", LargeBinary, nullable=False),
    Column("created", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
