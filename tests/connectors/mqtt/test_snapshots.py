"""States over a limit: the newest is kept for its turn, and neither hides nor is hidden by anything else."""

from core.calls import CallState
from core.records import Kind
from core.reports import Bucket, CallReport
from tests.connectors.mqtt.desk import BURST, NOW, SECOND, Desk, call, door, event, plain


def test_what_a_device_said_before_its_alarm_is_stored_before_it() -> None:
    desk = Desk()
    for _ in range(BURST + 1):
        desk.send(plain())
    desk.settle()
    desk.send(door())
    desk.send(plain(kind=Kind.DOOR_FORCED_OPEN))
    desk.settle()

    assert desk.stored[-2:] == [door(), plain(kind=Kind.DOOR_FORCED_OPEN)]


def test_one_who_names_many_calls_pushes_out_no_state_of_another() -> None:
    desk = Desk()
    for device in ("d", "loud"):
        for _ in range(BURST + 1):
            desk.send(plain(device))
    for n in range(1_500):
        desk.send(call("loud", str(n), CallState.ENDED), qos=0)
    desk.send(door())
    desk.settle()
    desk.turn(NOW + SECOND)

    assert door() in desk.stored
    assert len([one for one in desk.stored if isinstance(one, CallReport)]) < 200


def test_what_is_in_hand_at_the_end_is_stored_and_all_of_it_acknowledged() -> None:
    desk = Desk()
    for _ in range(BURST + 1):
        desk.send(plain())
    desk.settle()
    desk.send(door())
    desk.send(event(1, "quiet"))
    desk.intake.release(NOW)
    desk.settle()

    assert desk.acknowledged == list(range(1, desk.sent + 1))


def test_a_bell_that_rings_without_end_is_counted_and_hides_no_alarm() -> None:
    desk = Desk()
    for n in range(201):
        desk.send(call("d", str(n), CallState.RINGING))
        desk.send(plain(kind=Kind.CALL_RINGING))
    desk.send(plain(kind=Kind.DOOR_FORCED_OPEN))
    desk.settle()

    assert sum(one.count for one in desk.limited(Bucket.RINGS)) == 202
    assert plain(kind=Kind.DOOR_FORCED_OPEN) in desk.stored
    assert not desk.intake.limits.may_be_asked("d")
