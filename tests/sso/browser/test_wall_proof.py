"""The dialog of the wall has its act proved at the real provider, in the small window that it opens."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from core.records import Kind
from tests.auth.reading import told
from tests.op.browser import sign_in
from tests.sso.browser.conftest import Bring, Guest
from tests.sso.browser.hearing import Hearing, keyed
from tests.sso.console import Sso
from tests.waiting import until

pytestmark = pytest.mark.browser
DOOR = "/live?door=paris-door-1"


@pytest.fixture(autouse=True)
def _askable(many: Sso) -> Iterator[None]:
    with keyed(many):
        yield


def asked(guest: Guest) -> tuple[Page, Page]:
    """Ask for the door at the wall, and for the provider's window; gives both."""
    wall = guest.open(DOOR, ".wall[data-link=live]")
    wall.get_by_role("button", name="Unlock").first.click()
    dialog = wall.get_by_role("dialog").filter(has_text="Unlock Door 1")
    dialog.get_by_role("textbox").first.fill("a parcel")
    dialog.get_by_role("textbox").first.press("Enter")
    with wall.expect_popup() as opened:
        dialog.get_by_role("button", name="Use your organisation's sign-in").click()
    return wall, opened.value


def test_who_signs_in_anew_has_proved_it_and_the_wall_says_what_became_of_it(many: Sso, guest: Bring) -> None:
    duo = guest(many)
    duo.pass_through("duo", second_factor=True).close()
    with many.store() as db, Hearing(db):
        before, undone = len(told(db, Kind.UNLOCK_REQUESTED)), len(told(db, Kind.UNLOCK_REFUSED))
        _, window = asked(duo)
        sign_in(window, "duo", second_factor=True)
        # What was proved can't be sent: this console has no account for commands.
        until(lambda: len(told(db, Kind.UNLOCK_REFUSED)) > undone, seconds=20)
        done = told(db, Kind.UNLOCK_REQUESTED)[before:]

    assert [one.private["name"] for one in done] == ["duo"]


def test_a_weaker_answer_is_refused_and_the_wall_says_so(many: Sso, guest: Bring) -> None:
    duo = guest(many)
    duo.pass_through("duo", second_factor=True).close()
    with many.store() as db, Hearing(db):
        before = len(told(db, Kind.UNLOCK_REQUESTED))
        wall, window = asked(duo)
        sign_in(window, "duo")
        expect(window.get_by_role("alert")).to_be_visible()
        expect(wall.get_by_role("dialog").filter(has_text="Unlock Door 1")).to_contain_text(
            "Nothing was sent."
        )

        assert len(told(db, Kind.UNLOCK_REQUESTED)) == before
