"""A call only goes forward, in whatever order its words come."""

from hypothesis import given
from hypothesis import strategies as st

from core.calls import CALL_LIVES_US, Call, CallState, advance

NOW = 1_790_000_000_000_000


def word(state: CallState, at: int) -> Call:
    return Call("c-1", "dev", "door", "berlin", state, at, at)


WORDS = st.lists(
    st.builds(word, st.sampled_from(CallState), st.integers(NOW, NOW + 50)), min_size=1, max_size=8
)


def fold(words: list[Call]) -> Call:
    call = advance(None, words[0])
    for later in words[1:]:
        call = advance(call, later)
    return call


@given(WORDS, st.data())
def test_any_order_and_any_duplication_of_words_gives_the_same_call(
    words: list[Call], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(words), max_size=6))

    assert fold(data.draw(st.permutations(words + again))) == fold(words)


@given(WORDS)
def test_a_call_is_as_far_as_its_furthest_word_and_keeps_its_first_and_last_time(words: list[Call]) -> None:
    order = ["ringing", "answered", "missed", "ended"]
    call = fold(words)

    assert call.state == max((one.state for one in words), key=order.index)
    assert call.started == min(one.started for one in words)
    assert call.changed == max(one.changed for one in words)


def test_a_call_is_open_until_it_is_missed_or_ended() -> None:
    assert [state for state in CallState if word(state, NOW).open] == ["ringing", "answered"]


def test_an_open_call_that_nobody_speaks_of_any_more_is_not_shown_for_ever() -> None:
    call = word(CallState.RINGING, NOW)

    assert call.lives(NOW + CALL_LIVES_US)
    assert not call.lives(NOW + CALL_LIVES_US + 1)
    assert not word(CallState.ENDED, NOW).lives(NOW)
