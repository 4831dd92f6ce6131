"""The kinds of record: each with a stable code, a label, a severity, a class and its source.

Codes and names are written into leaves that last for ever: add, never change or reuse one.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from core.reasons import COMMAND_REASONS, DEVICE_REASONS, NOT_BELIEVED_REASONS, REASONS


class Class(StrEnum):
    """What a record is about; decides who reads it and how long its detail is kept."""

    MOVEMENT = "movement"
    DOOR = "door"
    CALL = "call"
    DEVICE = "device"
    FEED = "feed"
    OPERATOR = "operator"
    ORGANISATION = "organisation"
    CAMERA = "camera"
    # What who caused it must not see, on any screen.
    DURESS = "duress"
    LEDGER = "ledger"


class Severity(StrEnum):
    """How much a record asks of the person who watches."""

    INFO = "info"
    NOTICE = "notice"
    WARNING = "warning"
    ALARM = "alarm"


class Kind(StrEnum):
    """The name of a record, `noun.past_or_state`."""

    ACCESS_GRANTED = "access.granted"
    ACCESS_DENIED = "access.denied"
    ACCESS_DURESS = "access.duress"
    EXIT_REQUESTED = "exit.requested"
    ACCESS_TAKEN = "access.taken"
    ACCESS_NOT_TAKEN = "access.not_taken"
    ACCESS_REQUESTED = "access.requested"
    DOOR_OPENED = "door.opened"
    DOOR_CLOSED = "door.closed"
    DOOR_UNLOCKED = "door.unlocked"
    DOOR_LOCKED = "door.locked"
    DOOR_HELD_OPEN = "door.held_open"
    DOOR_FORCED_OPEN = "door.forced_open"
    DOOR_MODE_CHANGED = "door.mode_changed"
    DOOR_REPORTED = "door.reported"
    DOOR_CORRECTED = "door.corrected"
    DOOR_EMERGENCY = "door.emergency"
    CALL_RINGING = "call.ringing"
    CALL_ANSWERED = "call.answered"
    CALL_ENDED = "call.ended"
    CALL_MISSED = "call.missed"
    CALL_CLAIMED = "call.claimed"
    CALL_RELEASED = "call.released"
    CALL_DECLINED = "call.declined"
    DEVICE_ONLINE = "device.online"
    DEVICE_OFFLINE = "device.offline"
    DEVICE_SILENT = "device.silent"
    DEVICE_TAMPERED = "device.tampered"
    DEVICE_FAULT = "device.fault"
    DEVICE_CLOCK_WRONG = "device.clock_wrong"
    DEVICE_CLOCK_RIGHT = "device.clock_right"
    DEVICE_DISCOVERED = "device.discovered"
    FEED_GAP = "feed.gap"
    FEED_GAP_FILLED = "feed.gap_filled"
    FEED_GAP_LOST = "feed.gap_lost"
    FEED_LIMITED = "feed.limited"
    FEED_UNMAPPED = "feed.unmapped"
    FEED_FORGED = "feed.forged"
    OPERATOR_SIGNED_IN = "operator.signed_in"
    OPERATOR_SIGN_IN_REFUSED = "operator.sign_in_refused"
    OPERATOR_SIGNED_OUT = "operator.signed_out"
    OPERATOR_SESSION_ENDED = "operator.session_ended"
    OPERATOR_LOCKED_OUT = "operator.locked_out"
    OPERATOR_PAGE_REFUSED = "operator.page_refused"
    OPERATOR_SESSION_ELSEWHERE = "operator.session_elsewhere"
    OPERATOR_BREAK_GLASS_USED = "operator.break_glass_used"
    OPERATOR_ROLES_CHANGED = "operator.roles_changed"
    OPERATOR_TOKENS_REVOKED = "operator.tokens_revoked"
    OPERATOR_LOGOUT_REFUSED = "operator.logout_refused"
    OPERATOR_PASSKEY_ADDED = "operator.passkey_added"
    OPERATOR_PASSKEY_REMOVED = "operator.passkey_removed"
    OPERATOR_PASSKEY_REFUSED = "operator.passkey_refused"
    OPERATOR_PASSKEY_CODE_ISSUED = "operator.passkey_code_issued"
    OPERATOR_PROOF_REFUSED = "operator.proof_refused"
    OPERATOR_ACTS_LOCKED = "operator.acts_locked"
    OPERATOR_SECOND_AWAITED = "operator.second_awaited"
    OPERATOR_DURESS = "operator.duress"
    OPERATOR_ACT_NOT_DONE = "operator.act_not_done"
    COMMAND_TAKEN = "command.taken"
    UNLOCK_REQUESTED = "unlock.requested"
    UNLOCK_SENT = "unlock.sent"
    UNLOCK_ACCEPTED = "unlock.accepted"
    UNLOCK_CONFIRMED = "unlock.confirmed"
    UNLOCK_REFUSED = "unlock.refused"
    UNLOCK_EXPIRED = "unlock.expired"
    UNLOCK_UNCONFIRMED = "unlock.unconfirmed"
    UNLOCK_ANSWERED_LATE = "unlock.answered_late"
    UNLOCK_SECURED = "unlock.secured"
    UNLOCK_NOT_OPENED = "unlock.not_opened"
    UNLOCK_NOT_SECURED = "unlock.not_secured"
    HOLD_REQUESTED = "hold.requested"
    HOLD_SENT = "hold.sent"
    HOLD_ACCEPTED = "hold.accepted"
    HOLD_CONFIRMED = "hold.confirmed"
    HOLD_REFUSED = "hold.refused"
    HOLD_UNCONFIRMED = "hold.unconfirmed"
    HOLD_ANSWERED_LATE = "hold.answered_late"
    HOLD_END_REQUESTED = "hold.end_requested"
    HOLD_ENDED = "hold.ended"
    HOLD_SECURED = "hold.secured"
    HOLD_NOT_SECURED = "hold.not_secured"
    LOCKDOWN_REQUESTED = "lockdown.requested"
    LOCKDOWN_SENT = "lockdown.sent"
    LOCKDOWN_ACCEPTED = "lockdown.accepted"
    LOCKDOWN_CONFIRMED = "lockdown.confirmed"
    LOCKDOWN_REFUSED = "lockdown.refused"
    LOCKDOWN_UNCONFIRMED = "lockdown.unconfirmed"
    LOCKDOWN_ANSWERED_LATE = "lockdown.answered_late"
    LOCKDOWN_RELEASE_REQUESTED = "lockdown.release_requested"
    LOCKDOWN_RELEASED = "lockdown.released"
    EXPORT_REQUESTED = "export.requested"
    EXPORT_BUILT = "export.built"
    EXPORT_FAILED = "export.failed"
    EXPORT_DOWNLOADED = "export.downloaded"
    LOG_SEARCHED = "log.searched"
    POLICY_CHANGED = "policy.changed"
    ESTATE_CHANGED = "estate.changed"
    ACCOUNT_CHANGED = "account.changed"
    INGEST_SESSION_LOST = "ingest.session_lost"
    INGEST_CLOCK_JUMPED = "ingest.clock_jumped"
    STORE_DISK_LOW = "store.disk_low"
    STORE_DISK_AMPLE = "store.disk_ample"
    BREAKGLASS_DRILLED = "breakglass.drilled"
    PROVIDER_LOST = "provider.lost"
    PROVIDER_BACK = "provider.back"
    RETENTION_CHANGED = "retention.changed"
    RETENTION_MARKED = "retention.marked"
    RETENTION_PURGED = "retention.purged"
    LEGAL_HOLD_PLACED = "legalhold.placed"
    LEGAL_HOLD_RELEASED = "legalhold.released"
    PERSON_ERASED = "person.erased"
    BACKUP_CREATED = "backup.created"
    LEDGER_KEY_CREATED = "ledger.key_created"
    LEDGER_KEY_ROTATED = "ledger.key_rotated"
    LEDGER_HEARTBEAT = "ledger.heartbeat"
    LEDGER_RESTORED = "ledger.restored"
    LEDGER_DAMAGED = "ledger.damaged"
    CHECKPOINT_UNDELIVERED = "checkpoint.undelivered"
    CHECKPOINT_DELIVERED = "checkpoint.delivered"
    EVIDENCE_KEY_CREATED = "evidence.key_created"
    CAMERA_DETECTED = "camera.detected"
    CAMERA_ALERTED = "camera.alerted"


@dataclass(frozen=True, slots=True)
class KindInfo:
    """What is known of a kind; `source` is an ONVIF topic, a standard's line or our own rule."""

    kind: Kind
    code: int
    label: str
    severity: Severity
    klass: Class
    source: str


# fmt: off
# One kind a line: the table is read as a table.
_TABLE: Final = (
    # movement
    KindInfo(Kind.ACCESS_GRANTED, 101, "Access granted", Severity.INFO, Class.MOVEMENT, "ONVIF:AccessControl/AccessGranted"),
    KindInfo(Kind.ACCESS_DENIED, 102, "Access denied", Severity.NOTICE, Class.MOVEMENT, "ONVIF:AccessControl/Denied"),
    KindInfo(Kind.ACCESS_DURESS, 103, "Duress", Severity.ALARM, Class.MOVEMENT, "ONVIF:AccessControl/Duress"),
    KindInfo(Kind.EXIT_REQUESTED, 104, "Exit requested", Severity.INFO, Class.MOVEMENT, "EN-60839-11-1:request-to-exit"),
    KindInfo(Kind.ACCESS_TAKEN, 105, "Access taken", Severity.INFO, Class.MOVEMENT, "ONVIF:AccessControl/AccessTaken"),
    KindInfo(Kind.ACCESS_NOT_TAKEN, 106, "Access not taken", Severity.NOTICE, Class.MOVEMENT, "ONVIF:AccessControl/AccessNotTaken"),
    KindInfo(Kind.ACCESS_REQUESTED, 107, "Access requested", Severity.INFO, Class.MOVEMENT, "ONVIF:AccessControl/Request"),
    # door
    KindInfo(Kind.DOOR_OPENED, 201, "Door opened", Severity.INFO, Class.DOOR, "ONVIF:Door/State/DoorPhysicalState=Open"),
    KindInfo(Kind.DOOR_CLOSED, 202, "Door closed", Severity.INFO, Class.DOOR, "ONVIF:Door/State/DoorPhysicalState=Closed"),
    KindInfo(Kind.DOOR_UNLOCKED, 203, "Door unlocked", Severity.INFO, Class.DOOR, "ONVIF:Door/State/LockPhysicalState=Unlocked"),
    KindInfo(Kind.DOOR_LOCKED, 204, "Door locked", Severity.INFO, Class.DOOR, "ONVIF:Door/State/LockPhysicalState=Locked"),
    KindInfo(Kind.DOOR_HELD_OPEN, 205, "Door held open", Severity.WARNING, Class.DOOR, "ONVIF:Door/State/DoorAlarm=DoorOpenTooLong"),
    KindInfo(Kind.DOOR_FORCED_OPEN, 206, "Door forced open", Severity.ALARM, Class.DOOR, "ONVIF:Door/State/DoorAlarm=DoorForcedOpen"),
    KindInfo(Kind.DOOR_MODE_CHANGED, 207, "Door mode changed", Severity.NOTICE, Class.DOOR, "ONVIF:Door/State/DoorMode"),
    KindInfo(Kind.DOOR_REPORTED, 208, "Door state reported", Severity.INFO, Class.DOOR, "Gatehouse:first-report-of-a-device"),
    KindInfo(Kind.DOOR_CORRECTED, 209, "Door state corrected", Severity.NOTICE, Class.DOOR, "Gatehouse:report-against-the-log"),
    KindInfo(Kind.DOOR_EMERGENCY, 210, "Emergency at door", Severity.ALARM, Class.DOOR, "uhppoted:event.reason.39-43"),
    # call
    KindInfo(Kind.CALL_RINGING, 301, "Call ringing", Severity.NOTICE, Class.CALL, "Axis:Call/State"),
    KindInfo(Kind.CALL_ANSWERED, 302, "Call answered", Severity.INFO, Class.CALL, "Axis:Call/State"),
    KindInfo(Kind.CALL_ENDED, 303, "Call ended", Severity.INFO, Class.CALL, "Axis:Call/State"),
    KindInfo(Kind.CALL_MISSED, 304, "Call missed", Severity.NOTICE, Class.CALL, "Axis:Call/State"),
    KindInfo(Kind.CALL_CLAIMED, 305, "Call claimed", Severity.INFO, Class.CALL, "Gatehouse:desk"),
    KindInfo(Kind.CALL_RELEASED, 306, "Call given back", Severity.INFO, Class.CALL, "Gatehouse:desk"),
    KindInfo(Kind.CALL_DECLINED, 307, "Call declined", Severity.INFO, Class.CALL, "Gatehouse:desk"),
    # device
    KindInfo(Kind.DEVICE_ONLINE, 401, "Device online", Severity.INFO, Class.DEVICE, "Gatehouse:status"),
    KindInfo(Kind.DEVICE_OFFLINE, 402, "Device offline", Severity.WARNING, Class.DEVICE, "MQTT:will"),
    KindInfo(Kind.DEVICE_SILENT, 403, "Device silent", Severity.WARNING, Class.DEVICE, "Gatehouse:no-word-in-3-heartbeats"),
    KindInfo(Kind.DEVICE_TAMPERED, 404, "Device tampered", Severity.ALARM, Class.DEVICE, "ONVIF:Door/State/DoorTamper"),
    KindInfo(Kind.DEVICE_FAULT, 405, "Device fault", Severity.WARNING, Class.DEVICE, "ONVIF:Device/HardwareFailure"),
    KindInfo(Kind.DEVICE_CLOCK_WRONG, 406, "Device clock wrong", Severity.WARNING, Class.DEVICE, "Gatehouse:offset-above-2-s"),
    KindInfo(Kind.DEVICE_CLOCK_RIGHT, 407, "Device clock right again", Severity.INFO, Class.DEVICE, "Gatehouse:offset-above-2-s"),
    # feed
    KindInfo(Kind.FEED_GAP, 501, "Records missing", Severity.WARNING, Class.FEED, "Gatehouse:sequence"),
    KindInfo(Kind.FEED_GAP_FILLED, 502, "Missing records arrived", Severity.INFO, Class.FEED, "Gatehouse:back-fill"),
    KindInfo(Kind.FEED_GAP_LOST, 503, "Missing records lost", Severity.WARNING, Class.FEED, "Gatehouse:back-fill"),
    KindInfo(Kind.FEED_LIMITED, 504, "Device limited", Severity.WARNING, Class.FEED, "Gatehouse:flood-limit"),
    KindInfo(Kind.FEED_UNMAPPED, 505, "Message not understood", Severity.NOTICE, Class.FEED, "Gatehouse:parser"),
    KindInfo(Kind.FEED_FORGED, 506, "False identity in message", Severity.ALARM, Class.FEED, "Gatehouse:topic-and-estate"),
    # operator
    KindInfo(Kind.OPERATOR_SIGNED_IN, 601, "Signed in", Severity.INFO, Class.OPERATOR, "ASVS-5.0:16.3.1"),
    KindInfo(Kind.OPERATOR_SIGN_IN_REFUSED, 602, "Sign-in refused", Severity.NOTICE, Class.OPERATOR, "ASVS-5.0:16.3.1"),
    KindInfo(Kind.OPERATOR_SIGNED_OUT, 603, "Signed out", Severity.INFO, Class.OPERATOR, "ASVS-5.0:7.4.1"),
    KindInfo(Kind.OPERATOR_SESSION_ENDED, 604, "Session ended", Severity.NOTICE, Class.OPERATOR, "ASVS-5.0:7.4.5"),
    KindInfo(Kind.OPERATOR_LOCKED_OUT, 605, "Sign-in locked", Severity.WARNING, Class.OPERATOR, "ASVS-5.0:6.3.1"),
    KindInfo(Kind.OPERATOR_PAGE_REFUSED, 606, "Page refused", Severity.NOTICE, Class.OPERATOR, "ASVS-5.0:16.3.2"),
    KindInfo(Kind.OPERATOR_BREAK_GLASS_USED, 607, "Break-glass account used", Severity.ALARM, Class.OPERATOR, "ASVS-5.0:16.3.1"),
    KindInfo(Kind.OPERATOR_ROLES_CHANGED, 608, "Roles changed", Severity.NOTICE, Class.OPERATOR, "ASVS-5.0:16.3.3"),
    KindInfo(Kind.OPERATOR_TOKENS_REVOKED, 609, "Provider's tokens revoked", Severity.INFO, Class.OPERATOR, "RFC-7009:2.1"),
    KindInfo(Kind.OPERATOR_LOGOUT_REFUSED, 610, "Sign-out by provider refused", Severity.WARNING, Class.OPERATOR, "OIDC-Back-Channel-Logout-1.0:2.6"),
    KindInfo(Kind.UNLOCK_REQUESTED, 611, "Unlock requested", Severity.NOTICE, Class.OPERATOR, "EN-60839-11-1:remote-release"),
    KindInfo(Kind.UNLOCK_SENT, 612, "Unlock sent", Severity.INFO, Class.OPERATOR, "EN-60839-11-1:remote-release"),
    KindInfo(Kind.UNLOCK_ACCEPTED, 613, "Unlock accepted", Severity.INFO, Class.OPERATOR, "EN-60839-11-1:remote-release"),
    KindInfo(Kind.UNLOCK_CONFIRMED, 614, "Unlock confirmed", Severity.INFO, Class.OPERATOR, "EN-60839-11-1:remote-release"),
    KindInfo(Kind.UNLOCK_REFUSED, 615, "Unlock refused", Severity.NOTICE, Class.OPERATOR, "EN-60839-11-1:remote-release"),
    KindInfo(Kind.UNLOCK_EXPIRED, 616, "Unlock expired", Severity.WARNING, Class.OPERATOR, "EN-60839-11-1:remote-release"),
    KindInfo(Kind.UNLOCK_UNCONFIRMED, 617, "Unlock unconfirmed", Severity.WARNING, Class.OPERATOR, "EN-60839-11-1:remote-release"),
    KindInfo(Kind.UNLOCK_ANSWERED_LATE, 618, "Unlock answered late", Severity.WARNING, Class.OPERATOR, "EN-60839-11-1:remote-release"),
    KindInfo(Kind.OPERATOR_SESSION_ELSEWHERE, 619, "Session used from elsewhere", Severity.WARNING, Class.OPERATOR, "ASVS-5.0:7.5.2"),
    KindInfo(Kind.EXPORT_REQUESTED, 621, "Export requested", Severity.NOTICE, Class.OPERATOR, "ASVS-5.0:16.3.2"),
    KindInfo(Kind.OPERATOR_PASSKEY_ADDED, 622, "Passkey added", Severity.NOTICE, Class.OPERATOR, "ASVS-5.0:6.3.7"),
    KindInfo(Kind.OPERATOR_PASSKEY_REMOVED, 623, "Passkey removed", Severity.NOTICE, Class.OPERATOR, "ASVS-5.0:6.3.7"),
    KindInfo(Kind.OPERATOR_PASSKEY_REFUSED, 624, "Passkey refused", Severity.WARNING, Class.OPERATOR, "ASVS-5.0:16.3.1"),
    KindInfo(Kind.OPERATOR_PASSKEY_CODE_ISSUED, 625, "Code for a passkey issued", Severity.NOTICE, Class.OPERATOR, "ASVS-5.0:16.3.3"),
    KindInfo(Kind.OPERATOR_PROOF_REFUSED, 626, "Proof of an act refused", Severity.WARNING, Class.OPERATOR, "ASVS-5.0:16.3.1"),
    KindInfo(Kind.OPERATOR_ACTS_LOCKED, 627, "Acts locked", Severity.ALARM, Class.OPERATOR, "ASVS-5.0:2.4.1"),
    KindInfo(Kind.OPERATOR_SECOND_AWAITED, 628, "Second person awaited", Severity.NOTICE, Class.OPERATOR, "ASVS-5.0:2.3.5"),
    KindInfo(Kind.OPERATOR_ACT_NOT_DONE, 629, "Proved act not done", Severity.NOTICE, Class.OPERATOR, "ASVS-5.0:16.3.2"),
    KindInfo(Kind.EXPORT_BUILT, 634, "Export built", Severity.INFO, Class.OPERATOR, "ASVS-5.0:16.3.2"),
    KindInfo(Kind.EXPORT_FAILED, 635, "Export failed", Severity.WARNING, Class.OPERATOR, "ASVS-5.0:16.3.2"),
    KindInfo(Kind.EXPORT_DOWNLOADED, 636, "Export downloaded", Severity.NOTICE, Class.OPERATOR, "ASVS-5.0:16.3.2"),
    KindInfo(Kind.LOG_SEARCHED, 637, "Log read", Severity.INFO, Class.OPERATOR, "ASVS-5.0:16.3.2"),
    KindInfo(Kind.COMMAND_TAKEN, 630, "Command at the broker", Severity.INFO, Class.OPERATOR, "MQTT-5.0:3.4"),
    KindInfo(Kind.UNLOCK_SECURED, 631, "Locked or closed after unlock", Severity.INFO, Class.OPERATOR, "EN-60839-11-1:remote-release"),
    KindInfo(Kind.UNLOCK_NOT_OPENED, 632, "Unlocked, not opened", Severity.NOTICE, Class.OPERATOR, "EN-60839-11-1:remote-release"),
    KindInfo(Kind.UNLOCK_NOT_SECURED, 633, "Not secure after unlock", Severity.WARNING, Class.OPERATOR, "EN-60839-11-1:remote-release"),
    KindInfo(Kind.HOLD_REQUESTED, 640, "Hold requested", Severity.NOTICE, Class.OPERATOR, "ONVIF:DoorControl/DoorMode=Unlocked"),
    KindInfo(Kind.HOLD_SENT, 641, "Hold sent", Severity.INFO, Class.OPERATOR, "ONVIF:DoorControl/DoorMode=Unlocked"),
    KindInfo(Kind.HOLD_ACCEPTED, 642, "Hold accepted", Severity.INFO, Class.OPERATOR, "ONVIF:DoorControl/DoorMode=Unlocked"),
    KindInfo(Kind.HOLD_CONFIRMED, 643, "Hold confirmed", Severity.INFO, Class.OPERATOR, "ONVIF:DoorControl/DoorMode=Unlocked"),
    KindInfo(Kind.HOLD_REFUSED, 644, "Hold refused", Severity.NOTICE, Class.OPERATOR, "ONVIF:DoorControl/DoorMode=Unlocked"),
    KindInfo(Kind.HOLD_UNCONFIRMED, 645, "Hold unconfirmed", Severity.WARNING, Class.OPERATOR, "ONVIF:DoorControl/DoorMode=Unlocked"),
    KindInfo(Kind.HOLD_ANSWERED_LATE, 646, "Hold answered late", Severity.WARNING, Class.OPERATOR, "ONVIF:DoorControl/DoorMode=Unlocked"),
    KindInfo(Kind.HOLD_END_REQUESTED, 647, "End of hold requested", Severity.NOTICE, Class.OPERATOR, "ONVIF:DoorControl/DoorMode=Unlocked"),
    KindInfo(Kind.HOLD_ENDED, 648, "Hold ended", Severity.NOTICE, Class.OPERATOR, "ONVIF:DoorControl/DoorMode=Unlocked"),
    KindInfo(Kind.HOLD_SECURED, 649, "Secure again after hold", Severity.INFO, Class.OPERATOR, "ONVIF:DoorControl/DoorMode=Unlocked"),
    KindInfo(Kind.HOLD_NOT_SECURED, 650, "Not secure after hold", Severity.WARNING, Class.OPERATOR, "ONVIF:DoorControl/DoorMode=Unlocked"),
    KindInfo(Kind.LOCKDOWN_REQUESTED, 651, "Lockdown requested", Severity.WARNING, Class.OPERATOR, "ONVIF:DoorControl/LockDownDoor"),
    KindInfo(Kind.LOCKDOWN_SENT, 652, "Lockdown sent", Severity.INFO, Class.OPERATOR, "ONVIF:DoorControl/LockDownDoor"),
    KindInfo(Kind.LOCKDOWN_ACCEPTED, 653, "Lockdown accepted", Severity.INFO, Class.OPERATOR, "ONVIF:DoorControl/LockDownDoor"),
    KindInfo(Kind.LOCKDOWN_CONFIRMED, 654, "Lockdown confirmed", Severity.NOTICE, Class.OPERATOR, "ONVIF:DoorControl/LockDownDoor"),
    KindInfo(Kind.LOCKDOWN_REFUSED, 655, "Lockdown refused", Severity.WARNING, Class.OPERATOR, "ONVIF:DoorControl/LockDownDoor"),
    KindInfo(Kind.LOCKDOWN_UNCONFIRMED, 656, "Lockdown unconfirmed", Severity.WARNING, Class.OPERATOR, "ONVIF:DoorControl/LockDownDoor"),
    KindInfo(Kind.LOCKDOWN_ANSWERED_LATE, 657, "Lockdown answered late", Severity.WARNING, Class.OPERATOR, "ONVIF:DoorControl/LockDownDoor"),
    KindInfo(Kind.LOCKDOWN_RELEASE_REQUESTED, 658, "Release of lockdown requested", Severity.NOTICE, Class.OPERATOR, "ONVIF:DoorControl/LockDownDoor"),
    KindInfo(Kind.LOCKDOWN_RELEASED, 659, "Lockdown released", Severity.NOTICE, Class.OPERATOR, "ONVIF:DoorControl/LockDownDoor"),
    # organisation
    KindInfo(Kind.POLICY_CHANGED, 701, "Policy changed", Severity.NOTICE, Class.ORGANISATION, "ASVS-5.0:16.3.3"),
    KindInfo(Kind.ESTATE_CHANGED, 702, "Estate changed", Severity.NOTICE, Class.ORGANISATION, "ONVIF:Configuration/Changed"),
    KindInfo(Kind.ACCOUNT_CHANGED, 703, "Account changed", Severity.NOTICE, Class.ORGANISATION, "ASVS-5.0:16.3.3"),
    KindInfo(Kind.INGEST_SESSION_LOST, 704, "Broker lost our session", Severity.WARNING, Class.ORGANISATION, "MQTT-5.0:3.2.2.1.1"),
    KindInfo(Kind.INGEST_CLOCK_JUMPED, 705, "Our clock was set", Severity.WARNING, Class.ORGANISATION, "ASVS-5.0:16.2.2"),
    KindInfo(Kind.DEVICE_DISCOVERED, 706, "Unknown device met", Severity.NOTICE, Class.ORGANISATION, "Gatehouse:estate"),
    KindInfo(Kind.STORE_DISK_LOW, 707, "Disk nearly full", Severity.ALARM, Class.ORGANISATION, "Gatehouse:free-space"),
    KindInfo(Kind.STORE_DISK_AMPLE, 708, "Disk has space again", Severity.INFO, Class.ORGANISATION, "Gatehouse:free-space"),
    KindInfo(Kind.BREAKGLASS_DRILLED, 709, "Break-glass drill", Severity.INFO, Class.ORGANISATION, "Gatehouse:break-glass"),
    KindInfo(Kind.PROVIDER_LOST, 710, "Identity provider out of reach", Severity.WARNING, Class.ORGANISATION, "OIDC-Discovery-1.0:4"),
    KindInfo(Kind.PROVIDER_BACK, 711, "Identity provider reached again", Severity.INFO, Class.ORGANISATION, "OIDC-Discovery-1.0:4"),
    KindInfo(Kind.RETENTION_CHANGED, 712, "Time of keeping changed", Severity.NOTICE, Class.ORGANISATION, "GDPR:5.1.e"),
    KindInfo(Kind.RETENTION_MARKED, 713, "Personal data due for deletion", Severity.INFO, Class.ORGANISATION, "GDPR:5.1.e"),
    KindInfo(Kind.RETENTION_PURGED, 714, "Personal data deleted", Severity.NOTICE, Class.ORGANISATION, "GDPR:5.1.e"),
    KindInfo(Kind.LEGAL_HOLD_PLACED, 715, "Legal hold placed", Severity.NOTICE, Class.ORGANISATION, "GDPR:17.3.e"),
    KindInfo(Kind.LEGAL_HOLD_RELEASED, 716, "Legal hold released", Severity.NOTICE, Class.ORGANISATION, "GDPR:17.3.e"),
    KindInfo(Kind.PERSON_ERASED, 717, "Person erased", Severity.NOTICE, Class.ORGANISATION, "GDPR:17"),
    KindInfo(Kind.BACKUP_CREATED, 718, "Backup made", Severity.INFO, Class.ORGANISATION, "Gatehouse:backup"),
    # camera: what a camera that watches a door has seen there
    KindInfo(Kind.CAMERA_DETECTED, 801, "Seen by camera", Severity.INFO, Class.CAMERA, "Frigate:events"),
    KindInfo(Kind.CAMERA_ALERTED, 802, "Camera alert", Severity.NOTICE, Class.CAMERA, "Frigate:reviews"),
    # duress
    KindInfo(Kind.OPERATOR_DURESS, 901, "Operator under duress", Severity.ALARM, Class.DURESS, "Gatehouse:reason-of-an-act"),
    # ledger: what its sealer says of it
    KindInfo(Kind.LEDGER_KEY_CREATED, 1001, "Ledger key created", Severity.NOTICE, Class.LEDGER, "C2SP:signed-note"),
    KindInfo(Kind.LEDGER_KEY_ROTATED, 1002, "Ledger key changed", Severity.NOTICE, Class.LEDGER, "C2SP:signed-note"),
    KindInfo(Kind.LEDGER_HEARTBEAT, 1003, "Nothing happened", Severity.INFO, Class.LEDGER, "Gatehouse:idle-for-60-s"),
    KindInfo(Kind.LEDGER_RESTORED, 1004, "Log restored from a backup", Severity.ALARM, Class.LEDGER, "RFC-6962:2.1.2"),
    KindInfo(Kind.LEDGER_DAMAGED, 1005, "Log is not what was sealed", Severity.ALARM, Class.LEDGER, "RFC-6962:2.1"),
    KindInfo(Kind.CHECKPOINT_UNDELIVERED, 1006, "Checkpoints do not leave this machine", Severity.WARNING, Class.LEDGER, "C2SP:tlog-checkpoint"),
    KindInfo(Kind.CHECKPOINT_DELIVERED, 1007, "Checkpoints leave this machine again", Severity.INFO, Class.LEDGER, "C2SP:tlog-checkpoint"),
    KindInfo(Kind.EVIDENCE_KEY_CREATED, 1008, "Evidence key created", Severity.NOTICE, Class.LEDGER, "OpenSSH:PROTOCOL.certkeys"),
)
# fmt: on
KINDS: Final = {info.kind: info for info in _TABLE}
BY_CODE: Final = {info.code: info for info in _TABLE}

# What was received and not taken for what it claims to be.
NOT_BELIEVED: Final = frozenset({Kind.FEED_UNMAPPED, Kind.FEED_FORGED})


def classes(*wanted: Class) -> frozenset[Kind]:
    """Give every kind of these classes."""
    return frozenset(info.kind for info in _TABLE if info.klass in wanted)


__all__ = [
    "BY_CODE",
    "COMMAND_REASONS",
    "DEVICE_REASONS",
    "KINDS",
    "NOT_BELIEVED",
    "NOT_BELIEVED_REASONS",
    "REASONS",
    "Class",
    "Kind",
    "KindInfo",
    "Severity",
    "classes",
]
