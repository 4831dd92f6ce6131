"""The demo's accounts: passwords of this installation alone, in a file for those who try it out."""

import base64
import json
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from auth.local import hash_password, load_hasher
from connectors.mqtt.files import write_private
from connectors.simulator.estate import DEMO_ACCOUNTS
from settings import Settings
from store.clock import now_us
from store.database import Database
from store.directory import Account, find_account, save_account
from store.opening import open_database

FILE_NAME: Final = "demo-accounts.json"
_CONSONANTS: Final = "bdfghjklmnprstvz"
_VOWELS: Final = "aiou"
_WORDS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """One entry of the file."""

    username: str
    password: str
    role: str
    sites: tuple[str, ...]
    totp_secret: str


@contextmanager
def being_stored(settings: Settings, at: int | None = None) -> Iterator[None]:
    """Store the accounts that are not there yet, as of now or `at` (µs UTC), on a thread beside all else.

    A hash lets other threads run, so the imports of the console need no longer for it.
    """
    db = open_database(settings.data)
    missing = [login for login in read_logins(settings.data) if find_account(db, login.username) is None]
    if missing:
        # It brings in modules that two threads must not import at once.
        load_hasher()
    with ThreadPoolExecutor(1) as thread:
        stored = [thread.submit(_store, db, login, now_us() if at is None else at) for login in missing]
        yield
        for one in stored:
            one.result()
    db.close()


def _store(db: Database, login: Login, at: int) -> None:
    known = next(account for account in DEMO_ACCOUNTS if account.username == login.username)
    account = Account(
        username=login.username,
        name=known.name,
        password_hash=hash_password(login.password),
        groups=known.groups,
        totp_secret=login.totp_secret,
    )
    save_account(db, account, at, "demo")


def write_logins(folder: Path) -> None:
    """Draw a password and a TOTP secret for each account; the file is kept from then on."""
    logins = [
        Login(
            username=account.username,
            password=readable_password(),
            role=account.role,
            sites=account.sites,
            totp_secret=base64.b32encode(secrets.token_bytes(20)).decode(),
        )
        for account in DEMO_ACCOUNTS
    ]
    write_private(folder / FILE_NAME, json.dumps([asdict(login) for login in logins], indent=1) + "\n")


def read_logins(folder: Path) -> tuple[Login, ...]:
    """Read the file; none where there is none."""
    file = folder / FILE_NAME
    entries = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    return tuple(Login(**entry | {"sites": tuple(entry["sites"])}) for entry in entries)


def readable_password() -> str:
    """Draw four words that can be read out and typed: 64 bits, 23 characters."""
    return "-".join(_word() for _ in range(_WORDS))


def _word() -> str:
    return "".join(secrets.choice(_VOWELS if place % 2 else _CONSONANTS) for place in range(5))


def table(logins: tuple[Login, ...]) -> str:
    """Lay the accounts out for the console."""
    head = f"{'username':<16} {'password':<24} {'role':<11} {'sites':<18} TOTP secret"
    rows = (
        f"{one.username:<16} {one.password:<24} {one.role:<11} {', '.join(one.sites):<18} {one.totp_secret}"
        for one in logins
    )
    return "\n".join((head, *rows))
