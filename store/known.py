"""Who has ever signed in: what a policy is tried on, and whom an administrator can find."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, bindparam, select, text, update

from core.leaf import Draft
from core.policy_changes import Rewritten
from core.records import Kind
from store.database import Database
from store.schema_people import known

_NOTE: Final = text(
    'INSERT INTO known (subject, provider, name, username, "groups", roles, first, last) '
    "VALUES (:subject, :provider, :name, :username, :groups, :roles, :last, :last) "
    "ON CONFLICT (subject) DO UPDATE SET provider = excluded.provider, name = excluded.name, "
    'username = excluded.username, "groups" = excluded."groups", roles = excluded.roles, '
    "last = excluded.last"
)

_NOTE_ROLES: Final = (
    update(known)
    .where(known.c.subject == bindparam("whom"))
    .values(groups=bindparam("groups"), roles=bindparam("roles"))
)
# In a record of roles that changed: it was the policy that did, or the groups of an account of ours.
BY_POLICY: Final = "policy"
BY_ACCOUNT: Final = "account"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPerson:
    """Somebody as they last signed in (`last`, µs UTC; the first time: `first`).

    `groups` are memberships (`core.memberships`), `roles` is what these gave by the policy of then, as
    `core.permissions.roles_text` writes it; `provider` is empty for accounts of our own.
    """

    subject: str
    provider: str
    name: str
    username: str
    groups: tuple[str, ...]
    roles: str
    last: int
    first: int = 0


def note_person(connection: Connection, person: KnownPerson) -> None:
    """Note a person who signs in, in the caller's transaction; the first time stays as it is."""
    names = ("subject", "provider", "name", "username", "roles", "last")
    values = {name: getattr(person, name) for name in names}
    connection.execute(_NOTE, values | {"groups": msgspec.json.encode(list(person.groups))})


def known_people(db: Database) -> tuple[KnownPerson, ...]:
    """Give everybody who has ever signed in, who came last first."""
    with db.read() as connection:
        return people_within(connection)


def people_within(connection: Connection) -> tuple[KnownPerson, ...]:
    """Give them as this transaction sees them."""
    rows = connection.execute(select(known).order_by(known.c.last.desc(), known.c.subject))
    return tuple(map(_row, rows))


def note_roles_of(connection: Connection, people: Iterable[tuple[str, Iterable[str], str]]) -> None:
    """Note people's groups and roles, each as subject, groups and roles, in the caller's transaction."""
    rows = [
        {"whom": subject, "groups": msgspec.json.encode(list(groups)), "roles": roles}
        for subject, groups, roles in people
    ]
    if rows:
        connection.execute(_NOTE_ROLES, rows)


def roles_record(one: Rewritten, version: int, now: int, cause: str = BY_POLICY) -> Draft:
    """Make the record of a person's roles that are others than before, by this version of the policy."""
    return Draft(
        kind=Kind.OPERATOR_ROLES_CHANGED,
        received=now,
        refs={"policy": version, "before": one.before, "after": one.after, "cause": cause},
        private={"subject": one.who.subject, "name": one.who.name},
    )


def _row(row: Row[Any]) -> KnownPerson:
    values = row._asdict() | {"groups": tuple(msgspec.json.decode(row.groups, type=list[str]))}
    return KnownPerson(**values)
