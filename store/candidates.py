"""On whom a policy is tried: those who ever came and may again, and those who have an account of ours."""

from typing import Final

import msgspec
from sqlalchemy import Connection, select

from core.policy_changes import Someone
from core.times import DAY_US
from store.database import Database
from store.known import KnownPerson, people_within
from store.schema_people import account

SEEN_WITHIN_US: Final = 90 * DAY_US
_ACCOUNTS: Final = (
    select(account.c.username, account.c.name, account.c.groups, account.c.breakglass)
    .where(account.c.disabled.is_(None))
    .order_by(account.c.username)
)
_groups: Final = msgspec.json.Decoder(tuple[str, ...]).decode


def candidates(db: Database, now: int, providers: frozenset[str]) -> tuple[Someone, ...]:
    """Give everybody a policy is tried on, by the providers that are configured."""
    with db.read() as connection:
        return candidates_within(connection, now, providers)


def candidates_within(connection: Connection, now: int, providers: frozenset[str]) -> tuple[Someone, ...]:
    """Give them as this transaction sees them."""
    known = {one.subject: one for one in people_within(connection)}
    accounts = _accounts(connection, known, break_glass_alone=bool(providers))
    # Who has no account of ours any more, or one that is disabled, can't come again.
    others = (one for one in known.values() if one.provider)
    seen = now - SEEN_WITHIN_US
    return (
        *accounts,
        *(_known(one, usable=one.provider in providers and one.last >= seen) for one in others),
    )


def _accounts(
    connection: Connection, known: dict[str, KnownPerson], *, break_glass_alone: bool
) -> tuple[Someone, ...]:
    """Give our own accounts; where there are providers, only those for an emergency are counted on."""
    return tuple(
        Someone(
            subject=(subject := f"local:{row.username}"),
            name=row.name,
            username=row.username,
            provider="",
            groups=_groups(row.groups),
            usable=row.breakglass or not break_glass_alone,
            roles=known[subject].roles if subject in known else None,
        )
        for row in connection.execute(_ACCOUNTS)
    )


def _known(one: KnownPerson, *, usable: bool) -> Someone:
    return Someone(
        subject=one.subject,
        name=one.name,
        username=one.username,
        provider=one.provider,
        groups=one.groups,
        usable=usable,
        roles=one.roles,
    )
