"""Health and my sessions, and the words that pages are made of."""

import os
import re
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
    sign_in("ada")
    report(db, "supervisor", PartState.OK)
    report(db, "broker", PartState.DOWN)
    report(db, "web", PartState.DEGRADED)
    report(db, "ingest", PartState.OK, ago=20 * SECOND_US)
    said = words(visit("health"))

    assert "3 parts need a look" in said
    assert "▪ Supervisor" in said
    assert "◆ Message broker" in said
    assert "Devices keep what happens until the broker is back" in said
    assert re.search(r"Last word 2\d s ago", said)
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


# --- the disk -----------------------------------------------------------------------------------------


def tell_disk(db: Database, level: str, free_mb: int = 812, said: PartState = PartState.DEGRADED) -> None:
    info: dict[str, str | int] = {"free_mb": free_mb, "level": level}
    report_part(db, Part(name="store", state=said, at=clock.now_us(), info=info))


@pytest.mark.parametrize(
    ("username", "path", "told"),
    [("ben", "health", True), ("ada", "log", True), ("ben", "live", True), ("cleo", "log", False)],
)
def test_a_nearly_full_disk_is_said_above_every_page_of_those_who_watch(
    sign_in: Enter, visit: Visit, db: Database, username: str, path: str, *, told: bool
) -> None:
    tell_disk(db, "low")
    sign_in(username)
    app = visit(path)

    assert any("Disk nearly full: 812 MB free" in one.value for one in app.warning) is told


@pytest.mark.parametrize("level", ["ample", "", "<b>"])
def test_a_disk_with_space_is_not_spoken_of(sign_in: Enter, visit: Visit, db: Database, level: str) -> None:
    tell_disk(db, level, 51_200, PartState.OK)
    sign_in("ben")
    said = words(visit("health"))

    assert "Disk" not in said
    assert "51.2 GB free" in said


def test_an_almost_full_disk_is_an_error_that_says_what_is_refused(
    sign_in: Enter, visit: Visit, db: Database
) -> None:
    tell_disk(db, "critical", 60, PartState.DOWN)
    sign_in("ben")
    app = visit("health")

    assert ["Disk almost full: 60 MB free" in one.value for one in app.error] == [True]
    assert "Disk almost full for 0 s" in words(app)
    assert words(app).count("Acts such as unlocking are refused") == 2


def test_the_line_on_the_disk_stays_when_nobody_touches_the_wall_and_goes_with_the_session(
    sign_in: Enter, services: Services, visit: Visit, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell_disk(db, "low")
    actor = sign_in("ben")
    monkeypatch.setattr(clock, "now_us", lambda: actor.active + actor.idle_after + 1)
    app = visit("live")
    assert len(app.warning) == 1

    services.sessions.end(actor.session, "ended_by_admin", clock.now_us())
    assert len(app.run().warning) == 0


def test_health_says_who_is_limited_and_what_waits(sign_in: Enter, visit: Visit, db: Database) -> None:
    info: dict[str, str | int] = {"limited": 2, "waiting": 1_900}
    report_part(db, Part(name="ingest", state=PartState.OK, at=clock.now_us(), info=info))
    sign_in("ada")
    said = words(visit("health"))

    assert "2 devices over a limit" in said
    assert "1900 messages waiting to be stored" in said
    assert "The page Devices names who sends too much" in said

    sign_in("ben")
    assert "devices over a limit" not in words(visit("health"))
