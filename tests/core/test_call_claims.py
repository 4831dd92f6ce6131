"""Who has a call, and whether it was missed, is the same in whatever order the words of it come."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.calls import RINGS_US, Call, CallState, Claim, advance, heard_as
from core.handles import handle_of
from core.times import MINUTE_US, SECOND_US

NOW = 1_790_000_000_000_000
PLAIN = Call("c-1", "dev", "door", "berlin", CallState.RINGING, NOW, NOW, NOW)
BEN, ADA = "local:ben", "local:ada"


@dataclass(frozen=True)
class Turn:
    """What somebody did with it, as the record of this id."""

    subject: str
    number: int

    @property
    def call(self) -> Call:
        return replace(PLAIN, claim=Claim(self.number, NOW + self.number, self.subject, self.subject, "s"))


def said(state: CallState, at: int) -> Call:
    return heard_as(Call("c-1", "dev", "door", "berlin", state, at, at), at)


TURNS = st.lists(
    st.builds(Turn, st.sampled_from((BEN, ADA, "")), st.integers(1, 40)),
    max_size=6,
    unique_by=lambda turn: turn.number,
)
DEVICE = st.lists(st.builds(said, st.sampled_from(CallState), st.integers(NOW, NOW + 50)), max_size=5)
OURS = st.lists(
    st.one_of(
        st.integers(NOW, NOW + 50).map(lambda at: replace(PLAIN, unattended=at, ended=at)),
        st.sampled_from((BEN, ADA)).map(lambda who: replace(PLAIN, declined=(who,))),
    ),
    max_size=4,
)


def fold(words: list[Call]) -> Call:
    call = PLAIN
    for word in words:
        call = advance(call, word)
    return call


@given(TURNS, DEVICE, OURS, st.data())
def test_any_order_and_any_repetition_of_words_and_claims_gives_the_same_call(
    turns: list[Turn], device: list[Call], ours: list[Call], data: st.DataObject
) -> None:
    words = [*(turn.call for turn in turns), *device, *ours]
    again = data.draw(st.lists(st.sampled_from(words), max_size=5)) if words else []

    assert fold(data.draw(st.permutations(words + again))) == fold(words)


@given(TURNS, DEVICE)
def test_who_was_told_last_has_an_open_call_and_nobody_has_one_that_is_over(
    turns: list[Turn], device: list[Call]
) -> None:
    call = fold([*(turn.call for turn in turns), *device])
    last = max(turns, key=lambda turn: turn.number, default=Turn("", 0))

    assert (call.holder.subject if call.holder else "") == (last.subject if call.open else "")


@given(DEVICE, st.integers(NOW, NOW + 50))
def test_a_call_that_nobody_came_to_is_missed_unless_the_device_tells_more(
    device: list[Call], given_up: int
) -> None:
    call = fold([*device, replace(PLAIN, unattended=given_up, ended=given_up)])
    silent = all(word.state is CallState.RINGING for word in device)

    assert call.shown is (CallState.MISSED if silent else fold(device).state)
    assert call.rings(NOW) is False


def test_a_ring_sounds_for_half_a_minute_by_our_clock_whatever_the_devices_says() -> None:
    fast = replace(PLAIN, started=NOW + MINUTE_US, heard=NOW)

    assert fast.rings(NOW + RINGS_US - 1)
    assert not fast.rings(NOW + RINGS_US)
    assert not replace(fast, state=CallState.ANSWERED).rings(NOW)


def test_patience_begins_with_the_ring_and_again_when_the_call_was_given_back() -> None:
    later = NOW + 50 * SECOND_US
    claimed = replace(PLAIN, claim=Claim(1, later, BEN, "Ben", "s"))
    given_back = replace(PLAIN, claim=Claim(2, later))

    assert PLAIN.missed_at(60) == NOW + MINUTE_US
    assert claimed.missed_at(60) is None
    assert given_back.missed_at(60) == later + MINUTE_US
    assert PLAIN.missed_at(0) is None
    assert replace(PLAIN, state=CallState.ANSWERED).missed_at(60) is None


def test_a_handle_is_a_persons_own_and_does_not_tell_who_it_is() -> None:
    assert handle_of(BEN) == handle_of(BEN) != handle_of(ADA)
    assert "ben" not in handle_of(BEN)
