"""A sensitive act before it happens: who wants what, exactly, and what a proof of it must be bound to. Pure.

An act is pending for a minute, is proved once, and is used up by that. Times are µs UTC.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from core.errors import Invalid
from core.leaf import MAX_SAFE_INTEGER, Scalar, canonical
from core.model import ID_PATTERN
from core.permissions import Permission
from core.times import MINUTE_US, SECOND_US

LIVES_US: Final = MINUTE_US
NONCE_BYTES: Final = 32
# Acts of one session within a minute that wait for a proof or were withdrawn: for ten calls at once.
MOST_WAITING: Final = 10
MOST_SECONDS: Final = 60
USUAL_SECONDS: Final = 5
MAX_REASON: Final = 200
MOST_DOORS: Final = 500
_LONGEST_FILTER: Final = 2_000
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_WORD: Final = re.compile(r"[a-z0-9_.-]{1,64}")
# In front of all that is hashed for a proof: no other document of ours begins so.
_TAG: Final = b"gatehouse.act.v1\0"
_SECOND_TAG: Final = b"gatehouse.act.second.v1\0"
# How long a second person has, and how long one proof at a provider may serve acts at the same door.
SECOND_PERSON_US: Final = MINUTE_US
REUSE_US: Final = 5 * MINUTE_US


class Action(StrEnum):
    """What somebody wants to happen."""

    UNLOCK = "unlock"
    HOLD = "hold"
    END_HOLD = "end_hold"
    LOCKDOWN = "lockdown"
    RELEASE = "release"
    EXPORT = "export"
    POLICY = "policy"
    ESTATE = "estate"


# What somebody must be allowed, there, to ask for it. An export of recordings needs another one than a log's.
NEEDS: Final[Mapping[Action, Permission]] = {
    Action.UNLOCK: Permission.DOOR_UNLOCK,
    Action.HOLD: Permission.DOOR_HOLD,
    Action.END_HOLD: Permission.DOOR_HOLD,
    Action.LOCKDOWN: Permission.DOOR_LOCKDOWN,
    Action.RELEASE: Permission.DOOR_LOCKDOWN,
    Action.EXPORT: Permission.LOG_EXPORT,
    Action.POLICY: Permission.POLICY_MANAGE,
    Action.ESTATE: Permission.ESTATE_MANAGE,
}


class Means(StrEnum):
    """How an act can be proved."""

    PASSKEY = "passkey"
    IDP = "idp"
    TOTP = "totp"


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One pending act; `session` is the public name of the session that asked, `why` the person's reason.

    `target` names exactly what it is about, as `read_target` gives it. `until` is when a hold or a lockdown
    ends by itself, µs UTC, 0 for what does not; `persons` is how many must prove it. `call` names the call at
    its door on which it was asked for, empty for none.
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
    until: int = 0
    persons: int = 1
    call: str = ""

    @property
    def expires(self) -> int:
        """When it is void if nobody has proved it."""
        return self.created + LIVES_US

    @property
    def door(self) -> str:
        """The one door that it is about, empty for an act that is about more, or about something else."""
        return str(self.target.get("door", ""))

    @property
    def doors(self) -> tuple[str, ...]:
        """Each door that it names, one or many."""
        named = str(self.target.get("doors", "")) or self.door
        return tuple(named.split(",")) if named else ()

    @property
    def bound(self) -> bytes:
        """Everything that makes this act this act, in canonical form: what its challenge is the hash of."""
        told: dict[str, object] = {
            "id": self.id,
            "subject": self.subject,
            "session": self.session,
            "action": self.action.value,
            "target": dict(self.target),
            "seconds": self.seconds,
            "until": self.until,
            "persons": self.persons,
            "why": self.why,
            "nonce": self.nonce.hex(),
            "expires": self.expires,
            **({"call": self.call} if self.call else {}),
        }
        return canonical(told)

    @property
    def challenge(self) -> bytes:
        """SHA-256 over what is bound, behind a tag of its own: what a passkey is to sign (32 bytes)."""
        return hashlib.sha256(_TAG + self.bound).digest()

    def challenge_for(self, subject: str, session: str) -> bytes:
        """Give what a passkey of this person is to sign in this session: a second one signs anew."""
        if (subject, session) == (self.subject, self.session):
            return self.challenge
        told: dict[str, object] = {"act": self.challenge.hex(), "second": subject, "session": session}
        return hashlib.sha256(_SECOND_TAG + canonical(told)).digest()


# What lets somebody in, or takes back what keeps people out. What secures a door waits for nobody.
OPENS: Final = frozenset({Action.UNLOCK, Action.HOLD, Action.RELEASE})

# --- targets ------------------------------------------------------------------------------------------


def _identifier(value: object) -> Scalar | None:
    return value if isinstance(value, str) and ID_PATTERN.fullmatch(value) else None


def _identifiers(value: object) -> Scalar | None:
    """Take a list of ids as one text in which each stands once, in order: a leaf holds no lists."""
    if not isinstance(value, list) or not 0 < len(value) <= MOST_DOORS:
        return None
    found = {one for one in value if _identifier(one) is not None and isinstance(one, str)}
    return ",".join(sorted(found)) if len(found) == len(value) else None


def _text(value: object) -> Scalar | None:
    fits = isinstance(value, str) and len(value) <= _LONGEST_FILTER and value.isprintable()
    return value if fits and isinstance(value, str) else None


def _moment(value: object) -> Scalar | None:
    return value if type(value) is int and 0 <= value <= MAX_SAFE_INTEGER else None


def _word(value: object) -> Scalar | None:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else None


def _sum(value: object) -> Scalar | None:
    return value if isinstance(value, str) and _SHA256.fullmatch(value) else None


_Shape = Mapping[str, Callable[[object], Scalar | None]]
_DOOR: Final[_Shape] = {"door": _identifier}
_DOORS: Final[_Shape] = {"doors": _identifiers}
_SITE: Final[_Shape] = {"site": _identifier}
_DOCUMENT: Final[_Shape] = {"document": _word, "sha256": _sum}
_SHAPES: Final[Mapping[Action, tuple[_Shape, ...]]] = {
    Action.UNLOCK: (_DOOR,),
    Action.HOLD: (_DOOR,),
    Action.END_HOLD: (_DOOR,),
    Action.LOCKDOWN: (_DOORS, _SITE),
    Action.RELEASE: (_DOORS, _SITE),
    Action.EXPORT: (
        {"filter": _text, "format": _word, "upto": _moment},
        {"recording": _word, "from": _moment, "to": _moment},
    ),
    Action.POLICY: (_DOCUMENT,),
    Action.ESTATE: (_DOCUMENT,),
}


def read_target(action: Action, told: Mapping[str, object]) -> Mapping[str, Scalar]:
    """Give what somebody names as an act's target in its one form (DESIGN, section 5); raises Invalid.

    Of several doors, each stands once and in order in one text, with commas.
    """
    for shape in _SHAPES[action]:
        if shape.keys() != told.keys():
            continue
        values = {name: read(told[name]) for name, read in shape.items()}
        found = {name: value for name, value in values.items() if value is not None}
        if len(found) == len(shape):
            return found
    wanted = " or ".join("{" + ", ".join(shape) + "}" for shape in _SHAPES[action])
    raise Invalid(f"this act is about {wanted}, and nothing else")


# --- what can be meant --------------------------------------------------------------------------------


def check_unlock(seconds: int, why: str) -> str:
    """Refuse what can't be meant of an unlock; gives the reason as it is kept; raises Invalid."""
    if not 1 <= seconds <= MOST_SECONDS:
        raise Invalid(f"a door can be unlocked for 1 to {MOST_SECONDS} seconds")
    return check_reason(why, "the door is to be unlocked")


def check_reason(why: str, what: str) -> str:
    """Give a reason as it is kept; raises Invalid for none; `what` is to happen."""
    plain = " ".join(why.split())
    if not plain or not plain.isprintable():
        raise Invalid(f"say why {what}")
    if len(plain) > MAX_REASON:
        raise Invalid(f"say it in at most {MAX_REASON} characters")
    return plain


def seconds_left(act: Act, now: int) -> int:
    """Give the whole seconds in which it can still be proved."""
    return max(0, (act.expires - now) // SECOND_US)
