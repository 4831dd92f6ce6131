"""The table of kinds is complete, and what it says can stay for ever."""

import re

from core.calls import CLAIMS, STATES
from core.doors import EFFECTS
from core.records import BY_CODE, KINDS, REASONS, Class, Kind, Severity, classes

# What stands before the last two digits of a code tells the class: a code can be read without the table.
HUNDREDS = {
    1: Class.MOVEMENT,
    2: Class.DOOR,
    3: Class.CALL,
    4: Class.DEVICE,
    5: Class.FEED,
    6: Class.OPERATOR,
    7: Class.ORGANISATION,
    8: Class.CAMERA,
    9: Class.DURESS,
    10: Class.LEDGER,
}


def test_every_kind_is_in_the_table_once() -> None:
    assert set(KINDS) == set(Kind)
    assert len(BY_CODE) == len(Kind)
    assert {info.kind for info in BY_CODE.values()} == set(Kind)


def test_every_kind_has_a_label_a_severity_a_class_and_a_source() -> None:
    for info in KINDS.values():
        assert info.label[:1].isupper(), info
        assert isinstance(info.severity, Severity)
        assert isinstance(info.klass, Class)
        assert re.fullmatch(r"[A-Za-z0-9.-]+:\S+", info.source), info


def test_no_two_kinds_have_the_same_label() -> None:
    labels = [info.label for info in KINDS.values()]

    assert len(set(labels)) == len(labels)


def test_a_code_tells_the_class() -> None:
    assert {info.kind: HUNDREDS[info.code // 100] for info in KINDS.values()} == {
        info.kind: info.klass for info in KINDS.values()
    }


def test_kinds_are_written_as_noun_and_past_or_state() -> None:
    assert [kind for kind in Kind if not re.fullmatch(r"[a-z]+\.[a-z]+(_[a-z]+)*", kind.value)] == []


def test_codes_that_were_written_into_the_store_stay_what_they_were() -> None:
    # A few of each class: whoever renumbers the table must come past here.
    known = {101: "access.granted", 102: "access.denied", 206: "door.forced_open", 301: "call.ringing"}
    known |= {801: "camera.detected", 802: "camera.alerted"}
    known |= {403: "device.silent", 501: "feed.gap", 601: "operator.signed_in", 701: "policy.changed"}

    assert {code: BY_CODE[code].kind.value for code in known} == known


def test_reasons_are_snake_case() -> None:
    assert [reason for reason in REASONS if not re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", reason)] == []


def test_classes_give_every_kind_of_the_classes_asked_for_and_no_other() -> None:
    assert classes(*Class) == set(Kind)
    assert classes() == frozenset()
    assert {KINDS[kind].klass for kind in classes(Class.DOOR, Class.CALL)} == {Class.DOOR, Class.CALL}


def test_what_changes_a_door_or_a_call_is_of_that_class() -> None:
    assert set(EFFECTS) <= classes(Class.DOOR)
    assert set(STATES) | CLAIMS == classes(Class.CALL)
