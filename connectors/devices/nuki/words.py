"""The words and numbers of Nuki's MQTT API and of Nuki Hub; what is not named here is not known."""

from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta

from core.doors import Lock, Position

# Where the bolt is on its way, uncalibrated or jammed, nobody can say what it does.
STATE_NUMBERS: Final = {
    "0": Lock.UNKNOWN,
    "1": Lock.LOCKED,
    "2": Lock.UNKNOWN,
    "3": Lock.UNLOCKED,
    "4": Lock.UNKNOWN,
    "5": Lock.UNLOCKED,
    "6": Lock.UNLOCKED,
    "7": Lock.UNKNOWN,
    "253": Lock.UNKNOWN,
    "254": Lock.UNKNOWN,
    "255": Lock.UNKNOWN,
}
DOOR_NUMBERS: Final = {
    "0": Position.UNKNOWN,
    "1": Position.UNKNOWN,
    "2": Position.CLOSED,
    "3": Position.OPEN,
    "4": Position.UNKNOWN,
    "5": Position.UNKNOWN,
    "16": Position.UNKNOWN,
    "240": Position.UNKNOWN,
    "255": Position.UNKNOWN,
}
# An opener that lets in whoever rings (RTOactive) holds nobody out.
STATE_WORDS: Final = {
    "locked": Lock.LOCKED,
    "unlocked": Lock.UNLOCKED,
    "unlatched": Lock.UNLOCKED,
    "unlockedLnga": Lock.UNLOCKED,
    "RTOactive": Lock.UNLOCKED,
    "open": Lock.UNLOCKED,
    "opening": Lock.UNLOCKED,
    "locking": Lock.UNKNOWN,
    "unlocking": Lock.UNKNOWN,
    "unlatching": Lock.UNKNOWN,
    "uncalibrated": Lock.UNKNOWN,
    "calibration": Lock.UNKNOWN,
    "bootRun": Lock.UNKNOWN,
    "motorBlocked": Lock.UNKNOWN,
    "undefined": Lock.UNKNOWN,
}
DOOR_WORDS: Final = {
    "doorClosed": Position.CLOSED,
    "doorOpened": Position.OPEN,
    "unavailable": Position.UNKNOWN,
    "deactivated": Position.UNKNOWN,
    "doorStateUnknown": Position.UNKNOWN,
    "calibrating": Position.UNKNOWN,
    "uncalibrated": Position.UNKNOWN,
    "tampered": Position.UNKNOWN,
    "undefined": Position.UNKNOWN,
}
# On its way it soon says where it is; after these nobody can tell until it is seen to.
LOST: Final = frozenset({"0", "254", "255", "uncalibrated", "motorBlocked", "undefined"})
JAMMED: Final = frozenset({"254", "motorBlocked"})
TAMPERED: Final = frozenset({"240", "tampered"})

# lockActionEvent
UNLOCKING: Final = frozenset({1, 3, 4, 5})
LOCKING: Final = frozenset({2, 6})
NO_ACTION: Final = 90
BY_HAND: Final = frozenset({1, 2})
BLUETOOTH: Final = 0
BACK_KEY: Final = 0
KEYPAD: Final = {BACK_KEY: "other", 1: "pin", 2: "fingerprint"}
TRIGGERS: Final = {BLUETOOTH: "mobile", 3: "remote", 6: "other", 171: "remote", 172: "remote"}

# Nuki Hub's log
HUB_UNLOCKING: Final = frozenset(
    {"Unlock", "Unlatch", "LockNgo", "LockNgoUnlatch", "ElectricStrikeActuation"}
)
KEYPAD_ENTRY: Final = "KeypadAction"
HUB_ENTRIES: Final = frozenset({"LockAction", KEYPAD_ENTRY})
HUB_BY_HAND: Final = frozenset({"manual", "button"})
HUB_TRIGGERS: Final = {
    "code": "pin",
    "fingerprint": "fingerprint",
    "arrowkey": "other",
    "system": "mobile",
    "automatic": "mobile",
    "autoLock": "other",
    "homekit": "remote",
    "mqtt": "remote",
}

# What became of an action: nothing, a wrong code, or trouble with its reason.
SUCCESS: Final = "success"
WRONG_CODE: Final = "invalidCode"
PREVENTED: Final = frozenset({"canceled", "tooRecent", "busy"})
HARMLESS: Final = PREVENTED | {SUCCESS, "unknown"}
TROUBLE: Final = {
    "motorBlocked": "other",
    "lowMotorVoltage": "battery",
    "clutchFailure": "other",
    "motorPowerFailure": "power",
    "incompleteFailure": "other",
    "otherError": "other",
}
RAN_OUT: Final = "timeOut"
RESULTS: Final = {
    SUCCESS: False,
    "working": False,
    "undefined": False,
    "failed": True,
    RAN_OUT: True,
    "notPaired": True,
    "error": True,
}
Index: TypeAlias = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Word: TypeAlias = Annotated[str, Meta(max_length=64)]


class HubState(msgspec.Struct, frozen=True):
    """What `lock/json` tells of the door; the rest repeats other topics."""

    lock_state: Word | None = None
    door_sensor_state: Word | None = None


class Entry(msgspec.Struct, frozen=True, rename="camel"):
    """One line of `lock/log`; keypad codes are not in it, and would not be read."""

    index: Index
    type: Word
    authorization_id: Index = 0
    authorization_name: Word = ""
    code_id: Index = 0
    action: Word = ""
    trigger: Word = ""
    completion_status: Word = ""
    time_year: Index = 0
    time_month: Index = 0
    time_day: Index = 0
    time_hour: Index = 0
    time_minute: Index = 0
    time_second: Index = 0

    @property
    def utc(self) -> str:
        """The time of the line in words, which may be no time at all."""
        return (
            f"{self.time_year:04}-{self.time_month:02}-{self.time_day:02} "
            f"{self.time_hour:02}:{self.time_minute:02}:{self.time_second:02}Z"
        )
