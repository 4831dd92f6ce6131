"""/me: who I am, where I am signed in, and how to end it."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from auth.current import Services
from auth.sessions import Actor
from pages import me
from store import clock
from tests.auth.people import person
from tests.pages.conftest import words

Visit = Callable[..., AppTest]
Enter = Callable[[str], Actor]


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
    ("agent", "said"),
    [
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14) Safari/605", "Safari on macOS"),
        ("Mozilla/5.0 (Windows NT) Chrome/140 Safari/537 Edg/140", "Edge on Windows"),
        ("<script>", "A browser"),
    ],
)
def test_a_browser_is_named_in_words_of_ours(agent: str, said: str) -> None:
    assert me.browser_of(agent) == said
