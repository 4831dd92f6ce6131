"""One destination of checkpoints: the newest wins, and each silence is told once."""

from hypothesis import given
from hypothesis import strategies as st

from core.delivery import LOST_US, PACE_US, Delivery, Turn
from core.times import SECOND_US

# What happens after how long (µs): something is sealed, a try ends well or badly, or it is only looked at.
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["seal", "good", "bad", "look"]),
        st.sampled_from([0, 1, PACE_US, 20 * SECOND_US, LOST_US - 1, LOST_US]),
    ),
    min_size=20,
    max_size=60,
)


class Played:
    """A destination as it is played, with what somebody beside it would have seen."""

    def __init__(self) -> None:
        self.state = Delivery()
        self.now = 1_000_000_000
        self.turns: list[Turn] = []
        self.calm_at = self.now

    def play(self, what: str) -> None:
        before = self.state
        if what == "seal":
            self.calm_at = self.calm_at if before.waits else self.now
            self.state = before.offer(self.now)
            assert self.state.offered == before.offered + 1
        elif what != "look" and before.ready(self.now):
            self._try(before, good=what == "good")
        self.state, turn = self.state.judge(self.now)
        self._look(turn)

    def _try(self, before: Delivery, *, good: bool) -> None:
        if good:
            # The newest went, and nothing older is left to go.
            self.state = before.succeed(before.offered, self.now)
            self.calm_at = self.now
            assert not self.state.waits
            assert self.state.trouble == ""
        else:
            self.state = before.fail("away", self.now)
            assert self.state.waits
            assert PACE_US <= self.state.due - self.now <= 30 * SECOND_US

    def _look(self, turn: Turn | None) -> None:
        silent = self.state.waits and self.now - self.calm_at >= LOST_US
        if turn is not None:
            self.turns.append(turn)
        if turn is Turn.LOST:
            assert silent
        if silent:
            assert self.state.lost
        # Asked again at once it says nothing twice.
        again, more = self.state.judge(self.now)
        assert (again, more) == (self.state, None) or (turn is Turn.BACK and more is Turn.LOST)


@given(STEPS)
def test_whatever_happens_silence_is_told_once_and_its_end_once(steps: list[tuple[str, int]]) -> None:
    played = Played()
    for what, later in steps:
        played.now += later
        played.play(what)

    expected = [Turn.LOST, Turn.BACK] * len(played.turns)
    assert played.turns == expected[: len(played.turns)]


@given(st.integers(1, 9), st.integers(0, 9))
def test_what_is_sealed_while_another_is_on_its_way_still_waits(before: int, meanwhile: int) -> None:
    one = Delivery()
    for _ in range(before):
        one = one.offer(0)
    taken = one.offered
    for _ in range(meanwhile):
        one = one.offer(1)
    one = one.succeed(taken, 2)

    assert one.waits is (meanwhile > 0)
    assert one.arrived == taken
    assert one.ready(2 + PACE_US) is one.waits


def test_tries_come_slower_up_to_half_a_minute_and_quickly_after_success() -> None:
    one, waits = Delivery().offer(0), []
    for _ in range(8):
        one = one.fail("away", one.due)
        waits.append(one.due)
    gaps = [(after - before) // SECOND_US for before, after in zip([0, *waits[:-1]], waits, strict=True)]

    assert gaps == [1, 2, 4, 8, 16, 30, 30, 30]
    well = one.succeed(one.offered, one.due).offer(one.due)
    assert well.fail("away", 0).due == PACE_US


def test_a_silence_of_a_life_before_ends_with_what_arrives_and_is_not_told_again() -> None:
    one = Delivery(lost=True).offer(0)

    assert one.judge(5 * LOST_US) == (one, None)
    after, turn = one.succeed(1, LOST_US).judge(LOST_US)
    assert turn is Turn.BACK
    assert not after.lost


def test_where_nothing_is_sealed_nothing_is_missing() -> None:
    assert Delivery().judge(100 * LOST_US)[1] is None
    assert Delivery().offer(0).succeed(1, 1).judge(100 * LOST_US)[1] is None
