"""What is said of records in words: their reasons, what tells them from the usual, how late they came."""

from collections.abc import Iterable, Mapping
from typing import Final

from core.log_filter import NO_REASON
from core.records import NOT_BELIEVED_REASONS, Class, Severity
from core.times import LATE_AFTER_US
from pages import device_phrases, parts
from pages.act_words import ACTS
from pages.formats import Formats
from pages.operator_words import OPERATORS
from store.views import Rec

SIGNS: Final[Mapping[str, str]] = {
    Severity.INFO: "·",
    Severity.NOTICE: "○",
    Severity.WARNING: "▲",
    Severity.ALARM: "◆",
}
# Said beside the sign: a colour alone tells nobody who does not see it.
SEVERITIES: Final[Mapping[str, str]] = {Severity.WARNING: "(warning)", Severity.ALARM: "(alarm)"}
TONES: Final[Mapping[str, str]] = {Severity.WARNING: "warning", Severity.ALARM: "alarm"}
CLASSES: Final[Mapping[Class, str]] = {
    Class.MOVEMENT: "People at doors",
    Class.DOOR: "Doors",
    Class.CALL: "Calls",
    Class.CAMERA: "Cameras",
    Class.DEVICE: "Devices",
    Class.FEED: "What devices send",
    Class.OPERATOR: "Operators",
    Class.DURESS: "Duress",
    Class.ORGANISATION: "Organisation",
    Class.LEDGER: "Seals of the log",
}
_ACCESS: Final = {
    "credential_not_found": ("Credential not known", "Nobody has been given this credential."),
    "credential_not_enabled": ("Credential disabled", "It is known, and has been switched off."),
    "credential_not_active": ("Credential not valid yet", "It is known, and becomes valid later."),
    "credential_expired": ("Credential expired", "It was valid once, and is no more."),
    "invalid_pin": ("Wrong PIN", "The number that was typed is not the right one."),
    "not_permitted_at_this_time": ("Not at this time", "Allowed at this door, but not at this hour or day."),
    "unauthorized": ("Not allowed here", "Known and valid, but not for this door."),
    "antipassback": ("Already inside", "This credential went in before and has not come out since."),
    "interlock": ("Other door open", "This door stays shut while another one is open."),
    "lockout": ("Locked out", "Too many wrong attempts: the reader takes nothing for a while."),
    "door_locked": ("Door locked down", "Nobody is let in here at present."),
    "other": device_phrases.reason("other"),
}
_DEVICES: Final = {
    "power": ("Power", "Its power supply has failed or comes from a battery."),
    "battery": ("Battery low", "Change its battery soon."),
    "storage": ("Storage", "Its memory is full or broken."),
    "clock": ("Clock", "Its clock has lost the time."),
    "temperature": ("Temperature", "It is too hot or too cold."),
    "rebooted": ("Restarted", "It has started anew."),
}
_FEED: Final = {
    "boot_went_back": ("Numbering went back", "It counts from a number that had been passed before."),
    "sequence": ("Numbers missing", "A device counts what it sends, and some numbers never came."),
    "session_lost": ("Broker lost our session", "What came meanwhile was not kept for us."),
    "limited": ("Over its limit", "What was too much was not recorded one by one."),
    "rate": ("Too many messages", "It sent more than a device may."),
    "alarms": ("Too many alarms", "It sent more alarms than a device may."),
    "rings": ("Too many rings", "It rang more often than a device may."),
}
_CALLS: Final = {
    "unattended": ("Nobody came", "No desk took it and nobody answered at the device in the site's time."),
    "session_over": ("Holder gone", "The session that had claimed it has ended."),
}
_NONE: Final = ("No reason given", "")
_KNOWN: Final = {NO_REASON: _NONE, **_ACCESS, **_DEVICES, **_FEED, **_CALLS, **OPERATORS, **ACTS}


def reason(code: str) -> tuple[str, str]:
    """Name a reason, and explain it to somebody who does not know the code."""
    return _KNOWN.get(code) or device_phrases.reason(code)


def reasons() -> dict[str, str]:
    """Name every reason that records of doors, calls and devices may have, by its code."""
    return {code: reason(code)[0] for _, codes in reason_groups() for code in codes}


def reason_groups(*, sites: bool = True, operators: bool = False) -> Iterable[tuple[str, list[str]]]:
    """Give every reason that records may have, by what it is about: at sites, and of operators."""
    yield "", [NO_REASON]
    if sites:
        yield "Turned away", list(_ACCESS)
        yield "Calls", list(_CALLS)
        yield "Devices", list(_DEVICES)
        yield "What devices send", [*_FEED, *sorted(NOT_BELIEVED_REASONS - _KNOWN.keys())]
    if operators:
        yield "Operators", list(OPERATORS)
        yield "Unlocks", list(ACTS)


def notes(record: Rec, formats: Formats) -> list[str]:
    """Say what is unusual about how a record came to us."""
    late = record.received - record.at
    missing = "" if record.missing is None else f"{formats.number(record.missing)} missing"
    said = (
        "back-filled" if record.backfilled else "",
        f"{parts.age(late)} late" if late > LATE_AFTER_US else "",
        missing,
    )
    return [one for one in said if one]
