"""What those who audit read of retention, holds and erasures, and that it names nobody."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from auth.sessions import Actor
from core.retention import Hold, Kept
from core.times import DAY_US
from store import clock
from store.database import Database
from store.erasing import Order, erase
from store.erasure_register import What
from store.finishing import finish
from store.policies import apply_policy
from store.purging import mark_due
from store.retention import place_hold, set_keeping
from tests.auth.people import NOW, POLICY
from tests.pages.conftest import words
from tests.store.building import build_estate, swipe, write

Enter = Callable[[str], Actor]
BERLIN_AUDIT = POLICY.replace('group = "g-berlin"\nrole = "agent"', 'group = "g-berlin"\nrole = "auditor"')


def page() -> None:
    """Draw the section as a page does; run by Streamlit's test runner, which sees only this function."""
    from auth.current import the  # noqa: PLC0415
    from pages import retention_view  # noqa: PLC0415
    from pages import state as where  # noqa: PLC0415
    from store.clock import now_us  # noqa: PLC0415

    actor = the().sessions.by_ref(where.session_ref() or "", now_us())
    assert actor is not None
    retention_view.draw(actor)


@pytest.fixture
def told(db: Database, sign_in: Enter) -> Callable[[str], str]:
    def look(username: str) -> str:
        sign_in(username)
        app = AppTest.from_function(page, default_timeout=20)
        app.run()
        assert not app.exception, app.exception
        return words(app)

    build_estate(db, ["paris", "rome"])
    return look


def fill(db: Database) -> None:
    # After all that the people of the tests have done: times of receipt never go back.
    now = NOW + 40 * DAY_US
    write(db, swipe("paris", "u-secret", now - 31 * DAY_US), swipe("rome", "u-gone", now - 30 * DAY_US))
    set_keeping(db, Kept.MOVEMENT, 30, place="paris", now=now, by="cli:me")
    mark_due(db, now)
    hold = Hold(case="C-7", site="rome", person="u-held", since=now - 9 * DAY_US)
    place_hold(db, hold, "a *theft*", now=now, by="cli:me")
    order = Order(what=What.CARDHOLDER, number="u-gone", basis="secret basis", by="cli:me", now=now)
    erase(db, order)
    assert finish(db, lambda: now)


def test_times_holds_purges_and_erasures_are_told_and_nobody_is_named(
    db: Database, told: Callable[[str], str]
) -> None:
    fill(db)
    said = told("cleo")

    assert "Movements of people: 90 days; Paris 30 days" in said
    assert "Acts of operators: 365 days" in said
    assert "Case C-7: Rome, one person, from " in said
    assert "a \\*theft\\*" in said
    assert "Movements of people, Paris: 1 detail due, deleted from " in said
    assert "One cardholder: 1 detail, other rows: 0 · " in said
    assert not any(secret in said for secret in ("u-held", "u-gone", "u-secret", "secret basis"))


def test_who_audits_another_site_reads_nothing_of_these(db: Database, told: Callable[[str], str]) -> None:
    fill(db)
    apply_policy(db, BERLIN_AUDIT, clock.now_us(), "tests")
    said = told("ben")

    assert "Movements of people: 90 days\n" in said
    assert not any(secret in said for secret in ("Paris", "Rome", "C-7", "Erased people"))


def test_who_audits_nothing_reads_nothing(db: Database, told: Callable[[str], str]) -> None:
    fill(db)

    assert told("ben") == ""


def test_where_nothing_was_ever_deleted_it_says_so(told: Callable[[str], str]) -> None:
    said = told("ada")

    assert "Nothing is held." in said
    assert "Nothing so far." in said
    assert "Nobody so far." in said
