"""`gatehouse.py account create|list|disable`: the first people, before anybody can sign in."""

import getpass
import sys
from argparse import Namespace
from dataclasses import replace

from auth.local import hash_password
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
    groups = tuple(arguments.group) or (old.groups if old else ())
    wanted = Account(
        username=username,
        name=arguments.name or (old.name if old else username),
        password_hash=hash_password(_password()),
        groups=groups,
        totp_secret=old.totp_secret if old else None,
    )
    need_room(db)
    save_account(db, wanted, now_us(), operator())
    print(f"{username} can sign in")
    if not roles_at(current_policy(db), groups):
        print(
            f"but may see nothing yet: the policy gives {', '.join(groups) or 'no group'} no role; "
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


def _list(db: Database) -> None:
    for account in all_accounts(db):
        state = "" if account.disabled is None else "  (disabled)"
        print(f"{account.username:<24} {account.name:<28} {', '.join(account.groups)}{state}")
