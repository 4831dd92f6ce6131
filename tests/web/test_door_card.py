"""GET /live/doors/{door}: a door's card for those who watch it, and one same answer for everybody else."""

import pytest

from core.records import Kind
from store.clock import now_us
from tests.auth.people import person
from tests.store.building import build_estate, draft, swipe, write
from tests.web.conftest import Console


@pytest.fixture(autouse=True)
def estate(console: Console) -> None:
    build_estate(console.db, ["paris"])
    write(console.db, swipe("paris", at=now_us()), draft(Kind.DOOR_OPENED, "paris", now_us()))


def enter(console: Console, who: str) -> None:
    cookie, _ = console.sessions.start(person(who), address="", agent="", now=now_us())
    console.client.cookies.set("gatehouse", cookie)


def test_a_card_is_json_that_nobody_keeps(console: Console) -> None:
    enter(console, "ada")
    answer = console.client.get("/live/doors/paris-door-1")

    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    card = answer.json()
    assert (card["door"]["door"], card["door"]["position"], card["site"]["name"]) == (
        "paris-door-1",
        "open",
        "Paris",
    )
    assert [one["kind"] for one in card["records"]] == ["door.opened", "access.granted"]


@pytest.mark.parametrize("who", ["ben", "cleo", "dan"])
def test_a_door_of_others_is_answered_as_one_that_is_not_there(console: Console, who: str) -> None:
    enter(console, who)
    foreign, absent = (console.client.get(f"/live/doors/{name}") for name in ("paris-door-1", "nowhere"))

    assert foreign.status_code == absent.status_code == 404
    assert {**foreign.json(), "reference": ""} == {**absent.json(), "reference": ""}


def test_without_a_session_there_is_no_card(console: Console) -> None:
    assert console.client.get("/live/doors/paris-door-1").status_code == 401
