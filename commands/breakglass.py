"""`gatehouse.py breakglass create|drill|status`: sealed accounts for when no identity provider works."""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from auth.local import Attempt, LocalRules, hash_password, prove
from auth.one_time_codes import enrolment_uri, new_secret
from auth.readable_secrets import BITS, readable_secret
from commands.io import asked, operator
from core.errors import Invalid
from core.permissions import EVERYWHERE, Grant, Policy, Role
from core.times import iso_us
from settings import Settings
from store.breakglass import DRILL_EVERY_US, Sealed, note_drill, seal, sealed_accounts
from store.clock import now_us
from store.database import Database
from store.directory import Account, find_account
from store.disk import need_room
from store.opening import open_database
from store.policies import current_policy

NAMES: Final = ("breakglass-1", "breakglass-2")
# What stands for an address in the records: no network leads here.
PLACE: Final = "command line"
_GRANT: Final = '[[grants]]\ngroup = "gh-breakglass"\nrole = "admin"\nsites = ["*"]'
_HOW: Final = f"add this to the policy, and apply it with `gatehouse.py policy apply FILE`:\n{_GRANT}"
_SEAL: Final = """\
This is shown once and never again. Seal it now:
 1. Two envelopes, one for each account: copy it by hand, then sign and date across the seam.
 2. Two places that do not burn together, and no person who holds the keys to both.
 3. If nobody is to open one alone: password and secret in envelopes of their own, with two people.
 4. Clear this screen and what has scrolled away.
The secret goes into any authenticator (time-based, 6 digits, 30 s), as text or by its address as a QR code.
Passwords hold no i, l, o or u: what looks like one is 1 or 0. The hyphens belong to them.
Each use is an alarm and lasts 30 minutes at most; draw new ones after it, with `breakglass create --replace`.
"""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is written on paper."""

    username: str
    password: str = field(repr=False)
    secret: str = field(repr=False)

    def text(self) -> str:
        """Lay it out for copying by hand."""
        return (
            f"{self.username}\n"
            f"  password  {self.password}\n"
            f"  secret    {self.secret}\n"
            f"  address   {enrolment_uri(self.secret, self.username)}\n"
        )


def main(arguments: Namespace, settings: Settings) -> int:
    """Draw, try or list the accounts."""
    db = open_database(settings.data)
    match arguments.deed:
        case "create":
            _create(db, arguments.group, replace=arguments.replace)
        case "drill":
            _drill(db, arguments.username)
        case _:
            return _status(db)
    return 0


# --- create -------------------------------------------------------------------------------------------


def _create(db: Database, wanted: str | None, *, replace: bool) -> None:
    group = administrators(current_policy(db), wanted)
    there = [name for name in NAMES if find_account(db, name) is not None]
    if there and not replace:
        raise Invalid(
            f"{' and '.join(there)} exist already: with --replace both are drawn anew, and what is in their "
            "envelopes opens nothing any more"
        )
    need_room(db)
    drawn = [Drawn(name, readable_secret(), new_secret()) for name in NAMES]
    now = now_us()
    seal(db, [_account(one, group) for one in drawn], now, operator())
    print("\n".join(one.text() for one in drawn))
    print(f"Each password has {BITS} bits. Both accounts are of the group {group}.\n\n{_SEAL}")
    print(f"Try one with `gatehouse.py breakglass drill`, and each until {_day(now + DRILL_EVERY_US)}.")


def administrators(policy: Policy, wanted: str | None) -> str:
    """Find the group of those who administer everything; raises Invalid, saying what to write, for none."""
    every = [one for one in policy.grants if one.role is Role.ADMIN and EVERYWHERE in one.sites]
    fit = [one.group for one in every if not one.provider]
    if wanted is None and fit:
        return fit[0]
    if wanted in fit:
        return str(wanted)
    raise Invalid(_why_none(policy, every, wanted))


def _why_none(policy: Policy, every: Sequence[Grant], wanted: str | None) -> str:
    if policy.version == 0:
        return f"there is no policy yet, so a break-glass account could do nothing: {_HOW}"
    bound = [one for one in every if wanted is None or one.group == wanted]
    if bound:
        return (
            f"the policy gives {bound[0].group} the role admin at all sites only where {bound[0].provider} "
            f"says who belongs to it, and no provider knows a break-glass account: {_HOW}"
        )
    whom = f"the group {wanted}" if wanted else "no group"
    verb = "does not give" if wanted else "gives"
    return f"the policy {verb} {whom} the role admin at all sites: {_HOW}"


def _account(drawn: Drawn, group: str) -> Account:
    return Account(
        username=drawn.username,
        name=drawn.username,
        password_hash=hash_password(drawn.password),
        groups=(group,),
        totp_secret=drawn.secret,
        breakglass=True,
    )


# --- drill --------------------------------------------------------------------------------------------


def _drill(db: Database, wanted: str | None) -> None:
    username = _chosen(sealed_accounts(db), wanted)
    need_room(db)
    print(f"Open the envelopes of {username}. No session begins, and the code is used up.")
    attempt = Attempt(username=username, password=asked("Password: "), code=asked("Code: "), address=PLACE)
    now = now_us()
    note_drill(db, prove(db, attempt, now, LocalRules(only_breakglass=True)), now, operator())
    print(f"{username} opens: password and code are right. Seal the envelopes again and put them back.")
    print(f"The next drill of {username} is due on {_day(now + DRILL_EVERY_US)}.")


def _chosen(accounts: Sequence[Sealed], wanted: str | None) -> str:
    """Choose the account that is due first, if none is named."""
    if not accounts:
        raise Invalid("there are no break-glass accounts: draw them with `gatehouse.py breakglass create`")
    names = [one.username for one in accounts]
    if wanted is None:
        return min(accounts, key=lambda one: one.due).username
    if wanted not in names:
        raise Invalid(f"'{wanted}' is no break-glass account; there are {', '.join(names)}")
    return wanted


# --- status -------------------------------------------------------------------------------------------


def _status(db: Database) -> int:
    accounts, now = sealed_accounts(db), now_us()
    if not accounts:
        print("there are no break-glass accounts: draw them with `gatehouse.py breakglass create`")
    for one in accounts:
        print(_line(one, now))
    return 0 if accounts and all(one.sound(now) for one in accounts) else 1


def _line(one: Sealed, now: int) -> str:
    wrong = {
        "disabled": one.disabled,
        "no admin by the policy": not one.everywhere,
        "overdue": one.overdue(now),
    }
    said = "".join(f"  ({words})" for words, so in wrong.items() if so)
    return (
        f"{one.username:<16} sealed {_day(one.sealed)}  last used {_day(one.used):<10}  "
        f"last drill {_day(one.drilled):<10}  due {_day(one.due)}{said}"
    )


def _day(us: int | None) -> str:
    return iso_us(us)[:10] if us else "never"
