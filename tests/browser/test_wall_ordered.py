"""Doors that somebody has ordered to be for longer: until when, and where a door does not follow."""

import re
from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.test_wall_silent import HEAR, told
from tests.browser.wall_harness.frames import SECOND
from tests.browser.wall_harness.scenes import estate
from tests.browser.wall_harness.server import Frame, now_us
from tests.browser.wall_harness.visit import wall

pytestmark = pytest.mark.browser
DOOR: Final = ".tile[data-door=d0]"


@pytest.fixture
def context(new_context: Callable[..., BrowserContext]) -> BrowserContext:
    made = new_context()
    made.add_init_script(HEAR)
    return made


def ordered(what: str, **values: object) -> Frame:
    """Make what is ordered at a door, for ten more minutes."""
    until = now_us() + 600 * SECOND
    return {"mode_ordered": what, "mode_until": until, "mode_by": "Ada Brandt", "mode_doubt": "", **values}


def test_a_door_that_is_held_says_until_when(context: BrowserContext) -> None:
    with wall(context, estate({0: ordered("held", mode="held", lock="unlocked")})) as page:
        expect(page.locator(f"{DOOR} .word")).to_have_text("Kept unlocked")
        expect(page.locator(f"{DOOR} .detail")).to_have_text(re.compile(r"^until \d\d:\d\d$"))


def test_no_word_says_locked_down_before_the_device_does(context: BrowserContext) -> None:
    with wall(context, estate({0: ordered("locked_down")})) as page:
        expect(page.locator(f"{DOOR} .word")).to_have_text("Lockdown ordered")

    with wall(context, estate({0: ordered("locked_down", mode="locked_down")})) as page:
        expect(page.locator(f"{DOOR} .word")).to_have_text("Locked down")


@pytest.mark.parametrize("online", [True, False])
def test_a_door_that_has_not_locked_again_calls_for_a_person(context: BrowserContext, online: bool) -> None:
    late = ordered("held", mode_doubt="not_secured", lock="unlocked", online=online)
    with wall(context, estate({0: late})) as page:
        expect(page.locator(".card").first).to_contain_text("Not secure again")
        found = told(page)

        first = found["items"][0]
        assert (first["what"], first["label"], first["door"]) == (
            "not_secured",
            "Not secure again",
            "d0",
        )
        assert found["alarms"] == 1


@pytest.mark.parametrize(
    ("doubt", "words"), [("mode_lost", "Lockdown not shown"), ("unconfirmed", "Lockdown not confirmed")]
)
def test_a_lockdown_that_a_door_does_not_show_calls_for_a_person(
    context: BrowserContext, doubt: str, words: str
) -> None:
    with wall(context, estate({0: ordered("locked_down", mode_doubt=doubt)})) as page:
        expect(page.locator(".card")).to_contain_text(words)
        found = told(page)

        assert [one["label"] for one in found["items"]] == [words]
