"""What is said of acts wherever they are drawn, on a played server: each action has its own words."""

from typing import Any, Final

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.acting import DOOR, act, proved, told, unlocking
from tests.browser.sitting import desk, playing, ring
from tests.browser.wall_harness.acting import Acts
from tests.browser.wall_harness.frames import SECOND, record, records
from tests.browser.wall_harness.server import Frame, Player, now_us
from tests.browser.wall_harness.visit import wall
from tests.waiting import until

pytestmark = pytest.mark.browser
SENT: Final = "Sent; this device cannot confirm"
UNSEEN: Final = "Sent; the door did not confirm in time."
# What a door tells that has a contact and no bolt, and what an act of before this was kept tells.
LEAF: Final[dict[str, Any]] = {"secured_by": "position"}
OLD: Final[dict[str, Any]] = {"secured_by": ""}


@pytest.fixture
def acts() -> Acts:
    return Acts()


@pytest.fixture
def player(context: BrowserContext, acts: Acts) -> Player:
    return unlocking(context, acts)


LATER: Final[list[tuple[dict[str, Any], str, str]]] = [
    ({"stage": "refused", "reason": "not_connected"}, "bad", "Refused: not connected."),
    ({"stage": "expired", "reason": "expired_there"}, "bad", "Expired: expired there."),
    (
        {"stage": "unconfirmed", "reason": "not_acknowledged"},
        "doubt",
        "Sent; the door did not confirm. Look before you try again.",
    ),
    (
        {"stage": "unconfirmed", "reason": "not_answered", "late": 1, "let_go": 1},
        "doubt",
        f"{UNSEEN} The door was seen to let go: look at it.",
    ),
    (
        {"stage": "unconfirmed", "reason": "not_answered", "late": 1, "let_go": 1, "overdue": 2},
        "bad",
        f"{UNSEEN} The door was seen to let go, and is not secure again: look at it.",
    ),
    (
        {"stage": "unconfirmed", "reason": "not_answered", "late": 1, "let_go": 1, "secured": 3},
        "doubt",
        f"{UNSEEN} The door was seen to let go, and is secure again.",
    ),
    (
        {"stage": "unconfirmed", "reason": "not_answered", **LEAF, "late": 1, "let_go": 1, "secured": 3},
        "doubt",
        f"{UNSEEN} The door was seen to open, and is closed again.",
    ),
    (
        {"stage": "unconfirmed", "reason": "not_answered", **LEAF, "late": 1, "let_go": 1, "overdue": 2},
        "bad",
        f"{UNSEEN} The door was seen to open, and is not closed again: look at it.",
    ),
    (
        {"stage": "refused", "reason": "not_connected", "late": 1, "let_go": 1, "overdue": 2},
        "bad",
        "Refused: not connected. The door was seen to let go, and is not secure again: look at it.",
    ),
]


@pytest.mark.parametrize(("later", "tone", "words"), LATER)
def test_what_was_sent_to_a_silent_device_and_came_to_nothing_is_not_good(
    context: BrowserContext, player: Player, later: dict[str, Any], tone: str, words: str
) -> None:
    with wall(context, player, query=DOOR) as page:
        verdict = proved(page)
        sent = act("sent", good=True, final=True, secured_by=later.get("secured_by", "lock"))
        told(player, sent)
        expect(verdict).to_have_text(SENT)
        told(player, act(final=True, **later))

        expect(verdict).to_have_text(words)
        expect(verdict).to_have_attribute("data-tone", tone)
        # What comes late and is older takes nothing back.
        told(player, sent)
        told(player, {**act("sent", act="other", good=True, final=True), "door": "d1"})
        expect(verdict).to_have_text(words)


def test_a_door_that_lets_go_after_a_bad_verdict_is_shown_until_it_is_secure(
    context: BrowserContext, player: Player, acts: Acts
) -> None:
    with wall(context, player, query=DOOR) as page:
        verdict = proved(page)
        late: Frame = {"reason": "not_answered", "final": True, "late": now_us(), "let_go": now_us()}
        told(player, act("unconfirmed", **late))
        expect(verdict).to_contain_text("look at it")
        names = page.locator(".act-stage .act-name")
        expect(names).to_have_text(["Asked", "Sent", "Accepted", "Let go", "Secure again"])
        expect(page.locator(".act-stage").last).to_have_attribute("data-state", "next")
        expect(page.locator(".act-late")).to_contain_text("Look at the door.")
        # The server is still asked, as the stream may miss a word.
        acts.tell("act1", state="unconfirmed", secured=now_us(), **late)

        expect(verdict).to_contain_text("and is secure again")
        expect(page.locator(".act-stage").last).to_have_attribute("data-state", "done")
        expect(page.locator(".act-late")).not_to_contain_text("Look at the door.")


def test_the_server_is_still_asked_what_became_of_what_a_silent_device_was_sent(
    context: BrowserContext, player: Player, acts: Acts
) -> None:
    with wall(context, player, query=DOOR) as page:
        verdict = proved(page)
        acts.tell("act1", state="sent", good=True, final=True)
        expect(verdict).to_have_text(SENT)
        acts.tell("act1", state="refused", reason="not_connected", good=False, final=True)

        expect(verdict).to_have_text("Refused: not connected.")


def test_each_action_has_its_own_words_at_the_door(context: BrowserContext, player: Player) -> None:
    good: Frame = {"accepted": 1, "confirmed": 1, "final": True, "good": True}
    said = {
        "hold": "Hold by Ada: The door is kept unlocked",
        "end_hold": "End of the hold by Ada: The hold has ended; the door is locked",
        "lockdown": "Lockdown by Ada: Locked down",
        "release": "Release by Ada: Released",
    }
    with wall(context, player, query=DOOR) as page:
        for at, (action, words) in enumerate(said.items()):
            one = act("confirmed", act=f"a{at}", **good)
            told(player, {**one, "action": action, "since": now_us() + at})

            expect(page.locator(".act-lines li").first).to_contain_text(words)


def test_who_locks_a_door_down_is_not_said_to_unlock_it(context: BrowserContext, player: Player) -> None:
    under: Frame = {"act": "other", "by": "x", "name": "Samuel Ortiz", "busy": True}
    with wall(context, player, query=DOOR) as page:
        told(player, {**act("sent"), **under, "action": "lockdown"})
        hindered = page.locator(".panel-hindered")
        expect(hindered).to_contain_text("Samuel Ortiz is locking this door down since ")
        told(player, {**act("sent"), **under, "action": "hold"})
        expect(hindered).to_contain_text("Samuel Ortiz is having this door kept unlocked since ")


def test_the_desk_has_the_same_words(context: BrowserContext, acts: Acts) -> None:
    player = playing(acts, [ring(4)])
    with desk(context, player) as page:
        one: Frame = {
            **act("confirmed", accepted=1, confirmed=1, final=True, good=True),
            "action": "lockdown",
        }
        told(player, one)

        expect(page.locator(".centre .act-lines li")).to_contain_text("Lockdown by Ada: Locked down")


def test_a_door_that_only_accepted_is_not_counted_as_locked_down(
    context: BrowserContext, player: Player, acts: Acts
) -> None:
    acts.plan = {"doors": [{"door": "d4", "name": "Loading bay", "would": "lockdown"}]}
    with wall(context, player, query=DOOR) as page:
        page.get_by_role("button", name="Lock down…").click()
        page.get_by_role("button", name="Visitor").click()
        page.get_by_label("One-time code").fill("123456")
        page.keyboard.press("Enter")
        # What the server says of the proof itself must not come after the end.
        until(lambda: acts.states["act1"]["state"] == "sent")
        done: Frame = {"final": True, "good": True}
        doors = [
            {**done, "door": "d7", "name": "Server room", "state": "accepted"},
            {**done, "door": "d4", "name": "Loading bay", "state": "confirmed"},
        ]
        acts.tell("act1", state="confirmed", sent=now_us(), final=True, good=True, doors=doors)
        verdict = page.locator(".act-verdict")
        expect(verdict).to_have_text("1 of 2 doors locked down; 1 door can't confirm it. Look at the others.")

        expect(verdict).to_have_attribute("data-tone", "doubt")
        expect(page.locator(".act-doors li").first).to_have_attribute("data-tone", "doubt")


@pytest.mark.parametrize(
    ("by", "late", "end"),
    [
        ({"secured_by": "lock"}, "Not secure again", "Secure again"),
        (LEAF, "Not closed again", "Closed again"),
        (OLD, "Not secure again", "Locked or closed again"),
    ],
)
def test_what_is_not_secure_again_in_time_says_so_until_it_is_as_its_door_can_tell(
    context: BrowserContext, player: Player, by: dict[str, Any], late: str, end: str
) -> None:
    let: Frame = {"accepted": 1, "confirmed": now_us(), "opened": now_us(), "final": True, "good": True, **by}
    with wall(context, player, query=DOOR) as page:
        verdict = proved(page)
        told(player, act("confirmed", **let, overdue=now_us()))
        expect(verdict).to_have_text(f"{late}. Look at the door.")
        expect(page.locator(".act-lines li")).to_contain_text(f"Unlock by Ada: {late}")
        told(player, act("confirmed", **let, secured=now_us() + SECOND))

        expect(verdict).to_have_text(end)
        expect(page.locator(".act-stage .act-name").last).to_have_text(end)


def test_what_a_door_was_once_told_to_tell_is_not_taken_back_by_an_older_word(
    context: BrowserContext, player: Player, acts: Acts
) -> None:
    with wall(context, player, query=DOOR) as page:
        verdict = proved(page)
        let: Frame = {"accepted": 1, "confirmed": now_us(), "final": True, "good": True}
        acts.tell("act1", state="confirmed", **let, **OLD)
        told(player, act("confirmed", **let, **LEAF, secured=now_us() + SECOND))
        expect(verdict).to_have_text("Closed again")
        told(player, act("confirmed", **let, **OLD))
        told(player, {**act("sent", act="other", good=True, final=True), "door": "d1"})

        expect(verdict).to_have_text("Closed again")


def test_a_door_whose_lock_nobody_knows_is_not_said_to_be_unlocked(
    context: BrowserContext, player: Player
) -> None:
    let: Frame = {"confirmed": now_us(), "opened": now_us(), "final": True, "good": True}
    with wall(context, player, query=DOOR) as page:
        verdict = proved(page)
        told(player, act("confirmed", **let, **LEAF))

        expect(verdict).to_have_text("Requested; the door is open now")


def test_a_door_that_tells_nothing_is_not_waited_for_to_be_secure(
    context: BrowserContext, player: Player
) -> None:
    with wall(context, player, query=DOOR) as page:
        proved(page)
        names = page.locator(".act-name:visible")
        expect(names).to_have_text(["Asked", "Sent", "Accepted", "Confirmed", "Locked or closed again"])
        told(player, act("accepted", accepted=now_us(), good=True, final=True, **OLD))

        expect(names).to_have_text(["Asked", "Sent", "Accepted", "Confirmed"])


def kept_unlocked(page: Page) -> Locator:
    """Ask for a hold and prove it; gives where its verdict will stand."""
    page.get_by_role("button", name="Keep unlocked…").click()
    page.get_by_role("button", name="Visitor").click()
    page.get_by_label("One-time code").fill("123456")
    page.keyboard.press("Enter")
    verdict = page.locator(".act-verdict")
    expect(verdict).to_contain_text("Sent")
    return verdict


def test_a_hold_that_has_ended_is_not_called_secure_before_its_door_is(
    context: BrowserContext, player: Player, acts: Acts
) -> None:
    with wall(context, player, query=DOOR) as page:
        verdict = kept_unlocked(page)
        over: Frame = {"state": "confirmed", "confirmed": now_us(), "good": True, "ended": now_us()}
        acts.tell("act1", **over)
        expect(verdict).to_have_text("The hold has ended")
        acts.tell("act1", **over, final=True, secured=now_us(), secured_by="lock")

        expect(verdict).to_have_text("Secure again")


def test_what_lasts_has_no_stage_in_which_it_is_secure_again(
    context: BrowserContext, player: Player, acts: Acts
) -> None:
    with wall(context, player, query=DOOR) as page:
        verdict = kept_unlocked(page)
        acts.tell("act1", state="confirmed", confirmed=now_us(), good=True, final=True)
        expect(verdict).to_have_text("The door is kept unlocked")

        expect(page.locator(".act-name:visible")).to_have_text(["Asked", "Sent", "Accepted", "Confirmed"])


def test_an_unlock_that_is_told_of_has_the_calls_of_today_read_again(
    context: BrowserContext, acts: Acts
) -> None:
    call = ring(4)
    player = playing(acts, [call])
    with desk(context, player) as page:
        expect(page.locator(".today-call")).to_have_count(0)
        acts.today = [{**call, "outcome": "opened", "opened_by": "Ada Brandt"}]
        player.send(records([record(200, "door.opened", door="d4")], acts=[act("confirmed")]))

        expect(page.locator(".today-word")).to_have_text("Opened by Ada Brandt")
