"""Every version of the policy, and what each changed for whom, as the log has it."""

from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection, select

from core.log_filter import LogFilter
from core.permissions import Permission, Scope
from core.records import Kind
from store.database import Database
from store.known import BY_POLICY
from store.ranges import read_rows, since
from store.rows import Row
from store.schema_people import policy
from store.views import private_of, refs_of

_READ_BY: Final = frozenset({Permission.POLICY_EXPLAIN, Permission.POLICY_MANAGE})
_KINDS: Final = LogFilter(kinds=frozenset({Kind.POLICY_CHANGED, Kind.OPERATOR_ROLES_CHANGED}))
# Besides those that are named: the record of the policy itself, and what came in the same moment.
_BESIDE: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A document as it was put in force, when (µs UTC) and by whom."""

    version: int
    document: str
    at: int
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RolesChange:
    """Somebody's roles before and after, as `roles_text` writes them; no name where it has been deleted."""

    name: str
    subject: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a version did: for how many people, and for the first of these what."""

    people: int = 0
    named: tuple[RolesChange, ...] = ()


def policy_versions(db: Database, scope: Scope, *, skip: int, most: int) -> tuple[Version, ...]:
    """Give versions, the newest first, for those who may read the policy of the whole organisation."""
    if not (scope.organisation and scope.permission in _READ_BY):
        return ()
    query = select(policy).order_by(policy.c.version.desc()).offset(skip).limit(most)
    with db.read() as connection:
        rows = connection.execute(query).all()
    return tuple(
        Version(version=row.version, document=row.document.decode(), at=row.at, by=row.by) for row in rows
    )


def effect_of(db: Database, scope: Scope, version: Version, most: int) -> Effect:
    """Read what a version changed, with the first so many people; the scope is that of `audit.read`."""
    with db.read() as connection:
        rows = _from(connection, scope, version, most + _BESIDE)
    changed = next((row for row in rows if _is_of(row, version)), None)
    if changed is None:
        return Effect()
    said = refs_of(changed).get("people")
    named = tuple(_change(row) for row in rows if _is_because_of(row, version))[:most]
    return Effect(people=said if isinstance(said, int) else len(named), named=named)


def _from(connection: Connection, scope: Scope, version: Version, most: int) -> tuple[Row, ...]:
    part = replace(since(connection, version.at), wanted=_KINDS, newest_first=False)
    return read_rows(connection, scope, part, most)


def _is_of(row: Row, version: Version) -> bool:
    return row.kind is Kind.POLICY_CHANGED and refs_of(row).get("version") == version.version


def _is_because_of(row: Row, version: Version) -> bool:
    refs = refs_of(row)
    because = refs.get("cause") == BY_POLICY and refs.get("policy") == version.version
    return row.kind is Kind.OPERATOR_ROLES_CHANGED and because


def _change(row: Row) -> RolesChange:
    refs, private = refs_of(row), private_of(row)
    return RolesChange(
        name=private.get("name", ""),
        subject=private.get("subject", ""),
        before=str(refs.get("before", "")),
        after=str(refs.get("after", "")),
    )
