"""The dialog of the desk has its act proved at the real provider, or reads why it was not."""

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Locator, Page, expect

from core.leaf import Draft
from core.records import Kind
from store.clock import now_us
from store.database import Database
from store.log import append
from tests.auth.reading import told
from tests.op.browser import sign_in
from tests.sso.browser.conftest import Bring, Guest
from tests.sso.browser.hearing import DEVICE, Hearing, keyed
from tests.sso.console import Sso
from tests.waiting import until

pytestmark = pytest.mark.browser
DESK: Final = ".desk[data-link=live]"
DOOR: Final = "paris-door-1"
WINDOW: Final = "Use your organisation's sign-in"


@pytest.fixture(autouse=True)
def _askable(many: Sso) -> Iterator[None]:
    with keyed(many):
        yield


@pytest.fixture
def db(many: Sso) -> Iterator[Database]:
    with many.store() as opened, Hearing(opened):
        yield opened


class Desk:
    """A desk of duo's, at which somebody rings, and whose dialog waits for a proof of the unlock."""

    def __init__(self, guest: Guest, db: Database) -> None:
        self._db = db
        self._before = len(told(db, Kind.UNLOCK_REQUESTED))
        guest.pass_through("duo", second_factor=True).close()
        self.page = guest.open("/desk", DESK)
        self._ring(f"c-{now_us()}")
        self.page.get_by_role("button", name="Unlock Door 1").click()
        self.dialog: Locator = self.page.get_by_role("dialog").filter(has_text="Unlock Door 1")
        self.dialog.get_by_role("textbox").first.fill("a parcel")
        self.dialog.get_by_role("textbox").first.press("Enter")

    def _ring(self, call: str) -> None:
        word = Draft(
            kind=Kind.CALL_RINGING,
            received=now_us(),
            site="paris",
            door=DOOR,
            device=DEVICE,
            refs={"call": call},
        )
        append(self._db, [word])

    def window(self) -> Page:
        """Ask for the provider's window."""
        with self.page.expect_popup() as opened:
            self.dialog.get_by_role("button", name=WINDOW).click()
        return opened.value

    @property
    def asked(self) -> list[str]:
        """Name who has had an unlock begun since this desk was opened."""
        return [one.private["name"] for one in told(self._db, Kind.UNLOCK_REQUESTED)[self._before :]]


@pytest.fixture
def desk(many: Sso, guest: Bring, db: Database) -> Desk:
    return Desk(guest(many), db)


def test_who_signs_in_anew_from_the_desk_has_proved_it(desk: Desk) -> None:
    sign_in(desk.window(), "duo", second_factor=True)

    until(lambda: desk.asked == ["duo"], seconds=20)


def test_somebody_else_proves_nothing_and_the_desk_says_so(desk: Desk, db: Database, many: Sso) -> None:
    many.op.issuer("keycloak").control.forget()
    window = desk.window()
    sign_in(window, "ben", second_factor=True)

    expect(window.get_by_role("alert")).to_contain_text("Somebody else signed in at Keycloak.")
    expect(desk.dialog.locator(".act-verdict")).to_contain_text("Nothing was sent.")
    expect(desk.dialog.locator(".act-verdict")).to_have_attribute("data-tone", "bad")
    assert desk.asked == []
    assert told(db, Kind.OPERATOR_PROOF_REFUSED)[-1].reason == "other_person"


def test_a_window_that_is_closed_leaves_the_desk_where_it_was_and_it_can_be_opened_anew(desk: Desk) -> None:
    window = desk.window()
    expect(window.get_by_label("Username")).to_be_visible()
    window.close()

    expect(desk.dialog.get_by_role("button", name=WINDOW)).to_be_enabled()
    assert desk.asked == []
    sign_in(desk.window(), "duo", second_factor=True)

    until(lambda: desk.asked == ["duo"], seconds=20)


def test_a_provider_that_is_down_is_told_at_the_desk_and_proves_once_it_is_back(
    desk: Desk, many: Sso
) -> None:
    control = many.op.issuer("keycloak").control
    control.down("close")
    address = f"{many.url}/auth/keycloak/login"
    answers = desk.page.context.request
    until(lambda: answers.get(address, max_redirects=0).status == 502, seconds=20)
    window = desk.window()

    expect(window.get_by_role("alert")).to_contain_text("Keycloak can't be reached right now")
    expect(desk.dialog).to_contain_text("Not proved at your organisation's sign-in")
    expect(desk.dialog.get_by_role("button", name=WINDOW)).to_be_enabled()
    assert desk.asked == []
    window.close()
    control.well()
    until(lambda: answers.get(address, max_redirects=0).status == 303, seconds=40)
    sign_in(desk.window(), "duo", second_factor=True)

    until(lambda: desk.asked == ["duo"], seconds=20)
