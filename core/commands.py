"""What is asked of a door, and what its device answers: the words between an act and a device family.

A command is used up by one publication: it is never sent twice, never retained, and void at `expires`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol, TypeAlias

from core.model import Device, Door, Estate
from core.times import SECOND_US

# At the broker, in the payload and at the device alike (DESIGN, section 5).
LIVES_US: Final = 5 * SECOND_US
# Says, as the last thing before it goes out, whether a command is still to be sent, and that it now is.
Ready: TypeAlias = Callable[[], bool]


class Verb(StrEnum):
    """What a door is asked to do."""

    UNLOCK = "unlock"
    HOLD = "hold"
    LOCK_DOWN = "lockdown"
    RESTORE = "restore"


class Result(StrEnum):
    """How a device answers a command (DESIGN, section 6: `reply/<act id>`)."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    EXPIRED = "expired"
    DUPLICATE = "duplicate"
    BAD_SIGNATURE = "bad_signature"


# The reason in the log of each answer that is none of acceptance.
WHY_NOT: Final[Mapping[Result, str]] = {
    Result.REFUSED: "refused_by_device",
    Result.EXPIRED: "expired_there",
    Result.DUPLICATE: "replayed",
    Result.BAD_SIGNATURE: "bad_signature",
}
# A repetition was refused, but not what it repeats.
DENIALS: Final = frozenset({Result.REFUSED, Result.EXPIRED, Result.BAD_SIGNATURE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One act at one door; `act` is a lower-case ULID, times are µs UTC.

    An unlock lasts `seconds`, a hold or a lockdown until `until`; the device ends both by itself.
    """

    act: str
    verb: Verb
    issued: int
    expires: int
    seconds: int = 0
    until: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What our side proves itself with to one device; nothing of it is in any repr.

    `signing` is the key of a MAC, `hotp` the secret of RFC 4226, `card` a number that the controller knows
    for us; `counter` is a number used for nothing before, stored by the caller before it is used.
    """

    signing: bytes = field(default=b"", repr=False)
    hotp: bytes = field(default=b"", repr=False)
    card: str = field(default="", repr=False)
    counter: int = field(default=0, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One MQTT publication that carries a command: QoS 1, not retained, gone at the broker after `expiry_s`.

    `response` is the topic on which the device answers, where the protocol has one; `correlation` is what it
    gives back with the answer. `expires` is when the command is void (µs UTC, 0: `expiry_s` alone counts),
    `first` whether it goes before others that wait. `anew` writes it with a number used for nothing before,
    where its device counts: that one is sent, and a number that is not sent is none to use up. `kid` names
    the device whose key has signed it, as a signature of its own does, empty where nothing is signed.
    """

    topic: str
    payload: bytes = field(repr=False)
    expiry_s: int
    response: str = ""
    correlation: bytes = b""
    expires: int = 0
    first: bool = True
    kid: str = ""
    anew: "Callable[[], Order] | None" = field(default=None, repr=False, compare=False)


class Delivery(StrEnum):
    """What the broker said of a command that it has: taken, taken and nobody listens, or refused."""

    TAKEN = "taken"
    NOBODY = "nobody"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The broker's word; NOBODY hints that the device is not connected, REFUSED means nobody gets it.

    `reason` is the broker's own, `at` when it came (µs UTC), 0 where nobody noted that.
    """

    delivery: Delivery
    reason: str = ""
    at: int = 0


class Line(Protocol):
    """The way to the devices, as the command principal; safe between threads."""

    def order(self, device: Device, door: Door, command: Command, *, estate: Estate) -> Order:
        """Write the one publication that carries a command, using nothing up; raises CommandImpossible."""

    def send(self, order: Order, ready: Ready) -> Sent:
        """Publish it once, if it is `ready` when its turn has come.

        Raises BrokerError, Withheld and CommandImpossible where it surely was not sent, OutcomeUnknown where
        nobody knows.
        """
