"""The policy in force and its history: one row a version, never changed; each is tried on people first."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sqlalchemy import Connection, func, select

from core.errors import PolicyInvalid
from core.leaf import Draft, Scalar
from core.permissions import Grant, Policy, check_policy
from core.policy_changes import Change, Rewritten, Someone, changes, manageable, ours_alone, rewritten
from core.policy_document import EMPTY, parse_policy
from core.records import Kind
from store.candidates import candidates_within
from store.database import Database
from store.known import note_roles_of, roles_record
from store.log import append_within
from store.schema import site
from store.schema_people import policy

_NEWEST: Final = select(policy.c.version, policy.c.document).order_by(policy.c.version.desc()).limit(1)
_IN_SERVICE: Final = select(site.c.id).where(site.c.retired.is_(None))
_NO_PROVIDER: Final = frozenset[str]()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a document would do: its policy, on how many people it was tried, and for whom it changes what.

    `managed` is False where nobody is known who could be counted on to manage it or not; `ours` are the
    grants, by number, that hold for accounts of our own only.
    """

    policy: Policy
    tried: int
    changes: tuple[Change, ...]
    managed: bool
    ours: tuple[tuple[int, Grant], ...]


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


def try_document(db: Database, document: str, now: int, providers: frozenset[str] = _NO_PROVIDER) -> Trial:
    """Try a document on this estate and its people without applying it; raises PolicyInvalid.

    `providers` are the names of those that are configured.
    """
    with db.read() as connection:
        people = candidates_within(connection, now, providers)
        wanted = _checked(connection, document, people, providers)
        sites = _sites_in_service(connection)
        return Trial(
            policy=wanted,
            tried=len(people),
            changes=changes(policy_within(connection), wanted, people, sites),
            managed=any(one.usable for one in people),
            ours=ours_alone(wanted, providers),
        )


def apply_policy(
    db: Database,
    document: str,
    now: int,
    by: str,
    *,
    providers: frozenset[str] = _NO_PROVIDER,
    as_version: int | None = None,
) -> Policy:
    """Put a document in force, with all its records in the same transaction; raises PolicyInvalid.

    So it does when the document would not become the version as which it was tried.
    """
    with db.write() as connection:
        people = candidates_within(connection, now, providers)
        old, wanted = policy_within(connection), _checked(connection, document, people, providers)
        if as_version not in {None, wanted.version}:
            raise PolicyInvalid(
                "another policy has been put in force meanwhile: look at the difference again"
            )
        raw = document.encode()
        row = {"version": wanted.version, "document": raw, "at": now, "by": by}
        connection.execute(policy.insert(), row)
        written = rewritten(old, wanted, people)
        _note_roles(connection, written)
        others = [one for one in written if one.before != one.after]
        refs: dict[str, Scalar] = {
            "version": wanted.version,
            "sha256": hashlib.sha256(raw).hexdigest(),
            "people": len(others),
        }
        draft = Draft(kind=Kind.POLICY_CHANGED, received=now, refs=refs, private={"subject": by})
        append_within(connection, [draft, *(roles_record(one, wanted.version, now) for one in others)])
    return wanted


def _checked(
    connection: Connection, document: str, people: Iterable[Someone], providers: frozenset[str]
) -> Policy:
    newest = connection.execute(select(func.max(policy.c.version))).scalar_one() or 0
    wanted = parse_policy(document, newest + 1)
    check_policy(wanted, _sites_in_service(connection), providers)
    usable = [one for one in people if one.usable]
    if usable and not manageable(wanted, usable, alone=len(providers) <= 1):
        raise PolicyInvalid(_nobody_manages(len(usable), providers))
    return wanted


def _nobody_manages(count: int, providers: frozenset[str]) -> str:
    ways = f"break-glass accounts, and who came by {', '.join(sorted(providers))} in the last 90 days"
    return (
        f"nobody could change this policy again: none of the {count} who can be counted on to sign in "
        f"({ways if providers else 'accounts that are not disabled'}) would have the role 'admin' at "
        'sites = ["*"]; give it to a group of one of them'
    )


def _note_roles(connection: Connection, written: Iterable[Rewritten]) -> None:
    """Keep everybody's roles as they are now, of those who ever signed in."""
    came = (one for one in written if one.who.roles not in {None, one.after})
    note_roles_of(connection, ((one.who.subject, one.who.groups, one.after) for one in came))


def _sites_in_service(connection: Connection) -> frozenset[str]:
    return frozenset(connection.execute(_IN_SERVICE).scalars())
