"""Every kind of record has been thought about: it tells of one outcome, or of none."""

from collections import Counter

import pytest

from core.outcomes import KINDS_OF, LABELS, Outcome, kinds_of
from core.records import KINDS, Kind, Severity

OUTCOME_OF = {kind: outcome for outcome, kinds in KINDS_OF.items() for kind in kinds}
# What begins something, tells of a state, or puts one right: nothing that ended well or badly.
WITHOUT_OUTCOME = frozenset(
    {
        Kind.EXIT_REQUESTED,
        Kind.ACCESS_REQUESTED,
        Kind.DOOR_OPENED,
        Kind.DOOR_CLOSED,
        Kind.DOOR_UNLOCKED,
        Kind.DOOR_LOCKED,
        Kind.DOOR_MODE_CHANGED,
        Kind.DOOR_REPORTED,
        Kind.DOOR_CORRECTED,
        Kind.CALL_RINGING,
        Kind.CALL_ENDED,
        Kind.DEVICE_ONLINE,
        Kind.DEVICE_CLOCK_RIGHT,
        Kind.DEVICE_DISCOVERED,
        Kind.FEED_GAP_FILLED,
        Kind.OPERATOR_SIGNED_IN,
        Kind.OPERATOR_SIGNED_OUT,
        Kind.OPERATOR_SESSION_ENDED,
        Kind.OPERATOR_SECOND_AWAITED,
        Kind.COMMAND_TAKEN,
        Kind.UNLOCK_REQUESTED,
        Kind.UNLOCK_SENT,
        Kind.UNLOCK_SECURED,
        Kind.HOLD_REQUESTED,
        Kind.HOLD_SENT,
        Kind.HOLD_END_REQUESTED,
        Kind.HOLD_ENDED,
        Kind.HOLD_SECURED,
        Kind.LOCKDOWN_REQUESTED,
        Kind.LOCKDOWN_SENT,
        Kind.LOCKDOWN_ACCEPTED,
        Kind.LOCKDOWN_CONFIRMED,
        Kind.LOCKDOWN_RELEASE_REQUESTED,
        Kind.LOCKDOWN_RELEASED,
        Kind.EXPORT_REQUESTED,
        Kind.POLICY_CHANGED,
        Kind.ESTATE_CHANGED,
        Kind.ACCOUNT_CHANGED,
        Kind.INGEST_CLOCK_JUMPED,
        Kind.STORE_DISK_AMPLE,
        Kind.CALL_CLAIMED,
        Kind.CALL_RELEASED,
        Kind.CALL_DECLINED,
        Kind.CAMERA_DETECTED,
        Kind.OPERATOR_ROLES_CHANGED,
        Kind.OPERATOR_SESSION_ELSEWHERE,
        Kind.OPERATOR_TOKENS_REVOKED,
        Kind.OPERATOR_PASSKEY_ADDED,
        Kind.OPERATOR_PASSKEY_REMOVED,
        Kind.OPERATOR_PASSKEY_CODE_ISSUED,
        Kind.BREAKGLASS_DRILLED,
        Kind.PROVIDER_LOST,
        Kind.PROVIDER_BACK,
        Kind.EXPORT_BUILT,
        Kind.EXPORT_FAILED,
        Kind.EXPORT_DOWNLOADED,
        Kind.LOG_SEARCHED,
        Kind.RETENTION_CHANGED,
        Kind.RETENTION_MARKED,
        Kind.RETENTION_PURGED,
        Kind.LEGAL_HOLD_PLACED,
        Kind.LEGAL_HOLD_RELEASED,
        Kind.PERSON_ERASED,
        Kind.BACKUP_CREATED,
        Kind.LEDGER_KEY_CREATED,
        Kind.LEDGER_KEY_ROTATED,
        Kind.LEDGER_HEARTBEAT,
        Kind.CHECKPOINT_UNDELIVERED,
        Kind.CHECKPOINT_DELIVERED,
        Kind.EVIDENCE_KEY_CREATED,
    }
)


def test_every_kind_tells_of_one_outcome_or_is_known_to_tell_of_none() -> None:
    told = Counter(kind for kinds in KINDS_OF.values() for kind in kinds)

    assert Counter(told.keys()) + Counter(WITHOUT_OUTCOME) == Counter(Kind)
    assert max(told.values()) == 1


def test_every_outcome_has_kinds_and_a_label_of_its_own() -> None:
    assert set(KINDS_OF) == set(LABELS) == set(Outcome)
    assert all(KINDS_OF.values())
    assert len(set(LABELS.values())) == len(Outcome)


def test_every_record_that_asks_for_a_person_is_an_alarm() -> None:
    loud = {kind for kind, info in KINDS.items() if info.severity is Severity.ALARM}

    assert loud <= KINDS_OF[Outcome.ALARM]


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        (Kind.ACCESS_GRANTED, Outcome.GRANTED),
        (Kind.ACCESS_DENIED, Outcome.DENIED),
        (Kind.DOOR_HELD_OPEN, Outcome.ALARM),
        (Kind.CALL_MISSED, Outcome.MISSED),
        (Kind.UNLOCK_REFUSED, Outcome.REFUSED),
        (Kind.DEVICE_SILENT, Outcome.DOWN),
    ],
)
def test_a_kind_is_found_under_the_outcome_people_would_look_under(kind: Kind, outcome: Outcome) -> None:
    assert OUTCOME_OF[kind] is outcome


def test_several_outcomes_are_the_kinds_of_each() -> None:
    assert kinds_of([Outcome.ANSWERED, Outcome.MISSED]) == {Kind.CALL_ANSWERED, Kind.CALL_MISSED}
    assert kinds_of([]) == frozenset()
