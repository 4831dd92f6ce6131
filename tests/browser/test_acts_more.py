"""Acts that need two people, and acts that last or are about many doors, on a server that a test plays."""

import re

import pytest
from playwright.sync_api import BrowserContext, Route, expect

from tests.browser.acting import DOOR, unlocking
from tests.browser.looking import serious_findings
from tests.browser.wall_harness.acting import RIGHT, Acts
from tests.browser.wall_harness.frames import SECOND, record, records, tile
from tests.browser.wall_harness.server import Frame, Player, now_us
from tests.browser.wall_harness.visit import wall
from tests.waiting import until

pytestmark = pytest.mark.browser


@pytest.fixture
def acts() -> Acts:
    return Acts()


@pytest.fixture
def player(context: BrowserContext, acts: Acts) -> Player:
    return unlocking(context, acts)


# --- two persons ------------------------------------------------------------------------------------------


def test_an_act_that_needs_two_says_that_it_waits(
    context: BrowserContext, player: Player, acts: Acts
) -> None:
    acts.persons = 2
    with wall(context, player, query=DOOR) as page:
        page.keyboard.press("u")
        page.keyboard.press("1")
        page.get_by_label("One-time code").fill(RIGHT)
        page.keyboard.press("Enter")
        verdict = page.locator(".act-verdict")
        expect(verdict).to_contain_text("Waits for a second person until ")
        acts.tell("act1", state="sent", sent=now_us())
        expect(verdict).to_have_text("Sent; waiting for the device")


def test_a_second_person_approves_with_a_proof_of_their_own(
    context: BrowserContext, player: Player, acts: Acts
) -> None:
    until_us = now_us() + 50 * SECOND
    names = {"door": "Vault", "site": "New York"}
    one: Frame = {"id": "theirs", "action": "unlock", "door": "d4", "site": "newyork", "names": names}
    acts.others = [{**one, "by": "Ada Brandt", "since": now_us(), "expires_at": until_us, "reason": "audit"}]
    acts.states["theirs"] = {
        "id": "theirs",
        "state": "awaiting_second",
        "expires_at": until_us,
        "final": False,
        "proofs": ["totp"],
    }
    with wall(context, player) as page:
        banner = page.get_by_role("list", name="Waiting for a second person")
        expect(banner).to_contain_text("Ada Brandt wants to unlock Vault, New York: “audit”")
        banner.get_by_role("button", name="Approve…").click()
        expect(page.get_by_role("heading", name="Approve: Unlock Vault")).to_be_visible()
        page.get_by_label("One-time code").fill(RIGHT)
        page.keyboard.press("Enter")
        expect(page.locator(".act-verdict")).to_contain_text("Sent")

        assert (acts.asked, acts.proved) == ([], [{"totp": RIGHT}])
        acts.others = []
        page.keyboard.press("Escape")
        expect(banner).to_have_count(0)


# --- what lasts -------------------------------------------------------------------------------------------


def test_a_hold_is_asked_for_with_its_end_and_ended_where_there_is_one(
    context: BrowserContext, player: Player, acts: Acts
) -> None:
    with wall(context, player, query=DOOR) as page:
        expect(page.get_by_role("button", name="End the hold…")).to_be_hidden()
        page.get_by_role("button", name="Keep unlocked…").click()
        page.get_by_label("1 hour").check()
        page.get_by_role("button", name="Delivery").click()
        page.get_by_label("One-time code").fill(RIGHT)
        page.keyboard.press("Enter")
        verdict = page.locator(".act-verdict")
        expect(verdict).to_contain_text("Sent")
        ends = now_us() + 3_600 * SECOND
        acts.tell("act1", state="confirmed", confirmed=now_us(), good=True, final=True, until=ends)
        expect(verdict).to_contain_text("The door is kept unlocked until ")
        page.keyboard.press("Escape")
        (asked,) = acts.asked
        assert asked["action"] == "hold"
        assert abs(int(str(asked["until"])) - ends) < 30 * SECOND
        order: Frame = {"mode_ordered": "held", "mode_until": ends, "mode_by": "Ada Brandt"}
        held = tile(4, mode="held", lock="unlocked", **order)
        player.send(records([record(500, "door.mode_changed", door="d4")], doors=[held]))
        expect(page.locator(".facts")).to_contain_text("Kept unlocked by Ada Brandt until ")
        page.get_by_role("button", name="End the hold…").click()
        page.get_by_role("button", name="Visitor").click()
        expect(page.get_by_label("One-time code")).to_be_visible()

        assert acts.asked[1] == {"action": "end_hold", "target": {"door": "d4"}, "reason": "Visitor"}


def test_a_lockdown_says_what_it_would_do_to_each_door_before_it_is_proved(
    context: BrowserContext, player: Player, acts: Acts
) -> None:
    base: Frame = {"would": "lockdown"}
    acts.proofs = ["passkey", "totp"]
    acts.plan = {
        "doors": [
            {**base, "door": "d7", "name": "Server room", "reason": "no_key", "message": "It has no key."},
            {**base, "door": "d4", "name": "Loading bay", "ends_hold": now_us(), "held_by": "Ada Brandt"},
            {**base, "door": "d1", "name": "Main entrance", "already": True},
        ]
    }
    with wall(context, player, query=DOOR) as page:
        page.get_by_role("button", name="Lock down…").click()
        page.get_by_label("All doors of New York").check()
        page.get_by_role("button", name="Visitor").click()
        rows = page.locator(".act-doors li")
        expect(rows).to_have_count(3)
        expect(rows.nth(0)).to_have_text("Server room: It has no key.")
        expect(rows.nth(1)).to_contain_text("would be locked down; ends the hold of Ada Brandt until ")
        expect(rows.nth(2)).to_have_text("Main entrance: is so already")
        # Nothing is asked of a passkey before somebody has read this.
        expect(page.get_by_role("button", name="Use a passkey")).to_be_enabled()
        assert serious_findings(page) == []
        page.get_by_label("One-time code").fill(RIGHT)
        page.keyboard.press("Enter")
        # What the server says of the proof itself must not come after the end.
        until(lambda: acts.states["act1"]["state"] == "sent")
        done: Frame = {"final": True, "good": True, "state": "confirmed"}
        sent = now_us()
        seen: Frame = {"sent": sent, "accepted": sent + 240_000, "confirmed": sent + 1_400_000}
        doors = [
            {
                **done,
                "door": "d7",
                "name": "Server room",
                "good": False,
                "state": "unconfirmed",
                "sent": sent,
            },
            {**done, "door": "d4", "name": "Loading bay", **seen},
        ]
        acts.tell("act1", state="confirmed", sent=now_us(), final=True, good=False, doors=doors)
        expect(page.locator(".act-verdict")).to_have_text("1 of 2 doors locked down. Look at the others.")
        expect(rows.nth(0)).to_contain_text("Server room: Sent; the door did not confirm.")
        expect(rows.nth(0)).to_contain_text(re.compile(r"sent \d\d:\d\d:\d\d$"))
        took = r"sent \d\d:\d\d:\d\d · accepted after 240 ms · confirmed after 1.4 s"
        expect(rows.nth(1)).to_have_text(re.compile(f"^Loading bay: locked down {took}$"))
        assert serious_findings(page) == []

        assert acts.asked == [{"action": "lockdown", "target": {"site": "newyork"}, "reason": "Visitor"}]


# --- what is not known ------------------------------------------------------------------------------------


def test_a_proof_whose_answer_is_lost_is_followed_and_never_given_again(
    context: BrowserContext, player: Player, acts: Acts
) -> None:
    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    looks: list[Route] = []

    def hold(route: Route) -> None:
        # It would take the words away as soon as they are said.
        looks.append(route)

    context.route("**/acts/*/proof", lose)
    context.route("**/acts/act1", hold)
    with wall(context, player, query=DOOR) as page:
        page.keyboard.press("u")
        page.keyboard.press("1")
        page.get_by_label("One-time code").fill(RIGHT)
        page.keyboard.press("Enter")
        alert = page.locator(".act").get_by_role("alert")
        expect(alert).to_contain_text("What became of it is not known yet: look at the door")
        context.unroute("**/acts/act1")
        for held in looks:
            held.continue_()
        expect(page.locator(".act-verdict")).to_have_text("Sent; waiting for the device")
        expect(alert).to_be_hidden()

        assert acts.proved == [{"totp": RIGHT}]
