"""Passkeys as rows: public halves only, each change with its record; times are µs UTC."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Row, and_, or_, select, text, update

from core.errors import Invalid
from core.leaf import Draft
from core.records import Kind
from core.times import MINUTE_US
from store.database import Database
from store.log import append_within
from store.schema_people import passkey, passkey_challenge, passkey_code, passkey_handle

CHALLENGE_US: Final = 5 * MINUTE_US
CODE_US: Final = 15 * MINUTE_US
MOST_OF_ONE: Final = 20
_KEEP_HANDLE: Final = text(
    "INSERT INTO passkey_handle (subject, handle) VALUES (:subject, :handle) ON CONFLICT (subject) DO NOTHING"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """One passkey of a person; `ref` is its public name, `credential` its authenticator's name for it.

    `counter` is how often its authenticator said it was used (0: it does not count), `synced` that it may
    lie on several devices, `backed_up` that it does; `used` and `locked` are None for what never happened.
    `address` and `agent` are where and with what it was enrolled.
    """

    credential: bytes = field(repr=False)
    ref: str
    subject: str
    name: str
    public_key: bytes = field(repr=False)
    counter: int
    synced: bool
    backed_up: bool
    transports: tuple[str, ...]
    created: int
    address: str
    agent: str
    used: int | None = None
    locked: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What a session was asked to have signed, and by which way it may enrol at all."""

    session: str
    challenge: bytes = field(repr=False)
    way: str
    created: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What a verified answer says of a passkey: its new count, and whether it is backed up now."""

    counter: int
    backed_up: bool
    at: int


# --- passkeys -----------------------------------------------------------------------------------------


def add_passkey(db: Database, one: Passkey, record: Draft) -> None:
    """Keep a new passkey, with its record; raises Invalid for one that is there, or one too many."""
    values = {name: getattr(one, name) for name in Passkey.__dataclass_fields__}
    mine = select(passkey.c.ref).where(passkey.c.subject == one.subject)
    there = select(passkey.c.ref).where(passkey.c.credential == one.credential)
    with db.write() as connection:
        if connection.execute(there).first() is not None:
            raise Invalid("this passkey is known already")
        if len(connection.execute(mine).all()) >= MOST_OF_ONE:
            raise Invalid(f"nobody can have more than {MOST_OF_ONE} passkeys: remove one first")
        connection.execute(passkey.insert(), values | {"transports": ",".join(one.transports)})
        append_within(connection, [record])


def find_passkey(db: Database, credential: bytes) -> Passkey | None:
    """Find a passkey by its authenticator's name for it, whoever's it is."""
    with db.read() as connection:
        row = connection.execute(select(passkey).where(passkey.c.credential == credential)).one_or_none()
    return None if row is None else _made(row)


def passkeys_of(db: Database, subject: str) -> tuple[Passkey, ...]:
    """Give a person's passkeys, oldest first."""
    return passkeys_by_person(db, [subject]).get(subject, ())


def passkeys_by_person(db: Database, subjects: Collection[str]) -> Mapping[str, tuple[Passkey, ...]]:
    """Give, by person, the passkeys of these people, oldest first."""
    wanted = select(passkey).where(passkey.c.subject.in_(list(subjects)))
    found: dict[str, tuple[Passkey, ...]] = {}
    with db.read() as connection:
        for row in connection.execute(wanted.order_by(passkey.c.created, passkey.c.ref)):
            found[row.subject] = (*found.get(row.subject, ()), _made(row))
    return found


def use_passkey(db: Database, one: Passkey, used: Used, copied: Draft) -> bool:
    """Note a use; False locks the passkey, with this record, since its counter did not grow.

    One that has never counted (0 until now, and 0 again) is none of those.
    """
    grown = passkey.c.counter < used.counter
    if used.counter == 0:
        grown = passkey.c.counter == 0
    mine = passkey.c.ref == one.ref
    with db.write() as connection:
        change = update(passkey).where(mine, passkey.c.locked.is_(None), grown)
        values = {"counter": used.counter, "backed_up": used.backed_up, "used": used.at}
        if connection.execute(change.values(values)).rowcount:
            return True
        connection.execute(update(passkey).where(mine, passkey.c.locked.is_(None)).values(locked=used.at))
        append_within(connection, [copied])
    return False


def rename_passkey(db: Database, subject: str, ref: str, name: str) -> bool:
    """Give a passkey of this person another name; False where they have none such."""
    mine = (passkey.c.subject == subject) & (passkey.c.ref == ref)
    with db.write() as connection:
        return connection.execute(update(passkey).where(mine).values(name=name)).rowcount > 0


def remove_passkey(db: Database, subject: str, ref: str, *, now: int, private: Mapping[str, str]) -> bool:
    """Remove a passkey of this person for ever, with its record; False where they have none such.

    `private` tells in the record whose it was, and who else removed it.
    """
    mine = (passkey.c.subject == subject) & (passkey.c.ref == ref)
    with db.write() as connection:
        row = connection.execute(passkey.delete().where(mine).returning(passkey.c.name)).one_or_none()
        if row is None:
            return False
        record = Draft(
            kind=Kind.OPERATOR_PASSKEY_REMOVED,
            received=now,
            refs={"passkey": ref},
            private={"subject": subject, **private, "passkey": row.name},
        )
        append_within(connection, [record])
    return True


def _made(row: Row[Any]) -> Passkey:
    values = row._asdict()
    return Passkey(**values | {"transports": tuple(filter(None, row.transports.split(",")))})


# --- enrolment ----------------------------------------------------------------------------------------


def handle_of(db: Database, subject: str, fresh: bytes) -> bytes:
    """Give the handle by which authenticators know this person; `fresh` becomes it where there is none."""
    wanted = select(passkey_handle.c.handle).where(passkey_handle.c.subject == subject)
    with db.write() as connection:
        connection.execute(_KEEP_HANDLE, {"subject": subject, "handle": fresh})
        return bytes(connection.execute(wanted).scalar_one())


def known_handle(db: Database, subject: str) -> bytes | None:
    """Give the handle of a person who has one."""
    with db.read() as connection:
        wanted = select(passkey_handle.c.handle).where(passkey_handle.c.subject == subject)
        return connection.execute(wanted).scalar_one_or_none()


def keep_challenge(db: Database, one: Challenge) -> None:
    """Keep what a session is asked to have signed, in place of what it was asked before."""
    values = {name: getattr(one, name) for name in Challenge.__dataclass_fields__}
    old = passkey_challenge.c.created < one.created - CHALLENGE_US
    with db.write() as connection:
        connection.execute(
            passkey_challenge.delete().where(or_(old, passkey_challenge.c.session == one.session))
        )
        connection.execute(passkey_challenge.insert(), values)


def take_challenge(db: Database, session: str) -> Challenge | None:
    """Take away what a session was asked to have signed: whatever comes of it, it counts once."""
    its = passkey_challenge.delete().where(passkey_challenge.c.session == session)
    with db.write() as connection:
        row = connection.execute(its.returning(passkey_challenge)).one_or_none()
    return None if row is None else Challenge(**row._asdict())


def keep_code(db: Database, subject: str, hashed: bytes, record: Draft) -> None:
    """Keep the hash of a person's one-time code, with the record of its issue; an older one ends."""
    old = passkey_code.c.created < record.received - CODE_US
    values = {"subject": subject, "hash": hashed, "created": record.received}
    with db.write() as connection:
        connection.execute(passkey_code.delete().where(or_(old, passkey_code.c.subject == subject)))
        connection.execute(passkey_code.insert(), values)
        append_within(connection, [record])


def take_code(db: Database, subject: str, hashed: bytes, now: int) -> bool:
    """Use up a person's one-time code; False if this is none, or not any more."""
    its = and_(
        passkey_code.c.subject == subject,
        passkey_code.c.hash == hashed,
        passkey_code.c.created > now - CODE_US,
    )
    with db.write() as connection:
        return connection.execute(passkey_code.delete().where(its)).rowcount > 0
