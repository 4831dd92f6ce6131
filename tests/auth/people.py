"""People for tests: Ada administers, Ben guards Berlin, Cleo reads everything, Dan has no role."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import bcrypt

from auth.sessions import Person
from core.times import MINUTE_US, SECOND_US
from settings import SessionLimits
from store.database import Database
from store.directory import Account, save_account
from store.policies import apply_policy
from store.schema import site
from tests.stores import copy_store, new_store

PASSWORD: Final = "a-password-of-tests"
NOW: Final = 1_800_000_000 * SECOND_US
LIMITS: Final = {
    role: SessionLimits(
        idle_us=(15 if role == "admin" else 30) * MINUTE_US, absolute_us=hours * 60 * MINUTE_US
    )
    for role, hours in {"admin": 8, "supervisor": 12, "agent": 12, "user": 8, "auditor": 8}.items()
}
POLICY: Final = """
[[grants]]
group = "g-admin"
role = "admin"
sites = ["*"]

[[grants]]
group = "g-berlin"
role = "agent"
sites = ["berlin"]

[[grants]]
group = "g-audit"
role = "auditor"
sites = ["*"]
"""
GROUPS: Final = {"ada": ("g-admin",), "ben": ("g-berlin",), "cleo": ("g-audit",), "dan": ("g-nobody",)}


@cache
def password_hash() -> str:
    """Hash the tests' password at the lowest cost: the real one takes 0.2 s at each check."""
    return bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()


def account(username: str) -> Account:
    """Give one of the people as an account."""
    return Account(
        username=username,
        name=username.title(),
        password_hash=password_hash(),
        groups=GROUPS[username],
    )


def person(username: str) -> Person:
    """Give one of the people as signed in."""
    return Person(subject=f"local:{username}", name=username.title(), groups=GROUPS[username])


def add_sites(db: Database, *sites: str) -> None:
    """Put sites in service."""
    with db.write() as connection:
        rows = [{"id": one, "name": one, "time_zone": "UTC", "retired": None} for one in sites]
        connection.execute(site.insert(), rows)


def settle_in(db: Database) -> None:
    """Fill a store with sites, the policy and all people."""
    add_sites(db, "berlin", "newyork")
    apply_policy(db, POLICY, NOW, "tests")
    for username in GROUPS:
        save_account(db, account(username), NOW, "tests")


def peopled_store(folder: Path) -> Database:
    """Open a store in this folder that they have settled in, copied from one that was made once."""
    return copy_store(Path(_settled().name), folder)


@cache
def _settled() -> TemporaryDirectory[str]:
    """Make it once a process; it goes with the process."""
    folder = TemporaryDirectory(prefix="gatehouse-people-")
    db = new_store(Path(folder.name))
    settle_in(db)
    db.close()
    return folder
