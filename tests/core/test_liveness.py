"""Presence: silence gives unknown, and no word told twice changes anything twice."""

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from core.liveness import Change, Liveness, came, fell_silent, left, named_boot, spoke, vouched_until
from core.model import NEVER_US
from core.records import Kind

HEARTBEAT_S = 30
STALE_US = 3 * HEARTBEAT_S * 1_000_000
HEARD = 1_790_000_000_000_000
BOOTS = ("01A", "01B", "01C")
THERE = Liveness(online=True, boot="01B")
Word = Callable[[Liveness], Change]

words = st.sampled_from(
    [
        spoke,
        left,
        lambda state: came(state, rebooted=False),
        lambda state: fell_silent(state, HEARD, HEARTBEAT_S, HEARD + STALE_US),
        *(lambda state, boot=boot: named_boot(state, boot, live=True) for boot in BOOTS),
    ]
)
states = st.builds(
    Liveness,
    online=st.sampled_from([None, True, False]),
    silent=st.booleans(),
    fault=st.sampled_from([None, "boot_went_back"]),
    boot=st.sampled_from(["", *BOOTS]),
)


@given(states, words)
def test_a_word_that_comes_twice_changes_nothing_more_and_is_recorded_once(
    state: Liveness, word: Word
) -> None:
    once = word(state)

    assert word(once.state) == Change(once.state)


@given(states, st.permutations(BOOTS), st.permutations(BOOTS))
def test_boots_named_in_any_order_end_in_the_highest(
    state: Liveness, one: list[str], other: list[str]
) -> None:
    ends = []
    for order in (one, other):
        told = state
        for boot in order:
            told = named_boot(told, boot, live=True).state
        ends.append(told.boot)

    assert ends == [max(*BOOTS, state.boot)] * 2


@given(states, st.integers(0, 2 * STALE_US))
def test_silence_gives_unknown(state: Liveness, age: int) -> None:
    vouched = vouched_until(state, HEARD, HEARTBEAT_S, HEARD) > HEARD + age

    assert not vouched or age < STALE_US


@given(states)
def test_a_device_never_heard_vouches_for_nothing(state: Liveness) -> None:
    assert vouched_until(state, 0, HEARTBEAT_S, 0) == 0


def test_one_that_left_fell_silent_or_went_back_vouches_no_longer_than_that() -> None:
    changed = HEARD - 5
    for away in (
        replace(THERE, online=False),
        replace(THERE, silent=True),
        replace(THERE, fault="boot_went_back"),
    ):
        assert vouched_until(away, HEARD, HEARTBEAT_S, changed) == changed


def test_a_device_without_a_heartbeat_is_vouched_for_by_its_will_once_it_said_hello() -> None:
    assert vouched_until(THERE, HEARD, 0, HEARD) == NEVER_US
    assert vouched_until(Liveness(), HEARD, 0, HEARD) == HEARD + STALE_US


def test_silence_is_told_once_and_ends_with_a_word() -> None:
    silent = fell_silent(THERE, HEARD, HEARTBEAT_S, HEARD + STALE_US)
    back = spoke(silent.state)

    assert (silent.kind, back.kind) == (Kind.DEVICE_SILENT, Kind.DEVICE_ONLINE)
    assert fell_silent(THERE, HEARD, HEARTBEAT_S, HEARD + STALE_US - 1) == Change(THERE)


def test_a_boot_that_went_back_is_a_fault_until_a_later_one() -> None:
    fault = named_boot(THERE, "01A", live=True)

    assert (fault.kind, fault.reason, fault.state.boot) == (Kind.DEVICE_FAULT, "boot_went_back", "01B")
    assert named_boot(fault.state, "01B", live=True).state.fault is None
    assert named_boot(THERE, "01A", live=False) == Change(THERE)


def test_one_that_is_gone_and_speaks_is_there_again_though_its_hello_was_missed() -> None:
    assert spoke(replace(THERE, online=False)) == Change(THERE, Kind.DEVICE_ONLINE)
    assert spoke(Liveness()) == Change(Liveness())
