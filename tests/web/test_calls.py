"""Claims over HTTP: 204 or why not, and what one may not handle is answered as what is not there."""

from collections.abc import Iterator
from typing import Any

import pytest
from httpx import Response

from auth.current import Services, set_services
from auth.presence import Presence
from core.leaf import Draft
from core.records import Kind
from core.times import HOUR_US
from store.clock import now_us
from store.estate import import_estate
from store.log import append
from tests.auth.people import person
from tests.auth.reading import told
from tests.operations.unlocking import CAN, ESTATE
from tests.web.conftest import OURS, Console

HERE = {"device": "berlin-ic", "call": "c-1"}
THERE = {"device": "newyork-ic", "call": "c-1"}
VERBS = ("claim", "release", "decline")


@pytest.fixture(autouse=True)
def _ringing(console: Console) -> Iterator[None]:
    """Let somebody ring in Berlin and in New York."""
    import_estate(console.db, ESTATE, now_us(), "tests")
    append(console.db, [_ring("berlin", "front"), _ring("newyork", "lobby")])
    services = Services(
        db=console.db, sessions=console.sessions, presence=Presence(), families={"gatehouse": CAN}
    )
    set_services(services)
    yield
    set_services(None)


def _ring(site: str, door: str) -> Draft:
    return Draft(
        kind=Kind.CALL_RINGING,
        received=now_us(),
        site=site,
        device=f"{site}-ic",
        door=door,
        refs={"call": "c-1"},
    )


def cookie(console: Console, username: str, *, at: int | None = None) -> str:
    now = now_us() if at is None else at
    return console.sessions.start(person(username), address="127.0.0.1", agent="testclient", now=now)[0]


def send(console: Console, verb: str, body: object, who: str) -> Response:
    headers = {**OURS, "cookie": f"gatehouse={who}"}
    answer: Response = console.client.post(f"/calls/{verb}", json=body, headers=headers)
    return answer


def today(console: Console, who: str, site: str = "") -> list[dict[str, Any]]:
    query = {"site": site} if site else {}
    answer = console.client.get("/desk/calls", params=query, headers={"cookie": f"gatehouse={who}"})
    found: list[dict[str, Any]] = answer.json()["calls"]
    return found


def test_a_call_is_claimed_given_back_and_declined_without_a_word(console: Console) -> None:
    ben = cookie(console, "ben")
    answers = [send(console, verb, HERE, ben) for verb in VERBS]

    assert [(one.status_code, one.content) for one in answers] == [(204, b"")] * 3
    done = told(console.db, Kind.CALL_CLAIMED, Kind.CALL_RELEASED, Kind.CALL_DECLINED)
    assert [one.kind for one in done] == ["call.claimed", "call.released", "call.declined"]
    assert {one.private["name"] for one in done} == {"Ben"}


def test_who_comes_second_is_told_who_has_the_call_until_they_take_it_over(console: Console) -> None:
    ben, ada = cookie(console, "ben"), cookie(console, "ada")
    send(console, "claim", HERE, ben)
    second = send(console, "claim", HERE, ada)

    assert (second.status_code, second.json()["error"]) == (409, "claimed_by_other")
    assert second.json()["message"] == "Ben has this call."
    assert send(console, "release", HERE, ada).json()["error"] == "claimed_by_other"
    assert send(console, "claim", {**HERE, "take_over": True}, ada).status_code == 204
    assert [one["claimed_by"] for one in today(console, ada, "berlin")] == ["Ada"]


@pytest.mark.parametrize("verb", VERBS)
def test_a_call_that_is_over_is_refused_in_words(console: Console, verb: str) -> None:
    append(
        console.db,
        [
            Draft(
                kind=Kind.CALL_ENDED,
                received=now_us(),
                site="berlin",
                device="berlin-ic",
                door="front",
                refs={"call": "c-1"},
            )
        ],
    )
    answer = send(console, verb, HERE, cookie(console, "ben"))

    assert (answer.status_code, answer.json()["error"]) == (409, "call_over")


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("username", "call"),
    [
        ("ben", THERE),
        ("ben", {"device": "berlin-ic", "call": "c-9"}),
        ("ben", {"device": "nowhere", "call": "c-1"}),
        ("cleo", HERE),
        ("dan", HERE),
    ],
)
def test_what_one_may_not_handle_is_not_there(
    console: Console, verb: str, username: str, call: dict[str, str]
) -> None:
    answer = send(console, verb, call, cookie(console, username))

    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    assert told(console.db, Kind.CALL_CLAIMED, Kind.CALL_RELEASED, Kind.CALL_DECLINED) == []


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {"device": "berlin-ic"},
        {**HERE, "call": ""},
        {**HERE, "call": 7},
        {**HERE, "call": "x" * 401},
        {**HERE, "mine": True},
        {**HERE, "take_over": "yes"},
    ],
)
def test_a_body_that_names_no_call_is_refused(console: Console, body: object) -> None:
    assert send(console, "claim", body, cookie(console, "ben")).status_code == 400


def test_who_was_idle_or_signed_out_takes_no_call(console: Console) -> None:
    asleep = cookie(console, "ben", at=now_us() - HOUR_US)
    ended, actor = console.sessions.start(person("ben"), address="127.0.0.1", agent="", now=now_us())
    console.sessions.end(actor.session, "signed_out", now_us())

    assert [send(console, "claim", HERE, who).status_code for who in (asleep, ended, "none")] == [401] * 3
    assert told(console.db, Kind.CALL_CLAIMED) == []


def test_a_claim_needs_our_own_page(console: Console) -> None:
    headers = {"origin": "https://elsewhere.example", "cookie": f"gatehouse={cookie(console, 'ben')}"}

    assert console.client.post("/calls/claim", json=HERE, headers=headers).status_code == 403


def test_todays_calls_are_those_of_the_sites_that_one_handles(console: Console) -> None:
    lists = {who: today(console, cookie(console, who)) for who in ("ada", "ben", "cleo", "dan")}

    assert {who: sorted(one["site"] for one in some) for who, some in lists.items()} == {
        "ada": ["berlin", "newyork"],
        "ben": ["berlin"],
        "cleo": [],
        "dan": [],
    }
    assert today(console, cookie(console, "ben"), "newyork") == []


def test_a_desk_that_nobody_touched_for_long_still_lists_its_calls(console: Console) -> None:
    assert len(today(console, cookie(console, "ben", at=now_us() - HOUR_US))) == 1
