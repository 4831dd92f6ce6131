"""GET /live/attention: what needs a person at the sites one watches, and nothing of any other."""

import pytest

from core.records import Kind
from store.clock import now_us
from tests.auth.people import person
from tests.store.building import build_estate, draft, write
from tests.web.conftest import Console


@pytest.fixture(autouse=True)
def alarms(console: Console) -> None:
    build_estate(console.db, ["paris", "rome"])
    write(
        console.db,
        draft(Kind.DOOR_FORCED_OPEN, "paris", now_us()),
        draft(Kind.DOOR_HELD_OPEN, "rome", now_us()),
    )


def ask(console: Console, who: str, query: str = "") -> dict[str, object]:
    cookie, _ = console.sessions.start(person(who), address="", agent="", now=now_us())
    console.client.cookies.set("gatehouse", cookie)
    answer = console.client.get(f"/live/attention{query}")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    found: dict[str, object] = answer.json()
    return {**found, "now": 0}


def test_who_watches_all_sites_may_look_at_some(console: Console) -> None:
    assert ask(console, "ada")["alarms"] == 2
    assert ask(console, "ada", "?site=rome")["alarms"] == 1
    assert ask(console, "ada", "?site=rome,paris")["alarms"] == 2


def test_a_foreign_site_and_one_that_is_not_there_are_answered_alike(console: Console) -> None:
    nothing = {"now": 0, "calls": 0, "alarms": 0, "devices": 0, "items": [], "more": 0}

    assert ask(console, "ben") == ask(console, "ben", "?site=paris") == nothing
    assert ask(console, "ben", "?site=nowhere") == ask(console, "cleo") == ask(console, "dan") == nothing


def test_without_a_session_there_is_no_answer(console: Console) -> None:
    assert console.client.get("/live/attention").status_code == 401
