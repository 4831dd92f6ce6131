"""Token buckets: no more than the burst and the rate lets through, and calm only after quiet."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.mqtt.limits import Limits
from core.reports import Bucket

NOW = 1_790_000_000_000_000
SECOND = 1_000_000
STEPS = st.lists(st.tuples(st.integers(0, 5 * SECOND), st.integers(1, 30)), max_size=200)


@given(STEPS, st.integers(1, 20))
def test_never_more_than_the_burst_and_the_rate_times_the_time_is_let_through(
    steps: list[tuple[int, int]], rate: int
) -> None:
    limits = Limits(rate)
    now, passed = NOW, 0
    for wait, count in steps:
        now += wait
        limits.calmed(now)
        passed += sum(limits.take("d", Bucket.ORDINARY, now) for _ in range(count))
        assert passed <= 20 * rate + rate * (now - NOW) / SECOND


@given(STEPS)
def test_who_keeps_to_the_rate_is_never_limited(steps: list[tuple[int, int]]) -> None:
    limits = Limits(30)
    now = NOW
    for wait, count in steps:
        now += SECOND + wait
        assert all(limits.take("d", Bucket.ORDINARY, now) for _ in range(count))


def test_one_device_s_flood_is_no_other_s() -> None:
    limits = Limits()
    while limits.take("loud", Bucket.ORDINARY, NOW):
        pass

    assert limits.take("quiet", Bucket.ORDINARY, NOW)
    assert limits.take("loud", Bucket.ALARMS, NOW)
    assert limits.over() == {"loud"}


def test_each_message_while_limited_puts_calm_off() -> None:
    limits = Limits(10)
    while limits.take("d", Bucket.ORDINARY, NOW):
        pass
    for tenth in range(1, 100):
        assert not limits.take("d", Bucket.ORDINARY, NOW + tenth * SECOND // 10)
        assert limits.calmed(NOW + tenth * SECOND // 10) == []

    end = NOW + 99 * SECOND // 10
    assert limits.calmed(end + 2 * SECOND - 1) == []
    assert limits.calmed(end + 2 * SECOND) == [("d", Bucket.ORDINARY)]
    assert limits.calmed(end + 3 * SECOND) == []


def test_a_clock_that_was_set_back_gives_no_tokens_and_takes_none() -> None:
    limits = Limits(10)
    passed = [limits.take("d", Bucket.ORDINARY, NOW - n * 3_600 * SECOND) for n in range(201)]

    assert passed == [True] * 200 + [False]


def test_what_costs_more_than_the_whole_bucket_passes_a_full_one() -> None:
    limits = Limits(1)

    assert limits.take("d", Bucket.ORDINARY, NOW, 500)
    assert not limits.take("d", Bucket.ORDINARY, NOW, 1)
