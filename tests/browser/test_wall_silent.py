"""A silent alarm at the wall of who minds it: said in the strip and to the bell, and by no sound."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.test_wall_heard import ALARM, EAR, heard, tones
from tests.browser.wall_harness.frames import SECOND, records, tile
from tests.browser.wall_harness.scenes import FORCED, drawn, estate
from tests.browser.wall_harness.server import Frame, now_us
from tests.browser.wall_harness.visit import wall

pytestmark = pytest.mark.browser
HEAR = "addEventListener('gatehouse:attention', (event) => { window.found = event.detail; })"


@pytest.fixture
def context(new_context: Callable[..., BrowserContext]) -> BrowserContext:
    made = new_context()
    made.add_init_script(EAR)
    made.add_init_script(HEAR)
    made.add_init_script("window.given = { preferences: { sound: true } }")
    return made


def alarm(number: int = 9, door: str = "d0", name: str = "Ben") -> Frame:
    """Make a silent alarm that began a minute ago."""
    return {
        "id": number,
        "kind": "operator.duress",
        "label": "Operator under duress",
        "site": "berlin",
        "door": door,
        "name": name,
        "since": now_us() - 61 * SECOND,
    }


def told(page: Page) -> Any:
    """Give what the bell is told."""
    drawn(page)
    return page.evaluate("window.found")


def test_a_silent_alarm_comes_first_and_makes_no_sound(context: BrowserContext) -> None:
    player = estate({3: FORCED})
    with wall(context, player) as page:
        page.mouse.click(5, 5)
        expect(page.locator(".card")).to_have_count(1)
        heard(page, ALARM)
        # By itself the alarm of the other door sounds again after a while.
        page.keyboard.press("q")
        tones(page)
        player.send(records([], id=9, alarms=[alarm()]))
        expect(page.locator(".card")).to_have_count(2)
        first = page.locator(".card").first

        expect(first).to_contain_text("Under duress")
        expect(first).to_contain_text("Ben")
        expect(first).to_contain_text("Main entrance, Berlin")
        found = told(page)
        worst = found["items"][0]
        assert (worst["what"], worst["label"], worst["door"]) == ("duress", "Under duress: Ben", "d0")
        assert (found["alarms"], worst["severity"]) == (2, "alarm")
        assert tones(page) == []


def test_two_at_one_door_are_two_and_a_new_start_tells_what_still_counts(context: BrowserContext) -> None:
    player = estate()
    with wall(context, player) as page:
        player.send(records([], id=9, alarms=[alarm(9), alarm(10, name="Ada <b>")]))
        expect(page.locator(".card")).to_have_count(2)
        expect(page.locator(".cards")).to_contain_text("Ada <b>")
        player.close(1012)

        expect(page.locator(".card")).to_have_count(0)


def test_a_door_that_has_gone_does_not_hide_who_is_under_duress(context: BrowserContext) -> None:
    player = estate()
    with wall(context, player) as page:
        player.send(
            records([], id=9, doors=[tile(0)], alarms=[alarm(door="gone"), {**alarm(10), "door": None}])
        )
        expect(page.locator(".card")).to_have_count(2)

        expect(page.locator(".cards")).to_contain_text("gone, Berlin")
        assert told(page)["alarms"] == 2


def test_locked_acts_and_a_late_answer_call_for_a_person_and_name_nobody(context: BrowserContext) -> None:
    player = estate()
    locked = alarm(name="") | {"kind": "operator.acts_locked", "label": "Acts locked"}
    late: Frame = {"act": "a1", "action": "unlock", "door": "d3", "site": "berlin", "stage": "unconfirmed"}
    late |= {"by": "x", "name": "Ben", "since": now_us() - 9 * SECOND, "late": now_us(), "final": True}
    with wall(context, player) as page:
        player.send(records([], id=9, alarms=[locked], acts=[late]))
        expect(page.locator(".card")).to_have_count(2)
        expect(page.locator(".card").nth(0)).to_contain_text("Acts locked")
        expect(page.locator(".card").nth(1)).to_contain_text("Answered late")
        expect(page.locator(".cards")).not_to_contain_text("Ben")

        labels = [one["label"] for one in told(page)["items"]]
        assert sorted(labels) == ["Acts locked", "Answered late"]
