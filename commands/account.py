"""`gatehouse.py account create|list|disable`: the first people, before anybody can sign in."""

import getpass
import sys
from argparse import Namespace
from dataclasses import replace
from typing import Final

from auth.local import hash_password
from auth.one_time_codes import enrolment_uri, new_secret
from commands.io import operator
from core.errors import Invalid
from core.permissions import roles_at
from settings import Settings
from store.clock import now_us
from store.database import Database
from store.directory import Account, all_accounts, find_account, save_account
from store.disk import need_room
from store.opening import open_database
from store.policies import current_policy

_ANEW: Final = "gatehouse.py breakglass create --replace"


def main(arguments: Namespace, settings: Settings) -> int:
    """Create, list or disable accounts."""
    db = open_database(settings.data)
    match arguments.deed:
        case "create":
            _create(db, arguments)
        case "disable":
            _disable(db, arguments.username)
        case _:
            _list(db)
    return 0


def _create(db: Database, arguments: Namespace) -> None:
    username: str = arguments.username
    old = find_account(db, username)
    if old is not None and old.breakglass:
        raise Invalid(f"{username} is a break-glass account: draw it anew with `{_ANEW}`")
    fresh = Account(username=username, name=username, password_hash="", groups=())
    before = old or fresh
    secret = new_secret() if arguments.totp else None
    wanted = replace(
        before,
        name=arguments.name or before.name,
        password_hash=hash_password(_password()),
        groups=tuple(arguments.group) or before.groups,
        totp_secret=secret or before.totp_secret,
        last_code=0 if secret else before.last_code,
        disabled=None,
    )
    need_room(db)
    save_account(db, wanted, now_us(), operator())
    print(f"{username} can sign in{' with password and code' if wanted.totp_secret else ''}")
    if secret:
        print(f"the secret of the codes, shown once: {secret}\n{enrolment_uri(secret, username)}")
    if not roles_at(current_policy(db), wanted.groups):
        print(
            f"but may see nothing yet: the policy gives {', '.join(wanted.groups) or 'no group'} no role; "
            "name a group of it with --group, or apply a policy with `gatehouse.py policy apply FILE`"
        )


def _password() -> str:
    """Read it where no list of processes and no shell history shows it."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != first:
        raise Invalid("the two passwords differ: nothing was changed")
    return first


def _disable(db: Database, username: str) -> None:
    account = find_account(db, username)
    if account is None:
        raise Invalid(f"there is no account '{username}': see `gatehouse.py account list`")
    save_account(db, replace(account, disabled=now_us()), now_us(), operator())
    print(f"{username} can't sign in any more, and their sessions have ended")
    if account.breakglass:
        print(f"it was a way in for when no identity provider works: draw new ones with `{_ANEW}`")


def _list(db: Database) -> None:
    for account in all_accounts(db):
        marks = {
            "break-glass": account.breakglass,
            "codes": account.totp_secret is not None,
            "disabled": account.disabled is not None,
        }
        said = "".join(f"  ({mark})" for mark, so in marks.items() if so)
        print(f"{account.username:<24} {account.name:<28} {', '.join(account.groups)}{said}")
