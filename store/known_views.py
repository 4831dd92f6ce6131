"""The people who have ever signed in, as pages list and find them, for those of the whole organisation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, Select, Text, bindparam, func, select

from core.permissions import Permission, Scope
from core.searching import Wanted
from store.database import Database
from store.schema_people import account, known

_READ_BY: Final = frozenset(
    {Permission.AUDIT_READ, Permission.PEOPLE_MANAGE, Permission.POLICY_EXPLAIN, Permission.POLICY_MANAGE}
)
_NEWEST_FIRST: Final = (known.c.last.desc(), known.c.subject)
# An account's groups are those of now; what is known are those of the last sign-in.
_VIEWS: Final = select(
    known.c.subject,
    known.c.provider,
    known.c.name,
    known.c.username,
    func.coalesce(account.c.groups, known.c.groups).label("groups"),
    known.c.roles,
    known.c.first,
    known.c.last,
    account.c.disabled.is_not(None).label("disabled"),
    func.coalesce(account.c.breakglass, False).label("breakglass"),
).outerjoin(account, (known.c.provider == "") & (account.c.username == func.substr(known.c.subject, 7)))
_SUBJECTS: Final = func.json_each(bindparam("subjects", type_=Text)).table_valued("value")
_groups: Final = msgspec.json.Decoder(tuple[str, ...]).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """Somebody known; times are µs UTC, `roles` what they had last, `groups` memberships.

    `disabled` and `breakglass` are of accounts of our own.
    """

    subject: str
    provider: str
    name: str
    username: str
    groups: tuple[str, ...]
    roles: str
    first: int
    last: int
    disabled: bool
    breakglass: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Some of those who fit, who came last first; `fitting` of all `known`."""

    shown: tuple[PersonView, ...] = ()
    fitting: int = 0
    known: int = 0


def find_people(db: Database, scope: Scope, words: str, *, skip: int, most: int) -> People:
    """Find people by name, username, provider or subject (no words: all), after the first `skip` that fit."""
    if not _reads(scope):
        return People()
    with db.read() as connection:
        count = connection.execute(select(func.count()).select_from(known)).scalar_one()
        wanted = Wanted.of(words)
        if not wanted.words:
            query = _VIEWS.order_by(*_NEWEST_FIRST).offset(skip).limit(most)
            return People(shown=_views(connection, query), fitting=count, known=count)
        fitting = _fitting(connection, wanted)
        query = _VIEWS.where(known.c.subject.in_(select(_SUBJECTS.c.value))).order_by(*_NEWEST_FIRST)
        subjects = msgspec.json.encode(fitting[skip : skip + most]).decode()
        shown = _views(connection, query, subjects=subjects)
        return People(shown=shown, fitting=len(fitting), known=count)


def person_known(db: Database, scope: Scope, subject: str) -> PersonView | None:
    """Give one person; None for one that is not known, or not to whom this scope is."""
    if not _reads(scope):
        return None
    with db.read() as connection:
        return next(iter(_views(connection, _VIEWS.where(known.c.subject == subject))), None)


def own_username(db: Database, scope: Scope, subject: str) -> str:
    """Give the username by which somebody came, for themselves to read; empty where none is known."""
    if scope.permission is not Permission.SELF:
        return ""
    with db.read() as connection:
        mine = select(known.c.username).where(known.c.subject == subject)
        return connection.execute(mine).scalar_one_or_none() or ""


def _reads(scope: Scope) -> bool:
    return scope.organisation and scope.permission in _READ_BY


def _fitting(connection: Connection, wanted: Wanted) -> Sequence[str]:
    names = select(known.c.subject, known.c.name, known.c.username, known.c.provider)
    rows = connection.execute(names.order_by(*_NEWEST_FIRST))
    return [row.subject for row in rows if wanted.rank(" ".join((*row[1:], row.subject))) is not None]


def _views(connection: Connection, query: Select[Any], **values: str) -> tuple[PersonView, ...]:
    return tuple(map(_view, connection.execute(query, values)))


def _view(row: Row[Any]) -> PersonView:
    return PersonView(**row._asdict() | {"groups": _groups(row.groups)})
