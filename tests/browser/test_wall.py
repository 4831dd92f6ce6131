"""How the wall is drawn: sizes, groups, filters and pins, what the address keeps, and that nothing jumps."""

import re
from itertools import cycle
from typing import Final

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.looking import picture, serious_findings
from tests.browser.wall_harness.frames import SECOND, record, records, tile
from tests.browser.wall_harness.scenes import FORCED, HELD, boxes, call, drawn, estate
from tests.browser.wall_harness.server import Frame, now_us
from tests.browser.wall_harness.visit import LOST, doors, ids, wall
from tests.waiting import until

pytestmark = pytest.mark.browser
# Of a screen of 1920 pixels on 24 inches, and what an eye of ordinary sharpness tells apart at 3 m.
MM_A_PIXEL: Final = 531 / 1920
SEEN_FROM_3_M_MM: Final = 4.4
# The height of a capital letter of a system's sans-serif, as a share of its size.
CAPITAL: Final = 0.7
STATES: Final[dict[int, Frame]] = {
    0: FORCED,
    1: HELD,
    2: {"position": "open"},
    3: {"lock": "unlocked"},
    5: {"online": False, **HELD},
    6: {"mode": "held"},
    7: {"mode": "locked_down"},
    8: {"stale_at": 1},
}
LONG: Final = ("Reception, 12th floor", "Delivery entrance", "Emergency exit north", "Offices, 2nd floor")
# What does not show all that is written in it.
CUT: Final = """(all) => all
  .filter((one) => one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 3)
  .map((one) => one.textContent)"""


def large(page: Page) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})


# --- sizes ------------------------------------------------------------------------------------------------


def test_three_hundred_doors_stand_on_one_screen_and_each_still_has_its_name(context: BrowserContext) -> None:
    with wall(context, estate({3: FORCED}, count=300)) as page:
        large(page)
        expect(page.locator(".sites")).to_have_attribute("data-size", "signs")
        drawn(page)

        assert page.locator(".doors").evaluate("(one) => one.scrollHeight <= one.clientHeight")
        expect(page.get_by_role("button", name="Main entrance 30 Secure")).to_have_count(1)
        page.locator(".tile[data-door=d33]").hover()
        expect(page.locator(".named")).to_have_text("Loading bay 33: Secure")
        picture(page, "wall-300-doors")


@pytest.mark.parametrize(("count", "size"), [(12, "large"), (40, "medium"), (110, "small")])
def test_the_size_follows_how_many_doors_there_are(context: BrowserContext, count: int, size: str) -> None:
    with wall(context, estate(count=count)) as page:
        large(page)
        expect(page.locator(".sites")).to_have_attribute("data-size", size)


def test_a_size_chosen_by_hand_is_kept_in_the_address_and_for_the_person(context: BrowserContext) -> None:
    player = estate()
    with wall(context, player) as page:
        page.get_by_label("Size").select_option("large")
        expect(page.locator(".sites")).to_have_attribute("data-size", "large")
        page.locator(".tile").first.focus()
        page.keyboard.press("-")

        expect(page.locator(".sites")).to_have_attribute("data-size", "medium")
        expect(page).to_have_url(re.compile("size=medium"))
        until(lambda: page.evaluate("true") and player.kept == {"density": "medium"})


def test_the_size_that_a_person_likes_is_there_from_the_start(context: BrowserContext) -> None:
    context.add_init_script("window.given = { preferences: { density: 'small' } }")
    with wall(context, estate()) as page:
        expect(page.locator(".sites")).to_have_attribute("data-size", "small")


def test_the_feed_names_a_reason_as_the_log_does_and_writes_out_one_without_a_name(
    context: BrowserContext,
) -> None:
    context.add_init_script("window.given = { reasons: { invalid_pin: 'Wrong PIN' } }")
    player = estate()
    with wall(context, player) as page:
        denied = [
            record(4 + n, "access.denied", reason=one) for n, one in enumerate(("invalid_pin", "new_one"))
        ]
        player.send(records(denied))

        expect(page.locator(".rows .reason")).to_have_text(["new one", "Wrong PIN"])


# --- groups and filters -----------------------------------------------------------------------------------


def test_doors_are_grouped_by_site_level_or_state(context: BrowserContext) -> None:
    with wall(context, estate({0: FORCED})) as page:
        titles = page.locator(".site-name")
        assert titles.all_text_contents() == ["Berlin", "New York", "Singapore"]
        page.get_by_label("Group").select_option("level")
        assert titles.all_text_contents()[:2] == ["Berlin · Level 0", "Berlin · Level 1"]
        page.get_by_label("Group").select_option("state")
        assert titles.all_text_contents() == ["Forced open", "Secure"]
        assert doors(page)[0] == "d0"
        expect(page).to_have_url(re.compile("group=state"))


def test_only_what_is_abnormal_is_one_key_away(context: BrowserContext) -> None:
    passing: Frame = {"position": "open", "since": now_us()}
    with wall(context, estate({0: FORCED, 3: passing, 6: {"position": "open"}})) as page:
        page.keyboard.press("a")

        # A door that somebody walks through is no news; one that has stood open for an hour is.
        assert sorted(doors(page)) == ["d0", "d6"]
        page.keyboard.press("a")
        expect(page.locator(".tile")).to_have_count(30)


def test_a_counter_shows_the_doors_that_it_counts(context: BrowserContext) -> None:
    with wall(context, estate(STATES)) as page:
        page.get_by_role("button", name="1 held open").click()
        assert doors(page) == ["d1"]
        page.get_by_role("button", name="1 forced").click()
        assert sorted(doors(page)) == ["d0", "d1"]
        expect(page).to_have_url(re.compile("state=held(%2C|,)forced"))
        page.get_by_role("button", name="Show all doors").click()
        expect(page.locator(".tile")).to_have_count(30)


def test_a_door_is_found_by_any_part_of_its_name_and_none_is_said(context: BrowserContext) -> None:
    with wall(context, estate({4: {"name": "Lüftung Süd"}})) as page:
        find = page.get_by_role("searchbox", name="Find a door")
        find.fill("sud luft")
        assert doors(page) == ["d4"]
        find.fill("nowhere")
        expect(page.locator(".doors .empty")).to_contain_text("No door is like this now")
        find.fill("")
        expect(page.locator(".tile")).to_have_count(30)


def test_pinned_doors_come_first_and_are_kept_for_the_person(context: BrowserContext) -> None:
    player = estate()
    with wall(context, player) as page:
        page.locator(".tile[data-door=d7]").click()
        page.keyboard.press("p")

        expect(page.locator(".site-name").first).to_have_text("Pinned")
        assert doors(page)[0] == "d7"
        page.get_by_role("button", name="Only pinned").click()
        assert doors(page) == ["d7"]
        until(lambda: page.evaluate("true") and player.kept == {"pinned": ["d7"]})


# --- the address ------------------------------------------------------------------------------------------


def test_the_address_opens_the_same_view_again(context: BrowserContext) -> None:
    query = {"group": "state", "size": "small", "show": "abnormal", "state": "forced,held", "find": "e"}
    with wall(context, estate(STATES), query=query) as page:
        assert doors(page) == ["d0", "d1"]
        expect(page.get_by_label("Group")).to_have_value("state")
        expect(page.locator(".sites")).to_have_attribute("data-size", "small")


@pytest.mark.parametrize(
    "query", [{"group": "x", "size": "9", "state": "y", "show": "z"}, {"door": "nowhere"}]
)
def test_nonsense_in_the_address_shows_the_whole_wall(context: BrowserContext, query: dict[str, str]) -> None:
    with wall(context, estate(), query=query) as page:
        expect(page.locator(".tile")).to_have_count(30)
        expect(page.locator(".panel")).to_be_hidden()


def test_a_run_of_the_page_that_writes_an_older_address_loses_no_filter(context: BrowserContext) -> None:
    with wall(context, estate(STATES), query={"site": "berlin"}) as page:
        page.keyboard.press("a")
        page.evaluate("history.replaceState(null, '', '/?site=berlin')")
        page.evaluate("harness.again()")

        page.wait_for_url("**/?site=berlin&show=abnormal")
        assert sorted(doors(page)) == ["d0", "d1", "d2", "d3", "d5", "d6", "d7", "d8"]


# --- nothing jumps ----------------------------------------------------------------------------------------


def test_no_door_moves_when_something_happens_or_the_connection_is_lost(context: BrowserContext) -> None:
    player = estate(count=90)
    with wall(context, player) as page:
        drawn(page)
        before = boxes(page, ".tile")
        bad = [tile(one, level=f"Level {one % 2}", **FORCED) for one in range(0, 90, 4)]
        player.send(records([record(4, "door.forced_open")], doors=bad, calls=[call(5)]))
        expect(page.locator(".card").first).to_be_visible()
        drawn(page)
        assert boxes(page, ".tile") == before

        player.muted, player.open = True, False
        page.wait_for_selector(LOST)
        assert boxes(page, ".tile") == before


def test_a_door_never_moves_away_under_the_hand(context: BrowserContext) -> None:
    player = estate({0: FORCED, 3: FORCED})
    with wall(context, player, query={"show": "abnormal"}) as page:
        page.locator(".tile").first.hover()
        shown = doors(page)
        x, y = page.locator(".tile").first.evaluate(
            "(one) => [one.getBoundingClientRect().x + 9, one.getBoundingClientRect().y + 9]"
        )
        steps = cycle((0, 1))

        def secure_under_a_hand() -> bool:
            # One that rests for long has gone, however slow the machine is.
            page.mouse.move(x + next(steps), y)
            return page.locator(".tile[data-door=d0][data-condition=secure]").count() == 1

        page.mouse.move(x, y)
        player.send(records([record(4)], doors=[tile(0), tile(3)]))
        until(secure_under_a_hand)
        assert doors(page) == shown

        # When the hand rests or has gone, they go.
        page.mouse.move(5, 5)
        expect(page.locator(".tile")).to_have_count(0)


def test_the_strip_keeps_its_room_and_says_what_has_none(context: BrowserContext) -> None:
    player = estate()
    with wall(context, player) as page:
        empty = boxes(page, ".strip")
        bad = [tile(one, **HELD) for one in range(20)]
        player.send(records([record(4, "door.held_open")], doors=bad))
        expect(page.locator(".card")).to_have_count(7)

        assert boxes(page, ".strip") == empty
        page.get_by_role("button", name="and 13 more").click()
        assert len(doors(page)) == 20


# --- far away, narrow, forced -----------------------------------------------------------------------------


@pytest.mark.parametrize("count", [30, 300])
def test_each_state_can_be_told_from_three_metres(context: BrowserContext, count: int) -> None:
    with wall(context, estate(STATES, count=count, calls=[call(4)])) as page:
        large(page)
        drawn(page)
        for door in ("d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7", "d8"):
            box = page.locator(f".tile[data-door={door}] .sign").bounding_box()
            assert box is not None
            assert box["height"] * MM_A_PIXEL >= SEEN_FROM_3_M_MM
        shapes = page.locator(".tile .sign").evaluate_all("(all) => all.map((one) => one.dataset.shape)")
        assert set(shapes) == {"diamond", "triangle", "half", "ring", "phone", "bar", "question", "square"}


@pytest.mark.parametrize("size", ["large", "medium", "small"])
@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_name_and_age_of_a_door_that_is_not_calm_are_there_to_the_last_letter(
    context: BrowserContext, size: str, width: int
) -> None:
    since = now_us() - 45 * 60 * SECOND
    worst = {
        one: {**STATES[one % 9], "name": LONG[one % 4], "since": since}
        for one in range(36)
        if one % 9 in STATES
    }
    with wall(context, estate(worst, count=36), query={"size": size}) as page:
        page.set_viewport_size({"width": width, "height": 1080})
        drawn(page)
        shown = page.locator(".tile:not([data-condition=secure], [data-condition=closed])")
        assert shown.locator(".name, .detail").evaluate_all(CUT) == []
        assert page.locator(".card :is(.card-name, .card-age)").evaluate_all(CUT) == []
        assert shown.locator(".detail:has-text('45 min')").count() > 0


def test_the_words_of_an_alarm_can_be_read_from_three_metres(context: BrowserContext) -> None:
    with wall(context, estate({0: FORCED}, calls=[call(4)])) as page:
        large(page)
        for words in page.locator(".card-word").all():
            size = float(words.evaluate("(one) => getComputedStyle(one).fontSize").removesuffix("px"))
            assert size * CAPITAL * MM_A_PIXEL >= SEEN_FROM_3_M_MM


def test_the_wall_fills_the_whole_screen_by_one_key(context: BrowserContext) -> None:
    with wall(context, estate(count=300)) as page:
        page.keyboard.press("f")
        expect(page.locator(".wall:fullscreen")).to_have_count(1)
        page.keyboard.press("f")
        expect(page.locator(".wall:fullscreen")).to_have_count(0)


@pytest.mark.parametrize(("width", "height"), [(390, 844), (640, 400)])
def test_a_phone_and_a_zoomed_page_have_it_all_without_sideways_scrolling(
    context: BrowserContext, width: int, height: int
) -> None:
    with wall(context, estate(STATES, calls=[call(4)])) as page:
        page.set_viewport_size({"width": width, "height": height})
        drawn(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        expect(page.get_by_role("button", name="1 forced")).to_be_visible()
        page.get_by_role("button", name="View").click()
        expect(page.get_by_label("Group")).to_be_visible()
        picture(page, f"wall-{width}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_high_contrast_passes_axe_and_stands_still(context: BrowserContext, scheme: str) -> None:
    player = estate(STATES, calls=[call(4)])
    with wall(context, player, scheme) as page:
        page.emulate_media(reduced_motion="reduce")
        page.evaluate("document.documentElement.setAttribute('data-gatehouse-contrast', '')")
        player.send(records([record(4, "door.forced_open")], doors=[tile(9, **FORCED)]))
        expect(page.locator(".card[data-fresh=true]")).to_have_count(1)

        expect(page.locator(".wall")).to_have_attribute("data-contrast", "more")
        assert page.evaluate("document.getAnimations().length") == 0
        assert serious_findings(page) == []
        picture(page, f"wall-contrast-{scheme}")


def test_colours_of_the_system_leave_alarms_filled(context: BrowserContext) -> None:
    with wall(context, estate({0: FORCED})) as page:
        page.emulate_media(forced_colors="active")
        tones = [
            page.locator(f".tile[data-door={door}]").evaluate(
                "(one) => getComputedStyle(one).backgroundColor"
            )
            for door in ("d0", "d3")
        ]
        assert tones[0] != tones[1]
        picture(page, "wall-forced-colors")


def test_other_sites_are_not_drawn_and_yet_not_forgotten(context: BrowserContext) -> None:
    context.add_init_script("window.given = { sites: ['berlin'] }")
    player = estate({0: FORCED, 1: HELD})
    with wall(context, player) as page:
        assert page.locator(".site-name").all_text_contents() == ["Berlin"]
        expect(page.locator(".card")).to_have_count(1)
        expect(page.locator(".elsewhere")).to_have_text("1 more at another site of yours")
        assert ids(page) == [3]
        page.evaluate("harness.again({ sites: [] })")

        expect(page.locator(".card")).to_have_count(2)
        expect(page.locator(".site-name")).to_have_text(["Berlin", "New York", "Singapore"])
        expect(page.locator(".rows [data-id]")).to_have_count(3)
