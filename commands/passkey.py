"""`gatehouse.py passkey code|list|remove`: who may enrol a passkey, and which there are."""

from argparse import Namespace
from typing import Final

from auth.enrolment import issue_code
from commands.from_here import need_network
from commands.io import operator
from commands.policy import found, providers_of
from core.errors import Invalid
from core.policy_changes import Someone
from core.times import iso_us
from pages.foreign import visible
from settings import Settings
from store.candidates import candidates
from store.clock import now_us
from store.database import Database
from store.disk import need_room
from store.opening import open_database
from store.passkeys import Passkey, passkeys_of, remove_passkey

_NONE: Final = "there is no passkey '{ref}' of theirs: see `gatehouse.py passkey list {who}`"


def main(arguments: Namespace, settings: Settings) -> int:
    """Make a code, or list or remove passkeys."""
    db = open_database(settings.data)
    who = found(arguments.who, candidates(db, now_us(), providers_of(settings)))
    if arguments.deed != "list":
        need_network(db, settings, "people")
    match arguments.deed:
        case "code":
            _code(db, who)
        case "remove":
            _remove(db, who, arguments.ref)
        case _:
            _list(db, who)
    return 0


def _code(db: Database, who: Someone) -> None:
    need_room(db)
    code = issue_code(db, who.subject, name=who.name, by=operator(), now=now_us())
    print(f"{code}\nThis is shown once. It lets {visible(who.subject)} add a passkey at /passkeys/new:")
    print("once, within 15 minutes, where they are signed in. Be sure who you give it to.")


def _list(db: Database, who: Someone) -> None:
    for one in passkeys_of(db, who.subject):
        print(_line(one))


def _line(one: Passkey) -> str:
    used = iso_us(one.used)[:10] if one.used is not None else "never"
    locked = "  (locked: it may have been copied)" if one.locked is not None else ""
    return f"{one.ref}  {visible(one.name):<28} added {iso_us(one.created)[:10]}  last used {used}{locked}"


def _remove(db: Database, who: Someone, ref: str) -> None:
    private = {"name": who.name, "by": operator()}
    if not remove_passkey(db, who.subject, ref, now=now_us(), private=private):
        raise Invalid(_NONE.format(ref=visible(ref), who=visible(who.subject)))
    print(f"passkey {ref} of {visible(who.subject)} confirms nothing any more")
