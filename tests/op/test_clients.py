"""Clients prove themselves to the provider in each way, and it lies to them when a test wants that."""

import hashlib
import json
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from tests.op.kinds import Account, Client, ClientAuth, Signature
from tests.op.people import BACK, claims, visit, wish
from tests.op.provider import Op
from tests.op.visitor import Visitor

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("auth", ["client_secret_basic", "client_secret_post"])
def test_a_client_proves_itself_by_a_secret(op: Op, auth: ClientAuth) -> None:
    client = Client(redirect_uris=(BACK,), auth=auth)
    op.issuer("okta").control.clients(client)
    with visit(op, "okta", client) as visitor:
        assert "id_token" in visitor.tokens(wish(), "ada")
        visitor.client = Client(redirect_uris=(BACK,), auth=auth, client_secret="another")
        assert visitor.token({"grant_type": "authorization_code", "code": "1"})["error"] == "invalid_client"


@pytest.mark.parametrize("alg", ["RS256", "PS256"])
def test_a_client_proves_itself_by_a_key(op: Op, alg: Any) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    jwks = {"keys": [json.loads(RSAAlgorithm.to_jwk(key.public_key())) | {"kid": "1", "use": "sig"}]}
    client = Client(redirect_uris=(BACK,), auth="private_key_jwt", jwks=jwks, assertion_alg=alg)
    op.issuer("entra").control.clients(client)
    with Visitor(op.issuer("entra"), op.authority.context(), client, key) as visitor:
        assert "id_token" in visitor.tokens(wish(), "ada")
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with Visitor(op.issuer("entra"), op.authority.context(), client, stranger) as visitor:
        assert visitor.tokens(wish(), "ada")["error"] == "invalid_client"


def test_id_tokens_are_signed_as_the_client_is_registered(op: Op) -> None:
    client = Client(redirect_uris=(BACK,), id_token_alg="PS256")
    op.issuer("generic").control.clients(client)
    with visit(op, "generic", client) as visitor:
        assert visitor.checked(visitor.tokens(wish(), "ada")["id_token"])["sub"] == "ada-1"


def test_a_wrong_verifier_gets_nothing(op: Op) -> None:
    asking, other = wish(), wish()
    with visit(op, "okta") as visitor:
        form = visitor.authorize(asking, "ada")

        assert visitor.redeem(other, form["code"])["error"] == "invalid_grant"


def test_a_code_is_good_once_and_ends_its_tokens_when_used_again(op: Op) -> None:
    asking = wish()
    with visit(op, "okta") as visitor:
        form = visitor.authorize(asking, "ada")
        tokens = visitor.redeem(asking, form["code"])

        assert visitor.redeem(asking, form["code"])["error"] == "invalid_grant"
        assert _userinfo(visitor, tokens["access_token"]).status_code == 401


def _userinfo(visitor: Visitor, token: str) -> httpx.Response:
    return visitor.get(visitor.about["userinfo_endpoint"], authorization=f"Bearer {token}")


def test_userinfo_says_what_the_shape_and_the_scopes_give(op: Op) -> None:
    with visit(op, "keycloak") as visitor:
        tokens = visitor.tokens(wish("openid email"), "ada")
        found = _userinfo(visitor, tokens["access_token"]).json()

    assert found == {
        "sub": "ada-1",
        "email": "ada@example.com",
        "email_verified": True,
        "groups": ["/gh-admin", "/staff"],
    }


def test_a_revoked_token_is_of_no_use(op: Op) -> None:
    with visit(op, "okta") as visitor:
        tokens = visitor.tokens(wish("openid offline_access"), "ada")
        refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        assert "access_token" in visitor.token(refresh)
        visitor.revoke(tokens["refresh_token"], "refresh_token")

        assert visitor.token(refresh)["error"] == "invalid_grant"
        assert _userinfo(visitor, tokens["access_token"]).status_code == 401
    last = op.issuer("okta").control.counts().revocations[-1]
    assert last.sha256 == hashlib.sha256(tokens["refresh_token"].encode()).hexdigest()
    assert last.hint == "refresh_token"


def test_a_refresh_token_changes_where_it_should(op: Op) -> None:
    for name, changes in (("auth0", True), ("okta", False)):
        with visit(op, name) as visitor:
            first = visitor.tokens(wish("openid offline_access"), "ada")["refresh_token"]
            then = visitor.token({"grant_type": "refresh_token", "refresh_token": first})["refresh_token"]
            assert (then != first) is changes


def test_whoever_has_no_account_any_more_gets_no_new_tokens(op: Op) -> None:
    with visit(op, "keycloak") as visitor:
        tokens = visitor.tokens(wish("openid offline_access"), "ada")
        visitor.issuer.control.accounts()
        form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}

        assert visitor.token(form)["error"] == "invalid_grant"


def test_google_gives_a_refresh_token_only_in_its_own_way(op: Op) -> None:
    with visit(op, "google") as visitor:
        assert "refresh_token" not in visitor.tokens(wish(), "ada")
        assert "refresh_token" in visitor.tokens(wish(access_type="offline"), "ada")
        where = visitor.about["authorization_endpoint"]
        refused = visitor.get(f"{where}?scope=openid+offline_access")

    assert (refused.status_code, "invalid_scope" in refused.text) == (400, True)


@pytest.mark.parametrize("signature", ["broken", "stranger"])
def test_a_token_can_be_signed_wrongly(op: Op, signature: Signature) -> None:
    op.issuer("okta").control.wrong(signature=signature)
    with visit(op, "okta") as visitor:
        token = visitor.tokens(wish(), "ada")["id_token"]
        with pytest.raises(jwt.InvalidSignatureError):
            visitor.checked(token)


@pytest.mark.parametrize(("signature", "alg"), [("none", "none"), ("hs256", "HS256")])
def test_a_token_can_name_an_algorithm_that_nobody_may_take(op: Op, signature: Signature, alg: str) -> None:
    op.issuer("okta").control.wrong(signature=signature)
    with visit(op, "okta") as visitor:
        token = visitor.tokens(wish(), "ada")["id_token"]
        assert jwt.get_unverified_header(token)["alg"] == alg
        with pytest.raises(jwt.InvalidAlgorithmError):
            visitor.checked(token)


def test_claims_can_be_added_and_left_off(op: Op) -> None:
    op.issuer("okta").control.wrong(claims={"groups": ["intruders"]}, off=["amr"])
    found = claims(op, "okta")

    assert (found["groups"], "amr" in found) == (["intruders"], False)


def test_what_an_endpoint_answers_can_be_changed(op: Op) -> None:
    control = op.issuer("ping").control
    control.body("discovery", issuer="https://localhost/elsewhere", off=["jwks_uri"])
    control.body("token", expires_in=5, off=["id_token"])
    control.body("jwks", keys=[])
    with visit(op, "ping") as visitor:
        tokens = visitor.tokens(wish(), "ada")
        assert (visitor.about["issuer"], "jwks_uri" in visitor.about) == (
            "https://localhost/elsewhere",
            False,
        )
        assert (tokens["expires_in"], "id_token" in tokens) == (5, False)
        control.well()
        assert visitor.get(visitor.issuer.discovery).json()["issuer"] == visitor.issuer.issuer


def test_fetches_are_counted_and_requests_are_kept(op: Op) -> None:
    generic = op.issuer("generic")
    before = generic.control.counts()
    claims(op, "generic", wish(login_hint="ada"))
    after = generic.control.counts()

    assert [after.of(one) - before.of(one) for one in ("discovery", "jwks", "token")] == [1, 1, 1]
    assert after.authorizations[-1]["login_hint"] == "ada"
    assert (after.token_requests[-1].grant_type, after.token_requests[-1].status) == (
        "authorization_code",
        200,
    )


def test_a_provider_in_trouble_says_so_or_hangs_up(op: Op) -> None:
    with visit(op, "generic") as visitor:
        visitor.issuer.control.down(503, only=["jwks"])
        assert visitor.get(visitor.about["jwks_uri"]).status_code == 503
        assert visitor.get(visitor.issuer.discovery).status_code == 200
        visitor.issuer.control.down("close")
        with pytest.raises(httpx.RemoteProtocolError):
            visitor.get(visitor.issuer.discovery)
        visitor.issuer.control.down(None)
        assert visitor.get(visitor.issuer.discovery).status_code == 200


def test_a_slow_provider_takes_its_time(op: Op) -> None:
    op.issuer("generic").control.slow(300)
    with visit(op, "generic") as visitor:
        assert visitor.get(visitor.issuer.discovery).elapsed.total_seconds() >= 0.3


def test_a_clock_that_is_off_shows_in_tokens_and_headers(op: Op) -> None:
    op.issuer("okta").control.clock(600)
    with visit(op, "okta") as visitor:
        ahead = visitor.tokens(wish(), "ada")["id_token"]
        with pytest.raises(jwt.ImmatureSignatureError):
            visitor.checked(ahead)
        visitor.issuer.control.clock(-7200)
        behind = visitor.tokens(wish(prompt="login"), "ada")["id_token"]
        with pytest.raises(jwt.ExpiredSignatureError):
            visitor.checked(behind)


def test_one_issuers_clock_is_no_others(op: Op) -> None:
    op.issuer("okta").control.clock(600)

    assert claims(op, "keycloak")["sub"] == "ada-1"


def test_an_account_can_have_any_claim(op: Op) -> None:
    op.issuer("okta").control.accounts(Account(sub="ada-1", username="ada", claims={"department": "door"}))

    assert claims(op, "okta")["department"] == "door"
