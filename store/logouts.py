"""Sessions that a provider has ended: each of its tokens counts once."""

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from core.times import DAY_US
from store.database import Database
from store.schema_people import logout, session
from store.sessions import end_within

# As long as any session may last by its provider: what was ended is not begun again by an older token.
_KEPT_US: Final = 2 * DAY_US
_REASON: Final = "provider_logout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Logout:
    """A provider's word that a session is over; `sid` or `subject` is empty where it names only one.

    Times are µs UTC; with a `sid` it is about that session, else about every one of the person.
    """

    provider: str
    jti: str
    issued: int
    sid: str
    subject: str


def end_by_provider(db: Database, word: Logout, now: int) -> tuple[str, ...] | None:
    """End what the provider ended, with the records; gives which, or None for a token that has been here."""
    row = {
        "provider": word.provider,
        "jti": hashlib.sha256(word.jti.encode()).digest(),
        "issued": word.issued,
        "until": now + _KEPT_US,
        "sid": word.sid,
        "subject": word.subject,
    }
    with db.write() as connection:
        connection.execute(logout.delete().where(logout.c.until < now))
        added = connection.execute(insert(logout).values(row).on_conflict_do_nothing())
        if added.rowcount == 0:
            return None
        return end_within(connection, _refs(connection, word), _REASON, now)


def ended_there(db: Database, provider: str, sid: str, subject: str, *, issued: int, begun: int) -> bool:
    """Whether the provider has ended this session, or all of the person's, since a sign-in was under way.

    That is: after the token was `issued` by its clock, or since the sign-in was `begun` by ours: a code that
    was given before may still be redeemed after.
    """
    whole = logout.c.subject == subject
    about = (logout.c.sid == sid) | ((logout.c.sid == "") & whole) if sid else whole
    since = (logout.c.issued > issued) | (logout.c.until >= begun + _KEPT_US)
    wanted = select(logout.c.jti).where(logout.c.provider == provider, about, since)
    with db.read() as connection:
        return connection.execute(wanted.limit(1)).first() is not None


def _refs(connection: Connection, word: Logout) -> list[str]:
    mine: Any = (session.c.provider == word.provider) & session.c.ended.is_(None)
    if word.subject:
        mine &= session.c.subject == word.subject
    if word.sid:
        # Which of the person's it is, cannot be told where sign-in named none.
        mine &= session.c.sid.in_([word.sid, ""] if word.subject else [word.sid])
    return list(connection.execute(select(session.c.ref).where(mine)).scalars())
