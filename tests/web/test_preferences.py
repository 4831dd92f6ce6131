"""GET and PUT /me/preferences/{name}: each person's own, and one same answer for what is not there."""

import httpx
import pytest

from store.clock import now_us
from tests.auth.people import person
from tests.web.conftest import OURS, Console

JSON = {"content-type": "application/json"} | OURS


def enter(console: Console, who: str) -> None:
    cookie, _ = console.sessions.start(person(who), address="", agent="", now=now_us())
    console.client.cookies.set("gatehouse", cookie)


def put(console: Console, name: str, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
    sent = JSON if headers is None else headers
    answer: httpx.Response = console.client.put(f"/me/preferences/{name}", content=body, headers=sent)
    return answer


def test_what_i_choose_i_find_again_in_another_browser_and_nobody_else_does(console: Console) -> None:
    enter(console, "ben")
    assert console.client.get("/me/preferences/pinned").json() == {"value": None}
    assert put(console, "pinned", b'["north"]').status_code == 204

    enter(console, "ben")
    answer = console.client.get("/me/preferences/pinned")
    assert (answer.json(), answer.headers["cache-control"]) == ({"value": ["north"]}, "no-store")

    enter(console, "ada")
    assert console.client.get("/me/preferences/pinned").json() == {"value": None}


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"[", JSON, 400),
        (b'"\xed\xa0\x80"', JSON, 400),
        (b'"' + b"x" * 2_048 + b'"', JSON, 400),
        (b"1", OURS | {"content-type": "text/plain"}, 400),
        (b"1", {"content-type": "application/json"}, 403),
        (b"1", JSON | {"origin": "https://evil.example"}, 403),
    ],
)
def test_what_is_not_asked_rightly_is_refused(
    console: Console, body: bytes, headers: dict[str, str], status: int
) -> None:
    enter(console, "ben")

    assert put(console, "theme", body, headers).status_code == status
    assert console.client.get("/me/preferences/theme").json() == {"value": None}


def test_an_unknown_name_is_answered_as_nothing_at_all_is_to_those_without_a_role(console: Console) -> None:
    enter(console, "ben")
    absent = console.client.get("/me/preferences/nothing")
    assert put(console, "nothing", b"1").status_code == absent.status_code == 404

    enter(console, "dan")
    foreign = console.client.get("/me/preferences/theme")
    assert put(console, "theme", b"1").status_code == 404
    assert {**absent.json(), "reference": ""} == {**foreign.json(), "reference": ""}


def test_a_wall_that_nobody_touches_reads_its_choices_but_changes_none(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(console, "ben")
    put(console, "sound", b"true")
    later = now_us() + 3_600_000_000
    monkeypatch.setattr("web.gate.now_us", lambda: later)

    assert console.client.get("/me/preferences/sound").json() == {"value": True}
    assert console.client.get("/live/attention").status_code == 200
    assert put(console, "sound", b"false").json()["error"] == "idle"
