"""Local accounts, the codes they have used, and the count of sign-ins that failed."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, func, select, text

from core.errors import Invalid
from core.leaf import Draft
from core.permissions import roles_at, roles_text
from core.policy_changes import Rewritten, Someone
from core.records import Kind
from core.times import MINUTE_US
from store.database import Database
from store.known import BY_ACCOUNT, note_roles_of, roles_record
from store.log import append_within
from store.policies import policy_within
from store.schema_people import account, attempt
from store.sessions import end_sessions_of, regroup_sessions_of

MAX_FAILURES: Final = 5
# A whole reception may sit behind one address: the typing errors of one must not lock out the others.
MAX_FAILURES_OF_ADDRESS: Final = 20
WINDOW_US: Final = 15 * MINUTE_US
LOCKED_US: Final = 15 * MINUTE_US
_USERNAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_EACH_FIVE: Final[Mapping[str, int]] = {}
# A failure outside the window starts a new count; the last one inside it that is allowed locks.
_FAIL: Final = text(
    "INSERT INTO attempt (key, failures, first, locked_until) VALUES (:key, 1, :now, 0) "
    "ON CONFLICT (key) DO UPDATE SET "
    "failures = CASE WHEN attempt.first < :now - :window THEN 1 ELSE attempt.failures + 1 END, "
    "first = CASE WHEN attempt.first < :now - :window THEN :now ELSE attempt.first END"
)

# Who vouches for these people: we.
_ISSUER: Final = "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who signs in by a password kept here; times are µs UTC, or None.

    `disabled` is since when, `drilled` when a break-glass account was last tried, `last_code` the number of
    the last one-time code that was taken.
    """

    username: str
    name: str
    password_hash: str = field(repr=False)
    groups: tuple[str, ...]
    totp_secret: str | None = field(default=None, repr=False)
    disabled: int | None = None
    breakglass: bool = False
    last_code: int = 0
    drilled: int | None = None

    @property
    def subject(self) -> str:
        """The person's identity across Gatehouse: the issuer, which is we, and the name there."""
        return f"{_ISSUER}:{self.username}"


def save_account(db: Database, wanted: Account, now: int, by: str) -> None:
    """Create or replace an account, with its record; its open sessions follow in the same transaction.

    Raises Invalid for a username that can't be one, and for what would make an ordinary account of a
    break-glass account.
    """
    with db.write() as connection:
        save_within(connection, wanted, now, by)


def save_within(connection: Connection, wanted: Account, now: int, by: str) -> None:
    """Create or replace an account in the caller's transaction; raises Invalid."""
    if not _USERNAME.fullmatch(wanted.username):
        raise Invalid(
            f"'{wanted.username}' can't be a username; write small letters, digits, '.', '_' or '-'"
        )
    old = _account(connection, wanted.username)
    if old is not None and old.breakglass and not wanted.breakglass:
        raise Invalid(f"{wanted.username} is a break-glass account and stays one: nothing was changed")
    connection.execute(account.delete().where(account.c.username == wanted.username))
    connection.execute(account.insert(), _values(_with_codes_of(old, wanted)))
    append_within(connection, [_changed(wanted, "created" if old is None else "updated", now, by)])
    if old is not None:
        _follow(connection, old, wanted, now)


def find_account(db: Database, username: str) -> Account | None:
    """Find an account by its exact username, disabled or not."""
    with db.read() as connection:
        return _account(connection, username)


def account_of(db: Database, subject: str) -> Account | None:
    """Find the account of a person, disabled or not; None for whom a provider vouches."""
    issuer, _, username = subject.partition(":")
    return find_account(db, username) if issuer == _ISSUER else None


def all_accounts(db: Database) -> tuple[Account, ...]:
    """Give every account, by username."""
    with db.read() as connection:
        return accounts_within(connection)


def accounts_within(connection: Connection) -> tuple[Account, ...]:
    """Give them as this transaction sees them."""
    return tuple(map(_row, connection.execute(select(account).order_by(account.c.username))))


def take_code(db: Database, checked: Account, step: int) -> bool:
    """Use up the one-time code of this step; False if it, or a later one, was used before.

    Nor does it count if the account has had another secret since it was checked.
    """
    same = (account.c.username == checked.username) & (account.c.totp_secret == checked.totp_secret)
    with db.write() as connection:
        newer = account.update().where(same, account.c.last_code < step)
        return connection.execute(newer.values(last_code=step)).rowcount > 0


def _with_codes_of(old: Account | None, new: Account) -> Account:
    """Keep a code used up that was taken since the account was read."""
    if old is None or old.totp_secret != new.totp_secret:
        return new
    return replace(new, last_code=max(old.last_code, new.last_code))


def _follow(connection: Connection, old: Account, new: Account, now: int) -> None:
    if new.disabled is not None:
        end_sessions_of(connection, new.subject, "disabled", now)
    elif new.password_hash != old.password_hash:
        end_sessions_of(connection, new.subject, "ended_by_admin", now)
    elif new.groups != old.groups:
        _regroup(connection, old, new, now)


def _regroup(connection: Connection, old: Account, new: Account, now: int) -> None:
    """Let open sessions have the new groups at once, and record what roles these give."""
    regroup_sessions_of(connection, new.subject, new.groups)
    policy = policy_within(connection)
    before, after = (roles_text(roles_at(policy, one.groups)) for one in (old, new))
    note_roles_of(connection, [(new.subject, new.groups, after)])
    if before != after:
        change = Rewritten(who=_someone(new), before=before, after=after)
        append_within(connection, [roles_record(change, policy.version, now, BY_ACCOUNT)])


def _someone(one: Account) -> Someone:
    return Someone(
        subject=one.subject,
        name=one.name,
        username=one.username,
        provider="",
        groups=one.groups,
        usable=one.disabled is None,
    )


def _changed(wanted: Account, outcome: str, now: int, by: str) -> Draft:
    who = {"subject": wanted.subject, "name": wanted.name, "by": by}
    return Draft(kind=Kind.ACCOUNT_CHANGED, received=now, outcome=outcome, private=who)


def _account(connection: Connection, username: str) -> Account | None:
    row = connection.execute(select(account).where(account.c.username == username)).one_or_none()
    return None if row is None else _row(row)


def _row(row: Row[Any]) -> Account:
    values = row._asdict() | {"groups": tuple(msgspec.json.decode(row.groups, type=list[str]))}
    return Account(**values)


def _values(wanted: Account) -> dict[str, object]:
    values = {name: getattr(wanted, name) for name in Account.__dataclass_fields__}
    return values | {"groups": msgspec.json.encode(list(wanted.groups))}


# --- Failed sign-ins ----------------------------------------------------------------------------------


def attempt_key(kind: str, value: str) -> str:
    """Name a counter without keeping what was typed: people type passwords into the wrong field."""
    return f"{kind}:{hashlib.sha256(value.encode(errors='replace')).hexdigest()}"


def locked_until(db: Database, keys: Sequence[str], now: int) -> int | None:
    """Say until when (µs UTC) one of these counters is locked, or None."""
    wanted = select(func.max(attempt.c.locked_until)).where(attempt.c.key.in_(keys))
    with db.read() as connection:
        until = connection.execute(wanted).scalar_one()
    return until if until is not None and until > now else None


def count_failure(
    db: Database,
    keys: Iterable[str],
    *,
    refused: Draft,
    locked: Draft,
    most: Mapping[str, int] = _EACH_FIVE,
) -> bool:
    """Count a failed sign-in under each key and record it; True when that locked one of them.

    `locked` is the record of a lock that begins here, written in the same transaction. `most` says which
    failure locks a counter, where it is not the fifth.
    """
    now = refused.received
    with db.write() as connection:
        _forget_old(connection, now)
        locks = [key for key in keys if _fails(connection, key, now, most.get(key, MAX_FAILURES))]
        append_within(connection, [refused, locked] if locks else [refused])
    return bool(locks)


def clear_failures(db: Database, keys: Sequence[str]) -> None:
    """Forget the failures of an account that has signed in; most have none, and need no lock for that."""
    mine = attempt.c.key.in_(keys)
    with db.read() as connection:
        if connection.execute(select(attempt.c.key).where(mine).limit(1)).first() is None:
            return
    with db.write() as connection:
        connection.execute(attempt.delete().where(mine))


def _fails(connection: Connection, key: str, now: int, most: int) -> bool:
    connection.execute(_FAIL, {"key": key, "now": now, "window": WINDOW_US})
    row = connection.execute(select(attempt).where(attempt.c.key == key)).one()
    if row.failures < most or row.locked_until > now:
        return False
    lock = {"locked_until": now + LOCKED_US, "failures": 0, "first": now}
    connection.execute(attempt.update().where(attempt.c.key == key).values(lock))
    return True


def _forget_old(connection: Connection, now: int) -> None:
    old = (attempt.c.first < now - WINDOW_US) & (attempt.c.locked_until < now)
    connection.execute(attempt.delete().where(old))
