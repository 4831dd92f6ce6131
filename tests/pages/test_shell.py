"""Who sees which page, and what the others are told."""

from collections.abc import Callable
from typing import cast

import pytest
from streamlit.testing.v1 import AppTest

from auth.current import Services
from auth.sessions import Actor
from core.records import Kind
from pages import state
from pages.catalogue import PAGES
from pages.log_words import reason
from store import clock
from store.database import Database
from store.preferences import save_preference
from store.rows import next_rows
from tests.pages.conftest import Mounted, words

Visit = Callable[..., AppTest]
Enter = Callable[[str], Actor]
OPEN = {
    "ada": {"desk", "live", "log", "audit", "analytics", "devices", "people", "policy", "health", "me"},
    "ben": {"desk", "live", "devices", "health", "me"},
    "cleo": {"log", "audit", "analytics", "devices", "people", "policy", "health", "me"},
    "dan": set[str](),
}


def refusals(db: Database) -> int:
    with db.read() as connection:
        rows = next_rows(connection, 0, 1_000).rows
    return sum(row.kind is Kind.OPERATOR_PAGE_REFUSED for row in rows)


@pytest.mark.parametrize("username", OPEN)
@pytest.mark.parametrize("path", [page.path for page in PAGES])
def test_a_page_opens_to_those_whose_role_has_it_and_says_no_to_the_others(
    sign_in: Enter, visit: Visit, db: Database, username: str, path: str
) -> None:
    sign_in(username)
    app = visit(path)

    refused = path not in OPEN[username]
    assert ("is not open to you" in words(app)) is refused
    assert refusals(db) == int(refused)


def test_a_refusal_is_recorded_once_however_often_the_page_runs(
    sign_in: Enter, visit: Visit, db: Database
) -> None:
    sign_in("ben")
    visit("log").run()
    visit("log")

    assert refusals(db) == 1


@pytest.mark.parametrize(("username", "first"), [("ada", "wall"), ("ben", "desk"), ("cleo", "log")])
def test_home_leads_to_what_the_role_is_for(
    sign_in: Enter, visit: Visit, mounted: Mounted, username: str, first: str
) -> None:
    sign_in(username)
    app = visit("")

    assert first in [name for name, _ in mounted] or first in words(app)


def test_who_has_no_role_gets_an_explanation_and_no_data(
    sign_in: Enter, visit: Visit, mounted: Mounted
) -> None:
    sign_in("dan")
    app = visit("")

    assert "You have no role yet" in words(app)
    assert [name for name, _ in mounted] == ["header"]


@pytest.mark.parametrize("path", ["", "live", "log", "devices", "health", "me"])
def test_without_a_session_nothing_is_drawn_but_the_way_to_the_sign_in(
    services: Services, visit: Visit, mounted: Mounted, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    del services
    monkeypatch.setattr(state, "session_ref", lambda: None)
    app = visit(path)

    assert words(app) == "Your session has ended."
    assert [data for _, data in mounted] == [{"leave": "/sign-in"}]


def test_a_session_that_ends_is_seen_at_the_next_run(
    sign_in: Enter, services: Services, visit: Visit
) -> None:
    actor = sign_in("ada")
    app = visit("me")
    services.sessions.end(actor.session, "ended_by_admin", clock.now_us())

    assert words(app.run()) == "Your session has ended."


def test_the_frame_says_who_is_here_from_where_and_since_when(
    sign_in: Enter, visit: Visit, mounted: Mounted
) -> None:
    actor = sign_in("ben")
    visit("me")

    name, data = mounted[0]
    assert name == "header"
    assert (data["name"], data["roles"], data["clock"]) == ("Ben", "Agent: berlin", True)
    assert (data["from"], data["since"]) == ("192.0.2.7 · Firefox on Linux", actor.created)


def test_the_wall_is_told_the_words_that_the_log_has_for_reasons(
    sign_in: Enter, visit: Visit, mounted: Mounted
) -> None:
    sign_in("ben")
    visit("live")
    said = next(data["reasons"] for name, data in mounted if name == "wall")
    assert isinstance(said, dict)

    assert said == {code: reason(code)[0] for code in said}
    assert {"invalid_pin", "battery", "session_lost"} <= said.keys()
    assert "wrong_password" not in said


def framed(mounted: Mounted) -> dict[str, object]:
    """Give what the newest frame was drawn from."""
    return next(data for name, data in reversed(mounted) if name == "header")


@pytest.mark.parametrize(
    ("username", "pages", "places", "watched", "finds"),
    [
        ("ada", OPEN["ada"], ["berlin", "newyork"], ["berlin", "newyork"], True),
        ("ben", OPEN["ben"], ["berlin"], ["berlin"], True),
        ("cleo", OPEN["cleo"], ["berlin", "newyork"], [], True),
        ("dan", set[str](), [], [], False),
    ],
)
def test_the_frame_offers_what_is_mine_and_nothing_else(
    sign_in: Enter,
    visit: Visit,
    mounted: Mounted,
    username: str,
    pages: set[str],
    places: list[str],
    watched: list[str],
    *,
    finds: bool,
) -> None:
    sign_in(username)
    visit("health" if pages else "")
    data = framed(mounted)

    assert {one["path"] for one in cast("list[dict[str, str]]", data["pages"])} == pages
    assert [one["id"] for one in cast("list[dict[str, str]]", data["sites"])] == places
    assert (data["watched"], data["finds"]) == (watched, finds)


def test_the_tour_is_offered_to_who_comes_by_the_front_door_until_it_was_had(
    sign_in: Enter, visit: Visit, mounted: Mounted, db: Database
) -> None:
    actor = sign_in("ben")
    visit("health")
    assert framed(mounted)["tour"] is False
    app = visit("")
    assert framed(mounted)["tour"] is True

    save_preference(db, actor.subject, "toured", b"true")
    app.run()
    assert framed(mounted)["tour"] is False


def test_the_remembered_colours_come_with_the_frame(
    sign_in: Enter, visit: Visit, mounted: Mounted, db: Database
) -> None:
    actor = sign_in("ben")
    save_preference(db, actor.subject, "theme", b'"contrast"')
    visit("health")

    assert framed(mounted)["theme"] == "contrast"


def test_each_page_is_known_to_the_presence_by_its_path(
    sign_in: Enter, services: Services, visit: Visit
) -> None:
    actor = sign_in("ada")
    visit("health")

    assert set(services.presence.pages(actor.session).values()) == {"/health"}


def test_a_store_that_does_not_answer_is_said_in_words(
    sign_in: Enter, services: Services, visit: Visit
) -> None:
    sign_in("ada")
    services.db.engine.dispose()
    services.db.file.write_bytes(b"no database" * 1_000)

    app = visit("log")

    assert len(app.error) == 1
    assert "read its records right now" in app.error[0].value


@pytest.mark.parametrize(("path", "stays"), [("live", True), ("log", False), ("me", False)])
def test_what_nobody_touched_for_long_shows_the_wall_and_nothing_else(
    sign_in: Enter, visit: Visit, mounted: Mounted, monkeypatch: pytest.MonkeyPatch, path: str, stays: bool
) -> None:
    actor = sign_in("ada")
    monkeypatch.setattr(clock, "now_us", lambda: actor.active + actor.idle_after + 1)
    app = visit(path)

    assert ("Nobody touched this browser" in words(app)) is not stays
    assert ({"leave": "/sign-in?reason=idle"} in [data for _, data in mounted]) is not stays


def test_each_page_has_a_key_of_its_own() -> None:
    keys = [page.key for page in PAGES]

    assert len(set(keys)) == len(keys)
    assert all(len(key) == 1 and key.isascii() and key.islower() for key in keys)
