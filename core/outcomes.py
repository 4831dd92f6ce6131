"""How something ended, as people ask for it: let in, turned away, an alarm, a call that nobody took."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from core.records import Kind


class Outcome(StrEnum):
    """The name of an outcome, as it stands in a URL."""

    GRANTED = "granted"
    DENIED = "denied"
    ALARM = "alarm"
    ANSWERED = "answered"
    MISSED = "missed"
    RELEASED = "released"
    REFUSED = "refused"
    FAILED = "failed"
    DOWN = "down"
    LOST = "lost"


LABELS: Final[Mapping[Outcome, str]] = {
    Outcome.GRANTED: "Let in",
    Outcome.DENIED: "Turned away",
    Outcome.ALARM: "Alarm",
    Outcome.ANSWERED: "Call answered",
    Outcome.MISSED: "Call missed",
    Outcome.RELEASED: "Unlocked by an operator",
    Outcome.REFUSED: "Refused to an operator",
    Outcome.FAILED: "Act at a door not confirmed",
    Outcome.DOWN: "Device not working",
    Outcome.LOST: "Records missing or not understood",
}
KINDS_OF: Final[Mapping[Outcome, frozenset[Kind]]] = {
    Outcome.GRANTED: frozenset({Kind.ACCESS_GRANTED, Kind.ACCESS_TAKEN}),
    Outcome.DENIED: frozenset({Kind.ACCESS_DENIED, Kind.ACCESS_NOT_TAKEN}),
    Outcome.ALARM: frozenset(
        {
            Kind.ACCESS_DURESS,
            Kind.DOOR_FORCED_OPEN,
            Kind.DOOR_HELD_OPEN,
            Kind.DOOR_EMERGENCY,
            Kind.DEVICE_TAMPERED,
            Kind.FEED_FORGED,
            Kind.STORE_DISK_LOW,
            Kind.OPERATOR_BREAK_GLASS_USED,
            Kind.OPERATOR_ACTS_LOCKED,
            Kind.OPERATOR_DURESS,
            Kind.LEDGER_DAMAGED,
            Kind.LEDGER_RESTORED,
            Kind.CAMERA_ALERTED,
        }
    ),
    Outcome.ANSWERED: frozenset({Kind.CALL_ANSWERED}),
    Outcome.MISSED: frozenset({Kind.CALL_MISSED}),
    Outcome.RELEASED: frozenset(
        {Kind.UNLOCK_ACCEPTED, Kind.UNLOCK_CONFIRMED, Kind.HOLD_ACCEPTED, Kind.HOLD_CONFIRMED}
    ),
    Outcome.REFUSED: frozenset(
        {
            Kind.UNLOCK_REFUSED,
            Kind.HOLD_REFUSED,
            Kind.LOCKDOWN_REFUSED,
            Kind.OPERATOR_PROOF_REFUSED,
            Kind.OPERATOR_ACT_NOT_DONE,
            Kind.OPERATOR_SIGN_IN_REFUSED,
            Kind.OPERATOR_LOCKED_OUT,
            Kind.OPERATOR_PAGE_REFUSED,
            Kind.OPERATOR_LOGOUT_REFUSED,
            Kind.OPERATOR_PASSKEY_REFUSED,
        }
    ),
    Outcome.FAILED: frozenset(
        {
            Kind.UNLOCK_EXPIRED,
            Kind.UNLOCK_UNCONFIRMED,
            Kind.UNLOCK_ANSWERED_LATE,
            Kind.UNLOCK_NOT_OPENED,
            Kind.UNLOCK_NOT_SECURED,
            Kind.HOLD_UNCONFIRMED,
            Kind.HOLD_ANSWERED_LATE,
            Kind.HOLD_NOT_SECURED,
            Kind.LOCKDOWN_UNCONFIRMED,
            Kind.LOCKDOWN_ANSWERED_LATE,
        }
    ),
    Outcome.DOWN: frozenset(
        {Kind.DEVICE_OFFLINE, Kind.DEVICE_SILENT, Kind.DEVICE_FAULT, Kind.DEVICE_CLOCK_WRONG}
    ),
    Outcome.LOST: frozenset(
        {
            Kind.FEED_GAP,
            Kind.FEED_GAP_LOST,
            Kind.FEED_LIMITED,
            Kind.FEED_UNMAPPED,
            Kind.INGEST_SESSION_LOST,
        }
    ),
}


def kinds_of(outcomes: Iterable[Outcome]) -> frozenset[Kind]:
    """Give the kinds of record that tell of any of these outcomes."""
    return frozenset().union(*(KINDS_OF[outcome] for outcome in outcomes))
