"""The dialog of an act on a server that a test plays: what is asked, what is said, and what disarms it."""

import re
from typing import Any, Final

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.acting import DOOR, GIVEN, act, dialog, proved, told, unlocking
from tests.browser.looking import serious_findings
from tests.browser.wall_harness.acting import RIGHT, Acts
from tests.browser.wall_harness.frames import SECOND, record, records, snapshot, tile
from tests.browser.wall_harness.scenes import call, drawn, estate
from tests.browser.wall_harness.server import Player, now_us
from tests.browser.wall_harness.visit import LOST, wall
from tests.waiting import until

pytestmark = pytest.mark.browser


@pytest.fixture
def acts() -> Acts:
    return Acts()


@pytest.fixture
def player(context: BrowserContext, acts: Acts) -> Player:
    return unlocking(context, acts)


# --- what is asked ----------------------------------------------------------------------------------------


def test_a_reason_and_a_code_by_keyboard_are_one_act_at_this_door(
    context: BrowserContext, player: Player, acts: Acts
) -> None:
    with wall(context, player, query=DOOR) as page:
        page.keyboard.press("u")
        expect(dialog(page)).to_contain_text("New York")
        # Impatient hands: the second press finds nothing to press any more.
        page.keyboard.press("2")
        page.keyboard.press("2")
        # Where it opens is what the server says, not only what is drawn.
        expect(page.get_by_role("heading", name="Unlock Door 4 by the server")).to_be_visible()
        page.get_by_label("One-time code").fill(RIGHT)
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        expect(page.locator(".act-verdict")).to_contain_text("Sent")

        assert acts.asked == [{"action": "unlock", "target": {"door": "d4"}, "reason": "Delivery"}]
        assert acts.proved == [{"totp": RIGHT}]
        assert serious_findings(page) == []


def test_without_a_reason_nothing_is_asked(context: BrowserContext, player: Player, acts: Acts) -> None:
    with wall(context, player, query=DOOR) as page:
        page.get_by_role("button", name="Unlock…").click()
        expect(page.get_by_role("button", name="Continue")).to_be_disabled()
        page.keyboard.type("  ")
        page.keyboard.press("Enter")
        assert acts.asked == []
        # Letters begin words of one's own.
        page.keyboard.type("the fire brigade")
        page.keyboard.press("Enter")
        expect(page.get_by_label("One-time code")).to_be_visible()

        assert [one["reason"] for one in acts.asked] == ["the fire brigade"]


def test_who_may_not_unlock_a_door_is_offered_nothing(context: BrowserContext, player: Player) -> None:
    with wall(context, player, query={"door": "d5"}) as page:
        expect(page.get_by_role("dialog", name="Loading bay")).to_be_visible()
        expect(page.get_by_role("button", name="Unlock…")).to_be_hidden()
        page.keyboard.press("u")
        expect(dialog(page)).to_have_count(0)


def test_a_refused_code_says_so_and_only_a_press_begins_again(
    context: BrowserContext, player: Player, acts: Acts
) -> None:
    with wall(context, player, query=DOOR) as page:
        page.keyboard.press("u")
        page.keyboard.press("1")
        page.get_by_label("One-time code").fill("000000")
        page.keyboard.press("Enter")
        expect(page.locator(".act").get_by_role("alert")).to_have_text("This code is not right.")
        drawn(page)
        assert len(acts.asked) == 1
        page.get_by_role("button", name="Begin again").click()
        page.keyboard.press("1")
        expect(page.get_by_label("One-time code")).to_have_value("")
        # It is emptied by the press, and asked for afterwards.
        expect(page.get_by_label("One-time code")).to_be_focused()

        assert len(acts.asked) == 2


@pytest.mark.parametrize("late", [False, True])
def test_who_loses_the_race_is_told_who_has_the_door_and_since_when(
    context: BrowserContext, player: Player, acts: Acts, *, late: bool
) -> None:
    refusal = (409, "in_progress", "Samuel Ortiz is sending a command to this door already.")
    acts.taken = {"by": "x", "name": "Samuel Ortiz", "action": "unlock", "since": now_us()}
    with wall(context, player, query=DOOR) as page:
        if not late:
            acts.refusal = refusal
        page.keyboard.press("u")
        page.keyboard.press("2")
        if late:
            expect(page.get_by_label("One-time code")).to_be_focused()
            acts.refusal = refusal
            page.keyboard.type(RIGHT)
            page.keyboard.press("Enter")
        alert = page.locator(".act").get_by_role("alert")
        words = (
            r"Samuel Ortiz is unlocking this door since \d\d:\d\d:\d\d\. One at a time: nothing was sent\."
        )
        expect(alert).to_have_text(re.compile(words))
        assert serious_findings(page) == []


def test_what_is_held_back_by_an_order_says_that_and_by_whom(
    context: BrowserContext, player: Player, acts: Acts
) -> None:
    acts.taken = {"by": "me", "name": "Ada", "action": "hold", "since": now_us()}
    acts.refusal = (409, "held", "This door is held unlocked already, by you: end the hold first.")
    with wall(context, player, query=DOOR) as page:
        page.keyboard.press("u")
        page.keyboard.press("2")
        alert = page.locator(".act").get_by_role("alert")
        expect(alert).to_contain_text("end the hold first. You are having this door kept unlocked since")


def test_after_idle_a_new_sign_in_is_asked_for(context: BrowserContext, player: Player, acts: Acts) -> None:
    acts.refusal = (401, "idle", "Nobody touched this browser for long: sign in again.")
    with wall(context, player, query=DOOR) as page:
        page.keyboard.press("u")
        page.keyboard.press("1")
        way = page.get_by_role("link", name="Sign in again")
        expect(way).to_be_focused()
        href = way.get_attribute("href") or ""
        assert href.startswith("/sign-in?reason=idle&next=%2F")
        expect(page.get_by_role("button", name="Begin again")).to_be_hidden()


def test_nobody_proves_it_in_time_and_it_is_over(context: BrowserContext, player: Player, acts: Acts) -> None:
    # Long enough to be seen running out.
    acts.lives = 5 * SECOND
    with wall(context, player, query=DOOR) as page:
        page.keyboard.press("u")
        page.keyboard.press("1")
        expect(page.locator(".act-proofs .act-left")).to_contain_text("s left")
        alert = page.locator(".act").get_by_role("alert")
        expect(alert).to_have_text("Nobody proved it within a minute. Nothing was sent.")
        assert acts.proved == []


def test_the_organisations_sign_in_is_followed_at_the_server_and_not_in_its_window(
    context: BrowserContext, player: Player, acts: Acts
) -> None:
    acts.proofs = ["idp"]
    with wall(context, player, query=DOOR) as page:
        page.keyboard.press("u")
        page.keyboard.press("1")
        expect(page.get_by_role("button", name="organisation's sign-in")).to_be_focused()
        with page.expect_popup() as popup:
            page.keyboard.press("Enter")
        expect(popup.value.get_by_text("at the provider")).to_be_visible()
        # Closed without an answer, it may be asked for again.
        popup.value.close()
        with page.expect_popup() as again:
            page.get_by_role("button", name="organisation's sign-in").click()
        now = now_us()
        acts.tell("act1", state="accepted", sent=now, accepted=now)
        expect(page.locator(".act-verdict")).to_have_text("Accepted; waiting for the door")
        again.value.close()


# --- what is said -----------------------------------------------------------------------------------------

WORDS: Final[list[tuple[dict[str, Any], str, str]]] = [
    (
        {"stage": "confirmed", "accepted": 1, "confirmed": 1, "good": True, "final": True},
        "good",
        "The door is unlocked",
    ),
    (
        {"stage": "confirmed", "accepted": 1, "confirmed": 1, "opened": 1, "good": True, "final": True},
        "good",
        "The door is open",
    ),
    (
        {"stage": "confirmed", "confirmed": 1, "good": True, "final": True},
        "good",
        "Requested; the lock now reports unlocked",
    ),
    (
        {"stage": "accepted", "accepted": 1, "good": True, "final": True},
        "good",
        "Accepted; this door has no sensor to confirm it",
    ),
    ({"stage": "sent", "good": True, "final": True}, "good", "Sent; this device cannot confirm"),
    (
        {"stage": "unconfirmed", "final": True, "reason": "not_seen"},
        "doubt",
        "Sent; the door did not confirm. Look before you try again.",
    ),
    (
        {"stage": "refused", "final": True, "reason": "refused_by_device"},
        "bad",
        "Refused by device.",
    ),
    ({"stage": "expired", "final": True, "reason": "expired_there"}, "bad", "Expired: expired there."),
]


@pytest.mark.parametrize(("told_of", "tone", "words"), WORDS)
def test_each_end_has_its_own_words(
    context: BrowserContext, player: Player, told_of: dict[str, Any], tone: str, words: str
) -> None:
    with wall(context, player, query=DOOR) as page:
        verdict = proved(page)
        told(player, act(**told_of))

        expect(verdict).to_have_text(words)
        expect(verdict).to_have_attribute("data-tone", tone)
        expect(page.locator(".act").get_by_role("status")).to_contain_text(words)


def test_nothing_says_unlocked_before_the_device_has(context: BrowserContext, player: Player) -> None:
    with wall(context, player, query=DOOR) as page:
        verdict = proved(page)
        for stage in ("sent", "accepted"):
            told(player, act(stage, accepted=now_us() if stage == "accepted" else 0, busy=True))
            expect(verdict).to_contain_text(stage.title())
            shown = page.locator(".act, .panel-state, .act-lines, .tile").all_text_contents()
            text = " ".join(shown).lower()
            assert "unlocked" not in text
            assert "is open" not in text


def test_an_end_is_not_taken_back_and_a_late_answer_is_told_beside_it(
    context: BrowserContext, player: Player
) -> None:
    with wall(context, player, query=DOOR) as page:
        verdict = proved(page)
        told(player, act("unconfirmed", final=True))
        expect(verdict).to_contain_text("did not confirm")
        told(player, act("sent"))
        told(player, act("unconfirmed", final=True, late=now_us()))

        expect(page.locator(".act-late")).to_contain_text("Answered late, at ")
        expect(page.locator(".act-lines")).to_contain_text("Answered late, at ")
        expect(verdict).to_have_text("Sent; the door did not confirm. Look before you try again.")


# --- what disarms it --------------------------------------------------------------------------------------


def test_a_door_that_leaves_the_screen_takes_its_act_along(
    context: BrowserContext, player: Player, acts: Acts
) -> None:
    with wall(context, player, query=DOOR) as page:
        page.keyboard.press("u")
        page.keyboard.press("1")
        code = page.get_by_label("One-time code")
        expect(code).to_be_focused()
        player.snapshot = lambda _: snapshot([tile(0)], [record(9)])
        player.close(1012)
        alert = page.locator(".act").get_by_role("alert")
        expect(alert).to_have_text("This door is not on your screen any more. Nothing was sent.")
        expect(code).to_be_hidden()
        expect(page.get_by_role("button", name="Begin again")).to_be_hidden()

        assert acts.proved == []


def test_a_lost_connection_holds_it_and_the_return_lets_it_go_on(
    context: BrowserContext, player: Player, acts: Acts
) -> None:
    with wall(context, player, query=DOOR) as page:
        page.keyboard.press("u")
        page.keyboard.press("1")
        code = page.get_by_label("One-time code")
        expect(code).to_be_focused()
        player.muted, player.open = True, False
        page.wait_for_selector(LOST)
        expect(code).to_be_disabled()
        expect(page.locator(".act").get_by_role("alert")).to_contain_text("Not connected")
        player.muted, player.open = False, True
        expect(code).to_be_enabled(timeout=30_000)
        expect(code).to_be_focused()
        page.keyboard.type(RIGHT)
        page.keyboard.press("Enter")
        expect(page.locator(".act-verdict")).to_contain_text("Sent")

        assert len(acts.asked) == len(acts.proved) == 1


def test_while_somebody_else_unlocks_the_door_it_says_who_and_since_when(
    context: BrowserContext, player: Player, acts: Acts
) -> None:
    with wall(context, player, query=DOOR) as page:
        other = act("sent", act="other", by="x", name="Samuel Ortiz", busy=True)
        told(player, other)
        unlock = page.get_by_role("button", name="Unlock…")
        expect(unlock).to_be_disabled()
        expect(page.locator(".panel-hindered")).to_contain_text("Samuel Ortiz is unlocking this door since ")
        page.keyboard.press("u")
        expect(dialog(page)).to_have_count(0)
        told(player, {**other, "stage": "confirmed", "good": True, "final": True, "busy": False})
        expect(unlock).to_be_enabled()
        expect(page.locator(".act-lines")).to_contain_text("Unlock by Samuel Ortiz")

        assert acts.asked == []


def test_escape_calls_it_off_and_gives_the_keys_back(
    context: BrowserContext, player: Player, acts: Acts
) -> None:
    with wall(context, player, query=DOOR) as page:
        page.keyboard.press("u")
        page.keyboard.press("Escape")
        expect(dialog(page)).to_have_count(0)
        expect(page.locator(".panel")).to_be_visible()
        page.keyboard.press("a")
        expect(page.get_by_role("button", name="Only abnormal")).to_have_attribute("aria-pressed", "true")

        assert acts.asked == []


def test_a_ring_at_the_wall_does_not_tie_the_unlock_to_its_call(context: BrowserContext, acts: Acts) -> None:
    context.add_init_script(GIVEN)
    player = estate(calls=[call(4)])
    player.more = acts.routes()
    with wall(context, player, query=DOOR) as page:
        page.keyboard.press("u")
        page.keyboard.press("1")
        expect(page.get_by_label("One-time code")).to_be_focused()
        player.send(records([record(20, "call.ended", door="d4")], calls=[call(4, "ended")]))
        page.get_by_label("One-time code").fill(RIGHT)
        page.keyboard.press("Enter")
        until(lambda: page.evaluate("true") and acts.proved == [{"totp": RIGHT}])
