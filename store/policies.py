"""The policy in force and its history: one row a version, never changed."""

import hashlib
from functools import lru_cache
from typing import Final

from sqlalchemy import Connection, func, select

from core.leaf import Draft, Scalar
from core.permissions import Policy, check_policy
from core.policy_document import EMPTY, parse_policy
from core.records import Kind
from store.database import Database
from store.log import append_within
from store.schema import site
from store.schema_people import policy

_NEWEST: Final = select(policy.c.version, policy.c.document).order_by(policy.c.version.desc()).limit(1)
_IN_SERVICE: Final = select(site.c.id).where(site.c.retired.is_(None))


@lru_cache(maxsize=8)
def _parsed(document: bytes, version: int) -> Policy:
    return parse_policy(document.decode(), version)


def current_policy(db: Database) -> Policy:
    """Give the policy in force; version 0, which grants nothing, before the first."""
    with db.read() as connection:
        return policy_within(connection)


def policy_within(connection: Connection) -> Policy:
    """Give the policy in force as this transaction sees it."""
    row = connection.execute(_NEWEST).one_or_none()
    return Policy() if row is None else _parsed(row.document, row.version)


def policy_and_sites(db: Database) -> tuple[Policy, frozenset[str]]:
    """Give, on one snapshot, the policy in force and the ids of the sites in service."""
    with db.read() as connection:
        return policy_within(connection), _sites_in_service(connection)


def policy_text(db: Database) -> str:
    """Give the document in force as it was written."""
    with db.read() as connection:
        row = connection.execute(_NEWEST).one_or_none()
    return EMPTY if row is None else str(row.document.decode())


def check_document(db: Database, document: str) -> Policy:
    """Check a document against this estate without applying it; raises PolicyInvalid."""
    with db.read() as connection:
        return _checked(connection, document)


def apply_policy(db: Database, document: str, now: int, by: str) -> Policy:
    """Put a document in force, with its record in the same transaction; raises PolicyInvalid."""
    with db.write() as connection:
        wanted = _checked(connection, document)
        raw = document.encode()
        row = {"version": wanted.version, "document": raw, "at": now, "by": by}
        connection.execute(policy.insert(), row)
        refs: dict[str, Scalar] = {"version": wanted.version, "sha256": hashlib.sha256(raw).hexdigest()}
        draft = Draft(kind=Kind.POLICY_CHANGED, received=now, refs=refs, private={"subject": by})
        append_within(connection, [draft])
    return wanted


def _checked(connection: Connection, document: str) -> Policy:
    newest = connection.execute(select(func.max(policy.c.version))).scalar_one() or 0
    wanted = parse_policy(document, newest + 1)
    check_policy(wanted, _sites_in_service(connection))
    return wanted


def _sites_in_service(connection: Connection) -> frozenset[str]:
    return frozenset(connection.execute(_IN_SERVICE).scalars())
