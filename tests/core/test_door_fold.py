"""A door's state is the same in whatever order, and however often, its device's words come."""

from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.doors import (
    EFFECTS,
    FACETS,
    Alarm,
    DoorFacets,
    DoorState,
    Lock,
    Mode,
    Position,
    Rank,
    apply_event,
    apply_report,
    differences,
    rank_of,
)
from core.records import Kind

NOW = 1_790_000_000_000_000


@dataclass(frozen=True)
class Word:
    """An event, or a report (`facets`), which may say of some that nobody knows them."""

    rank: Rank
    kind: Kind = Kind.DOOR_OPENED
    outcome: str | None = None
    facets: DoorFacets | None = None
    unknown: tuple[str, ...] = ()

    def told_to(self, state: DoorState) -> DoorState:
        if self.facets is not None:
            return apply_report(state, self.facets, self.rank, unknown=self.unknown)
        return apply_event(state, self.kind, self.outcome, self.rank)


def fold(words: list[Word]) -> DoorState:
    state = DoorState()
    for word in words:
        state = word.told_to(state)
    return state


def settled(state: DoorState) -> dict[str, tuple[str, Rank]]:
    """Give what may not depend on the order; `since` is when we could first see a value, and may."""
    return {name: (getattr(state, name).value, getattr(state, name).rank) for name in FACETS}


BOOTS = st.sampled_from(["01A", "01B"])
NUMBERS = st.integers(1, 4)
MOMENTS = st.integers(NOW, NOW + 1)
EVENTS = st.builds(
    Word,
    rank=st.builds(Rank, BOOTS, NUMBERS, st.just(0), MOMENTS),
    kind=st.sampled_from([*EFFECTS, Kind.DOOR_MODE_CHANGED, Kind.ACCESS_GRANTED]),
    outcome=st.sampled_from([*Mode, "nonsense", None]),
)
REPORTS = st.builds(
    Word,
    rank=st.builds(Rank, BOOTS, NUMBERS, st.just(1), MOMENTS),
    facets=st.builds(
        DoorFacets,
        st.sampled_from(Position),
        st.sampled_from(Lock),
        st.sampled_from(Mode),
        st.sampled_from(Alarm),
    ),
    unknown=st.sets(st.sampled_from(FACETS)).map(tuple),
)
WORDS = st.lists(EVENTS | REPORTS, max_size=12)


@given(WORDS, st.data())
def test_any_order_and_any_duplication_of_words_gives_the_same_state(
    words: list[Word], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(words), max_size=8)) if words else []
    shuffled = data.draw(st.permutations(words + again))

    assert settled(fold(shuffled)) == settled(fold(words))


@given(WORDS, EVENTS | REPORTS)
def test_a_word_that_comes_twice_changes_nothing_the_second_time(words: list[Word], word: Word) -> None:
    once = fold([*words, word])

    assert word.told_to(once) == once


@given(WORDS, EVENTS | REPORTS)
def test_a_lower_rank_never_wins(words: list[Word], word: Word) -> None:
    before = fold(words)
    after = word.told_to(before)

    for name in FACETS:
        old, new = getattr(before, name), getattr(after, name)
        assert new == old if word.rank < old.rank else new.rank >= old.rank


@given(WORDS)
def test_each_facet_has_the_value_of_the_highest_word_that_spoke_of_it(words: list[Word]) -> None:
    state = fold(words)

    for name in FACETS:
        told = [(word.rank, value) for word in words for value in [spoken(word, name)] if value is not None]
        expected = max(told, default=(Rank(), "unknown"))
        assert (getattr(state, name).rank, getattr(state, name).value) == expected


def spoken(word: Word, name: str) -> str | None:
    """Say it again in other words than the code's."""
    if word.facets is not None:
        value = str(getattr(word.facets, name))
        return None if value == "unknown" and name not in word.unknown else value
    if word.kind is Kind.DOOR_MODE_CHANGED:
        known = word.outcome if word.outcome in {"normal", "held", "locked_down"} else "unknown"
        return known if name == "mode" else None
    told = {
        Kind.DOOR_OPENED: {"position": "open"},
        Kind.DOOR_CLOSED: {"position": "closed", "alarm": "none"},
        Kind.DOOR_LOCKED: {"lock": "locked"},
        Kind.DOOR_UNLOCKED: {"lock": "unlocked"},
        Kind.DOOR_HELD_OPEN: {"position": "open", "alarm": "held"},
        Kind.DOOR_FORCED_OPEN: {"position": "open", "alarm": "forced"},
    }
    return told.get(word.kind, {}).get(name)


def test_a_later_boot_wins_over_any_sequence_of_an_earlier_one() -> None:
    state = fold(
        [Word(Rank("01B", 1, 0, NOW), Kind.DOOR_CLOSED), Word(Rank("01A", 999, 1, NOW + 9), Kind.DOOR_OPENED)]
    )

    assert state.facets.position is Position.CLOSED


def test_a_report_wins_over_the_event_it_quotes_and_not_over_the_next() -> None:
    report = Word(Rank("01A", 5, 1, NOW), facets=DoorFacets(position=Position.CLOSED))
    fifth, sixth = (Word(Rank("01A", seq, 0, NOW), Kind.DOOR_OPENED) for seq in (5, 6))

    assert fold([report, fifth]).facets.position is Position.CLOSED
    assert fold([report, sixth]).facets.position is Position.OPEN


@pytest.mark.parametrize("numbers", [(10, 11), (11, 10)])
def test_of_two_events_of_one_second_the_one_with_the_higher_number_came_last(
    numbers: tuple[int, int],
) -> None:
    kinds = (Kind.DOOR_CLOSED, Kind.DOOR_OPENED)
    words = [Word(rank_of("", 0, NOW, number=one), kind) for one, kind in zip(numbers, kinds, strict=True)]

    last = Position.CLOSED if numbers[0] > numbers[1] else Position.OPEN
    assert {fold(words).facets.position, fold(words[::-1]).facets.position} == {last}


def test_a_report_of_the_second_of_an_event_and_a_later_event_go_above_its_number() -> None:
    event = Word(rank_of("", 0, NOW, number=99), Kind.DOOR_OPENED)
    report = Word(rank_of("", 0, NOW, report=True), facets=DoorFacets(position=Position.CLOSED))
    later = Word(rank_of("", 0, NOW + 1, number=1), Kind.DOOR_CLOSED)

    assert fold([report, event]).facets.position is Position.CLOSED
    assert fold([later, event]).facets.position is Position.CLOSED


def test_what_was_stored_before_events_were_numbered_is_read() -> None:
    old = msgspec.json.decode(b'[["open",["",7,0,7],7]]', type=DoorState)

    assert old.position.rank == Rank("", 7, 0, 7)
    assert (
        apply_event(old, Kind.DOOR_CLOSED, None, rank_of("", 0, 7, number=1)).facets.position
        is Position.CLOSED
    )


def test_two_words_of_one_rank_that_contradict_each_other_end_the_same_in_either_order() -> None:
    words = [Word(Rank("01A", 1, 0, NOW), kind) for kind in (Kind.DOOR_LOCKED, Kind.DOOR_UNLOCKED)]

    assert fold(words).facets == fold(words[::-1]).facets


def test_a_value_said_again_keeps_the_time_since_when_it_holds() -> None:
    words = [Word(Rank("01A", 1, 0, NOW), Kind.DOOR_CLOSED)]
    words += [Word(Rank("01A", 1, 1, NOW + n), facets=DoorFacets(position=Position.CLOSED)) for n in (5, 9)]

    assert fold(words).position.since == NOW
    assert fold(words).position.rank == Rank("01A", 1, 1, NOW + 9)


@pytest.mark.parametrize("name", FACETS)
def test_nothing_heard_is_unknown(name: str) -> None:
    assert getattr(DoorState().facets, name) == "unknown"


def test_differences_name_what_differs_with_its_new_value() -> None:
    before = DoorFacets(position=Position.OPEN, lock=Lock.LOCKED)
    after = DoorFacets(position=Position.CLOSED, lock=Lock.LOCKED, alarm=Alarm.HELD)

    assert differences(before, after) == {"position": "closed", "alarm": "held"}
    assert differences(after, after) == {}


def test_what_a_report_does_not_tell_stays_and_what_it_calls_unknown_is_unknown() -> None:
    closed = apply_report(DoorState(), DoorFacets(Position.CLOSED, Lock.LOCKED), Rank("01A", 1, 1, NOW))

    after = apply_report(closed, DoorFacets(), Rank("01A", 2, 1, NOW + 1), unknown=("lock",))

    assert after.facets == DoorFacets(Position.CLOSED, Lock.UNKNOWN)
