"""The native family's words, as they lie in a payload once it is known to be strict JSON."""

import re
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta

from core.calls import CLAIMS, CallState
from core.commands import Result
from core.feeds import OPEN_END
from core.records import Class, Kind, classes

# What an event key holds; a range may end at OPEN_END, which is no number of an event.
LAST_SEQ: Final = 2**48 - 1
# Ids enter leaves, which are kept for ever: no spaces, no free text. `\Z` because `$` lets a line end by.
_ID: Final = r"^[0-9A-Za-z_.:-]{1,64}\Z"
ID: Final = re.compile(_ID)
Id: TypeAlias = Annotated[str, Meta(pattern=_ID)]
Seq: TypeAlias = Annotated[int, Meta(ge=1, le=LAST_SEQ)]
Count: TypeAlias = Annotated[int, Meta(ge=0, le=LAST_SEQ)]
End: TypeAlias = Annotated[int, Meta(ge=0, le=OPEN_END)]
MAX_WORD: Final = 256
Word: TypeAlias = Annotated[str, Meta(max_length=MAX_WORD)]
Time: TypeAlias = Annotated[str, Meta(max_length=64)]

# What the log works out by itself is no device's to say, nor what belongs to people and to the feed.
KINDS: Final = (
    classes(Class.MOVEMENT, Class.DOOR, Class.CALL) - {Kind.DOOR_REPORTED, Kind.DOOR_CORRECTED} - CLAIMS
) | {Kind.DEVICE_TAMPERED, Kind.DEVICE_FAULT}
AT_A_DOOR: Final = classes(Class.MOVEMENT, Class.DOOR, Class.CALL)
OF_A_CALL: Final = classes(Class.CALL)
CREDENTIALS: Final = frozenset(
    {"card", "pin", "fingerprint", "face", "mobile", "plate", "remote", "rex", "key"}
)


class Credential(msgspec.Struct, frozen=True):
    """What a cardholder has shown; the device has masked it already, and we mask it again."""

    type: Word
    masked: Word = ""


class Event(msgspec.Struct, frozen=True):
    """The only message that makes a record and consumes a sequence number."""

    v: Literal[1]
    id: Id
    boot: Id
    seq: Seq
    ts: Time
    kind: Word
    door: Word | None = None
    reason: Word | None = None
    credential: Credential | None = None
    person: Word | None = None
    call: Id | None = None
    mode: Word | None = None


class Oldest(msgspec.Struct, frozen=True):
    """The first event a device can still replay."""

    boot: Id
    seq: Seq


class Status(msgspec.Struct, frozen=True):
    """A device's heartbeat; its will is the same with `online` false and nothing else."""

    online: bool
    boot: Id | None = None
    seq: Count | None = None
    oldest: Oldest | None = None
    fw: Word | None = None
    ts: object = None


class DoorWords(msgspec.Struct, frozen=True):
    """A full snapshot of a door; words we don't know are unknown, not wrong."""

    boot: Id
    seq: Count
    ts: Time
    position: Word = ""
    lock: Word = ""
    mode: Word = ""
    alarm: Word = ""


class CallWords(msgspec.Struct, frozen=True):
    """A full snapshot of a call."""

    call: Id
    state: CallState
    door: Word
    boot: Id
    seq: Count
    ts: Time


class Reply(msgspec.Struct, frozen=True):
    """An answer to a command; whatever the clock says, the answer counts."""

    id: Id
    result: Result
    reason: Word = ""
    ts: object = None


class Page(msgspec.Struct, frozen=True, rename={"first": "from", "last": "to"}):
    """One page of a replay; its events are read one by one, so that a bad one harms no other."""

    boot: Id
    first: Count
    last: End
    events: list[object]
    lost: list[tuple[Seq, End]]
    more: bool
    next_boot: Id | None = None
