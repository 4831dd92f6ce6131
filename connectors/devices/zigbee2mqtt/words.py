"""Zigbee2MQTT's words for locks and contacts; what is not named here is not read, PINs above all."""

from typing import Final

import msgspec

from core.doors import Lock, Position
from core.records import Kind

# A bolt that is not fully home does not hold.
LOCK_STATES: Final = {
    "locked": Lock.LOCKED,
    "unlocked": Lock.UNLOCKED,
    "not_fully_locked": Lock.UNLOCKED,
}
STATES: Final = {"LOCK": Lock.LOCKED, "UNLOCK": Lock.UNLOCKED}
DOOR_STATES: Final = {"open": Position.OPEN, "closed": Position.CLOSED}
LOCKING: Final = frozenset(
    {"lock", "one_touch_lock", "key_lock", "auto_lock", "schedule_lock", "manual_lock"}
)
UNLOCKING: Final = frozenset({"unlock", "key_unlock", "schedule_unlock", "manual_unlock"})
FAILURES: Final = {
    "lock_failure_invalid_pin_or_id": "invalid_pin",
    "unlock_failure_invalid_pin_or_id": "invalid_pin",
    "lock_failure_invalid_schedule": "not_permitted_at_this_time",
    "unlock_failure_invalid_schedule": "not_permitted_at_this_time",
}
CREDENTIALS: Final = {"keypad": "pin", "rfid": "card"}
# A user is a number of two bytes; the last (some locks cut it to one) means that no user is meant.
MAX_USER: Final = 65_535
NOBODY: Final = frozenset({255})


class Words(msgspec.Struct, frozen=True):
    """The fields of a lock's or contact's message that tell of a door."""

    state: str | None = None
    # Null where the bolt is not known, and not there at all where only `state` tells of it.
    lock_state: str | msgspec.UnsetType | None = msgspec.UNSET
    contact: bool | None = None
    door_state: str | None = None
    tamper: bool | None = None
    action: str | None = None
    action_user: int | None = None
    action_source_name: str | None = None
    last_seen: str | int | None = None
    device: dict[str, object] | None = None

    @property
    def kind(self) -> Kind | None:
        """The record that the action makes; None where it is no word of ours."""
        if self.action in FAILURES:
            return Kind.ACCESS_DENIED
        if self.action in LOCKING:
            return Kind.DOOR_LOCKED
        if self.action not in UNLOCKING:
            return None
        identified = self.action == "unlock" and self.action_source_name in CREDENTIALS
        return Kind.ACCESS_GRANTED if identified else Kind.DOOR_UNLOCKED


class Presence(msgspec.Struct, frozen=True):
    """The JSON form of an availability."""

    state: str
