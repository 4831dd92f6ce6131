"""Five refusals within any ten minutes lock, and no four, however they lie."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.refusals import (
    LOCKED_US,
    MOST_REFUSED,
    MOST_TOLD,
    REFUSED_WITHIN_US,
    Effect,
    Refusals,
    forgive,
    refuse,
)
from core.times import MINUTE_US, SECOND_US

NOW = 1_790_000_000_000_000
# So that what lies exactly at the boundary is tried often.
GAPS = st.sampled_from(
    [0, 1, SECOND_US, MINUTE_US, REFUSED_WITHIN_US // 4, REFUSED_WITHIN_US - 1, LOCKED_US - 1, LOCKED_US]
) | st.integers(0, 2 * LOCKED_US)


@dataclass
class Model:
    """Every refusal ever, of which those since the last lock or good proof are looked at."""

    times: list[int] = field(default_factory=list)
    until: int = 0

    def refuse(self, now: int) -> bool:
        if now < self.until:
            return False
        self.times.append(now)
        if sum(now - at <= REFUSED_WITHIN_US for at in self.times) < MOST_REFUSED:
            return False
        self.times, self.until = [], now + LOCKED_US
        return True


@given(st.lists(st.tuples(GAPS, st.sampled_from([True, True, True, True, True, False])), max_size=60))
def test_locked_exactly_when_five_refusals_lie_in_some_ten_minutes(steps: list[tuple[int, bool]]) -> None:
    model, one, now = Model(), Refusals(), NOW
    for gap, bad in steps:
        now += gap
        assert one.locked(now) == (now < model.until)
        if bad:
            one, effect = refuse(one, now)
            assert (effect is Effect.LOCKS) == model.refuse(now)
        elif not one.locked(now):
            one = forgive(one)
            model.times = []


@pytest.mark.parametrize(("late", "locks"), [(0, True), (1, False)])
def test_the_fifth_counts_to_the_very_end_of_the_ten_minutes(late: int, locks: bool) -> None:
    one = Refusals()
    for at in (NOW, NOW + 1, NOW + 2, NOW + 3):
        one, _ = refuse(one, at)

    assert (refuse(one, NOW + REFUSED_WITHIN_US + late)[1] is Effect.LOCKS) == locks


def test_what_a_lock_has_ended_counts_for_no_further_one() -> None:
    one = Refusals()
    for _ in range(MOST_REFUSED):
        one, _ = refuse(one, NOW)
    after = NOW + LOCKED_US
    for _ in range(MOST_REFUSED - 1):
        one, effect = refuse(one, after)
        assert effect is Effect.TOLD

    assert not one.locked(after)
    assert refuse(one, after)[1] is Effect.LOCKS


def test_proofs_shown_during_a_lock_prolong_nothing_and_are_counted_beyond_a_number() -> None:
    one = Refusals()
    for _ in range(MOST_REFUSED):
        one, _ = refuse(one, NOW)
    until, effects = one.until, []
    for step in range(MOST_TOLD + 3):
        one, effect = refuse(one, NOW + step)
        effects.append(effect)

    assert effects == [Effect.TOLD] * MOST_TOLD + [Effect.COUNTED] * 3
    assert (one.until, one.untold, one.due) == (until, 3, until)


def test_those_of_one_lock_that_no_record_has_told_of_are_not_forgotten_by_the_next() -> None:
    one = Refusals(until=NOW, told=MOST_TOLD, untold=7)
    for _ in range(MOST_REFUSED):
        one, _ = refuse(one, NOW)

    assert (one.untold, one.told, one.locked(NOW)) == (7, 0, True)
