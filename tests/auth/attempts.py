"""Attempts to sign in, for tests: what is typed, from where, and what comes of it."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import pyotp
import pytest

from auth import local
from auth.local import Attempt, LocalRules, sign_in
from core.errors import SignInRefused
from core.times import SECOND_US
from store.database import Database
from store.directory import Account
from tests.auth.people import NOW, PASSWORD, account

Count = Callable[[], int]
SECRET: Final = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SEALED: Final = "breakglass-1"
STEP_US: Final = 30 * SECOND_US


def attempt(
    username: str = "ben", password: str = PASSWORD, address: str = "192.0.2.1", code: str = ""
) -> Attempt:
    return Attempt(username=username, password=password, address=address, code=code)


def refused(db: Database, one: Attempt, now: int = NOW, rules: LocalRules | None = None) -> str:
    with pytest.raises(SignInRefused) as error:
        sign_in(db, one, now, rules or LocalRules())
    return str(error.value)


def at_once(*deeds: Callable[[], object]) -> None:
    """Do all of this on threads that begin together."""
    start = threading.Barrier(len(deeds))

    def do(deed: Callable[[], object]) -> None:
        start.wait()
        deed()

    threads = [threading.Thread(target=do, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def code(steps: int = 0) -> str:
    """Give the code of NOW, or of so many steps later."""
    return pyotp.TOTP(SECRET).at(NOW // SECOND_US, counter_offset=steps)


def wrong_code() -> str:
    """Give a code that is none of those of these minutes."""
    near = {code(steps) for steps in range(-3, 4)}
    return next(text for number in range(9) if (text := f"{number:06}") not in near)


def with_codes(username: str) -> Account:
    """Give one of the people with a secret for codes."""
    return replace(account(username), totp_secret=SECRET)


def sealed() -> Account:
    """Give a break-glass account, with the password of the tests."""
    return replace(with_codes("ada"), username=SEALED, name=SEALED, breakglass=True)


def count_hashes(monkeypatch: pytest.MonkeyPatch) -> Count:
    """Count the comparisons with a hash, and make each cheap and exact."""
    seen: list[str] = []

    def check(password: str, hashed: str) -> bool:
        seen.append(hashed)
        return password == PASSWORD and hashed == account("ben").password_hash

    monkeypatch.setattr(local, "check_hash", check)
    return lambda: len(seen)
