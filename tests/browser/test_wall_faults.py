"""The wall on a stream that fails in every way a stream can: what it shows is true or says that it is not."""

import time

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.looking import picture, serious_findings, turned_at, watch_turn
from tests.browser.wall_harness.frames import SECOND, record, records, snapshot, tile
from tests.browser.wall_harness.server import Frame, Player, now_us
from tests.browser.wall_harness.visit import LIVE, LOST, ids, ordinary, wall

pytestmark = pytest.mark.browser


def test_silence_is_said_within_six_seconds_and_no_old_state_is_drawn_as_current(
    context: BrowserContext,
) -> None:
    player = Player(ordinary)
    with wall(context, player) as page:
        watch_turn(page.locator(".wall"), "data-link", "lost")
        player.muted, player.open = True, False
        began = time.time()

        assert turned_at(page) - began <= 6
        page.wait_for_selector(LOST)
        expect(page.get_by_role("alert")).to_contain_text("as they were last known")
        words = set(page.locator(".tile .word").all_text_contents())
        assert words == {"Was secure"}
        picture(page, "wall-lost")


def test_what_was_missed_appears_once_and_in_order_after_the_return(context: BrowserContext) -> None:
    def first(after: int | None) -> Frame:
        if after is None:
            return ordinary()
        missed = [record(number) for number in range(after - 1, after + 7)]
        return snapshot([tile(number) for number in range(30)], missed, reset=False)

    player = Player(first)
    with wall(context, player) as page:
        player.close(1012)
        page.wait_for_selector(".rows [data-id='9']")

        assert player.asked == [None, 3]
        assert ids(page) == [9, 8, 7, 6, 5, 4, 3, 2, 1]


def test_the_time_away_is_marked_below_what_happened_meanwhile(context: BrowserContext) -> None:
    player = Player(lambda after: ordinary() if after is None else snapshot([], [record(4)], reset=False))
    with wall(context, player) as page:
        player.open = False
        player.close(1012)
        page.wait_for_selector(LOST)
        player.open = True
        page.wait_for_selector(LIVE)

        band = page.locator(".rows > *").nth(1)
        expect(band).to_contain_text("was not connected")
        expect(page.get_by_role("alert")).to_have_count(0)


def test_a_fresh_start_says_that_the_rest_is_in_the_log(context: BrowserContext) -> None:
    player = Player(lambda after: ordinary() if after is None else snapshot([tile(0)], [record(9_000)]))
    with wall(context, player) as page:
        player.close(1012)
        page.wait_for_selector(".rows [data-id='9000']")

        assert ids(page) == [9_000]
        expect(page.locator(".rows > *").last).to_have_text("Earlier events are in the log.")


def test_a_record_that_comes_twice_is_drawn_once(context: BrowserContext) -> None:
    player = Player(ordinary)
    with wall(context, player) as page:
        player.send(records([record(3), record(4)]))
        player.send(records([record(4), record(5)]))
        page.wait_for_selector(".rows [data-id='5']")

        assert ids(page) == [5, 4, 3, 2, 1]


def test_a_gap_is_drawn_as_a_gap_and_changes_when_it_closes(context: BrowserContext) -> None:
    player = Player(ordinary)
    gap: Frame = {"id": 4, "device": "dev3", "site": "berlin", "missing": 12, "opened": now_us()}
    with wall(context, player) as page:
        player.send(records([record(4, "feed.gap", missing=12, device="dev3")], gaps=[gap]))
        band = page.locator(".band[data-gap]")
        expect(band).to_contain_text("12 records of dev3 missing")
        expect(page.locator(".card[data-condition=gap]")).to_contain_text("dev3")

        player.send(records([record(5)], gaps=[{**gap, "closed": "lost"}]))

        expect(band).to_contain_text("are lost")
        expect(page.locator(".card[data-condition=gap]")).to_have_count(0)


def test_a_door_that_is_not_heard_in_time_turns_unknown_by_the_servers_clock(context: BrowserContext) -> None:
    # The screen's own clock is an hour behind, which must change nothing.
    context.add_init_script("const real = Date.now; Date.now = () => real() - 3600000;")
    # From when it is asked for, and not from now: a page may need long to begin.
    player = Player(lambda _: snapshot([tile(0, stale_at=now_us() + 5 * SECOND), tile(3)], []))
    with wall(context, player) as page:
        expect(page.locator(".tile[data-door=d0] .word")).to_have_text("Secure")
        expect(page.locator(".tile[data-door=d0] .word")).to_have_text("Silent", timeout=20_000)
        expect(page.locator(".tile[data-door=d0] .before")).to_have_text("was secure")
        expect(page.locator(".tile[data-door=d3] .word")).to_have_text("Secure")


def test_an_alarm_does_not_go_away_because_its_device_falls_silent(context: BrowserContext) -> None:
    doors = [tile(0, alarm="forced", position="open", online=False, stale_at=1)]
    with wall(context, Player(lambda _: snapshot(doors, []))) as page:
        expect(page.locator(".card")).to_contain_text("Forced open")
        expect(page.locator(".card")).to_contain_text("offline")


def test_what_a_device_writes_is_text(context: BrowserContext) -> None:
    name = "<img src=x onerror=document.title='taken'>"
    player = Player(lambda _: snapshot([tile(0, name=name)], [record(30, device=name, name=name)]))
    with wall(context, player) as page:
        expect(page.locator(".tile .name")).to_have_text(name)
        expect(page.locator(".row .who")).to_have_text(name)
        assert page.locator("img").count() == 0


def test_the_end_of_the_session_leads_to_the_sign_in_page(context: BrowserContext) -> None:
    player = Player(ordinary)
    with wall(context, player) as page:
        player.close(4401, "signed_out")
        page.wait_for_url("**/sign-in?reason=signed_out**")


def test_a_session_that_ended_while_away_leads_to_the_sign_in_page(context: BrowserContext) -> None:
    player = Player(ordinary)
    with wall(context, player) as page:
        player.open = player.signed_in = False
        player.close(1012)
        page.wait_for_url("**/sign-in?**")


def test_who_has_no_site_is_told_so_and_not_tried_again(context: BrowserContext) -> None:
    player = Player(ordinary)
    with wall(context, player) as page:
        player.close(4403)
        expect(page.get_by_role("alert")).to_contain_text("no site to watch")
        expect(page.locator(".wall")).to_have_attribute("data-link", "refused")
        assert len(player.asked) == 1


def test_runs_of_the_page_keep_one_wall_and_leaving_ends_it(context: BrowserContext) -> None:
    player = Player(ordinary)
    with wall(context, player) as page:
        page.evaluate("harness.again(); harness.again()()")

        assert page.locator(".wall").count() == 1
        assert len(player.asked) == 1

        assert page.evaluate("harness.leave()"), "the wall goes with its place"
        page.wait_for_function("() => true")
        assert len(player.asked) == 1


def test_the_feed_waits_for_its_reader_and_says_how_much_is_new(context: BrowserContext) -> None:
    player = Player(ordinary)
    with wall(context, player) as page:
        page.locator(".rows").hover()
        page.mouse.move(1_000, 400)
        player.send(records([record(4), record(5, "door.forced_open")]))
        more = page.locator(".more")
        expect(more).to_have_text("Paused: 2 new, 1 alarm")
        assert ids(page) == [3, 2, 1]

        page.mouse.move(20, 20)
        expect(more).to_be_hidden()
        assert ids(page) == [5, 4, 3, 2, 1]


def test_the_feed_stays_bounded(context: BrowserContext) -> None:
    player = Player(ordinary)
    with wall(context, player) as page:
        for start in range(4, 1_204, 300):
            player.send(records([record(number) for number in range(start, start + 300)]))
        page.wait_for_selector(".rows [data-id='1203']")

        assert page.locator(".rows > *").count() == 400


def test_the_doors_are_one_stop_of_the_keyboard_and_arrows_walk_them(context: BrowserContext) -> None:
    with wall(context, Player(ordinary)) as page:
        page.locator(".tile").first.focus()
        page.keyboard.press("ArrowRight")
        expect(page.locator(".tile").nth(1)).to_be_focused()
        page.keyboard.press("End")
        expect(page.locator(".tile").last).to_be_focused()
        assert page.locator(".tile[tabindex='0']").count() == 1


def test_an_alarm_is_spoken_and_ordinary_events_are_not(context: BrowserContext) -> None:
    player = Player(ordinary)
    with wall(context, player) as page:
        player.send(records([record(4), record(5, "door.forced_open")]))
        expect(page.get_by_role("status")).to_have_text("Door forced open, Loading bay, Singapore")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state_passes_axe(context: BrowserContext, scheme: str) -> None:
    now = now_us()
    doors = [tile(number) for number in range(30)]
    states: list[Frame] = [
        {"alarm": "forced", "position": "open"},
        {"alarm": "held", "position": "open"},
        {"position": "open"},
        {"lock": "unlocked"},
        {"stale_at": now - 9 * SECOND},
        {"online": False, "alarm": "held"},
        {"mode": "held"},
        {"mode": "locked_down"},
    ]
    for number, values in enumerate(states):
        doors[number] = tile(number, **values)
    call: Frame = {"call": "c", "device": "dev9", "door": "d9", "site": "berlin", "state": "ringing"}
    call |= {"started": now, "changed": now}
    rows = [record(1), record(2, "feed.gap", missing=2), record(3, "door.forced_open", backfilled=True)]
    context.add_init_script(
        "addEventListener('DOMContentLoaded', () => document.body.style.animation = 'none')"
    )
    with wall(context, Player(lambda _: snapshot(doors, rows, calls=[call])), scheme) as page:
        page.emulate_media(reduced_motion="reduce")
        assert serious_findings(page) == []
        picture(page, f"wall-states-{scheme}")
