"""What lets somebody enrol a passkey: never a password alone (docs/decisions/0030).

A sign-in that the provider's own rule has proven, not long ago; or a code of the person's authenticator
(accounts of our own); or a one-time code that an administrator has made for this person.
"""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from threading import Lock
from typing import Final

from auth import one_time_codes
from auth.passkeys import Visit
from auth.readable_secrets import as_drawn, readable_secret
from auth.sessions import Actor
from core.errors import ProofRefused
from core.leaf import Draft
from core.records import Kind
from core.times import MINUTE_US
from store.database import Database
from store.directory import (
    Account,
    attempt_key,
    clear_failures,
    count_failure,
    find_account,
    locked_until,
)
from store.directory import take_code as take_authenticator_code
from store.log import append
from store.passkeys import keep_code, take_code

RECENT_US: Final = 10 * MINUTE_US
NOT_PROVEN: Final = (
    "A password alone can't add a passkey. Show a code: an administrator can make one for you, at People."
)
WRONG_CODE: Final = (
    "This code is not right, or not any more. Each counts once; after five wrong ones wait 15 minutes."
)
_OURS: Final = "local:"
# One look at a code at a time in a process: parallel guesses can't outrun the count.
_checking: Final = Lock()


class Way(StrEnum):
    """By what somebody has shown that they may enrol a passkey."""

    PROVIDER = "provider"
    AUTHENTICATOR = "authenticator"
    CODE = "code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a session has shown already, and what it could show.

    `proven` by its provider's rule, and `recent`ly; `authenticator`: the account has one.
    """

    proven: bool
    recent: bool
    authenticator: bool

    @property
    def open(self) -> bool:
        """Whether nothing more is to be shown."""
        return self.proven and self.recent


def entry_of(db: Database, actor: Actor, now: int) -> Entry:
    """Say how a session stands at this moment (µs UTC)."""
    account = _account(db, actor)
    return Entry(
        # The word of a provider: what an account of ours showed at its sign-in is asked for again.
        proven=bool(actor.provider) and actor.proven,
        recent=now - actor.created <= RECENT_US,
        authenticator=account is not None and account.totp_secret is not None,
    )


def prove_entry(db: Database, visit: Visit, code: str) -> Way:
    """Say by which way somebody may enrol, using up the code they typed; raises ProofRefused, recorded."""
    if entry_of(db, visit.actor, visit.now).open:
        return Way.PROVIDER
    if not code.strip():
        append(db, [visit.record(Kind.OPERATOR_PASSKEY_REFUSED, "enrolment_not_proven")])
        raise ProofRefused("enrolment_not_proven", NOT_PROVEN)
    with _checking:
        return _by_code(db, visit, code)


def issue_code(db: Database, subject: str, *, name: str, by: str, now: int) -> str:
    """Make the one-time code by which a person may enrol within 15 minutes; it is given this once."""
    code = readable_secret()
    private = {"subject": subject, "name": name, "by": by}
    record = Draft(kind=Kind.OPERATOR_PASSKEY_CODE_ISSUED, received=now, private=private)
    keep_code(db, subject, _hash(code), record)
    return code


def _by_code(db: Database, visit: Visit, code: str) -> Way:
    keys = [attempt_key("passkey", visit.actor.subject)]
    locked = locked_until(db, keys, visit.now) is not None
    way = None if locked else _way_of(db, visit, code)
    if way is not None:
        clear_failures(db, keys)
        return way
    reason = "too_many_tries" if locked else "wrong_enrolment_code"
    refused = visit.record(Kind.OPERATOR_PASSKEY_REFUSED, reason)
    lock = visit.record(Kind.OPERATOR_PASSKEY_REFUSED, "too_many_tries")
    # A person who is locked out does not count on, or it would never end.
    count_failure(db, [] if locked else keys, refused=refused, locked=lock)
    raise ProofRefused(reason, WRONG_CODE)


def _way_of(db: Database, visit: Visit, code: str) -> Way | None:
    account = _account(db, visit.actor)
    if account is not None and account.totp_secret is not None:
        step = one_time_codes.step_of(account.totp_secret, code, visit.now)
        if step is not None and take_authenticator_code(db, account, step):
            return Way.AUTHENTICATOR
    return Way.CODE if take_code(db, visit.actor.subject, _hash(code), visit.now) else None


def _account(db: Database, actor: Actor) -> Account | None:
    if actor.provider or not actor.subject.startswith(_OURS):
        return None
    return find_account(db, actor.subject.removeprefix(_OURS))


def _hash(code: str) -> bytes:
    return sha256(as_drawn(code).encode()).digest()
