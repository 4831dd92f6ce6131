"""The provider that sign-in is tested against does what real ones do."""

import httpx
import jwt
import pytest

from tests.op.kinds import Account
from tests.op.people import SHAPES, claims, visit, wish
from tests.op.provider import Issuer, Op
from tests.op.visitor import Visitor

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", SHAPES)
def test_discovery_names_the_issuer_to_the_letter(op: Op, name: str) -> None:
    with visit(op, name) as visitor:
        assert visitor.about["issuer"] == op.issuer(name).issuer


def test_shapes_have_the_issuers_of_their_makers(op: Op) -> None:
    paths = {name: one.issuer.removeprefix(one.origin) for name, one in op.issuers.items()}

    assert paths["okta-org"] == paths["google"] == ""
    assert paths["auth0"] == "/"
    assert paths["keycloak"] == "/realms/gatehouse"
    assert paths["entra"].endswith("/v2.0")


@pytest.mark.parametrize("name", SHAPES)
def test_a_code_becomes_an_id_token_whose_signature_holds(op: Op, name: str) -> None:
    asking = wish()
    with visit(op, name) as visitor:
        form = visitor.authorize(asking, "ada")
        tokens = visitor.redeem(asking, form["code"])
        found = visitor.checked(tokens["id_token"])

    assert (form["iss"], form["state"]) == (op.issuer(name).issuer, asking.state)
    assert (found["sub"], found["nonce"]) == ("ada-1", asking.nonce)


def test_each_maker_has_its_own_words_for_groups(op: Op) -> None:
    assert claims(op, "keycloak")["groups"] == ["/gh-admin", "/staff"]
    assert claims(op, "keycloak")["realm_access"] == {"roles": ["Gatehouse.Admin"]}
    assert claims(op, "okta")["groups"] == ["/gh-admin", "/staff"]
    assert "groups" not in claims(op, "okta-org")
    assert claims(op, "okta-org", wish("openid groups"))["groups"] == ["/gh-admin", "/staff"]
    assert claims(op, "entra")["roles"] == ["Gatehouse.Admin"]
    assert claims(op, "auth0")["https://gatehouse.example/roles"] == ["Gatehouse.Admin"]
    assert claims(op, "google")["hd"] == "example.com"
    assert "groups" not in claims(op, "google")


def test_a_custom_server_of_okta_does_not_know_the_scope_of_groups(op: Op) -> None:
    with visit(op, "okta") as visitor:
        where = visitor.about["authorization_endpoint"]
        refused = visitor.get(f"{where}?scope=openid+groups")

    assert (refused.status_code, "invalid_scope" in refused.text) == (400, True)


def test_keycloak_always_names_the_session(op: Op) -> None:
    assert claims(op, "keycloak")["sid"] in {
        sid for one in op.issuer("keycloak").control.sessions() for sid in one.clients.values()
    }


def test_google_tells_nothing_of_how_somebody_signed_in(op: Op) -> None:
    found = claims(op, "google", wish(max_age="60"), second_factor=True)

    assert found.keys().isdisjoint({"acr", "amr", "auth_time", "sid"})
    with visit(op, "google") as visitor:
        assert "end_session_endpoint" not in visitor.about


def test_a_second_client_request_is_answered_without_asking_again(op: Op) -> None:
    with visit(op, "keycloak") as visitor:
        visitor.tokens(wish(), "ada")
        visitor.tokens(wish(), "ada")
        assert visitor.asked == 1
        visitor.tokens(wish(prompt="login"), "ada")
        assert visitor.asked == 2
        visitor.tokens(wish(max_age="0"), "ada")
        assert visitor.asked == 3
        assert "code" in visitor.authorize(wish(prompt="none"), "ada")


def test_a_wish_for_more_is_asked_and_answered(op: Op) -> None:
    with visit(op, "okta") as visitor:
        visitor.tokens(wish(), "ada")
        asking = wish(acr_values="urn:okta:loa:2fa:any")
        found = visitor.checked(visitor.tokens(asking, "ada", second_factor=True)["id_token"])

        assert visitor.asked == 2
        assert (found["acr"], "mfa" in found["amr"]) == ("urn:okta:loa:2fa:any", True)
        visitor.tokens(wish(acr_values="urn:okta:loa:2fa:any"), "ada")
        assert visitor.asked == 2
        visitor.tokens(wish(acr_values="phr"), "ada", second_factor=True)
        assert visitor.asked == 3


def test_a_weak_account_answers_with_less_than_was_asked(op: Op) -> None:
    op.issuer("keycloak").control.accounts(Account(sub="ada-1", username="ada", weak=True))
    asked = '{"id_token":{"acr":{"essential":true,"values":["2"]}}}'

    found = claims(op, "keycloak", wish(claims=asked), second_factor=True)

    assert found["acr"] == "1"


def test_an_account_that_refuses_ends_in_an_error(op: Op) -> None:
    op.issuer("okta").control.accounts(Account(sub="ada-1", username="ada", refuses=True))
    with visit(op, "okta") as visitor:
        form = visitor.authorize(wish(acr_values="phr"), "ada", second_factor=True)

    assert form["error"] == "unmet_authentication_requirements"
    assert form["iss"] == op.issuer("okta").issuer


def test_entra_says_the_context_that_was_asked_for_and_nothing_of_how(op: Op) -> None:
    asked, entra = '{"id_token":{"acrs":{"essential":true,"value":"c1"}}}', op.issuer("entra").control

    found = claims(op, "entra", wish(claims=asked), second_factor=True)
    assert (found["acrs"], found.keys() & {"acr", "amr"}) == (["c1"], set())
    assert "mfa" in entra.sessions()[-1].amr

    entra.contexts()
    found = claims(op, "entra", wish(claims=asked))
    assert (found["acrs"], entra.sessions()[-1].amr) == (["c1"], ["pwd"])


def test_graph_gives_the_groups_that_a_token_has_no_room_for(op: Op) -> None:
    entra, groups = op.issuer("entra"), tuple(f"group-{number}" for number in range(7))
    entra.control.accounts(Account(sub="ada-1", username="ada", groups=groups, overage=True))
    entra.control.graph(page_size=3)
    with visit(op, "entra") as visitor:
        tokens = visitor.tokens(wish(), "ada")
        found = visitor.checked(tokens["id_token"])
        assert ("groups" in found, found["_claim_names"]) == (False, {"groups": "src1"})
        assert _pages(visitor, tokens["access_token"]) == [list(groups[:3]), list(groups[3:6]), ["group-6"]]
        assert _graph(visitor, "stolen").status_code == 401
        entra.control.graph(fail=429)
        assert _graph(visitor, tokens["access_token"]).status_code == 429
    assert entra.control.counts().graph == 5


def _graph(visitor: Visitor, token: str, url: str = "") -> httpx.Response:
    where = url or f"{visitor.issuer.graph}/me/getMemberObjects"
    authorization = {"authorization": f"Bearer {token}"}
    return visitor.post(where, headers=authorization, json={"securityEnabledOnly": False})


def _pages(visitor: Visitor, token: str) -> list[list[str]]:
    answer = _graph(visitor, token).json()
    found = [answer["value"]]
    while "@odata.nextLink" in answer:
        answer = _graph(visitor, token, answer["@odata.nextLink"]).json()
        found.append(answer["value"])
    return found


def test_a_rotated_key_signs_and_the_old_one_is_gone(op: Op) -> None:
    with visit(op, "ping") as visitor:
        old = visitor.tokens(wish(), "ada")["id_token"]
        kid = visitor.issuer.control.rotate()
        new = visitor.tokens(wish(), "ada")["id_token"]

        assert visitor.asked == 1
        assert jwt.get_unverified_header(new)["kid"] == kid
        assert visitor.checked(new)["sub"] == "ada-1"
        with pytest.raises(KeyError):
            visitor.checked(old)


def test_a_clock_that_is_off_shows_in_tokens(op: Op) -> None:
    op.issuer("okta").control.clock(600)
    with visit(op, "okta") as visitor:
        tokens = visitor.tokens(wish(), "ada")
        with pytest.raises(jwt.ImmatureSignatureError):
            visitor.checked(tokens["id_token"])


def test_ending_sessions_ends_sign_in_without_asking(op: Op) -> None:
    with visit(op, "keycloak") as visitor:
        visitor.tokens(wish(), "ada")
        keycloak: Issuer = visitor.issuer
        assert "ada-1" in {one.sub for one in keycloak.control.sessions()}
        keycloak.control.end_sessions("ada-1")

        assert keycloak.control.sessions() == []
        assert visitor.authorize(wish(prompt="none"), "ada")["error"] == "login_required"
