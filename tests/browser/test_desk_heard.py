"""What a desk lets be heard and noticed, from the start of a shift on, and never of what is old."""

from typing import Final

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.sitting import LIVE, SAMUEL, a_ring_later, change, desk, playing, ring
from tests.browser.wall_harness.acting import Acts
from tests.browser.wall_harness.frames import record, records, snapshot, tile
from tests.waiting import until

# What Chrome on Android throws wherever there is no service worker to notify for the page.
PHONE: Final = """() => {
  window.tried = 0;
  window.Notification = class {
    static permission = "granted";
    constructor() {
      window.tried += 1;
      throw new TypeError("Illegal constructor. Use ServiceWorkerRegistration.showNotification() instead.");
    }
  };
}"""
pytestmark = pytest.mark.browser


@pytest.fixture
def acts() -> Acts:
    return Acts()


def test_nothing_sounds_before_the_shift_and_a_ring_after_its_start(
    context: BrowserContext, acts: Acts
) -> None:
    player = playing(acts)
    with desk(context, player) as page:
        change(player, ring(4))
        expect(page.locator(".call")).to_have_count(1)
        assert page.evaluate("window.sounded ?? []") == []
        page.get_by_role("button", name="Start shift").click()
        until(lambda: page.evaluate("(window.sounded ?? []).length > 0"))
        change(player, ring(4, claimed=SAMUEL), kind="call.claimed")
        # Until that is here it rings on.
        expect(page.locator(".call")).to_contain_text("Claimed by Samuel Ortiz")
        page.evaluate("window.sounded.length = 0")
        # An alarm of a door sounds at the wall.
        player.send(records([record(300, "door.forced_open", door="d2")], doors=[tile(2, alarm="forced")]))
        a_ring_later(page)
        assert page.evaluate("window.sounded") == []


def test_a_ring_older_than_half_a_minute_never_rings(context: BrowserContext, acts: Acts) -> None:
    player = playing(acts, [ring(4, age=40)])
    with desk(context, player) as page:
        page.get_by_role("button", name="Start shift").click()
        until(lambda: page.evaluate("(window.sounded ?? []).length > 0"))
        page.evaluate("window.sounded.length = 0")
        a_ring_later(page)

        assert page.evaluate("window.sounded") == []
        assert page.evaluate("window.noted") == []
        expect(page.locator(".call")).to_contain_text("Ringing")


def test_after_a_return_what_was_missed_is_shown_and_old_rings_are_silent(
    context: BrowserContext, acts: Acts
) -> None:
    player = playing(acts)
    with desk(context, player) as page:
        page.get_by_role("button", name="Start shift").click()
        player.muted = True
        player.open = False
        page.wait_for_selector(".desk[data-link=lost]")
        expect(page.get_by_role("button", name="Unlock", exact=False).first).to_be_disabled()
        page.evaluate("window.sounded.length = 0")
        old = ring(4, age=120)
        acts.today = [{**old, "state": "missed", "outcome": "missed"}]
        player.snapshot = lambda _: snapshot(
            [tile(n) for n in range(30)], [record(50, "call.missed", door="d4")], reset=False
        )
        player.muted, player.open = False, True
        page.wait_for_selector(LIVE)

        expect(page.locator(".queue-away")).to_contain_text("This screen was not connected")
        expect(page.locator(".missed-call")).to_contain_text("Loading bay")
        expect(page.get_by_role("heading", name="Today's calls: 1, 1 missed")).to_be_visible()
        assert page.evaluate("window.sounded") == []


def test_a_phone_on_which_no_page_may_notify_draws_a_ring_and_sounds_it_all_the_same(
    context: BrowserContext, acts: Acts
) -> None:
    player = playing(acts)
    with desk(context, player) as page:
        page.evaluate(PHONE)
        page.get_by_role("button", name="Start shift").click()
        until(lambda: page.evaluate("(window.sounded ?? []).length > 0"))
        page.evaluate("document.hasFocus = () => false; window.sounded.length = 0")
        change(player, ring(4))

        expect(page.locator(".call")).to_have_count(1)
        expect(page.locator(".call")).to_contain_text("Loading bay")
        until(lambda: page.evaluate("window.sounded.length > 0"))
        change(player, ring(4), ring(7))
        expect(page.locator(".call")).to_have_count(2)
        assert page.evaluate("window.tried") == 2


def test_who_looks_elsewhere_is_notified_once_of_each_ring(context: BrowserContext, acts: Acts) -> None:
    player = playing(acts)
    with desk(context, player) as page:
        page.get_by_role("button", name="Start shift").click()
        page.evaluate("document.hasFocus = () => false")
        change(player, ring(4))
        until(lambda: page.evaluate("window.noted.length") == 1)
        # Told again, as when somebody else's call changes, it is the same ring.
        change(player, ring(4), ring(7, claimed=SAMUEL))
        expect(page.locator(".call")).to_have_count(2)

        assert page.evaluate("window.noted") == ["Ringing: Loading bay"]
