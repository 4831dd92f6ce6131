"""Sign-in by a password kept here: demo, tests and break-glass.

streamlit-authenticator hashes and checks, and nothing else of it is used (docs/decisions/0006).
"""

import ipaddress
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from threading import Lock
from typing import Final, Protocol, cast

from auth.sessions import Person
from core.errors import Invalid, SignInRefused, StoreUnavailable
from core.leaf import Draft
from core.records import Kind
from store.database import Database
from store.directory import Account, attempt_key, clear_failures, count_failure, find_account, locked_until

MIN_PASSWORD_CHARACTERS: Final = 12
# bcrypt reads no more; its library raises for longer ones.
MAX_PASSWORD_BYTES: Final = 72
_WAIT_S: Final = 10
REFUSED: Final = "Name or password is wrong, or sign-in is locked for 15 minutes after five failures."
# Whoever has one IPv6 address has at least this whole network.
_IPV6_ONE_CLIENT: Final = 64
# The hash of a random password nobody has kept, at the cost of every other: unknown names take as long.
_NOBODY: Final = "$2b$12$BpFyKVrDN85WlNg2sn89k.b9JAL2VEDU5b.UOTXVzehE2TS2Ttbq."
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

    @property
    def name(self) -> str:
        """The username as accounts are named."""
        return self.username.strip().lower()


def origin_of(address: str) -> str:
    """Give what counts as one place to come from: an IPv4 address, the /64 of an IPv6 one."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    mapped = ip.ipv4_mapped
    return str(mapped or ipaddress.ip_network((int(ip), _IPV6_ONE_CLIENT), strict=False))


def turn_away_locked(db: Database, address: str, now: int) -> None:
    """Raise SignInRefused for an address that is locked; cheap, and recorded when the lock began.

    That an address is locked is no secret, so it need not cost what a wrong password costs.
    """
    if locked_until(db, [_address_key(address)], now) is not None:
        raise SignInRefused(REFUSED)


def sign_in(db: Database, attempt: Attempt, now: int) -> Person:
    """Prove an identity by password; raises SignInRefused, whose words never tell what was wrong.

    From an address that is not locked, every attempt costs one hash, whether the name exists, is locked, or
    the password can't be right.
    """
    with _one_at_a_time():
        # Asked again here: the lock may have begun while this attempt waited.
        turn_away_locked(db, attempt.address, now)
        keys = (attempt_key("account", attempt.name), _address_key(attempt.address))
        locked = locked_until(db, keys[:1], now) is not None
        account = find_account(db, attempt.name)
        right = _matches(attempt.password, account)
        if locked or account is None or account.disabled is not None or not right:
            who = _who(attempt, account)
            reason = "locked_out" if locked else _reason(account, right=right)
            refused = refusal_record(Kind.OPERATOR_SIGN_IN_REFUSED, reason, who, now)
            lock = refusal_record(Kind.OPERATOR_LOCKED_OUT, "locked_out", who, now)
            # A locked name does not count on, or anybody could keep a colleague out for ever; who tries it
            # does, or one address could try it for ever.
            count_failure(db, keys[1:] if locked else keys, refused=refused, locked=lock)
            raise SignInRefused(REFUSED)
        clear_failures(db, keys[0])
        return Person(subject=account.subject, name=account.name, groups=account.groups)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    if not _checking.acquire(timeout=_WAIT_S):
        raise StoreUnavailable("too many people sign in at once: try again in a moment")
    try:
        yield
    finally:
        _checking.release()


def _address_key(address: str) -> str:
    return attempt_key("address", origin_of(address))


def _reason(account: Account | None, *, right: bool) -> str:
    return "disabled" if right and account is not None and account.disabled is not None else "wrong_password"


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
