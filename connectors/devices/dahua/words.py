"""What lies in a payload of DahuaVTO2MQTT; only the fields that are read."""

from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

Word: TypeAlias = Annotated[str, Meta(max_length=128)]
Number: TypeAlias = Annotated[int, Meta(ge=0, le=2**53 - 1)]


class Event(msgspec.Struct, frozen=True, rename="pascal"):
    """The envelope of every event; what `Data` holds depends on the event."""

    action: Word
    data: dict[str, object]


class When(msgspec.Struct, frozen=True):
    """Both times an event may carry; UTC is seconds since 1970, the other the wall clock of the station."""

    utc: Number | None = msgspec.field(default=None, name="UTC")
    local: Word | None = msgspec.field(default=None, name="LocaleTime")


class Access(msgspec.Struct, frozen=True):
    """Somebody opened a door, or tried to."""

    name: Word = msgspec.field(name="Name")
    status: Number = msgspec.field(name="Status")
    method: Number | None = msgspec.field(default=None, name="Method")
    card: Word = msgspec.field(default="", name="CardNo")
    password: Word = msgspec.field(default="", name="Password")
    reader: Word = msgspec.field(default="", name="ReaderID")
    record: Number | None = msgspec.field(default=None, name="RecNo")
    utc: Number | None = msgspec.field(default=None, name="UTC")
    user: Word = msgspec.field(default="", name="UserID")


class Light(msgspec.Struct, frozen=True):
    """The lamp behind the keys, which shows what the station is doing."""

    state: Number = msgspec.field(name="State")


class Finger(msgspec.Struct, frozen=True):
    """The check of a finger; 0 is nobody's."""

    print: Number = msgspec.field(name="FingerPrintID")


class Registration(msgspec.Struct, frozen=True):
    """Whether the station could register at its SIP server."""

    success: bool = msgspec.field(name="Success")


class Alarm(msgspec.Struct, frozen=True):
    """An alarm that the station passes on."""

    type: Word = msgspec.field(default="", name="AlarmType")
