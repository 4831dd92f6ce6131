"""Health and my sessions, and the words that pages are made of."""

import os
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from auth.current import Services
from auth.sessions import Actor
from core.times import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from pages import me, parts
from pages.live import live
from store import clock
from store.database import Database
from store.touch import Part, PartState, report_part
from tests.auth.people import person
from tests.pages.conftest import Mounted, words

Visit = Callable[..., AppTest]
Enter = Callable[[str], Actor]


def report(db: Database, name: str, said: PartState, ago: int = 0) -> None:
    at = clock.now_us() - ago
    report_part(db, Part(name=name, state=said, at=at, pid=os.getpid(), info={"messages": 7}))


def test_health_says_how_each_part_is_and_what_to_do(sign_in: Enter, visit: Visit, db: Database) -> None:
    sign_in("ben")
    report(db, "supervisor", PartState.OK)
    report(db, "broker", PartState.DOWN)
    report(db, "web", PartState.DEGRADED)
    report(db, "ingest", PartState.OK, ago=20 * SECOND_US)
    said = words(visit("health"))

    assert "3 parts need a look" in said
    assert "▪ Supervisor" in said
    assert "◆ Message broker" in said
    assert "Devices keep what happens until the broker is back" in said
    assert "Last word 20 s ago" in said
    assert "7 messages" in said


def test_a_part_that_never_reported_is_named(sign_in: Enter, visit: Visit) -> None:
    sign_in("ben")

    assert "It has not reported yet" in words(visit("health"))


def test_what_draws_itself_again_ends_when_nobody_touches_the_browser(
    sign_in: Enter, mounted: Mounted, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, drawn = sign_in("ben"), list[Actor]()
    again: list[Callable[[], None]] = []

    def fragment(*, run_every: float) -> Callable[[Callable[[], None]], Callable[[], None]]:
        def keep(draw: Callable[[], None]) -> Callable[[], None]:
            again.append(draw)
            return draw

        return keep

    monkeypatch.setattr("streamlit.fragment", fragment)
    live(drawn.append, every_s=1)
    assert drawn == [actor]

    monkeypatch.setattr(clock, "now_us", lambda: actor.active + actor.idle_after + 1)
    again[0]()
    assert drawn == [actor]
    assert mounted == [("header", {"leave": "/sign-in?reason=idle"})]


def elsewhere(services: Services, username: str) -> Actor:
    _, actor = services.sessions.start(
        person(username), address="198.51.100.9", agent="Chrome/140 Windows", now=clock.now_us()
    )
    return actor


def test_i_see_where_i_am_signed_in_and_end_one_of_them(
    services: Services, sign_in: Enter, visit: Visit
) -> None:
    other = elsewhere(services, "ben")
    mine = sign_in("ben")
    app = visit("me")
    assert "Firefox on Linux" in words(app)
    assert "Chrome on Windows" in words(app)
    assert "From 198.51.100.9" in words(app)

    app.button(f"end:{other.session}").click().run()

    assert "That browser is signed out" in words(app)
    assert [row.ref for row in services.sessions.of(mine.subject)] == [mine.session]


def test_i_end_all_others_and_stay(services: Services, sign_in: Enter, visit: Visit) -> None:
    elsewhere(services, "ben")
    elsewhere(services, "ben")
    mine = sign_in("ben")
    app = visit("me")
    app.button("end-others").click().run()

    assert "2 other sessions ended" in words(app)
    assert [row.ref for row in services.sessions.of(mine.subject)] == [mine.session]
    assert app.button("end-others").disabled


def test_a_press_after_my_session_ended_does_nothing(
    services: Services, sign_in: Enter, visit: Visit
) -> None:
    other = elsewhere(services, "ben")
    mine = sign_in("ben")
    app = visit("me")
    services.sessions.end(mine.session, "ended_by_admin", clock.now_us())
    app.button(f"end:{other.session}").click().run()

    assert "Your session has ended" in words(app)
    assert [row.ref for row in services.sessions.of(mine.subject)] == [other.session]


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (-5, "0 s"),
        (59 * SECOND_US, "59 s"),
        (61 * MINUTE_US, "1 h 01 min"),
        (47 * HOUR_US, "47 h 00 min"),
        (3 * DAY_US, "3 days"),
    ],
)
def test_ages_are_as_short_as_a_glance(length: int, said: str) -> None:
    assert parts.age(length) == said


def test_markdown_in_a_name_stays_what_it_is() -> None:
    assert parts.escaped("![x](http://evil)") == r"\!\[x\]\(http\:\/\/evil\)".replace(r"\/", "/")


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14) Safari/605", "Safari on macOS"),
        ("Mozilla/5.0 (Windows NT) Chrome/140 Safari/537 Edg/140", "Edge on Windows"),
        ("<script>", "A browser"),
    ],
)
def test_a_browser_is_named_in_words_of_ours(agent: str, said: str) -> None:
    assert me.browser_of(agent) == said
