"""The state machine of unlocks: every order of words ends in one verdict, and only words vouch for it."""

from collections.abc import Callable, Iterable, Iterator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.capabilities import Answer
from core.commands import LIVES_US, Result
from core.doors import DoorFacets, Lock, Position
from core.records import KINDS, REASONS, Kind
from core.times import SECOND_US
from core.unlocks import (
    ANSWER_US,
    BAD_ENDS,
    CONFIRM_US,
    OPEN_GRACE_US,
    SECURE_GRACE_US,
    Flight,
    Moved,
    Stage,
    Step,
    doubt,
    due,
    pass_time,
    refuse,
    reply,
    see,
    send,
)

BEGAN = 1_800_000_000 * SECOND_US
OPENED = DoorFacets(position=Position.OPEN, lock=Lock.UNLOCKED)
LET_GO = DoorFacets(position=Position.CLOSED, lock=Lock.UNLOCKED)
STANDS_OPEN = DoorFacets(position=Position.OPEN, lock=Lock.LOCKED)
SHUT = DoorFacets(position=Position.CLOSED, lock=Lock.LOCKED)
AFTERWARDS = frozenset({Kind.UNLOCK_SECURED, Kind.UNLOCK_NOT_SECURED, Kind.UNLOCK_NOT_OPENED})
VERDICTS = frozenset(
    {Kind.UNLOCK_CONFIRMED, Kind.UNLOCK_REFUSED, Kind.UNLOCK_EXPIRED, Kind.UNLOCK_UNCONFIRMED}
)


def flight(answer: Answer = Answer.ACK, *, sensor: bool = True, seconds: int = 5) -> Flight:
    return Flight(
        act="01act",
        site="hq",
        door="front",
        device="ic",
        answer=answer,
        sensor=sensor,
        seconds=seconds,
        requested=BEGAN,
    )


class Told:
    """A flight with all its records so far."""

    def __init__(self, one: Flight) -> None:
        self.flight = one
        self.steps: list[Step] = []

    def take(self, moved: Moved | None) -> "Told":
        if moved is not None:
            self.flight = moved.flight
            self.steps += moved.steps
        return self

    @property
    def kinds(self) -> list[str]:
        return [one.kind.value.partition(".")[2] for one in self.steps]


def sent(answer: Answer = Answer.ACK, *, sensor: bool = True, seconds: int = 5) -> Told:
    one = Told(flight(answer, sensor=sensor, seconds=seconds))
    return one.take(send(one.flight, BEGAN))


def opens(told: Told, at: int) -> Told:
    return told.take(see(told.flight, OPENED, at))


def shuts(told: Told, at: int) -> Told:
    return told.take(see(told.flight, SHUT, at))


def test_the_good_way_is_sent_accepted_confirmed_and_secure_again() -> None:
    told = sent()
    told.take(reply(told.flight, Result.ACCEPTED, BEGAN + 100))
    opens(told, BEGAN + 200)
    assert told.flight.busy(BEGAN + 300)
    shuts(told, BEGAN + 6 * SECOND_US)

    assert told.kinds == ["sent", "accepted", "confirmed", "secured"]
    assert (told.flight.accepted, told.flight.confirmed) == (BEGAN + 100, BEGAN + 200)
    assert due(told.flight) is None


def test_a_door_seen_open_before_the_answer_waits_for_it_since_a_reader_may_have_opened_it() -> None:
    told = opens(sent(), BEGAN + 50)
    assert told.kinds == ["sent"]

    told.take(reply(told.flight, Result.ACCEPTED, BEGAN + 100))

    assert told.kinds == ["sent", "accepted", "confirmed"]


def test_a_pulse_that_was_over_before_the_answer_is_confirmed_and_secure() -> None:
    told = shuts(opens(sent(seconds=1), BEGAN + 50), BEGAN + SECOND_US)
    told.take(reply(told.flight, Result.ACCEPTED, BEGAN + 2 * SECOND_US))

    assert told.kinds == ["sent", "accepted", "confirmed", "secured"]


def test_a_door_that_opened_again_before_the_answer_is_not_called_secure() -> None:
    told = opens(shuts(opens(sent(seconds=1), BEGAN + 50), BEGAN + SECOND_US), BEGAN + SECOND_US + 50)
    told.take(reply(told.flight, Result.ACCEPTED, BEGAN + 2 * SECOND_US))

    assert told.kinds == ["sent", "accepted", "confirmed"]
    assert told.flight.watched


@pytest.mark.parametrize("answer", [Answer.ACK, Answer.STATE_ONLY])
@pytest.mark.parametrize(
    ("before", "seen"),
    [(STANDS_OPEN, STANDS_OPEN), (LET_GO, LET_GO), (OPENED, OPENED), (OPENED, STANDS_OPEN)],
)
def test_a_door_that_was_so_before_confirms_nothing_however_often_it_is_told(
    answer: Answer, before: DoorFacets, seen: DoorFacets
) -> None:
    told = Told(flight(answer))
    told.take(send(told.flight, BEGAN, before))
    told.take(reply(told.flight, Result.ACCEPTED, BEGAN + 100))
    for later in (200, 300):
        told.take(see(told.flight, seen, BEGAN + later))
    told.take(pass_time(told.flight, BEGAN + CONFIRM_US))

    assert told.steps[-1] == Step(Kind.UNLOCK_UNCONFIRMED, "not_seen")
    assert told.flight.opened == 0


@pytest.mark.parametrize(
    "before",
    [
        DoorFacets(position=Position.OPEN, lock=Lock.LOCKED),
        DoorFacets(position=Position.CLOSED, lock=Lock.UNLOCKED),
        DoorFacets(position=Position.OPEN, lock=Lock.UNLOCKED),
    ],
)
def test_a_door_that_was_so_before_confirms_by_what_changes(before: DoorFacets) -> None:
    told = Told(flight())
    told.take(send(told.flight, BEGAN, before))
    told.take(reply(told.flight, Result.ACCEPTED, BEGAN + 100))
    shuts(told, BEGAN + 200)
    opens(told, BEGAN + 300)

    assert (told.kinds[-1], told.flight.confirmed, told.flight.opened) == (
        "confirmed",
        BEGAN + 300,
        BEGAN + 300,
    )


def test_a_bolt_that_lets_go_at_a_door_that_stands_open_confirms() -> None:
    told = Told(flight())
    told.take(send(told.flight, BEGAN, DoorFacets(position=Position.OPEN, lock=Lock.LOCKED)))
    told.take(reply(told.flight, Result.ACCEPTED, BEGAN + 100))
    opens(told, BEGAN + 200)

    assert (told.kinds[-1], told.flight.opened) == ("confirmed", 0)
    told.take(see(told.flight, STANDS_OPEN, BEGAN + 6 * SECOND_US))
    assert told.flight.watched, "it stands open, and is not called secure"


def test_a_door_seen_open_and_never_answered_for_is_not_confirmed() -> None:
    told = opens(sent(), BEGAN + 50)
    told.take(pass_time(told.flight, BEGAN + ANSWER_US))

    assert told.steps[-1] == Step(Kind.UNLOCK_UNCONFIRMED, "not_answered")


@pytest.mark.parametrize(
    ("answer", "sensor", "good"),
    [
        (Answer.ACK, True, Stage.CONFIRMED),
        (Answer.ACK, False, Stage.ACCEPTED),
        (Answer.RESULT_NO_ID, True, Stage.CONFIRMED),
        (Answer.RESULT_NO_ID, False, Stage.ACCEPTED),
        (Answer.STATE_ONLY, True, Stage.CONFIRMED),
        (Answer.STATE_ONLY, False, Stage.CONFIRMED),
        (Answer.NONE, True, Stage.CONFIRMED),
        (Answer.NONE, False, Stage.SENT),
    ],
)
def test_the_good_end_is_the_most_that_the_door_can_tell(answer: Answer, sensor: bool, good: Stage) -> None:
    assert flight(answer, sensor=sensor).good_end is good


@pytest.mark.parametrize("answer", [Answer.STATE_ONLY, Answer.NONE])
def test_a_device_that_never_answers_is_believed_by_what_is_seen(answer: Answer) -> None:
    assert opens(sent(answer), BEGAN + SECOND_US).kinds == ["sent", "confirmed"]


def test_a_device_that_can_confirm_nothing_ends_as_sent() -> None:
    told = sent(Answer.NONE, sensor=False)

    assert not told.flight.under_way
    assert told.flight.let_in
    assert told.take(pass_time(told.flight, BEGAN + 60 * SECOND_US)).kinds == ["sent"]


def test_what_the_broker_has_not_acknowledged_is_in_doubt_only_where_nobody_can_answer() -> None:
    told = sent(Answer.NONE, sensor=False)
    told.take(doubt(told.flight))
    assert told.steps[-1] == Step(Kind.UNLOCK_UNCONFIRMED, "not_acknowledged")

    asked = sent(Answer.ACK)
    assert asked.take(doubt(asked.flight)).kinds == ["sent"]


def test_accepted_and_never_seen_is_unconfirmed_after_eight_seconds() -> None:
    told = sent()
    told.take(reply(told.flight, Result.ACCEPTED, BEGAN + SECOND_US))
    told.take(pass_time(told.flight, BEGAN + CONFIRM_US - 1))
    assert told.kinds == ["sent", "accepted"]

    told.take(pass_time(told.flight, BEGAN + CONFIRM_US))

    assert told.steps[-1] == Step(Kind.UNLOCK_UNCONFIRMED, "not_seen")
    assert opens(told, BEGAN + CONFIRM_US + 1).flight.stage is Stage.UNCONFIRMED


@pytest.mark.parametrize("ticked", [True, False])
def test_an_answer_after_twelve_seconds_is_late_and_noted_once(ticked: bool) -> None:
    told = sent()
    if ticked:
        told.take(pass_time(told.flight, BEGAN + ANSWER_US))
    for _ in range(2):
        told.take(reply(told.flight, Result.ACCEPTED, BEGAN + 12 * SECOND_US))

    assert told.kinds == ["sent", "unconfirmed", "answered_late"]
    assert told.flight.stage is Stage.UNCONFIRMED


def test_what_was_called_not_connected_and_answers_after_all_is_told() -> None:
    told = sent()
    told.take(refuse(told.flight, "not_connected"))
    told.take(reply(told.flight, Result.ACCEPTED, BEGAN + SECOND_US))

    assert told.kinds == ["sent", "refused", "answered_late"]


@pytest.mark.parametrize("result", Result)
def test_the_same_answer_twice_is_one(result: Result) -> None:
    told = sent()
    told.take(reply(told.flight, result, BEGAN + 100))
    before = told.flight, list(told.steps)
    told.take(reply(told.flight, result, BEGAN + 200))

    assert (told.flight, told.steps) == before


def test_what_was_never_sent_is_closed_as_not_sent_and_can_be_sent_no_more() -> None:
    told = Told(flight())
    assert send(told.flight, BEGAN + LIVES_US) is None

    told.take(pass_time(told.flight, BEGAN + LIVES_US))

    assert told.steps == [Step(Kind.UNLOCK_EXPIRED, "not_sent")]
    assert send(told.flight, BEGAN + 1) is None


def test_nothing_is_sent_twice() -> None:
    assert send(sent().flight, BEGAN + 1) is None


def test_a_door_that_let_go_and_was_not_opened_is_told() -> None:
    told = sent()
    told.take(reply(told.flight, Result.ACCEPTED, BEGAN + 100))
    told.take(see(told.flight, LET_GO, BEGAN + 200))
    shuts(told, BEGAN + 5 * SECOND_US)

    assert told.kinds == ["sent", "accepted", "confirmed", "not_opened", "secured"]


def test_a_door_that_is_not_secure_in_time_is_told_and_so_is_its_end() -> None:
    told = sent()
    told.take(reply(told.flight, Result.ACCEPTED, BEGAN + 100))
    opens(told, BEGAN + 200)
    told.take(pass_time(told.flight, told.flight.closes + SECURE_GRACE_US))
    shuts(told, BEGAN + 90 * SECOND_US)

    assert told.kinds == ["sent", "accepted", "confirmed", "not_secured", "secured"]


def test_a_door_that_stays_shut_in_time_is_told_once() -> None:
    told = sent()
    told.take(reply(told.flight, Result.ACCEPTED, BEGAN + 100))
    told.take(see(told.flight, LET_GO, BEGAN + 200))
    for later in (OPEN_GRACE_US, OPEN_GRACE_US + 1):
        told.take(pass_time(told.flight, told.flight.closes + later))

    assert told.kinds == ["sent", "accepted", "confirmed", "not_opened"]


def test_a_door_is_busy_until_its_verdict_and_while_it_stands_unlocked() -> None:
    told = sent()
    assert told.flight.busy(BEGAN + SECOND_US)
    told.take(reply(told.flight, Result.REFUSED, BEGAN + SECOND_US))
    assert not told.flight.busy(BEGAN + SECOND_US)

    shut = shuts(opens(sent(Answer.STATE_ONLY), BEGAN + 100), BEGAN + SECOND_US)
    assert not shut.flight.busy(BEGAN + SECOND_US)

    silent = sent(Answer.NONE, sensor=False)
    assert silent.flight.busy(BEGAN + 4 * SECOND_US)
    assert not silent.flight.busy(BEGAN + 5 * SECOND_US)


WORDS: dict[str, Callable[[Flight, int], Moved | None]] = {
    "send": send,
    "accepted": lambda one, at: reply(one, Result.ACCEPTED, at),
    "refused": lambda one, at: reply(one, Result.REFUSED, at),
    "expired": lambda one, at: reply(one, Result.EXPIRED, at),
    "lets go": lambda one, at: see(one, LET_GO, at),
    "opens": lambda one, at: see(one, OPENED, at),
    "shuts": lambda one, at: see(one, SHUT, at),
    "lost": lambda one, _: refuse(one, "not_connected"),
    "in doubt": lambda one, _: doubt(one),
    "time": pass_time,
}


def every_life() -> Iterator[tuple[Answer, bool, tuple[tuple[str, int], ...]]]:
    """Every order of three words, at every kind of door; the rest of its life is time alone.

    Once in a row, and once so slowly after it was sent that each answer is late.
    """
    slow = 6 * SECOND_US
    for answer, sensor, words in product(Answer, (True, False), product(WORDS, repeat=3)):
        yield answer, sensor, tuple((word, SECOND_US) for word in words)
        yield answer, sensor, (("send", SECOND_US), *((word, slow) for word in words))


def lived(answer: Answer, sensor: bool, words: Iterable[tuple[str, int]]) -> Told:
    told = Told(flight(answer, sensor=sensor))
    at = BEGAN
    for word, later in words:
        at += later
        told.take(WORDS[word](told.flight, at))
    for _ in range(6):
        at += SECURE_GRACE_US + CONFIRM_US
        told.take(pass_time(told.flight, at))
    return told


def check(told: Told) -> None:
    kinds = [one.kind for one in told.steps]
    assert len(kinds) == len(set(kinds)), "nothing is told twice"
    assert len(VERDICTS.intersection(kinds)) <= 1
    assert not told.flight.under_way, "everything ends"
    assert due(told.flight) is None
    if Kind.UNLOCK_CONFIRMED in kinds:
        assert Kind.UNLOCK_SENT in kinds
        assert told.flight.seen, "nothing is confirmed that nobody saw"
    if Kind.UNLOCK_ACCEPTED in kinds:
        assert kinds.index(Kind.UNLOCK_SENT) < kinds.index(Kind.UNLOCK_ACCEPTED)
    if AFTERWARDS.intersection(kinds) and Kind.UNLOCK_CONFIRMED not in kinds:
        assert told.flight.stage in BAD_ENDS, "a bad verdict stays"
        assert told.flight.seen, "nothing is said of a door that nobody saw to let go"
    if Kind.UNLOCK_CONFIRMED in kinds or told.flight.let_go:
        assert {Kind.UNLOCK_SECURED, Kind.UNLOCK_NOT_SECURED}.intersection(kinds), "no door is left alone"
    assert all(one.kind in KINDS for one in told.steps)
    assert all(one.reason is None or one.reason in REASONS for one in told.steps)


def test_every_order_of_words_ends_in_one_verdict_that_something_vouches_for() -> None:
    for answer, sensor, words in every_life():
        told = lived(answer, sensor, words)
        try:
            check(told)
        except AssertionError as error:
            raise AssertionError(f"{answer} sensor={sensor} {words}: {told.kinds} {error}") from error


@given(
    answer=st.sampled_from(Answer),
    sensor=st.booleans(),
    words=st.lists(
        st.tuples(st.sampled_from(sorted(WORDS)), st.integers(0, 20 * SECOND_US)), min_size=1, max_size=12
    ),
)
def test_any_life_ends_in_one_verdict(answer: Answer, sensor: bool, words: list[tuple[str, int]]) -> None:
    check(lived(answer, sensor, words))
