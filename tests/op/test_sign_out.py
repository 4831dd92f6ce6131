"""The provider tells clients of sign-outs, and signs out whom a client sends."""

from typing import Any, Final

import jwt
import pytest

from tests.op.kinds import Client
from tests.op.people import BACK, visit, wish
from tests.op.provider import Op
from tests.op.receiver import Receiver, receiving
from tests.op.visitor import Visitor

pytestmark = pytest.mark.slow

EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"


def told_at(receiver: Receiver) -> Client:
    return Client(
        redirect_uris=(BACK,),
        post_logout_redirect_uris=(receiver.url("/bye"),),
        backchannel_logout_uri=receiver.url("/back-channel"),
    )


def said(visitor: Visitor, receiver: Receiver) -> dict[str, Any]:
    token = receiver.form()["logout_token"]
    assert jwt.get_unverified_header(token)["typ"] == "logout+jwt"
    return visitor.checked(token)


def test_ending_a_session_tells_the_client_and_ends_its_tokens(op: Op) -> None:
    with receiving(op.authority) as receiver:
        keycloak = op.issuer("keycloak")
        keycloak.control.clients(told_at(receiver))
        with visit(op, "keycloak") as visitor:
            tokens = visitor.tokens(wish("openid offline_access"), "ada")
            mine = visitor.checked(tokens["id_token"])
            told = keycloak.control.end_sessions("ada-1")
            found = said(visitor, receiver)

            assert [(one.client, one.ok) for one in told] == [("gatehouse", True)]
            assert (found["sub"], found["sid"], found["events"]) == ("ada-1", mine["sid"], {EVENT: {}})
            assert "nonce" not in found
            refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
            assert visitor.token(refresh)["error"] == "invalid_grant"
            assert visitor.authorize(wish(prompt="none"), "ada")["error"] == "login_required"


def test_a_client_that_refuses_is_reported(op: Op) -> None:
    with receiving() as receiver:
        receiver.status = 400
        op.issuer("generic").control.clients(told_at(receiver))
        with visit(op, "generic") as visitor:
            visitor.tokens(wish(), "ada")
            told = visitor.issuer.control.end_sessions()

    assert [(one.ok, one.status) for one in told] == [(False, 400)]


def test_a_client_sends_somebody_to_sign_out(op: Op) -> None:
    with receiving(op.authority) as receiver:
        op.issuer("keycloak").control.clients(told_at(receiver))
        with visit(op, "keycloak") as visitor:
            tokens = visitor.tokens(wish(), "ada")
            back = visitor.sign_out(tokens["id_token"], receiver.url("/bye"))

            assert back.headers["location"] == f"{receiver.url('/bye')}?state=out"
            assert said(visitor, receiver)["sub"] == "ada-1"
            assert visitor.issuer.control.sessions() == []


def test_signing_in_as_somebody_else_ends_the_first_session(op: Op) -> None:
    with receiving(op.authority) as receiver:
        op.issuer("keycloak").control.clients(told_at(receiver))
        with visit(op, "keycloak") as visitor:
            visitor.tokens(wish(), "ada")
            found = visitor.checked(visitor.tokens(wish(prompt="login"), "ben")["id_token"])

            assert found["sub"] == "ben-2"
            assert said(visitor, receiver)["sub"] == "ada-1"


def test_a_logout_token_can_be_had_without_being_sent(op: Op) -> None:
    ping = op.issuer("ping").control
    with visit(op, "ping") as visitor:
        good = ping.logout_token("gatehouse", sub="ada-1", sid="s")
        assert visitor.checked(good)["sid"] == "s"
        assert "sub" not in visitor.checked(ping.logout_token("gatehouse", sid="s"))
        assert (
            visitor.checked(ping.logout_token("gatehouse", sub="ada-1", claims={"nonce": "n"}))["nonce"]
            == "n"
        )
        assert "events" not in visitor.checked(ping.logout_token("gatehouse", sub="ada-1", off=["events"]))
        assert (
            jwt.get_unverified_header(ping.logout_token("gatehouse", sub="a", header={"typ": "JWT"}))["typ"]
            == "JWT"
        )
        with pytest.raises(jwt.InvalidSignatureError):
            visitor.checked(ping.logout_token("gatehouse", sub="ada-1", signature="stranger"))


@pytest.mark.parametrize("name", ["entra", "google"])
def test_some_makers_tell_nobody(op: Op, name: str) -> None:
    with receiving(op.authority) as receiver:
        op.issuer(name).control.clients(told_at(receiver))
        with visit(op, name) as visitor:
            visitor.tokens(wish(), "ada")

            assert visitor.issuer.control.end_sessions() == []
            assert "backchannel_logout_supported" not in visitor.about
