"""What uhppoted's dictionary of reasons means in our words (uhppoted-lib, locales/en/dictionary.go)."""

from typing import Final

import msgspec

from core.doors import Mode
from core.errors import BadMessage
from core.records import Kind

NO_EVENT: Final = 0
OVERWRITTEN: Final = 255


class Meaning(msgspec.Struct, frozen=True):
    """A kind with what belongs to it; `credential` is what was shown, empty where nothing was."""

    kind: Kind
    reason: str | None = None
    credential: str = ""
    outcome: str | None = None


# Somebody or something asks to pass: the event's own flag says what came of it.
_ASKED: Final = {
    1: "card",  # swipe
    2: "card",  # swipe open
    3: "card",  # swipe close
    25: "pin",  # door opened (supervisor password)
    44: "remote",  # remote open door
    45: "remote",  # remote open door (USB reader)
}
_DENIED: Final = {
    5: "unauthorized",  # swipe:denied (system)
    6: "unauthorized",  # no access rights
    7: "invalid_pin",  # incorrect password
    8: "antipassback",
    9: "other",  # more cards
    10: "other",  # first card open
    11: "door_locked",  # door is normally closed
    12: "interlock",
    13: "not_permitted_at_this_time",  # not in allowed time period
    15: "not_permitted_at_this_time",  # invalid timezone
    18: "unauthorized",  # access denied
}
_EXIT_REFUSED: Final = {31: "door_locked", 32: "other", 33: "interlock", 34: "lockout"}
_OTHERS: Final = {
    20: Meaning(Kind.EXIT_REQUESTED, credential="rex"),  # push button ok
    23: Meaning(Kind.DOOR_OPENED),
    24: Meaning(Kind.DOOR_CLOSED),
    28: Meaning(Kind.DEVICE_FAULT, "power"),  # controller power on: it had none before
    29: Meaning(Kind.DEVICE_FAULT, "rebooted"),  # controller reset
    37: Meaning(Kind.DOOR_HELD_OPEN),  # door open too long
    38: Meaning(Kind.DOOR_FORCED_OPEN),
    39: Meaning(Kind.DOOR_EMERGENCY),  # fire
    40: Meaning(Kind.DOOR_MODE_CHANGED, outcome=str(Mode.LOCKED_DOWN)),  # forced closed
    41: Meaning(Kind.DOOR_EMERGENCY),  # theft prevention
    42: Meaning(Kind.DOOR_EMERGENCY),  # 24x7 zone
    43: Meaning(Kind.DOOR_EMERGENCY),  # emergency
}
_TYPES: Final = frozenset({1, 2, 3})  # card swipe, door, alarm
OF_THE_CONTROLLER: Final = frozenset({Kind.DEVICE_FAULT})


def meaning(event_type: int, reason: int, *, granted: bool | None) -> Meaning | None:
    """Say what an event means, None where there was none; raises BadMessage for what can't be."""
    if event_type == NO_EVENT:
        return None
    if event_type == OVERWRITTEN:
        return Meaning(Kind.DEVICE_FAULT, "storage")
    if event_type not in _TYPES:
        raise BadMessage("unknown_kind")
    if reason in _ASKED:
        return _asked(reason, granted=granted)
    if reason in _DENIED or reason in _EXIT_REFUSED:
        return _denied(reason, granted=granted)
    if reason not in _OTHERS:
        raise BadMessage("unknown_kind")
    return _OTHERS[reason]


def _asked(reason: int, *, granted: bool | None) -> Meaning:
    if granted is None:
        raise BadMessage("wrong_shape", "no word on whether access was granted")
    if granted:
        return Meaning(Kind.ACCESS_GRANTED, credential=_ASKED[reason])
    return Meaning(Kind.ACCESS_DENIED, "other", _ASKED[reason])


def _denied(reason: int, *, granted: bool | None) -> Meaning:
    if granted:
        raise BadMessage("wrong_shape", "granted for a reason to deny")
    if reason in _EXIT_REFUSED:
        return Meaning(Kind.ACCESS_DENIED, _EXIT_REFUSED[reason], "rex")
    return Meaning(Kind.ACCESS_DENIED, _DENIED[reason], "card")
