"""What the wall can be heard by, and what it tells the rest of the page."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.wall_harness.frames import record, records, tile
from tests.browser.wall_harness.scenes import FORCED, HELD, call, drawn, estate
from tests.browser.wall_harness.server import Player
from tests.browser.wall_harness.visit import LIVE, wall
from tests.waiting import until

pytestmark = pytest.mark.browser
# Writes down each tone instead of sounding it, and lets nothing sound before somebody has touched the page.
EAR = """
window.tones = [];
const param = () => ({ setValueAtTime() {}, exponentialRampToValueAtTime() {} });
window.AudioContext = class {
  state = "suspended"; currentTime = 0; destination = {};
  async resume() { if (navigator.userActivation.hasBeenActive) this.state = "running"; }
  close() {}
};
window.GainNode = class { gain = param(); connect(to) { return to; } };
window.OscillatorNode = class {
  constructor(_, { frequency }) { this.frequency = frequency; }
  connect(to) { return to; }
  start() { window.tones.push(this.frequency); }
  stop() {}
};
"""
RING, ALARM = 784, 988


@pytest.fixture
def context(new_context: Callable[..., BrowserContext]) -> BrowserContext:
    made = new_context()
    made.add_init_script(EAR)
    return made


def tones(page: Page) -> list[int]:
    """Take what has sounded since the last look."""
    found: list[int] = page.evaluate("tones.splice(0)")
    return found


def heard(page: Page, tone: int) -> None:
    until(lambda: tone in tones(page))


def live_again(page: Page) -> bool:
    page.clock.run_for(200)
    return page.locator(LIVE).count() > 0


def forced(player: Player, number: int, door: int) -> None:
    player.send(records([record(number, "door.forced_open")], doors=[tile(door, **FORCED)]))


def test_without_a_press_nothing_sounds(context: BrowserContext) -> None:
    player = estate(calls=[call()])
    with wall(context, player) as page:
        forced(player, 4, 2)
        expect(page.locator(".card[data-condition=forced]")).to_be_visible()

        expect(page.get_by_role("button", name="Sound off")).to_be_visible()
        assert tones(page) == []


def test_one_press_turns_sounds_on_for_good_and_a_ring_is_not_an_alarm(context: BrowserContext) -> None:
    player = estate()
    with wall(context, player) as page:
        page.get_by_role("button", name="Sound off").click()
        expect(page.get_by_role("button", name="Sound on")).to_be_visible()
        heard(page, RING)
        until(lambda: page.evaluate("true") and player.kept == {"sound": True})

        player.send(records([record(4, "call.ringing")], calls=[call()]))
        heard(page, RING)
        player.send(records([record(5, "call.ended")], calls=[call(4, "ended")]))
        expect(page.locator(".card")).to_have_count(0)
        tones(page)
        forced(player, 6, 2)
        heard(page, ALARM)
        assert RING not in tones(page)


def test_who_likes_sounds_has_them_after_the_first_touch(context: BrowserContext) -> None:
    context.add_init_script("window.given = { preferences: { sound: true } }")
    with wall(context, estate({2: FORCED})) as page:
        expect(page.get_by_role("button", name="Sound: press a key")).to_be_visible()
        assert tones(page) == []
        page.mouse.click(300, 20)

        heard(page, ALARM)
        expect(page.get_by_role("button", name="Sound on")).to_be_visible()


def test_silence_holds_for_what_sounds_now_and_not_for_what_comes(context: BrowserContext) -> None:
    context.add_init_script("window.given = { preferences: { sound: true } }")
    context.clock.install()
    player = estate({2: {**FORCED, "since": 1}})
    with wall(context, player) as page:
        page.mouse.click(300, 20)
        page.clock.run_for(1_000)
        heard(page, ALARM)
        page.keyboard.press("q")
        # So long a leap looks like a lost connection, too: what was silenced stays so when it is back.
        page.clock.run_for(130_000)
        until(partial(live_again, page))
        assert tones(page) == []

        forced(player, 5, 3)
        page.clock.run_for(1_000)
        heard(page, ALARM)


def test_a_mute_ends_by_itself_and_says_when(context: BrowserContext) -> None:
    context.add_init_script("window.given = { preferences: { sound: true } }")
    player = estate({2: HELD})
    context.clock.install()
    with wall(context, player) as page:
        page.mouse.click(300, 20)
        page.clock.run_for(1_000)
        page.get_by_role("button", name="Sound on").click()
        page.get_by_role("button", name="Mute for 5 minutes").click()
        expect(page.locator(".sound")).to_contain_text("Muted until")
        tones(page)
        page.clock.run_for(290_000)
        assert tones(page) == []

        page.clock.run_for(20_000)
        page.clock.run_for(1_000)
        expect(page.get_by_role("button", name="Sound on")).to_be_visible()
        heard(page, ALARM)


def test_the_page_is_told_of_each_change_and_of_nothing_twice(context: BrowserContext) -> None:
    player = estate({2: FORCED})
    with wall(context, player) as page:
        drawn(page)
        player.send(records([record(4, "call.ringing")], calls=[call(4)]))
        until(lambda: page.evaluate("harness.told.length") == 2)
        drawn(page)
        told: list[dict[str, Any]] = page.evaluate("harness.told")

        assert [(one["calls"], one["alarms"], one["devices"]) for one in told] == [(0, 1, 0), (1, 1, 0)]
        assert [(one["what"], one["door"], one["severity"]) for one in told[-1]["items"]] == [
            ("forced", "d2", "alarm"),
            ("ringing", "d4", "alarm"),
        ]
        assert told[-1]["items"][1]["site_name"] == "New York"


def test_keys_rest_while_somebody_writes_and_where_they_are_switched_off(context: BrowserContext) -> None:
    with wall(context, estate({2: FORCED})) as page:
        page.get_by_role("searchbox", name="Find a door").press_sequentially("aa")
        expect(page.get_by_role("button", name="Only abnormal")).to_have_attribute("aria-pressed", "false")

        page.mouse.click(300, 20)
        page.evaluate("document.documentElement.setAttribute('data-gatehouse-keys-off', '')")
        page.keyboard.press("a")
        expect(page.get_by_role("button", name="Only abnormal")).to_have_attribute("aria-pressed", "false")
