"""The line above every page while a break-glass account is signed in: for everybody, and only so long."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from auth.current import Services
from auth.local import BREAKGLASS_LONGEST_US
from auth.sessions import Actor, Person
from core.times import HOUR_US
from pages import breakglass, formats
from pages.catalogue import PAGES
from store import clock
from store.breakglass import seal
from store.database import Database
from tests.auth.attempts import SEALED, sealed

Visit = Callable[..., AppTest]
Enter = Callable[[str], Actor]


@pytest.fixture
def emergency(services: Services) -> Actor:
    """Sign somebody in by a break-glass account, from a browser elsewhere."""
    one = sealed()
    seal(services.db, [one], clock.now_us(), "tests")
    who = Person(
        subject=one.subject,
        name=one.name,
        groups=one.groups,
        longest=BREAKGLASS_LONGEST_US,
        breakglass=True,
    )
    _, actor = services.sessions.start(who, address="203.0.113.5", agent="", now=clock.now_us())
    return actor


def lines(app: AppTest) -> list[str]:
    return [one.value for one in app.error if "Break" in one.value]


@pytest.mark.parametrize("path", ["", *(page.path for page in PAGES)])
@pytest.mark.parametrize("username", ["ada", "ben", "cleo", "dan"])
def test_everybody_who_is_signed_in_is_told_on_every_page(
    sign_in: Enter, visit: Visit, emergency: Actor, username: str, path: str
) -> None:
    sign_in(username)
    (line,) = lines(visit(path))

    since = formats.formats_of("").clock(emergency.created, "UTC").replace("+", "\\+").replace(":", "\\:")
    assert line.startswith(f"Break\\-glass account breakglass\\-1 is signed in since {since}")


@pytest.mark.parametrize(
    ("username", "told"), [("ada", True), ("cleo", True), ("ben", False), ("dan", False)]
)
def test_where_they_come_from_is_told_to_those_who_read_what_operators_did(
    sign_in: Enter, visit: Visit, emergency: Actor, username: str, *, told: bool
) -> None:
    sign_in(username)

    assert ("203.0.113.5" in lines(visit("me"))[0]) is told


def test_the_line_has_a_sign_that_is_not_colour_alone(sign_in: Enter, visit: Visit, emergency: Actor) -> None:
    sign_in("ben")
    app = visit("me")

    assert [one.icon for one in app.error if "Break" in one.value] == [":material/emergency_home:"]


def test_who_is_signed_in_by_the_account_is_told_so_too(
    services: Services, visit: Visit, emergency: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.state.session_ref", lambda: emergency.session)

    assert len(lines(visit("me"))) == 1


def test_the_line_goes_with_the_session(
    sign_in: Enter, visit: Visit, services: Services, emergency: Actor
) -> None:
    sign_in("ben")
    app = visit("me")
    services.sessions.end(emergency.session, "signed_out", clock.now_us())

    assert lines(app.run()) == []


def test_the_line_goes_after_half_an_hour_though_the_browser_is_still_open(
    sign_in: Enter, visit: Visit, emergency: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in("ben")
    app = visit("live")
    assert len(lines(app)) == 1
    monkeypatch.setattr(clock, "now_us", lambda: emergency.created + BREAKGLASS_LONGEST_US)

    assert lines(app.run()) == []


def test_the_line_stays_on_a_wall_that_nobody_touches_and_looks_again_by_itself(
    sign_in: Enter, visit: Visit, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = sign_in("ben")
    idle = actor.active + actor.idle_after
    seal(services.db, [sealed()], idle, "tests")
    who = Person(subject=f"local:{SEALED}", name=SEALED, groups=(), breakglass=True)
    services.sessions.start(who, address="", agent="", now=idle)
    monkeypatch.setattr(clock, "now_us", lambda: idle + 1)

    assert len(lines(visit("live"))) == 1
    assert breakglass.EVERY_S <= 30


def test_without_a_break_glass_session_nothing_is_said(sign_in: Enter, visit: Visit, db: Database) -> None:
    seal(db, [sealed()], clock.now_us() - HOUR_US, "tests")
    sign_in("ada")

    assert lines(visit("me")) == []
