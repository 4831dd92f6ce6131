"""The interface of acts: what is asked, proved and told, to the session that asked alone."""

import json
from dataclasses import replace

import pytest

from core.records import Kind
from core.times import SECOND_US
from store.clock import now_us
from store.directory import save_account
from store.estate import import_estate
from tests.auth.people import account
from tests.auth.reading import told
from tests.operations.unlocking import ESTATE, SECRET, SomeLine
from tests.web.conftest import Console
from tests.web.proving import WISH, code, cookie, keyed, look, send


def test_an_act_is_made_proved_and_told(console: Console, line: SomeLine, ben: str) -> None:
    made = send(console, "/acts", WISH, ben)
    assert made.status_code == 201
    name = made.json()["id"]
    assert made.json()["proofs"] == ["totp"]
    pending = console.client.get(f"/acts/{name}", headers={"cookie": f"gatehouse={ben}"}).json()
    assert (pending["state"], pending["final"]) == ("pending", False)

    proved = send(console, f"/acts/{name}/proof", {"totp": code()}, ben)

    assert proved.status_code == 200
    assert (proved.json()["state"], proved.json()["final"]) == ("sent", False)
    assert not proved.json().get("good", False)
    assert len(line.sent) == 1


def test_who_comes_second_is_told_who_has_the_door(console: Console, line: SomeLine, ben: str) -> None:
    name = send(console, "/acts", WISH, ben).json()["id"]
    send(console, f"/acts/{name}/proof", {"totp": code()}, ben)

    answer = send(console, "/acts", WISH, cookie(console, "ada")).json()

    assert (answer["error"], answer["taken"]["name"], answer["taken"]["action"]) == (
        "in_progress",
        "Ben",
        "unlock",
    )
    assert answer["message"].startswith("Ben is sending a command to this door already")


def test_another_sessions_act_is_as_if_there_were_none(console: Console, line: SomeLine, ben: str) -> None:
    name = send(console, "/acts", WISH, ben).json()["id"]
    other = cookie(console, "ben")

    foreign = console.client.get(f"/acts/{name}", headers={"cookie": f"gatehouse={other}"})
    absent = console.client.get("/acts/01nothing", headers={"cookie": f"gatehouse={other}"})

    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert {**foreign.json(), "reference": ""} == {**absent.json(), "reference": ""}
    assert send(console, f"/acts/{name}/proof", {"totp": code()}, other).status_code == 409
    assert line.sent == []


def test_a_wrong_code_uses_the_act_up_and_says_so(console: Console, line: SomeLine, ben: str) -> None:
    name = send(console, "/acts", WISH, ben).json()["id"]

    refused = send(console, f"/acts/{name}/proof", {"totp": "000000"}, ben)

    assert (refused.status_code, refused.json()["error"]) == (409, "wrong_code")
    told_now = console.client.get(f"/acts/{name}", headers={"cookie": f"gatehouse={ben}"}).json()
    assert (told_now["state"], told_now["final"], told_now["reason"]) == ("refused", True, "wrong_code")
    assert [one.reason for one in told(console.db, Kind.OPERATOR_PROOF_REFUSED)] == ["wrong_code"]


def test_a_door_of_another_site_and_one_that_is_not_are_answered_alike(
    console: Console, line: SomeLine, ben: str
) -> None:
    answers = [
        send(console, "/acts", {**WISH, "target": {"door": door}}, ben) for door in ("lobby", "nowhere")
    ]

    assert [one.status_code for one in answers] == [404, 404]
    assert {**answers[0].json(), "reference": ""} == {**answers[1].json(), "reference": ""}


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        "unlock",
        {**WISH, "action": "export"},
        {**WISH, "target": {"door": ["front"]}},
        {**WISH, "target": {"door": "front", "site": "berlin"}},
        {**WISH, "seconds": "5"},
        {**WISH, "seconds": 5.5},
        {**WISH, "more": True},
        {**WISH, "call": "x" * 401},
        {**WISH, "call": 7},
        {**WISH, "action": "end_hold", "call": "c-1"},
        {**WISH, "reason": ""},
        {**WISH, "reason": "x" * 201},
    ],
)
def test_what_is_no_act_is_refused_in_words(console: Console, line: SomeLine, ben: str, body: object) -> None:
    answer = send(console, "/acts", body, ben)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid")
    assert line.sent == []


def test_a_call_that_is_over_is_refused_in_words(console: Console, line: SomeLine, ben: str) -> None:
    answer = send(console, "/acts", {**WISH, "call": "c-1"}, ben)

    assert (answer.status_code, answer.json()["error"]) == (409, "call_over")
    assert "The call has ended" in answer.json()["message"]
    assert line.sent == []


def test_what_nothing_here_does_can_not_be_asked_for(console: Console, line: SomeLine, ben: str) -> None:
    target = {"document": "policy", "sha256": "0" * 64}

    answer = send(console, "/acts", {"action": "policy", "target": target, "reason": "a visitor"}, ben)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid")
    assert "'policy' can't be asked for here" in answer.json()["message"]


def test_a_refused_body_is_not_quoted(console: Console, line: SomeLine, ben: str) -> None:
    name = send(console, "/acts", WISH, ben).json()["id"]

    answer = send(console, f"/acts/{name}/proof", {"totp": 654321}, ben)

    assert answer.status_code == 400
    assert "654321" not in answer.text


@pytest.mark.parametrize("origin", [None, "http://localhost:9999", "null"])
def test_no_other_page_makes_or_proves_an_act(
    console: Console, line: SomeLine, ben: str, origin: str | None
) -> None:
    headers = {"cookie": f"gatehouse={ben}", **({"origin": origin} if origin else {})}

    assert console.client.post("/acts", json=WISH, headers=headers).status_code == 403
    assert console.client.post("/acts/01a/proof", json={"totp": code()}, headers=headers).status_code == 403


def test_why_an_act_may_not_be_now_has_a_code_and_words(console: Console, line: SomeLine, ben: str) -> None:
    line.delivery = line.delivery.NOBODY
    name = send(console, "/acts", WISH, ben).json()["id"]
    ended = send(console, f"/acts/{name}/proof", {"totp": code()}, ben).json()

    assert (ended["state"], ended["final"], ended.get("good", False)) == ("refused", True, False)


@pytest.mark.parametrize(
    ("action", "foreign", "absent"),
    [
        ("hold", {"door": "lobby"}, {"door": "nowhere"}),
        ("end_hold", {"door": "lobby"}, {"door": "nowhere"}),
        ("lockdown", {"doors": ["front", "lobby"]}, {"doors": ["front", "nowhere"]}),
        ("lockdown", {"site": "newyork"}, {"site": "nowhere"}),
        ("release", {"site": "newyork"}, {"site": "nowhere"}),
    ],
)
def test_what_one_may_not_hold_or_lock_down_is_answered_like_what_is_not_there(
    console: Console, line: SomeLine, ben: str, action: str, foreign: object, absent: object
) -> None:
    wish = {**WISH, "action": action} | ({"until": now_us() + 600 * SECOND_US} if action == "hold" else {})
    answers = [send(console, "/acts", {**wish, "target": target}, ben) for target in (foreign, absent)]

    assert [one.status_code for one in answers] == [404, 404]
    assert {**answers[0].json(), "reference": ""} == {**answers[1].json(), "reference": ""}


def test_a_lockdown_answers_with_each_door_before_its_proof_and_after_it(
    console: Console, line: SomeLine
) -> None:
    ada = cookie(console, "ada")
    save_account(console.db, replace(account("ada"), totp_secret=SECRET), now_us(), "tests")
    made = send(console, "/acts", {**WISH, "action": "lockdown", "target": {"site": "berlin"}}, ada).json()
    assert made["doors"] == [
        {"door": "back", "name": "Back", "would": "lockdown"},
        {"door": "front", "name": "Front", "would": "lockdown"},
    ]
    assert line.sent == []

    proved = send(console, f"/acts/{made['id']}/proof", {"totp": code()}, ada).json()

    assert [(one["door"], one["state"], one["final"]) for one in proved["doors"]] == [
        ("back", "sent", False),
        ("front", "sent", False),
    ]
    assert len(line.sent) == 2


# --- passkeys -----------------------------------------------------------------------------------------


def test_a_passkey_proves_an_act_over_the_interface_once(console: Console, line: SomeLine, ben: str) -> None:
    key = keyed(console, ben)
    asked = send(console, "/acts", WISH, ben).json()
    assert asked["proofs"] == ["passkey", "totp"]
    assert (asked["shown"], asked["persons"]) == ({"door": "Front", "site": "berlin"}, 1)
    shown = key.get(json.dumps(asked["passkey"]))

    proved = send(console, f"/acts/{asked['id']}/proof", {"passkey": shown}, ben)
    again = send(console, f"/acts/{asked['id']}/proof", {"passkey": shown}, ben)

    assert (proved.status_code, proved.json()["state"]) == (200, "sent")
    assert (again.status_code, again.json()["error"]) == (409, "no_act")
    assert len(line.sent) == 1


def test_two_proofs_at_once_are_none(console: Console, line: SomeLine, ben: str) -> None:
    name = send(console, "/acts", WISH, ben).json()["id"]

    both = send(console, f"/acts/{name}/proof", {"totp": code(), "passkey": {"id": "x"}}, ben)

    assert (both.status_code, both.json()["error"]) == (400, "invalid")
    assert line.sent == []


@pytest.mark.parametrize("shown", [None, [], {}, "x", 1, {"id": "x" * 10_000}, {"response": None}])
def test_what_is_no_passkeys_answer_is_refused_and_uses_the_act_up(
    console: Console, line: SomeLine, ben: str, shown: object
) -> None:
    keyed(console, ben)
    name = send(console, "/acts", WISH, ben).json()["id"]

    refused = send(console, f"/acts/{name}/proof", {"passkey": shown}, ben)

    assert (refused.status_code, refused.json()["error"]) == (409, "bad_answer")
    assert [one.reason for one in told(console.db, Kind.OPERATOR_PROOF_REFUSED)] == ["bad_answer"]
    assert line.sent == []


def test_no_proof_at_all_is_refused_where_none_given_before_serves(
    console: Console, line: SomeLine, ben: str
) -> None:
    name = send(console, "/acts", WISH, ben).json()["id"]

    refused = send(console, f"/acts/{name}/proof", {}, ben)

    assert (refused.status_code, refused.json()["error"]) == (409, "no_proof")
    assert line.sent == []


# --- two people ---------------------------------------------------------------------------------------


def test_a_second_person_finds_the_act_and_signs_it_with_a_key_of_their_own(
    console: Console, line: SomeLine, ben: str
) -> None:
    doors = tuple(replace(one, persons=2) for one in ESTATE.doors)
    import_estate(console.db, replace(ESTATE, doors=doors), now_us(), "tests")
    ada = cookie(console, "ada")
    bens, adas = keyed(console, ben), keyed(console, ada)
    asked = send(console, "/acts", WISH, ben).json()
    path = f"/acts/{asked['id']}/proof"
    half = send(console, path, {"passkey": bens.get(json.dumps(asked["passkey"]))}, ben).json()
    assert (asked["persons"], half["state"], half["final"]) == (2, "awaiting_second", False)

    (waiting,) = look(console, "/acts?waiting", ada)["acts"]
    seen = look(console, f"/acts/{waiting['id']}", ada)

    assert {**waiting, "since": 0, "expires_at": 0} == {
        "id": asked["id"],
        "action": "unlock",
        "door": "front",
        "site": "berlin",
        "names": {"door": "Front", "site": "berlin"},
        "by": "Ben",
        "since": 0,
        "expires_at": 0,
        "reason": "",
    }
    assert (seen["state"], seen["by"], seen["proofs"]) == ("awaiting_second", "Ben", ["passkey"])
    assert seen["passkey"]["challenge"] != asked["passkey"]["challenge"]
    done = send(console, path, {"passkey": adas.get(json.dumps(seen["passkey"]))}, ada)
    assert (done.status_code, done.json()["state"]) == (200, "sent")
    assert look(console, "/acts?waiting", ada) == {"acts": []}
    assert len(line.sent) == 1


def test_what_the_first_one_was_asked_is_not_what_the_second_one_signs(
    console: Console, line: SomeLine, ben: str
) -> None:
    doors = tuple(replace(one, persons=2) for one in ESTATE.doors)
    import_estate(console.db, replace(ESTATE, doors=doors), now_us(), "tests")
    ada = cookie(console, "ada")
    bens, adas = keyed(console, ben), keyed(console, ada)
    asked = send(console, "/acts", WISH, ben).json()
    path = f"/acts/{asked['id']}/proof"
    send(console, path, {"passkey": bens.get(json.dumps(asked["passkey"]))}, ben)

    stolen = send(console, path, {"passkey": adas.get(json.dumps(asked["passkey"]))}, ada)

    assert (stolen.status_code, stolen.json()["error"]) == (409, "wrong_challenge")
    assert line.sent == []
