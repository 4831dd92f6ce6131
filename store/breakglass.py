"""Break-glass accounts: when they were sealed, used and tried last, and who is signed in by one now."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Connection, Select, literal, select, text, update

from core.leaf import Draft
from core.permissions import EVERYWHERE, Role, roles_at
from core.records import Kind
from core.times import DAY_US
from store.database import Database
from store.directory import Account, accounts_within, save_within
from store.log import append_within
from store.policies import policy_within
from store.schema import note
from store.schema_people import account, known, session

DRILL_EVERY_US: Final = 90 * DAY_US
_SEALED: Final = "breakglass.sealed:"
_KEEP: Final = text(
    "INSERT INTO note (name, value) VALUES (:name, :value) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A break-glass account; times are µs UTC, None for what has not happened.

    `sealed` is when its secrets were drawn; `everywhere`: the policy in force makes it an administrator of
    all sites.
    """

    username: str
    sealed: int
    used: int | None
    drilled: int | None
    disabled: bool
    everywhere: bool

    @property
    def due(self) -> int:
        """When it is to be tried again at the latest."""
        return (self.drilled or self.sealed) + DRILL_EVERY_US

    def overdue(self, now: int) -> bool:
        """Whether nobody has tried it for too long."""
        return now >= self.due

    def sound(self, now: int) -> bool:
        """Whether it can be relied on."""
        return self.everywhere and not self.disabled and not self.overdue(now)


@dataclass(frozen=True, slots=True, kw_only=True)
class InUse:
    """A break-glass account that is signed in, since when (µs UTC), and from which addresses."""

    username: str
    since: int
    addresses: tuple[str, ...]


def seal(db: Database, accounts: Sequence[Account], now: int, by: str) -> None:
    """Store break-glass accounts that were drawn now, all or none, ending what sessions they had."""
    with db.write() as connection:
        for one in accounts:
            save_within(connection, one, now, by)
            connection.execute(_KEEP, {"name": f"{_SEALED}{one.username}", "value": str(now)})


def sealed_accounts(db: Database) -> tuple[Sealed, ...]:
    """Give every break-glass account, by name."""
    with db.read() as connection:
        found = [one for one in accounts_within(connection) if one.breakglass]
        policy = policy_within(connection)
        names = [f"{_SEALED}{one.username}" for one in found]
        drawn = _pairs(connection, select(note.c.name, note.c.value).where(note.c.name.in_(names)))
        subjects = [one.subject for one in found]
        used = _pairs(connection, select(known.c.subject, known.c.last).where(known.c.subject.in_(subjects)))
    return tuple(
        Sealed(
            username=one.username,
            sealed=drawn.get(f"{_SEALED}{one.username}", 0),
            used=used.get(one.subject),
            drilled=one.drilled,
            disabled=one.disabled is not None,
            everywhere=EVERYWHERE in roles_at(policy, one.groups).get(Role.ADMIN, frozenset()),
        )
        for one in found
    )


def _pairs(connection: Connection, query: Select[Any]) -> dict[str, int]:
    return {name: int(value) for name, value in connection.execute(query)}


def note_drill(db: Database, tried: Account, now: int, by: str) -> None:
    """Note that somebody has tried a break-glass account, with its record."""
    who = {"subject": tried.subject, "name": tried.name, "by": by}
    with db.write() as connection:
        mine = update(account).where(account.c.username == tried.username)
        connection.execute(mine.values(drilled=now))
        append_within(connection, [Draft(kind=Kind.BREAKGLASS_DRILLED, received=now, private=who)])


def in_use(db: Database, now: int) -> tuple[InUse, ...]:
    """Give the break-glass accounts that are signed in now, by name."""
    its = session.c.subject == literal("local:").concat(account.c.username)
    wanted = (
        select(account.c.username, session.c.created, session.c.address)
        .join(session, its)
        .where(account.c.breakglass, session.c.ended.is_(None), session.c.ends > now)
        .order_by(account.c.username, session.c.created)
    )
    with db.read() as connection:
        rows = [(row.username, row.created, row.address) for row in connection.execute(wanted)]
    return tuple(_in_use(username, list(mine)) for username, mine in groupby(rows, key=itemgetter(0)))


def _in_use(username: str, sessions: Sequence[tuple[str, int, str]]) -> InUse:
    _, since, _ = sessions[0]
    return InUse(username=username, since=since, addresses=tuple(sorted({one[2] for one in sessions})))
