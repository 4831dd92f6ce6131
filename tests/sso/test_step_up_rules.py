"""Acts proved at the provider in trouble, for five minutes, and by two people."""

from dataclasses import replace

import httpx
import pytest

from core.records import Kind
from tests.operations.unlocking import ESTATE
from tests.sso.proving import Hand, Proving
from tests.waiting import until

pytestmark = pytest.mark.slow


@pytest.fixture
def ground(calm_place: Proving) -> Proving:
    return calm_place


# --- trouble ------------------------------------------------------------------------------------------


def test_a_provider_that_is_away_is_told_and_the_act_waits_for_another_proof(ground: Proving) -> None:
    ben = ground.hand("ben")
    name = ben.ask()
    ground.op.issuer("keycloak").control.down("close")
    # What the console has seen it believes for some seconds.
    until(lambda: ben.web.get(f"/acts/{name}/idp").status_code == 502, seconds=20)

    page = ben.web.get(f"/acts/{name}/idp")

    assert "can&#x27;t be reached right now" in page.text
    assert (ben.state(name)["state"], ben.state(name)["reason"]) == ("pending", "unreachable")
    ground.calm()
    until(lambda: ben.web.get(f"/acts/{name}/idp").status_code == 303, seconds=20)
    shown = ben.show(name, "ben")
    assert shown.status_code == 200, shown.text
    assert "reason" not in ben.state(name)


def test_a_provider_that_goes_away_in_the_middle_proves_nothing(ground: Proving) -> None:
    ben = ground.hand("ben")
    name = ben.ask()
    ground.op.issuer("keycloak").control.down("close", only=["token"])

    form = ben.visit(ben.begin(name), "ben", second_factor=True)
    page = ben.finish(ben.back(form))

    assert page.status_code == 403
    assert "reached" in page.text
    assert (ben.state(name)["state"], ben.state(name)["reason"]) == ("refused", "unreachable")
    assert ground.line.sent == []


def test_a_clock_that_is_behind_is_believed_for_five_seconds_and_no_more(ground: Proving) -> None:
    ben, control = ground.hand("ben"), ground.op.issuer("keycloak").control
    control.clock(-30)

    page = ben.show(ben.ask(), "ben")

    assert page.status_code == 403
    assert ground.records()[-1].reason == "too_old"
    assert ground.line.sent == []


def test_a_role_that_is_gone_opens_nothing_however_well_it_was_proved(ground: Proving) -> None:
    ben = ground.hand("ben")
    name = ben.ask()
    ground.estate(replace(ESTATE, doors=tuple(one for one in ESTATE.doors if one.id != "front")))

    page = ben.show(name, "ben")

    assert page.status_code == 403
    assert ben.state(name)["reason"] == "no_role"
    assert ground.line.sent == []


# --- for five minutes ---------------------------------------------------------------------------------


def five_minutes(ground: Proving) -> None:
    sites = tuple(replace(one, proof="five-minutes") for one in ESTATE.sites)
    ground.estate(replace(ESTATE, sites=sites))


def again(ben: Hand, door: str = "front") -> tuple[list[str], httpx.Response]:
    wish = {"action": "unlock", "target": {"door": door}, "reason": "another visitor"}
    asked = ben.post("/acts", wish).json()
    return asked["proofs"], ben.post(f"/acts/{asked['id']}/proof", {})


def test_where_the_site_says_so_a_proof_serves_the_same_door_for_a_while(ground: Proving) -> None:
    five_minutes(ground)
    ben = ground.hand("ben")
    first = ben.ask()
    assert ben.show(first, "ben").status_code == 200
    ground.land()

    proofs, answer = again(ben)

    assert (proofs, answer.json()["state"]) == ([], "sent")
    assert ground.records(Kind.UNLOCK_REQUESTED)[-1].refs["proved_act"] == first
    assert len(ground.line.sent) == 2
    assert again(ben, "back")[0] == ["idp"]
    elsewhere = ground.hand("ben")
    ground.land()
    assert again(elsewhere)[0] == ["idp"]
    assert len(ground.line.sent) == 2


def test_a_proof_that_stood_is_no_proof_any_more_when_it_is_old_or_the_rule_is_gone(ground: Proving) -> None:
    five_minutes(ground)
    ben = ground.hand("ben")
    assert ben.show(ben.ask(), "ben").status_code == 200
    ground.land()
    asked = ben.post("/acts", {"action": "unlock", "target": {"door": "front"}, "reason": "x"}).json()
    ground.estate()
    late = ben.post(f"/acts/{asked['id']}/proof", {})
    assert (late.status_code, late.json()["error"]) == (409, "no_proof")
    five_minutes(ground)
    ground.make_old()

    proofs, answer = again(ben)

    assert (proofs, answer.status_code, answer.json()["error"]) == (["idp"], 409, "no_proof")
    assert len(ground.line.sent) == 1


def test_without_that_rule_nothing_serves_twice(ground: Proving) -> None:
    ben = ground.hand("ben")
    assert ben.show(ben.ask(), "ben").status_code == 200
    ground.land()

    assert again(ben)[0] == ["idp"]
    assert len(ground.line.sent) == 1


# --- two people ---------------------------------------------------------------------------------------


def test_a_second_person_approves_by_a_proof_of_their_own_at_the_provider(ground: Proving) -> None:
    doors = tuple(replace(one, persons=2) for one in ESTATE.doors)
    ground.estate(replace(ESTATE, doors=doors))
    ben, bob = ground.hand("ben"), ground.hand("bob")
    name = ben.ask()
    assert "second person" in ben.show(name, "ben").text
    assert (ben.state(name)["state"], ground.line.sent) == ("awaiting_second", [])
    (waiting,) = bob.web.get("/acts?waiting").json()["acts"]
    assert (waiting["id"], waiting["names"]) == (name, {"door": "Front", "site": "berlin"})
    assert bob.state(name)["proofs"] == ["idp"]

    # As the first one again, in the second one's browser.
    ground.op.issuer("keycloak").control.forget()
    stolen = bob.show(name, "ben")

    assert stolen.status_code == 403
    assert ben.state(name)["reason"] == "other_person"
    assert ground.line.sent == []
    fresh = ben.ask()
    ben.show(fresh, "ben")
    assert bob.show(fresh, "bob").status_code == 200
    assert bob.state(fresh)["state"] == ben.state(fresh)["state"] == "sent"
    record = ground.records(Kind.UNLOCK_REQUESTED)[-1]
    assert (record.refs["proof"], record.refs["second_proof"]) == ("idp", "idp")
    assert record.private["second_subject"].endswith("|bob")
