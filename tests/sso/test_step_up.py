"""Acts proved at the provider: what counts, what a burglar would show instead, and what is left untouched."""

from typing import Final

import httpx
import pytest

from core.records import Kind
from core.times import SECOND_US
from store.clock import now_us
from tests.op.kinds import Shape
from tests.sso.proving import COOKIE, FLOW, Hand, Proving, asked_of

pytestmark = pytest.mark.slow
ACRS: Final = '{"id_token":{"acrs":{"essential":true,"value":"c1"}}}'


@pytest.fixture
def ground(calm_place: Proving) -> Proving:
    return calm_place


def refusals(ground: Proving, before: int) -> list[str | None]:
    return [one.reason for one in ground.records()[before:]]


# --- what counts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["keycloak", "okta-org", "entra"])
def test_who_shows_it_again_at_the_provider_opens_the_door(ground: Proving, shape: Shape) -> None:
    ben = ground.hand("ben", shape)
    answer = ben.post("/acts", {"action": "unlock", "target": {"door": "front"}, "reason": "a visitor"})
    name = answer.json()["id"]
    assert answer.json()["proofs"] == ["idp"]

    page = ben.show(name, "ben")

    assert page.status_code == 200
    assert "Proved" in page.text
    assert ben.state(name)["state"] == "sent"
    assert len(ground.line.sent) == 1
    record = ground.records(Kind.UNLOCK_REQUESTED)[-1]
    assert (record.refs["proof"], record.refs["provider"]) == ("idp", shape)
    assert abs(int(record.refs["auth_time"]) - now_us() // SECOND_US) < 10
    assert len(str(record.refs["id_token_sha256"])) == 64


def test_the_session_its_cookie_and_its_tokens_are_as_they_were(ground: Proving) -> None:
    ben = ground.hand("ben")
    cookie, sessions, held = ben.cookie, ground.sessions(), ground.held()
    signed_in = len(ground.records(Kind.OPERATOR_SIGNED_IN, Kind.OPERATOR_SESSION_ENDED))

    form = ben.visit(ben.begin(name := ben.ask()), "ben", second_factor=True)
    answers = [back := ben.back(form), ben.finish(back)]

    assert ben.state(name)["state"] == "sent"
    assert (ben.cookie, ground.sessions(), ground.held()) == (cookie, sessions, held)
    assert len(ground.records(Kind.OPERATOR_SIGNED_IN, Kind.OPERATOR_SESSION_ENDED)) == signed_in
    assert [one.headers.get("set-cookie") for one in answers] == [None, None]


def test_everybody_is_asked_anew_and_for_what_the_provider_calls_a_proof(ground: Proving) -> None:
    asked = {}
    for shape in ("keycloak", "okta-org", "entra"):
        ben = ground.hand("ben", shape)
        asked[shape] = asked_of(ben.begin(ben.ask()))

    assert {(one["prompt"], one["max_age"]) for one in asked.values()} == {("login", "0")}
    assert asked["keycloak"]["acr_values"] == "2"
    assert asked["okta-org"]["acr_values"] == "urn:okta:loa:2fa:any"
    assert asked["entra"]["claims"] == ACRS
    assert "acr_values" not in asked["entra"]


def test_a_provider_without_a_dependable_rule_is_not_offered(ground: Proving) -> None:
    ben = ground.hand("ben", "generic")

    answer = ben.post("/acts", {"action": "unlock", "target": {"door": "front"}, "reason": "a visitor"})

    assert (answer.status_code, answer.json()["error"]) == (409, "no_proof")


# --- what does not ------------------------------------------------------------------------------------


def _weakly(ben: Hand, name: str) -> httpx.Response:
    return ben.show(name, "ben", second_factor=False)


def _as_somebody_else(ben: Hand, name: str) -> httpx.Response:
    # Or the provider would tell us that Ben has signed out there, and there would be no session to prove it.
    ben.there.issuer.control.forget()
    return ben.show(name, "bob")


def _told_of_long_ago(ben: Hand, name: str) -> httpx.Response:
    # Six seconds and a bit before the act was asked for.
    then = ben.ground.created(name) // SECOND_US - 7
    ben.there.issuer.control.wrong(claims={"auth_time": then})
    return ben.show(name, "ben")


def _told_no_time(ben: Hand, name: str) -> httpx.Response:
    ben.there.issuer.control.wrong(off=["auth_time"])
    return ben.show(name, "ben")


def _told_a_time_to_come(ben: Hand, name: str) -> httpx.Response:
    ben.there.issuer.control.wrong(claims={"auth_time": now_us() // SECOND_US + 600})
    return ben.show(name, "ben")


def _told_the_time_as_text(ben: Hand, name: str) -> httpx.Response:
    ben.there.issuer.control.wrong(claims={"auth_time": str(now_us() // SECOND_US)})
    return ben.show(name, "ben")


def _told_no_acr(ben: Hand, name: str) -> httpx.Response:
    ben.there.issuer.control.wrong(off=["acr"])
    return ben.show(name, "ben")


def _answering_another_question(ben: Hand, name: str) -> httpx.Response:
    ben.there.issuer.control.wrong(claims={"nonce": "another"})
    return ben.show(name, "ben")


def _signed_by_nobody(ben: Hand, name: str) -> httpx.Response:
    ben.there.issuer.control.wrong(signature="broken")
    return ben.show(name, "ben")


def _made_for_another_console(ben: Hand, name: str) -> httpx.Response:
    ben.there.issuer.control.wrong(claims={"aud": "another"})
    return ben.show(name, "ben")


def _late(ben: Hand, name: str) -> httpx.Response:
    form = ben.visit(ben.begin(name), "ben", second_factor=True)
    ben.ground.age(name, 61)
    return ben.finish(ben.back(form))


def _with_the_code_of_a_sign_in(ben: Hand, name: str) -> httpx.Response:
    begun = ben.web.get(f"/auth/{ben.shape}/login").headers["location"]
    code = ben.visit(begun, "ben", second_factor=True)["code"]
    form = ben.visit(ben.begin(name), "ben", second_factor=True)
    return ben.finish(ben.back(form | {"code": code}))


def _cancelled(ben: Hand, name: str) -> httpx.Response:
    return _without_a_code(ben, name, "access_denied")


def _unmet(ben: Hand, name: str) -> httpx.Response:
    return _without_a_code(ben, name, "unmet_authentication_requirements")


def _without_a_code(ben: Hand, name: str, error: str) -> httpx.Response:
    state = asked_of(ben.begin(name))["state"]
    return ben.finish(ben.back({"error": error, "state": state, "iss": ben.there.issuer.issuer}))


FORGED: Final = {
    "weak_proof without a second factor": _weakly,
    "weak_proof without acr": _told_no_acr,
    "weak_proof that the provider could not ask for": _unmet,
    "other_person": _as_somebody_else,
    "too_old": _told_of_long_ago,
    "missing_claim no time": _told_no_time,
    "missing_claim time as text": _told_the_time_as_text,
    "not_yet_valid": _told_a_time_to_come,
    "wrong_nonce": _answering_another_question,
    "bad_signature": _signed_by_nobody,
    "wrong_audience": _made_for_another_console,
    "no_act late": _late,
    "code_refused": _with_the_code_of_a_sign_in,
    "refused_there": _cancelled,
}


@pytest.mark.parametrize("kind", FORGED)
def test_no_forged_answer_opens_a_door_and_each_is_recorded_and_told(ground: Proving, kind: str) -> None:
    ben, reason = ground.hand("ben"), kind.partition(" ")[0]
    name, before = ben.ask(), len(ground.records())

    page = FORGED[kind](ben, name)

    assert page.status_code == 403, page.text
    assert "Not proved" in page.text
    assert refusals(ground, before) == [reason], page.text
    assert ground.line.sent == []
    told = ben.state(name)
    assert (told["state"], told["final"]) == ("expired" if reason == "no_act" else "refused", True)
    assert told.get("reason", "no_act") == reason
    # Whatever it was worth, it was the one proof of this act.
    ground.calm()
    assert ben.web.get(f"/acts/{name}/idp").status_code == 403
    assert ground.line.sent == []


def test_five_refused_answers_lock_the_acts_of_that_session(ground: Proving) -> None:
    ben = ground.hand("ben")
    for _ in range(5):
        assert _cancelled(ben, ben.ask()).status_code == 403

    answer = ben.post("/acts", {"action": "unlock", "target": {"door": "front"}, "reason": "a visitor"})
    assert (answer.status_code, answer.json()["error"]) == (409, "locked_out")
    assert ground.records()[-1].kind is Kind.OPERATOR_ACTS_LOCKED


# --- of another act, browser or session ----------------------------------------------------------------


def test_an_answer_proves_the_act_that_it_was_asked_for_and_no_other(ground: Proving) -> None:
    ben = ground.hand("ben")
    first, second = ben.ask("back"), ben.ask()
    back = ben.back(ben.visit(ben.begin(first), "ben", second_factor=True))
    before = len(ground.records())

    page = ben.web.get(back.headers["location"].replace(first, second))

    assert page.status_code == 403
    assert refusals(ground, before) == ["wrong_challenge"]
    assert (ben.state(second)["state"], ground.line.sent) == ("pending", [])


def test_an_answer_counts_in_the_browser_that_asked_and_in_no_other(ground: Proving) -> None:
    ben, thief = ground.hand("ben"), ground.hand()
    thief.web.cookies.set(COOKIE, ben.cookie, domain="localhost.local")
    name = ben.ask()
    back = ben.back(ben.visit(ben.begin(name), "ben", second_factor=True))
    before = len(ground.records())

    assert thief.finish(back).status_code == 403
    assert refusals(ground, before) == ["not_this_browser"]
    assert ground.line.sent == []
    assert ben.finish(back).status_code == 200


def test_an_answer_counts_in_the_session_that_asked_and_in_no_other(ground: Proving) -> None:
    ben, elsewhere = ground.hand("ben"), ground.hand("ben")
    name = ben.ask()
    back = ben.back(ben.visit(ben.begin(name), "ben", second_factor=True))
    elsewhere.web.cookies.set(FLOW, ben.web.cookies[FLOW], domain="localhost.local")
    before = len(ground.records())

    assert elsewhere.finish(back).status_code == 403
    assert refusals(ground, before) == ["not_this_browser"]
    assert elsewhere.web.get(f"/acts/{name}/idp").status_code == 404
    assert ground.line.sent == []


def test_an_answer_counts_once(ground: Proving) -> None:
    ben = ground.hand("ben")
    name = ben.ask()
    form = ben.visit(ben.begin(name), "ben", second_factor=True)
    back = ben.back(form)
    assert ben.finish(back).status_code == 200
    before = len(ground.records())

    again = [ben.back(form), ben.finish(back)]

    assert [one.status_code for one in again] == [403, 403]
    assert refusals(ground, before) == ["expired"]
    assert len(ground.line.sent) == 1


def test_two_windows_for_one_act_are_one_proof(ground: Proving) -> None:
    ben = ground.hand("ben")
    name = ben.ask()
    backs = [ben.back(ben.visit(ben.begin(name), "ben", second_factor=True)) for _ in range(2)]

    assert [ben.finish(one).status_code for one in backs] == [200, 403]
    assert len(ground.line.sent) == 1


def test_an_answer_to_an_act_signs_nobody_in_and_one_to_a_sign_in_proves_nothing(ground: Proving) -> None:
    ben = ground.hand("ben")
    name, sessions = ben.ask(), ground.sessions()
    back = ben.back(ben.visit(ben.begin(name), "ben", second_factor=True))
    ref = back.headers["location"].partition("flow=")[2]
    assert ben.web.get(f"/sign-in/finish?flow={ref}&by=keycloak").status_code == 403
    begun = ben.web.get("/auth/keycloak/login").headers["location"]
    signing = ben.back(ben.visit(begun, "ben", second_factor=True)).headers["location"]

    page = ben.web.get(f"/acts/{name}/idp/answer{signing.partition('/finish')[2].partition('&')[0]}")

    assert page.status_code == 403
    assert (ground.sessions(), ground.line.sent, ben.state(name)["state"]) == (sessions, [], "pending")


def test_another_sites_link_begins_nothing(ground: Proving) -> None:
    ben = ground.hand("ben")
    name = ben.ask()

    for site in ("cross-site", "same-site"):
        headers = {"sec-fetch-site": site, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
        assert ben.web.get(f"/acts/{name}/idp", headers=headers).status_code == 404
