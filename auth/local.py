"""Sign-in by a password kept here, and a one-time code where the account has a secret: demo and break-glass.

streamlit-authenticator hashes and checks, and nothing else of it is used (docs/decisions/0006). What keeps
break-glass accounts from being guessed, and from being locked, is in docs/decisions/0026.
"""

import ipaddress
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv4Address, IPv6Address
from threading import Lock
from typing import Final, NoReturn, Protocol, cast

from auth import one_time_codes
from auth.networks import Networks
from auth.sessions import Person
from core.errors import Invalid, SignInRefused, StoreUnavailable
from core.leaf import Draft
from core.records import Kind
from core.times import MINUTE_US
from store.database import Database
from store.directory import (
    MAX_FAILURES_OF_ADDRESS,
    Account,
    attempt_key,
    clear_failures,
    count_failure,
    find_account,
    locked_until,
    take_code,
)

MIN_PASSWORD_CHARACTERS: Final = 12
# bcrypt reads no more; its library raises for longer ones.
MAX_PASSWORD_BYTES: Final = 72
_WAIT_S: Final = 10
REFUSED: Final = (
    "Name, password or code is wrong, or sign-in is locked for 15 minutes after too many failures."
)
BREAKGLASS_LONGEST_US: Final = 30 * MINUTE_US
# Whoever has one IPv6 address has at least this whole network.
_IPV6_ONE_CLIENT: Final = 64
# The hash of a random password nobody has kept, at the cost of every other: unknown names take as long.
_NOBODY: Final = "$2b$12$BpFyKVrDN85WlNg2sn89k.b9JAL2VEDU5b.UOTXVzehE2TS2Ttbq."
# As for the password: the code is looked at however the attempt will end.
_NO_SECRET: Final = "A" * 32
_WRONG_CODE: Final = "wrong_code"
_CODE_USED: Final = "code_used"
# One check at a time in a process: parallel guesses can't outrun the count, nor take every core.
_checking: Final = Lock()


def hash_password(password: str) -> str:
    """Hash a new password (0.2 s of one core); raises Invalid for one too short or too long."""
    if len(password) < MIN_PASSWORD_CHARACTERS:
        raise Invalid(f"a password needs at least {MIN_PASSWORD_CHARACTERS} characters")
    if not _fits(password):
        raise Invalid(f"a password may have at most {MAX_PASSWORD_BYTES} bytes; choose a shorter one")
    hashed: str = _hasher().hash(password)
    return hashed


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What somebody typed, and from where."""

    username: str
    password: str = field(repr=False)
    address: str
    code: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """The username as accounts are named."""
        return self.username.strip().lower()


@dataclass(frozen=True, slots=True)
class LocalRules:
    """Who may sign in by a password kept here, and how.

    `only_breakglass`: a provider vouches for everybody else. `demo`: a password alone signs in, but not to a
    break-glass account. `networks`: where break-glass accounts may be used from.
    """

    only_breakglass: bool = False
    demo: bool = False
    networks: Networks = field(default_factory=Networks)

    def admit(self, account: Account) -> bool:
        """Whether accounts of its kind may sign in."""
        return account.breakglass or not self.only_breakglass

    def reach(self, address: str) -> bool:
        """Whether a break-glass account may be used from an address."""
        return self.networks.allows("breakglass", address)

    def want_code(self, account: Account) -> bool:
        """Whether a password is not enough."""
        return account.breakglass or (account.totp_secret is not None and not self.demo)


_USUAL: Final = LocalRules()


def _ip(address: str) -> IPv4Address | IPv6Address | None:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return None
    return ip if isinstance(ip, IPv4Address) else ip.ipv4_mapped or ip


def origin_of(address: str) -> str:
    """Give what counts as one place to come from: an IPv4 address, the /64 of an IPv6 one."""
    ip = _ip(address)
    if isinstance(ip, IPv6Address):
        return str(ipaddress.ip_network((int(ip), _IPV6_ONE_CLIENT), strict=False))
    return address if ip is None else str(ip)


def turn_away_locked(db: Database, address: str, now: int) -> None:
    """Raise SignInRefused for an address that is locked; cheap, and recorded when the lock began.

    That an address is locked is no secret, so it need not cost what a wrong password costs.
    """
    if locked_until(db, [_address_key(address)], now) is not None:
        raise SignInRefused(REFUSED)


def sign_in(db: Database, attempt: Attempt, now: int, rules: LocalRules = _USUAL) -> Person:
    """Prove an identity by password and code; raises SignInRefused, whose words never tell what was wrong."""
    account = prove(db, attempt, now, rules)
    return Person(
        subject=account.subject,
        name=account.name,
        groups=account.groups,
        username=account.username,
        proven=rules.want_code(account),
        longest=BREAKGLASS_LONGEST_US if account.breakglass else None,
        breakglass=account.breakglass,
    )


def prove(db: Database, attempt: Attempt, now: int, rules: LocalRules = _USUAL) -> Account:
    """Find whose password and code these are, and use up the code; raises SignInRefused.

    From an address that is not locked, every attempt costs one hash, whether the name exists, is locked, or
    the password can't be right.
    """
    with _one_at_a_time():
        # Asked again here: the lock may have begun while this attempt waited.
        turn_away_locked(db, attempt.address, now)
        account = find_account(db, attempt.name)
        keys = _keys(attempt, account)
        locked = locked_until(db, keys, now) is not None
        right = _matches(attempt.password, account)
        step = one_time_codes.step_of(_secret(account), attempt.code, now)
        if account is None or not right or locked:
            _refuse(db, attempt, account, reason="locked_out" if locked else "wrong_password", now=now)
        if objection := _objection(account, attempt, rules) or _use_up(db, account, step, rules):
            _refuse(db, attempt, account, reason=objection, now=now)
        clear_failures(db, keys)
        return account


def _objection(account: Account, attempt: Attempt, rules: LocalRules) -> str | None:
    """Say what speaks against somebody who knows the password."""
    if account.disabled is not None:
        return "disabled"
    if not rules.admit(account):
        return "accounts_off"
    return "wrong_network" if account.breakglass and not rules.reach(attempt.address) else None


def _use_up(db: Database, account: Account, step: int | None, rules: LocalRules) -> str | None:
    """Take the code of this step, where one is wanted; says what speaks against it."""
    if not rules.want_code(account):
        return None
    if account.totp_secret is None or step is None:
        return _WRONG_CODE
    return None if take_code(db, account, step) else _CODE_USED


def _refuse(db: Database, attempt: Attempt, account: Account | None, *, reason: str, now: int) -> NoReturn:
    who = _who(attempt, account)
    refused = refusal_record(Kind.OPERATOR_SIGN_IN_REFUSED, reason, who, now)
    lock = refusal_record(Kind.OPERATOR_LOCKED_OUT, "locked_out", who, now)
    place = _address_key(attempt.address)
    keys = [place, *_counting(attempt, account, reason)]
    count_failure(db, keys, refused=refused, locked=lock, most={place: MAX_FAILURES_OF_ADDRESS})
    raise SignInRefused(REFUSED)


def _keys(attempt: Attempt, account: Account | None) -> list[str]:
    """Name the counters that lock an account for whoever makes this attempt.

    A break-glass account has one for each place to come from: nobody elsewhere can lock it in the emergency
    that it is for. Who knows its password has no more tries than that from all places together.
    """
    if account is None or not account.breakglass:
        return [attempt_key("account", attempt.name)]
    here = attempt_key("breakglass", f"{account.username} {origin_of(attempt.address)}")
    return [here, attempt_key("code", account.username)]


def _counting(attempt: Attempt, account: Account | None, reason: str) -> list[str]:
    """Name the counters that a failure counts on beside its address."""
    if reason == "locked_out":
        # A locked name does not count on, or anybody could keep a colleague out for ever; who tries it does,
        # or one address could try it for ever.
        return []
    name, *code = _keys(attempt, account)
    return [name, *(code if reason in {_WRONG_CODE, _CODE_USED} else ())]


def _address_key(address: str) -> str:
    return attempt_key("address", origin_of(address))


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    if not _checking.acquire(timeout=_WAIT_S):
        raise StoreUnavailable("too many people sign in at once: try again in a moment")
    try:
        yield
    finally:
        _checking.release()


def _who(attempt: Attempt, account: Account | None) -> dict[str, str]:
    # What was typed as a name is not kept unless it is one: people type passwords into the wrong field.
    known = {} if account is None else {"subject": account.subject, "name": account.name}
    return known | {"address": attempt.address}


def refusal_record(kind: Kind, reason: str, who: dict[str, str], now: int) -> Draft:
    """Make the record of a sign-in that is refused, or of the lock that this begins."""
    return Draft(kind=kind, received=now, reason=reason, private=who)


def _fits(password: str) -> bool:
    try:
        return 0 < len(password.encode()) <= MAX_PASSWORD_BYTES
    except UnicodeEncodeError:
        return False


def _matches(password: str, account: Account | None) -> bool:
    fits = _fits(password)
    hashed = account.password_hash if account is not None and fits else _NOBODY
    right = check_hash(password if fits else "", hashed)
    return right and fits and account is not None


def _secret(account: Account | None) -> str:
    return _NO_SECRET if account is None or account.totp_secret is None else account.totp_secret


def check_hash(password: str, hashed: str) -> bool:
    """Compare a password with a hash (0.2 s of one core)."""
    right: bool = _hasher().check_pw(password, hashed)
    return right


def load_hasher() -> None:
    """Import what hashes (0.4 s, beside Streamlit's second), so that nobody's sign-in waits for it."""
    _hasher()


class _Hasher(Protocol):
    def hash(self, password: str, /) -> str: ...

    def check_pw(self, password: str, hashed: str, /) -> bool: ...


@cache
def _hasher() -> _Hasher:
    # Its package imports streamlit, which takes a second and warns outside a running server.
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        from streamlit_authenticator.utilities.hasher import Hasher  # noqa: PLC0415
    finally:
        logging.disable(before)
    return cast("_Hasher", Hasher)
