"""What providers gave to sessions, sealed, until it is taken back at the provider."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select, update

from core.leaf import Draft
from core.times import SECOND_US
from store.database import Database
from store.log import append_within
from store.schema_people import held_token, session

_MOST_AT_ONCE: Final = 50
MOST_TRIES: Final = 9
_FIRST_WAIT_US: Final = 5 * SECOND_US


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldTokens:
    """The sealed tokens of one session; `tries` is how often taking them back failed."""

    session: str
    provider: str
    sealed: bytes
    tries: int = 0
    subject: str = ""
    name: str = ""
    sid: str = ""


def hold_tokens(db: Database, held: HeldTokens) -> None:
    """Keep the tokens of a session that has begun."""
    values = {"session": held.session, "provider": held.provider, "sealed": held.sealed}
    with db.write() as connection:
        connection.execute(held_token.insert(), values)


def tokens_of(db: Database, ref: str) -> bytes | None:
    """Give the sealed tokens of a session."""
    with db.read() as connection:
        wanted = select(held_token.c.sealed).where(held_token.c.session == ref)
        return connection.execute(wanted).scalar_one_or_none()


def tokens_to_revoke(db: Database, now: int) -> Sequence[HeldTokens]:
    """Give the tokens of sessions that have ended or run out, whose next try is due."""
    fields = (held_token.c.session, held_token.c.provider, held_token.c.sealed, held_token.c.tries)
    over = session.c.ref.is_(None) | session.c.ended.is_not(None) | (session.c.ends <= now)
    wanted = (
        select(*fields, session.c.subject, session.c.name, session.c.sid)
        .select_from(held_token.outerjoin(session, session.c.ref == held_token.c.session))
        .where(over, held_token.c.again <= now)
        .limit(_MOST_AT_ONCE)
    )
    with db.read() as connection:
        rows = connection.execute(wanted).all()
    return [
        HeldTokens(
            session=row[0],
            provider=row[1],
            sealed=row[2],
            tries=row[3],
            subject=row[4] or "",
            name=row[5] or "",
            sid=row[6] or "",
        )
        for row in rows
    ]


def forget_tokens(db: Database, ref: str, record: Draft) -> None:
    """Forget the tokens of a session, with the record of what became of them."""
    with db.write() as connection:
        gone = connection.execute(held_token.delete().where(held_token.c.session == ref))
        if gone.rowcount:
            append_within(connection, [record])


def try_again_later(db: Database, held: HeldTokens, now: int) -> None:
    """Put the next try off, each time for twice as long."""
    again = now + (_FIRST_WAIT_US << held.tries)
    mine = held_token.c.session == held.session
    with db.write() as connection:
        connection.execute(update(held_token).where(mine).values(tries=held.tries + 1, again=again))
