"""A sensitive act before it happens: who wants what, exactly, and what a proof of it must be bound to. Pure.

An act is pending for a minute, is proved once, and is used up by that. Times are µs UTC.
"""

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from core.errors import Invalid
from core.leaf import Scalar, canonical
from core.permissions import Permission
from core.times import MINUTE_US, SECOND_US

LIVES_US: Final = MINUTE_US
NONCE_BYTES: Final = 32
# Refused proofs of one session that lock its acts, and for how long they count.
MOST_REFUSED: Final = 5
REFUSED_WITHIN_US: Final = 10 * MINUTE_US
MOST_SECONDS: Final = 60
USUAL_SECONDS: Final = 5
MAX_REASON: Final = 200
# In front of all that is hashed for a proof: no other document of ours begins so.
_TAG: Final = b"gatehouse.act.v1\0"


class Action(StrEnum):
    """What somebody wants to happen."""

    UNLOCK = "unlock"


NEEDS: Final[Mapping[Action, Permission]] = {Action.UNLOCK: Permission.DOOR_UNLOCK}


class Means(StrEnum):
    """How an act can be proved."""

    PASSKEY = "passkey"
    TOTP = "totp"


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One pending act; `session` is the public name of the session that asked, `why` the person's reason.

    `target` names exactly what it is about: `{"door": id}` for an unlock.
    """

    id: str
    subject: str
    session: str
    action: Action
    target: Mapping[str, Scalar]
    seconds: int
    why: str
    nonce: bytes
    created: int

    @property
    def expires(self) -> int:
        """When it is void if nobody has proved it."""
        return self.created + LIVES_US

    @property
    def door(self) -> str:
        """The door that it is about."""
        return str(self.target["door"])

    @property
    def challenge(self) -> bytes:
        """SHA-256 over everything that makes this act this act: what a passkey is to sign (32 bytes)."""
        told: dict[str, object] = {
            "id": self.id,
            "subject": self.subject,
            "session": self.session,
            "action": self.action.value,
            "target": dict(self.target),
            "seconds": self.seconds,
            "why": self.why,
            "nonce": self.nonce.hex(),
            "expires": self.expires,
        }
        return hashlib.sha256(_TAG + canonical(told)).digest()


def check_unlock(seconds: int, why: str) -> str:
    """Refuse what can't be meant of an unlock; gives the reason as it is kept; raises Invalid."""
    if not 1 <= seconds <= MOST_SECONDS:
        raise Invalid(f"a door can be unlocked for 1 to {MOST_SECONDS} seconds")
    plain = " ".join(why.split())
    if not plain or not plain.isprintable():
        raise Invalid("say why the door is to be unlocked")
    if len(plain) > MAX_REASON:
        raise Invalid(f"say it in at most {MAX_REASON} characters")
    return plain


def seconds_left(act: Act, now: int) -> int:
    """Give the whole seconds in which it can still be proved."""
    return max(0, (act.expires - now) // SECOND_US)
