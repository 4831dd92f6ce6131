"""The desk on a stream that a test plays: its queue, the call in the middle, and what is at hand."""

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.looking import picture, serious_findings
from tests.browser.sitting import MINE, SAMUEL, change, desk, names, playing, ring
from tests.browser.wall_harness.acting import RIGHT, Acts
from tests.browser.wall_harness.frames import SECOND, record, records, snapshot, tile
from tests.browser.wall_harness.scenes import boxes
from tests.browser.wall_harness.server import Frame, now_us
from tests.waiting import until

pytestmark = pytest.mark.browser


@pytest.fixture
def acts() -> Acts:
    return Acts()


# --- the queue --------------------------------------------------------------------------------------------


def test_who_rings_comes_first_and_among_them_whoever_waits_longest_and_is_not_taken(
    context: BrowserContext, acts: Acts
) -> None:
    calls = [
        ring(0, age=90, state="answered", claimed=MINE),
        ring(3, age=20, claimed=SAMUEL),
        ring(6, age=4),
        ring(9, age=9),
        ring(12, declined=["me"]),
    ]
    with desk(context, playing(acts, calls)) as page:
        assert names(page) == ["Garage", "Server room", "Loading bay", "Main entrance"]
        expect(page.locator(".call").nth(2)).to_contain_text("Claimed by Samuel Ortiz")
        expect(page.locator(".call").nth(3)).to_contain_text("Yours")
        expect(page.get_by_role("heading", name="Calls: 3 ringing")).to_be_visible()
        expect(page.locator(".centre-name")).to_have_text(str(tile(9)["name"]))


def test_a_device_whose_clock_is_behind_does_not_come_first_nor_ring_for_hours(
    context: BrowserContext, acts: Acts
) -> None:
    calls = [ring(6, age=5, started=now_us() - 7_200 * SECOND), ring(9, age=20)]
    with desk(context, playing(acts, calls)) as page:
        assert names(page) == [str(tile(9)["name"]), str(tile(6)["name"])]
        assert " h " not in "".join(page.locator(".call").all_text_contents())
        page.locator(".call").nth(1).click()
        expect(page.locator(".centre")).to_contain_text("Ringing for")
        expect(page.locator(".centre")).not_to_contain_text("Ringing for 2 h")


def test_ring_claim_and_unlock_by_keyboard_alone(context: BrowserContext, acts: Acts) -> None:
    player = playing(acts)
    with desk(context, player) as page:
        expect(page.locator(".centre-empty")).to_contain_text("Nobody is ringing")
        change(player, ring(4))
        expect(page.locator(".centre-name")).to_have_text("Loading bay")
        page.keyboard.press("c")
        until(lambda: page.evaluate("true") and acts.handled == [("claim", {"device": "dev4", "call": "c4"})])
        change(player, ring(4, claimed=MINE), kind="call.claimed")
        expect(page.locator(".centre-whose")).to_have_text("Yours")
        expect(page.get_by_role("button", name="Unlock Loading bay")).to_be_enabled()
        page.keyboard.press("u")
        page.keyboard.press("1")
        expect(page.get_by_label("One-time code")).to_be_focused()
        page.keyboard.type(RIGHT)
        page.keyboard.press("Enter")
        expect(page.locator(".act-verdict")).to_contain_text("Sent")

        asked = {"action": "unlock", "target": {"door": "d4"}, "reason": "Visitor", "call": "c4"}
        assert acts.asked == [asked]


def test_a_call_that_ends_disarms_its_unlock_before_and_within_the_dialog(
    context: BrowserContext, acts: Acts
) -> None:
    player = playing(acts, [ring(4)])
    with desk(context, player) as page:
        unlock = page.get_by_role("button", name="Unlock Loading bay")
        expect(unlock).to_be_enabled()
        page.keyboard.press("u")
        page.keyboard.press("1")
        expect(page.get_by_label("One-time code")).to_be_focused()
        change(player, ring(4, state="ended"), kind="call.ended")
        alert = page.locator(".act").get_by_role("alert")
        expect(alert).to_have_text("The call has ended. Nothing was sent.")
        page.keyboard.press("Escape")
        expect(unlock).to_be_disabled()
        expect(page.locator(".actions-why")).to_have_text("The call has ended.")
        page.keyboard.press("u")
        expect(page.get_by_role("dialog", name="Unlock")).to_have_count(0)
        # The door may still be wanted: by hand, and without the call.
        page.get_by_role("button", name="Keep this door here without the call").click()
        expect(unlock).to_be_enabled()

        assert (acts.withdrawn, acts.proved) == (["act1"], [])


def test_the_middle_does_not_change_under_a_hand(context: BrowserContext, acts: Acts) -> None:
    player = playing(acts, [ring(4)])
    with desk(context, player) as page:
        name = page.locator(".centre-name")
        expect(name).to_have_text("Loading bay")
        change(player, ring(7, age=25))
        expect(page.locator(".call")).to_have_count(2)
        expect(name).to_have_text("Loading bay")
        change(player, ring(4, state="ended"), kind="call.ended")
        expect(page.locator(".centre-call")).to_contain_text("The call has ended")
        expect(name).to_have_text("Loading bay")
        # After five seconds the next one takes its place, and can't be pressed at once.
        expect(name).to_have_text("Server room")
        expect(page.get_by_role("button", name="Unlock Server room")).to_be_enabled()


def test_declining_hides_a_call_here_and_take_over_needs_the_button(
    context: BrowserContext, acts: Acts
) -> None:
    player = playing(acts, [ring(4, claimed=SAMUEL)])
    with desk(context, player) as page:
        expect(page.get_by_role("button", name="Take over")).to_be_enabled()
        page.keyboard.press("c")
        expect(page.locator(".actions-why")).to_contain_text("Samuel Ortiz has this call")
        assert acts.handled == []
        page.get_by_role("button", name="Take over").click()
        until(lambda: page.evaluate("true") and len(acts.handled) == 1)
        change(player, ring(4, claimed=MINE), kind="call.claimed")
        expect(page.locator(".centre-whose")).to_have_text("Yours")
        # The stream may tell of it before the server has answered.
        expect(page.get_by_role("button", name="Release")).to_be_enabled()
        page.keyboard.press("r")
        until(lambda: page.evaluate("true") and len(acts.handled) == 2)
        change(player, ring(4), kind="call.released")
        expect(page.get_by_role("button", name="Claim", exact=True)).to_be_enabled()
        page.keyboard.press("x")
        until(lambda: page.evaluate("true") and len(acts.handled) == 3)
        change(player, ring(4, declined=["me"]), kind="call.declined")
        expect(page.locator(".call")).to_have_count(0)

        key: Frame = {"device": "dev4", "call": "c4"}
        assert acts.handled == [("claim", {**key, "take_over": True}), ("release", key), ("decline", key)]


def test_a_claim_that_somebody_else_was_quicker_with_says_so(context: BrowserContext, acts: Acts) -> None:
    acts.refusal = (409, "claimed_by_other", "Samuel Ortiz has this call.")
    with desk(context, playing(acts, [ring(4)])) as page:
        expect(page.get_by_role("button", name="Claim", exact=True)).to_be_enabled()
        page.keyboard.press("c")
        expect(page.locator(".actions-why")).to_have_text("Samuel Ortiz has this call.")


def test_ten_calls_at_once_move_nothing_but_their_own_list(context: BrowserContext, acts: Acts) -> None:
    player = playing(acts, [ring(0, age=20)])
    with desk(context, player) as page:
        page.set_viewport_size({"width": 1280, "height": 800})
        expect(page.get_by_role("button", name="Unlock Main entrance")).to_be_enabled()
        # Once it has been drawn with its records.
        expect(page.locator(".records-list [data-id]")).to_have_count(5)
        which = ".unlock, .actions-call button, .centre, .favourite, .today"
        before = boxes(page, which)
        for door in range(1, 11):
            change(player, ring(door, age=12 - door))
        expect(page.locator(".call")).to_have_count(11)
        heights = page.locator(".call").evaluate_all("(all) => all.map((one) => one.offsetHeight)")

        assert boxes(page, which) == before
        assert len(set(heights)) == 1
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
        page.set_viewport_size({"width": 1920, "height": 1080})
        picture(page, "desk-ten-1920")
        for _ in range(9):
            page.keyboard.press("ArrowDown")
        expect(page.locator(".call[aria-current=true]")).to_be_in_viewport()


# --- what is at hand --------------------------------------------------------------------------------------


def test_a_number_brings_a_favourite_to_the_middle_and_nothing_more(
    context: BrowserContext, acts: Acts
) -> None:
    with desk(context, playing(acts)) as page:
        page.keyboard.press("2")
        expect(page.locator(".centre-name")).to_have_text("Server room")
        expect(page.locator(".records-list [data-id]")).to_have_count(5)
        page.keyboard.press("9")
        expect(page.locator(".centre-name")).to_have_text("Server room")
        page.keyboard.press("u")
        expect(page.get_by_role("dialog", name="Unlock Server room")).to_be_visible()

        assert acts.asked == []


def test_favourites_are_chosen_ordered_and_kept(context: BrowserContext, acts: Acts) -> None:
    player = playing(acts)
    with desk(context, player) as page:
        page.get_by_role("button", name="Choose…").click()
        page.keyboard.type("garage berlin")
        page.get_by_role("checkbox").check()
        page.get_by_label("Find a door", exact=True).fill("")
        page.get_by_role("button", name="Garage: a number lower").click()
        assert serious_findings(page) == []
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Choose…")).to_be_focused()

        until(lambda: page.evaluate("true") and player.kept == {"favourites": ["d0", "d7", "d9", "d2"]})
        assert page.locator(".favourite:visible").count() == 4


def test_on_a_phone_unlock_lies_at_the_thumb_and_can_be_pressed_by_it(
    context: BrowserContext, acts: Acts
) -> None:
    with desk(context, playing(acts, [ring(4), ring(7)]), "dark") as page:
        page.set_viewport_size({"width": 390, "height": 844})
        unlock = page.get_by_role("button", name="Unlock Loading bay")
        expect(unlock).to_be_enabled()
        box = unlock.bounding_box()
        assert box is not None
        assert box["y"] > 844 / 2
        assert box["y"] + box["height"] <= 844
        assert box["height"] >= 44
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        small = page.locator("button:visible").evaluate_all(
            "(all) => all.filter((one) => one.offsetHeight < 44 && !one.matches('.tool'))"
            ".map((one) => one.textContent)"
        )
        assert small == []
        picture(page, "desk-phone-dark")
        unlock.click()
        page.get_by_role("button", name="Delivery").click()
        page.get_by_label("One-time code").fill(RIGHT)
        page.get_by_role("button", name="Confirm").click()
        expect(page.locator(".act-verdict")).to_contain_text("Sent")
        assert serious_findings(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_desk_passes_axe_and_moves_nothing_for_who_wants_it_so(
    context: BrowserContext, acts: Acts, scheme: str
) -> None:
    calls = [ring(4), ring(7, claimed=SAMUEL), ring(9, state="answered", claimed=MINE)]
    with desk(context, playing(acts, calls), scheme) as page:
        page.emulate_media(reduced_motion="reduce")
        for width, height in ((390, 844), (1280, 800), (1920, 1080)):
            page.set_viewport_size({"width": width, "height": height})
            expect(page.get_by_role("button", name="Unlock Loading bay")).to_be_enabled()
            assert serious_findings(page) == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            picture(page, f"desk-{scheme}-{width}")
        page.evaluate("document.documentElement.setAttribute('data-gatehouse-contrast', 'more')")
        expect(page.locator(".desk")).to_have_attribute("data-contrast", "more")
        assert serious_findings(page) == []
        picture(page, f"desk-{scheme}-contrast")
        assert page.evaluate("document.querySelector('#host').shadowRoot.getAnimations().length") == 0


def test_rings_are_said_aloud(context: BrowserContext, acts: Acts) -> None:
    player = playing(acts)
    with desk(context, player) as page:
        player.send(records([record(80, "call.ringing", door="d4", label="Call ringing")], calls=[ring(4)]))
        expect(page.locator(".spoken")).to_contain_text("Call ringing, Loading bay")


def test_names_of_devices_and_people_are_text_at_the_desk(context: BrowserContext, acts: Acts) -> None:
    evil = "<img src=x onerror=alert(1)>"
    player = playing(acts)
    by: Frame = {**SAMUEL, "name": evil}
    player.snapshot = lambda _: snapshot([tile(0, name=evil)], [record(1)], calls=[ring(0, claimed=by)])
    acts.today = [{**ring(0), "outcome": "opened", "opened_by": evil}]
    with desk(context, player) as page:
        expect(page.locator(".today-call")).to_have_count(1)
        expect(page.locator(".centre-name")).to_have_text(evil)

        assert page.locator("img").count() == 0
