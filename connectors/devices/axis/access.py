"""ONVIF's events of access control and doors, as Axis door controllers publish them."""

from collections.abc import Mapping
from typing import Final, TypeVar

from connectors.devices.axis.notification import Notification
from connectors.devices.common import Facts, credential
from connectors.masking import masked_word
from core.doors import Alarm, DoorFacets, Lock, Mode, Position
from core.errors import BadMessage
from core.leaf import Draft
from core.model import Door
from core.records import Kind
from core.reports import Item

# ONVIF accesscontrol.wsdl, the reasons of Denied.
_DENIED: Final = {
    "CredentialNotEnabled": "credential_not_enabled",
    "CredentialNotActive": "credential_not_active",
    "CredentialExpired": "credential_expired",
    "InvalidPIN": "invalid_pin",
    "NotPermittedAtThisTime": "not_permitted_at_this_time",
    "Unauthorized": "unauthorized",
    "Other": "other",
}
# `Unknown` and `Fault` are what the controller itself can't tell, or no longer.
_LOST: Final = frozenset({"Unknown", "Fault"})
_POSITIONS: Final = {
    "Open": Position.OPEN,
    "Closed": Position.CLOSED,
    **dict.fromkeys(_LOST, Position.UNKNOWN),
}
_LOCKS: Final = {
    "Locked": Lock.LOCKED,
    "Unlocked": Lock.UNLOCKED,
    **dict.fromkeys(_LOST, Lock.UNKNOWN),
}
_MODES: Final = {
    **dict.fromkeys(_LOST, Mode.UNKNOWN),
    "Locked": Mode.NORMAL,
    "DoubleLocked": Mode.NORMAL,
    "Accessed": Mode.NORMAL,
    "Unlocked": Mode.HELD,
    "LockedOpen": Mode.HELD,
    "Blocked": Mode.LOCKED_DOWN,
    "LockedDown": Mode.LOCKED_DOWN,
}
_ALARMS: Final = {
    "Unknown": None,
    "DoorForcedOpen": (Kind.DOOR_FORCED_OPEN, Alarm.FORCED),
    "DoorOpenTooLong": (Kind.DOOR_HELD_OPEN, Alarm.HELD),
}
_TAMPERS: Final = {"Unknown": False, "NotInTamper": False, "TamperDetected": True}
_FAULTS: Final = {"Unknown": False, "NotInFault": False, "FaultDetected": True}
_NO_WORDS: Final[Mapping[str, str]] = {}
_Meant = TypeVar("_Meant")


def granted(told: Notification) -> tuple[Item, ...]:
    """Record that somebody known was let in."""
    return (_passage(told, Kind.ACCESS_GRANTED, None),)


def released(told: Notification) -> tuple[Item, ...]:
    """Record a grant to nobody in particular, which is a request to exit."""
    facts = Facts(door=told.door("AccessPointToken"), private={"credential": "rex"}, key=told.key)
    return (told.heard.event(Kind.EXIT_REQUESTED, facts, told.when),)


def denied(told: Notification) -> tuple[Item, ...]:
    """Record a refusal with ONVIF's reason."""
    word = told.data.get("Reason", "")
    if not word or word in _DENIED:
        return (_passage(told, Kind.ACCESS_DENIED, _DENIED.get(word, "other")),)
    return (_passage(told, Kind.ACCESS_DENIED, "other", {"text": masked_word(word)}),)


def not_found(told: Notification) -> tuple[Item, ...]:
    """Record that what was shown is not known."""
    return (_passage(told, Kind.ACCESS_DENIED, "credential_not_found"),)


def duress(told: Notification) -> tuple[Item, ...]:
    """Record that somebody was forced."""
    return (_passage(told, Kind.ACCESS_DURESS, None),)


def taken(told: Notification) -> tuple[Item, ...]:
    """Record that whoever was let in has gone through; no grant of its own."""
    return (_passage(told, Kind.ACCESS_TAKEN, None),)


def not_taken(told: Notification) -> tuple[Item, ...]:
    """Record that whoever was let in has not gone through."""
    return (_passage(told, Kind.ACCESS_NOT_TAKEN, None),)


def requested(told: Notification) -> tuple[Item, ...]:
    """Record that the controller asks somebody else to decide."""
    return (_passage(told, Kind.ACCESS_REQUESTED, None),)


def not_answered(told: Notification) -> tuple[Item, ...]:
    """Record that nobody decided in time."""
    return (_passage(told, Kind.ACCESS_REQUESTED, None, outcome="timeout"),)


def antipassback(told: Notification) -> tuple[Item, ...]:
    """Record that a credential was used out of turn; ONVIF tells no door."""
    if not told.yes("ApbViolation"):
        return ()
    token = told.source.get("CredentialToken", "")
    facts = Facts(reason="antipassback", private={"credential": credential("card", token)}, key=told.key)
    return (told.heard.event(Kind.ACCESS_DENIED, facts, told.when),)


def position(told: Notification) -> tuple[Item, ...]:
    """Report where the door leaf is."""
    return _reported(told, "position", DoorFacets(position=_meant(told, _POSITIONS)))


def lock(told: Notification) -> tuple[Item, ...]:
    """Report what the bolt does."""
    return _reported(told, "lock", DoorFacets(lock=_meant(told, _LOCKS)))


def mode(told: Notification) -> tuple[Item, ...]:
    """Report how the door is meant to behave, which is no word on what the bolt does."""
    return _reported(told, "mode", DoorFacets(mode=_meant(told, _MODES)))


def alarm(told: Notification) -> tuple[Item, ...]:
    """Record an alarm as it happens; a retained one is only how the door is."""
    door, state = told.door("DoorToken"), told.said("State")
    if state == "Normal":
        return (told.heard.report(door, DoorFacets(alarm=Alarm.NONE), told.when.told),)
    meant = _meant(told, _ALARMS)
    if meant is None:
        return ()
    kind, facet = meant
    if told.heard.message.retain:
        return (told.heard.report(door, DoorFacets(alarm=facet), told.when.told),)
    return (_at_door(told, door, kind),)


def tamper(told: Notification) -> tuple[Item, ...]:
    """Record that a door was tampered with."""
    return _once(told, Kind.DEVICE_TAMPERED, None, said=_meant(told, _TAMPERS))


def fault(told: Notification) -> tuple[Item, ...]:
    """Record that a door has a fault."""
    return _once(told, Kind.DEVICE_FAULT, "other", said=_meant(told, _FAULTS))


def _meant(told: Notification, states: Mapping[str, _Meant]) -> _Meant:
    """Give what a state means; raises BadMessage for a word that ONVIF does not have, for it may be any."""
    state = told.said("State")
    if state not in states:
        raise BadMessage("unknown_kind")
    return states[state]


def _once(told: Notification, kind: Kind, reason: str | None, *, said: bool) -> tuple[Item, ...]:
    door = told.door("DoorToken")
    return (_at_door(told, door, kind, reason),) if said and not told.heard.message.retain else ()


def _at_door(told: Notification, door: Door, kind: Kind, reason: str | None = None) -> Draft:
    return told.heard.event(kind, Facts(door=door, reason=reason, key=told.key), told.when)


def _reported(told: Notification, facet: str, facets: DoorFacets) -> tuple[Item, ...]:
    lost = (facet,) if told.data["State"] in _LOST else ()
    report = told.heard.report(told.door("DoorToken"), facets, told.when.told, unknown=lost)
    if told.data["State"] != "Fault" or told.heard.message.retain:
        return (report,)
    return (_at_door(told, told.door("DoorToken"), Kind.DEVICE_FAULT, "other"), report)


def _passage(
    told: Notification,
    kind: Kind,
    reason: str | None,
    more: Mapping[str, str] = _NO_WORDS,
    *,
    outcome: str | None = None,
) -> Draft:
    number = told.data.get("Card", told.data.get("CardNr", told.data.get("CredentialToken", "")))
    private = {**more, **({"credential": credential("card", number)} if number else {})}
    name = told.data.get("CredentialHolderName")
    if name:
        private["name"] = name
    door = told.door("AccessPointToken")
    facts = Facts(door=door, reason=reason, outcome=outcome, private=private, key=told.key)
    return told.heard.event(kind, facts, told.when)
