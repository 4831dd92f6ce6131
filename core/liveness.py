"""Whether a device is there, folded from what it says, its will, and its silence.

Silence gives unknown: nobody vouches for a door whose device was not heard in time, left, fell silent or
speaks in boots that went back.
"""

from dataclasses import dataclass, replace
from typing import Final

from core.model import DEFAULT_HEARTBEAT_S, stale_at
from core.records import Kind

BOOT_WENT_BACK: Final = "boot_went_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Liveness:
    """What is known of a device's presence; `boot` is the highest it has named, empty before any."""

    online: bool | None = None
    silent: bool = False
    fault: str | None = None
    boot: str = ""

    @property
    def away(self) -> bool:
        """Whether a device that once was there is known to be gone, or has fallen silent."""
        return self.online is False or self.silent


@dataclass(frozen=True, slots=True)
class Change:
    """What a word changed: the state after it, and the record it makes, if it makes one."""

    state: Liveness
    kind: Kind | None = None
    reason: str | None = None


def spoke(state: Liveness) -> Change:
    """Take a live word of any kind: whatever was silent or gone speaks again.

    Its hello may have been missed: it is not said twice by those who leave their presence to a will.
    """
    if not state.silent and state.online is not False:
        return Change(state)
    back = True if state.online is False else state.online
    return Change(replace(state, silent=False, online=back), Kind.DEVICE_ONLINE)


def named_boot(state: Liveness, boot: str, *, live: bool) -> Change:
    """Take the boot that a status names: it only grows, and one that went back is a fault, told once.

    The words of such a boot would all count as old ones.
    """
    if boot >= state.boot:
        return Change(replace(state, boot=boot, fault=None))
    if not live or state.fault is not None:
        return Change(state)
    return Change(replace(state, fault=BOOT_WENT_BACK), Kind.DEVICE_FAULT, BOOT_WENT_BACK)


def came(state: Liveness, *, rebooted: bool) -> Change:
    """Take a live status that says "here"."""
    if state.online is True and not rebooted:
        return Change(state)
    return Change(replace(state, online=True), Kind.DEVICE_ONLINE, "rebooted" if rebooted else None)


def left(state: Liveness) -> Change:
    """Take its will, or its good-bye."""
    if state.online is False:
        return Change(state)
    return Change(replace(state, online=False, silent=False), Kind.DEVICE_OFFLINE)


def fell_silent(state: Liveness, heard: int, heartbeat_s: int, now: int) -> Change:
    """Find that a device that was there has not been heard in time (µs UTC); told once."""
    if state.silent or state.online is not True or stale_at(heard, heartbeat_s) > now:
        return Change(state)
    return Change(replace(state, silent=True), Kind.DEVICE_SILENT)


def vouched_until(state: Liveness, heard: int, heartbeat_s: int, changed: int) -> int:
    """Give until when what it said of its doors may be shown as current (µs UTC); 0 if never heard.

    `changed` is when its presence last changed.
    """
    if not heard:
        return 0
    # A device without a heartbeat is vouched for by its will, which only one that said hello has left.
    due = stale_at(heard, heartbeat_s if state.online else heartbeat_s or DEFAULT_HEARTBEAT_S)
    away = state.online is False or state.silent or state.fault is not None
    # Since then nobody can vouch for the door, however lately the device spoke.
    return min(due, changed) if away else due
