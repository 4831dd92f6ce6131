"""The dialog of the wall has its act proved at the real provider, in the small window that it opens."""

from collections.abc import Iterator
from threading import Event, Thread

import pytest
from playwright.sync_api import Page, expect

from core.records import Kind
from operations.device_keys import DeviceKeys
from store.clock import now_us
from store.database import Database
from store.ingest_log import LEASE
from store.touch import Part, PartState, report_part, take_lease
from tests.auth.reading import told
from tests.op.browser import sign_in
from tests.operations.unlocking import HOLDER
from tests.sso.browser.conftest import Bring, Guest
from tests.sso.console import Sso
from tests.waiting import until

pytestmark = pytest.mark.browser
DOOR = "/live?door=paris-door-1"
DEVICE = "paris-dev"


@pytest.fixture(autouse=True)
def _askable(many: Sso) -> Iterator[None]:
    """Let the door's device have a key: at one that can't be asked nobody is asked for a proof."""
    keys = DeviceKeys(many.console.data)
    keys.issue(DEVICE)
    yield
    keys.revoke(DEVICE)


class Hearing:
    """Ingest, as far as those who act ask after it: heard for as long as the block lasts."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._over = Event()
        self._thread = Thread(target=self._go_on)

    def __enter__(self) -> None:
        self._hear()
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _go_on(self) -> None:
        while not self._over.wait(1.0):
            self._hear()

    def _hear(self) -> None:
        now = now_us()
        assert take_lease(self._db, LEASE, HOLDER, now=now, seconds=5)
        info = {"canary_age_us": 0}
        report_part(self._db, Part(name="ingest", state=PartState.OK, at=now, info=info))


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
        _, window = asked(duo)
        sign_in(window, "duo", second_factor=True)
        # What was proved can't be sent: this console has no account for commands.
        until(lambda: told(db, Kind.UNLOCK_REQUESTED) and told(db, Kind.UNLOCK_REFUSED), seconds=20)
        done = told(db, Kind.UNLOCK_REQUESTED)

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
