"""GET /search: suggestions as JSON, within what a person may see."""

import pytest

from store.clock import now_us
from tests.auth.people import person
from tests.store.building import build_estate, name_person, swipe, write
from tests.web.conftest import Console

NOTHING: dict[str, list[object]] = {"doors": [], "devices": [], "people": [], "records": []}


@pytest.fixture(autouse=True)
def estate(console: Console) -> int:
    build_estate(console.db, ["paris"])
    name_person(console.db, "p-1", "Zoë Door")
    (number,) = write(console.db, swipe("paris", "p-1", at=now_us()))
    assert number is not None
    return number


def ask(console: Console, who: str, text: str) -> dict[str, list[dict[str, object]]]:
    cookie, _ = console.sessions.start(person(who), address="", agent="", now=now_us())
    console.client.cookies.set("gatehouse", cookie)
    answer = console.client.get("/search", params={"q": text})
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    found: dict[str, list[dict[str, object]]] = answer.json()
    return found


def test_an_auditor_finds_all_four_sorts(console: Console, estate: int) -> None:
    found = ask(console, "cleo", "door 1")
    assert found["doors"] == [{"id": "paris-door-1", "name": "Door 1", "site": "paris", "site_name": "Paris"}]
    assert ask(console, "cleo", "paris-dev")["devices"][0]["id"] == "paris-dev"
    assert ask(console, "cleo", "ZOE")["people"] == [{"id": "p-1", "name": "Zoë Door"}]
    (record,) = ask(console, "cleo", str(estate))["records"]
    assert (record["id"], record["label"], record["site"]) == (estate, "Access granted", "paris")


@pytest.mark.parametrize("who", ["ben", "dan"])
@pytest.mark.parametrize("text", ["door", "zoe", "p-1", "paris"])
def test_what_is_elsewhere_is_answered_as_what_is_nowhere(console: Console, who: str, text: str) -> None:
    assert ask(console, who, text) == ask(console, who, "nowhere") == NOTHING


def test_a_record_elsewhere_is_answered_as_none(console: Console, estate: int) -> None:
    assert ask(console, "ben", str(estate)) == ask(console, "cleo", str(estate + 10_000)) == NOTHING


def test_without_a_session_there_is_no_answer(console: Console) -> None:
    assert console.client.get("/search?q=door").status_code == 401
