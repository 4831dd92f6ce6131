"""What arrives is limited by device, stored in turn, and acknowledged once, in the order of arrival."""

from collections import Counter
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from connectors.mqtt.backfill import ANSWERED_WITHIN_US
from connectors.mqtt.fair import BATCH, LONGEST_LINE, SHARE
from connectors.mqtt.intake import MOST_WAITING, Intake
from connectors.mqtt.limits import Limits
from core.doors import Position
from core.feeds import Missing
from core.leaf import Draft, EventKey
from core.records import Kind
from core.reports import (
    BackfillReport,
    Bucket,
    Calm,
    DoorReport,
    Item,
    Limited,
    Unclaimed,
)
from tests.connectors.mqtt.desk import BURST, NOW, SECOND, Desk, door, event, page, plain


def test_one_who_speaks_much_waits_behind_himself_and_not_before_others() -> None:
    desk = Desk()
    for seq in range(1, 801):
        desk.send(event(seq, "loud"))
    desk.send(event(1, "quiet"))
    desk.turn()

    first = desk.turns[0]
    assert event(1, "quiet") in first
    assert len([one for one in first if one == event(1, "quiet") or isinstance(one, Draft)]) == SHARE + 1


def test_who_was_not_served_in_a_turn_is_first_in_the_next() -> None:
    desk = Desk()
    names = [f"d{n:02}" for n in range(-(-BATCH // SHARE) + 2)]
    for name in names:
        for seq in range(1, 2 * SHARE + 1):
            desk.send(event(seq, name))
    desk.turn()
    desk.turn()

    served = {one.device for one in desk.turns[0] if isinstance(one, Draft)}
    assert len(desk.turns[0]) == BATCH
    assert set(names) - served
    assert [one.device for one in desk.turns[1][:1] if isinstance(one, Draft)] == [names[len(served)]]


def test_what_is_over_the_limit_is_one_range_after_what_was_recorded() -> None:
    desk = Desk()
    for seq in range(1, 3_001):
        desk.send(event(seq))
    desk.settle()

    assert [one.refs["seq"] for one in desk.recorded()] == list(range(1, BURST + 1))
    [limited] = desk.limited()
    assert (limited.count, limited.ranges) == (2_000, (("b", BURST + 1, 3_000),))
    assert desk.acknowledged == list(range(1, 3_001))


def test_what_is_only_counted_waits_for_a_tenth_of_a_second_or_for_something_to_record() -> None:
    desk = Desk()
    for seq in range(1, BURST + 1):
        desk.send(event(seq))
    desk.settle()
    desk.send(event(BURST + 1))
    desk.turn(NOW + SECOND // 10 - 1, all_there_is=False)
    assert desk.limited() == []
    assert not desk.intake.hurry
    desk.send(event(1, "quiet"))
    desk.turn(NOW + 1, all_there_is=False)
    assert len(desk.limited()) == 1

    desk.send(event(BURST + 2))
    desk.turn(NOW + 1 + SECOND // 10, all_there_is=False)
    assert len(desk.limited()) == 2
    assert desk.acknowledged == list(range(1, desk.sent + 1))


def test_numbers_that_come_out_of_order_still_become_one_range() -> None:
    desk = Desk()
    for seq in range(1, BURST + 1):
        desk.send(event(seq))
    for seq in (1_005, 1_003, 1_004, 1_002, 1_001):
        desk.send(event(seq))
    desk.settle()

    assert desk.limited()[0].ranges == (("b", 1_001, 1_005),)


def test_numbers_that_jump_about_fill_no_memory() -> None:
    desk = Desk()
    for seq in range(1, 4 * BURST, 2):
        desk.send(event(seq), qos=0)
    for seq in range(1, 4 * BURST, 2):
        desk.send(
            Draft(
                kind=Kind.DOOR_OPENED,
                received=NOW,
                device="d",
                refs={"boot": str(seq), "seq": 1},
                event_key=EventKey(str(seq), 1),
            ),
            qos=0,
        )
    desk.settle()

    assert sum(len(one.ranges) for one in desk.limited()) <= 32
    assert sum(one.count for one in desk.limited()) == 3 * BURST


def test_alarms_and_what_is_not_understood_have_limits_of_their_own() -> None:
    desk = Desk()
    for _ in range(BURST + 1):
        desk.send(plain())
    for _ in range(300):
        desk.send(plain(kind=Kind.DOOR_FORCED_OPEN))
        desk.send(plain(kind=Kind.FEED_FORGED, reason="device_mismatch"))
    desk.settle()

    kinds = Counter(one.kind for one in desk.recorded())
    assert kinds == {Kind.DOOR_OPENED: BURST, Kind.DOOR_FORCED_OPEN: 200, Kind.FEED_FORGED: 200}
    assert sum(one.count for one in desk.limited()) == 1
    assert sum(one.count for one in desk.limited(Bucket.ALARMS)) == 100
    unread = desk.limited(Bucket.UNREAD)
    assert sum(one.reasons["device_mismatch"] for one in unread) == 100


def test_nobodys_words_are_one_flood() -> None:
    desk = Desk()
    for n in range(150):
        desk.send(plain("", kind=Kind.FEED_UNMAPPED, reason="unknown_topic"))
        desk.send(Unclaimed(family="shelly", name=str(n), topic=str(n), received=NOW))
    desk.settle()

    assert {one.device for one in desk.limited(Bucket.UNREAD)} == {""}
    reasons = sum((Counter(one.reasons) for one in desk.limited(Bucket.UNREAD)), Counter[str]())
    assert reasons == {"unknown_topic": 50, "unclaimed": 50}


def test_what_had_waited_at_the_broker_is_exempt() -> None:
    desk = Desk()
    for seq in range(1, 2_001):
        desk.send(event(seq), queued=True)
    desk.settle()

    assert len(desk.recorded()) == len(desk.queued) == 2_000
    assert desk.limited() == []


def test_a_page_that_answers_us_is_exempt_once_and_one_that_nobody_asked_for_costs_its_events() -> None:
    desk = Desk()
    gap = Missing(1, "d", "b", 1, 700)
    desk.replays.asked(gap, NOW)
    for first in (1, 401, 801, 1_201):
        desk.send(page(range(first, first + 400)))
    desk.settle()
    pages = [one.first for one in desk.stored if isinstance(one, BackfillReport)]
    assert pages == [1, 401, 801]
    assert [one.count for one in desk.limited()] == [1]

    desk.replays.asked(gap, NOW)
    desk.send(page(range(1, 400), at=NOW + ANSWERED_WITHIN_US))
    desk.settle()
    assert [one.first for one in desk.stored if isinstance(one, BackfillReport)] == pages


def test_the_newest_snapshot_over_the_limit_is_stored_within_a_second() -> None:
    desk = Desk()
    for seq in range(1, BURST + 1):
        desk.send(event(seq))
    desk.send(door())
    desk.settle()
    desk.stored.clear()
    for n in range(99):
        desk.send(door(position=Position.OPEN if n % 2 else Position.CLOSED, at=NOW + n))
    desk.settle()
    assert not any(isinstance(one, DoorReport) for one in desk.stored)

    desk.turn(NOW + SECOND)
    reports = [one for one in desk.stored if isinstance(one, DoorReport)]
    assert [(one.received, one.facets.position) for one in reports] == [(NOW + 98, Position.CLOSED)]
    assert sum(one.count for one in desk.limited()) == 98
    assert desk.acknowledged == list(range(1, desk.sent + 1))


def test_an_older_state_that_numbered_events_tell_of_is_no_loss() -> None:
    desk = Desk()
    for seq in range(1, BURST + 1):
        desk.send(event(seq))
    for _ in range(9):
        desk.send(replace(door(), boot="b", seq=BURST))
    desk.settle()

    assert [one.count for one in desk.limited()] == [0]
    assert desk.acknowledged == list(range(1, desk.sent + 1))


def test_snapshots_that_fill_the_broker_s_patience_are_stored_at_once() -> None:
    desk = Desk()
    for seq in range(1, BURST + 1):
        desk.send(event(seq))
    desk.send(door())
    desk.settle()
    desk.send(door())
    for _ in range(1_001):
        desk.send(plain())
    desk.turn(all_there_is=False)
    desk.turn(all_there_is=False)

    assert desk.acknowledged == list(range(1, desk.sent + 1))


def test_calm_is_told_after_two_quiet_seconds_and_behind_what_came_before() -> None:
    desk = Desk()
    for seq in range(1, BURST + 2):
        desk.send(event(seq))
    assert not desk.intake.calm(NOW + 2 * SECOND - 1)
    assert not desk.intake.limits.may_be_asked("d")
    desk.send(event(BURST + 2), at=NOW + 2 * SECOND - 1)
    assert not desk.intake.calm(NOW + 2 * SECOND)
    assert desk.intake.calm(NOW + 2 * SECOND + SECOND)
    desk.send(event(BURST + 3), at=NOW + 3 * SECOND)
    desk.settle()

    assert isinstance(desk.stored[-2], Calm)
    assert desk.stored[-1] == event(BURST + 3)
    assert desk.intake.limits.over() == frozenset()


def test_a_flood_that_the_log_knows_of_is_open_after_a_restart_and_ends_by_itself() -> None:
    desk = Desk()
    desk.intake.reset([("d", Bucket.UNREAD)], NOW)
    assert desk.intake.limits.over() == {"d"}
    assert desk.intake.limits.may_be_asked("d")
    desk.intake.calm(NOW + 2 * SECOND)
    desk.settle()

    assert desk.stored == [Calm(device="d", bucket=Bucket.UNREAD, received=NOW + 2 * SECOND)]


def test_a_lost_connection_leaves_nothing_behind() -> None:
    desk = Desk()
    for seq in range(1, 2_000):
        desk.send(event(seq))
    desk.send(door())
    desk.intake.reset((), NOW)
    desk.turn(NOW + SECOND)

    assert (desk.stored, desk.acknowledged, desk.intake.room) == ([], [], MOST_WAITING)


def test_a_line_of_what_needs_no_answer_has_an_end() -> None:
    desk = Desk()
    for seq in range(1, LONGEST_LINE + 501):
        desk.send(event(seq), queued=True, qos=0)
    desk.settle()

    assert len(desk.recorded()) == LONGEST_LINE
    assert desk.limited()[0].ranges == (("b", LONGEST_LINE + 1, LONGEST_LINE + 500),)


def test_nothing_is_read_while_too_much_waits() -> None:
    desk = Desk()
    for n in range(100):
        for seq in range(1, 101):
            if desk.intake.room:
                desk.send(event(seq, f"d{n}"))

    assert desk.intake.waiting == MOST_WAITING
    desk.settle()
    assert (desk.intake.waiting, desk.intake.room) == (0, MOST_WAITING)


WORDS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", ""]),
        st.sampled_from(["event", "door", "alarm", "bad", "nothing", "two", "turn"]),
        st.sampled_from([0, 0, 0, 1_000, 400_000, 3_000_000]),
        st.booleans(),
    ),
    max_size=300,
)


def _items(device: str, what: str, seq: int, at: int) -> Sequence[Item]:
    match what:
        case "event":
            return (event(seq, device or "d", at),)
        case "door":
            return (door(device or "d", at),)
        case "alarm":
            return (plain(device, at, Kind.DOOR_FORCED_OPEN),)
        case "bad":
            return (plain(device, at, Kind.FEED_UNMAPPED, "not_json"),)
        case "two":
            return (event(seq, device or "d", at), door(device or "d", at))
        case _:
            return ()


@given(WORDS, st.sampled_from([1, 2, 50]))
def test_each_delivery_is_acknowledged_once_and_in_order_and_a_device_s_words_keep_theirs(
    words: list[tuple[str, str, int, bool]], rate: int
) -> None:
    desk = Desk()
    desk.intake = Intake(Limits(rate), desk.replays.answers)
    now, due = NOW, []
    for number, (device, what, passed, qos) in enumerate(words, start=1):
        now += passed
        if what == "turn":
            desk.turn(now)
            desk.intake.calm(now)
            continue
        desk.send(*_items(device, what, number, now), at=now, qos=int(qos))
        due += [desk.sent] if qos else []
    desk.turn(now + SECOND)
    desk.settle(now + SECOND)
    assert desk.acknowledged == due
    assert len(desk.intake._arrivals) == 0
    for device in ("a", "b", "d"):
        numbers = [one.refs["seq"] for one in desk.recorded(device) if "seq" in one.refs]
        assert numbers == sorted(numbers)


@given(WORDS)
def test_what_came_is_recorded_or_counted_and_none_of_it_twice(
    words: list[tuple[str, str, int, bool]],
) -> None:
    desk = Desk()
    desk.intake = Intake(Limits(1), desk.replays.answers)
    now, came = NOW, 0
    for number, (device, what, passed, qos) in enumerate(words, start=1):
        now += passed
        items = _items(device, what, number, now)
        came += len(items)
        desk.send(*items, at=now, qos=int(qos))
    desk.turn(now + SECOND)
    desk.settle(now + SECOND)

    counted = sum(one.count for one in desk.stored if isinstance(one, Limited))
    assert counted + sum(not isinstance(one, Limited | Calm) for one in desk.stored) == came


def test_what_a_gateway_says_of_several_devices_waits_behind_none_of_them() -> None:
    desk = Desk()
    for seq in range(1, 2 * SHARE):
        desk.send(event(seq, "loud"))
    desk.send(door("loud"), door("quiet"))
    desk.send(event(1, "quiet"))
    desk.turn()

    assert [one for one in desk.turns[0] if isinstance(one, DoorReport)] == [door("quiet")]
    assert desk.turns[0][-1] == event(1, "quiet")
    assert desk.acknowledged == list(range(1, SHARE + 1))
    desk.settle()
    assert desk.acknowledged == list(range(1, desk.sent + 1))


def test_a_delivery_of_many_records_takes_their_place_in_a_turn() -> None:
    desk = Desk()
    for _ in range(4):
        desk.send(*(event(seq) for seq in range(1, SHARE + 1)), queued=True)
    assert desk.intake.waiting == 4 * SHARE
    desk.turn()

    assert len(desk.turns[0]) == SHARE
