"""What was asked is remembered for as long as an answer may come, and no longer."""

from connectors.mqtt.backfill import ANSWERED_WITHIN_US, Replays
from core.feeds import Missing
from tests.connectors.mqtt.desk import NOW, SECOND, page


def test_a_device_with_a_boot_for_each_word_fills_no_memory() -> None:
    replays = Replays()
    for n in range(1_000):
        now = NOW + n * SECOND
        for one in replays.due([Missing(n, "d", f"boot {n}", 1, 5)], now):
            replays.asked(one, now)

    assert len(replays._owed) <= ANSWERED_WITHIN_US // SECOND + 1


def test_an_answer_is_awaited_for_a_minute_whatever_else_is_asked() -> None:
    replays, one = Replays(), Missing(1, "d", "b", 1, 5)
    replays.asked(one, NOW)
    replays.due([], NOW + ANSWERED_WITHIN_US - 1)

    assert replays.answers(page(range(1, 6), at=NOW + ANSWERED_WITHIN_US - 1))
    assert not replays.answers(page(range(1, 6), at=NOW + ANSWERED_WITHIN_US - 1))
