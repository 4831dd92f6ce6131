"""What a family of devices can tell and how far it is believed: the words of the capability table."""

from dataclasses import dataclass
from enum import StrEnum


class Answer(StrEnum):
    """How good a device's answer to an unlock is (DESIGN, section 5)."""

    ACK = "ack"
    RESULT_NO_ID = "result-no-id"
    STATE_ONLY = "state-only"
    NONE = "none"


class Clock(StrEnum):
    """What the times in its messages mean."""

    UTC = "utc"
    LOCAL = "local"
    NONE = "none"


class Trust(StrEnum):
    """What vouches for the sender: the broker's ACL for this device, a gateway for all its own, nobody."""

    OWN_ACL = "own_acl"
    SHARED_GATEWAY = "shared_gateway"
    ANONYMOUS_BRIDGE = "anonymous_bridge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a family can tell; `dedupe` says what makes an event the same, empty where nothing does."""

    call: bool
    door_sensor: bool
    heartbeat: bool
    dedupe: str
    clock: Clock
    unlock: Answer
    trust: Trust
