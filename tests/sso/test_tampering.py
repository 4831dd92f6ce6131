"""Whatever is wrong with a token, nobody is signed in: against the running console and a real provider."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from core.records import Kind
from tests.op.kinds import CLIENT_SECRET, Shape, Signature
from tests.sso.console import WITH_PATH
from tests.sso.ground import JWT, Ground, kept_secret, leaving, refused

pytestmark = pytest.mark.slow
BOTH: Final[tuple[Shape, ...]] = ("keycloak", "okta-org")


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """What is wrong with an ID token, and the reason that the log must have; `msal` where that stumbles."""

    reason: str
    msal: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    off: tuple[str, ...] = ()
    header: dict[str, Any] = field(default_factory=dict)
    signature: Signature = "good"

    def at(self, ground: Ground, shape: str) -> None:
        """Let a provider make such tokens from now on."""
        issuer, now = ground.issuer(shape).issuer, int(time.time())
        claims = {
            name: value(issuer, now) if callable(value) else value for name, value in self.claims.items()
        }
        control = ground.control(shape)
        control.wrong(claims=claims, off=self.off, header=self.header, signature=self.signature)


def _in(seconds: int) -> Callable[[str, int], int]:
    """Give the time so many seconds after whatever is now by then."""
    return lambda _issuer, now: now + seconds


TOKENS: Final = {
    "none": Wrong(reason="bad_algorithm", signature="none"),
    "HS256 by the public key": Wrong(reason="bad_algorithm", signature="hs256"),
    "another algorithm's name": Wrong(reason="bad_algorithm", header={"alg": "RS512"}),
    "a broken signature": Wrong(reason="bad_signature", signature="broken"),
    "a stranger's signature": Wrong(reason="bad_signature", signature="stranger"),
    "a header to be understood": Wrong(reason="bad_signature", header={"crit": ["exp"]}),
    "an unknown key": Wrong(reason="unknown_key", header={"kid": "nobodys"}),
    "another audience": Wrong(reason="wrong_audience", claims={"aud": "another"}),
    "several audiences": Wrong(reason="wrong_audience", claims={"aud": ["gatehouse", "another"]}),
    "another party": Wrong(reason="wrong_audience", claims={"azp": "another"}),
    "another issuer": Wrong(reason="wrong_issuer", claims={"iss": "https://evil.example"}),
    "the issuer and a slash": Wrong(reason="wrong_issuer", claims={"iss": lambda issuer, _now: f"{issuer}/"}),
    "another nonce": Wrong(reason="wrong_nonce", claims={"nonce": "another"}),
    "expired": Wrong(reason="expired", claims={"exp": _in(-62)}),
    "made before all time": Wrong(reason="expired", claims={"iat": -(10**30)}),
    "made in the future": Wrong(reason="not_yet_valid", claims={"iat": _in(600)}),
    "not yet valid": Wrong(reason="not_yet_valid", claims={"nbf": _in(600)}),
    "no subject": Wrong(reason="missing_claim", msal="misconfigured", off=("sub",)),
    "a subject that is no text": Wrong(reason="missing_claim", msal="misconfigured", claims={"sub": 5}),
    "an access token": Wrong(reason="wrong_type", header={"typ": "at+jwt"}),
    "a logout token": Wrong(reason="wrong_type", header={"typ": "logout+jwt"}),
}


@pytest.mark.parametrize("shape", BOTH)
@pytest.mark.parametrize("name", TOKENS)
def test_a_token_with_anything_wrong_signs_nobody_in(ground: Ground, shape: Shape, name: str) -> None:
    wrong, browser = TOKENS[name], ground.browser()
    wrong.at(ground, shape)
    with leaving(ground) as left:
        back = browser.back(shape, browser.asked(shape, browser.begin(shape)))
        end = browser.finish(back)

    reason = wrong.msal if wrong.msal and shape in WITH_PATH else wrong.reason
    assert refused(left, browser, [back, end], reason, shape) == []


@pytest.mark.parametrize("shape", BOTH)
@pytest.mark.parametrize(
    "members",
    [
        {"id_token": "no-token"},
        {"id_token": ""},
        {"id_token": 5},
        {"id_token": ["a", "b"]},
        {"id_token": f"{'A' * 70_000}.B.C"},
        {"id_token": "e30.W10.AA"},
        {"expires_in": "soon", "id_token": "a.b.c"},
        {"error": "<script>alert(1)</script>", "error_description": "hunter2"},
        {"error": ["invalid_grant"]},
    ],
    ids=lambda members: str(members)[:32],
)
def test_an_odd_answer_for_the_code_signs_nobody_in(
    ground: Ground, shape: Shape, members: dict[str, Any]
) -> None:
    browser = ground.browser()
    form = browser.asked(shape, browser.begin(shape))
    ground.control(shape).body("token", **members)
    with leaving(ground) as left:
        end = browser.arrive(shape, form)

    (why,) = (reason for reason, _ in left.reasons())
    assert why in {"misconfigured", "unreadable", "code_refused", "wrong_nonce"}
    assert refused(left, browser, [end], why, shape) == []
    assert "<script" not in end.text
    assert "hunter2" not in end.text


@pytest.mark.parametrize("shape", BOTH)
def test_a_nonce_that_is_left_off_signs_nobody_in(ground: Ground, shape: Shape) -> None:
    # MSAL looks at it before our verifier does, and at nothing else.
    reason = {"keycloak": "wrong_nonce", "okta-org": "missing_claim"}[shape]
    browser = ground.browser()
    ground.control(shape).wrong(off=["nonce"])
    with leaving(ground) as left:
        end = browser.arrive(shape, browser.asked(shape, browser.begin(shape)))

    assert refused(left, browser, [end], reason, shape) == []


@pytest.mark.parametrize(
    ("shape", "claim", "value", "reason"),
    [
        ("entra", "tid", "99999999-2222-3333-4444-555555555555", "wrong_tenant"),
        ("entra", "tid", None, "wrong_tenant"),
        ("entra", "oid", None, "missing_claim"),
        ("google", "hd", "evil.example", "wrong_domain"),
        ("google", "hd", None, "wrong_domain"),
    ],
)
def test_who_is_of_another_tenant_or_domain_is_not_signed_in(
    ground: Ground, shape: Shape, claim: str, value: str | None, reason: str
) -> None:
    browser = ground.browser()
    ground.control(shape).wrong(claims={} if value is None else {claim: value}, off=[] if value else [claim])
    with leaving(ground) as left:
        end = browser.arrive(shape, browser.asked(shape, browser.begin(shape)))

    assert refused(left, browser, [end], reason, shape) == []


@pytest.mark.parametrize("shape", BOTH)
@pytest.mark.parametrize(("seconds", "reason"), [(-7_200, "expired"), (180, "not_yet_valid")])
def test_a_provider_whose_clock_is_off_signs_nobody_in(
    ground: Ground, shape: Shape, seconds: int, reason: str
) -> None:
    browser = ground.browser()
    form = browser.asked(shape, browser.begin(shape))
    ground.control(shape).clock(seconds)
    with leaving(ground) as left:
        end = browser.arrive(shape, form)

    assert [why for why, _ in left.reasons()] in ([reason], ["code_refused"])
    assert refused(left, browser, [end], str(left.records[0].reason), shape) == []


@pytest.mark.parametrize("shape", [*BOTH, "entra", "google"])
def test_a_good_token_signs_in_and_no_secret_can_be_read_anywhere(ground: Ground, shape: Shape) -> None:
    browser = ground.browser()
    with leaving(ground) as left:
        back = browser.back(shape, browser.asked(shape, browser.begin(shape)))
        end = browser.finish(back)

    assert (end.status_code, end.headers["location"], left.begun) == (303, "/log", 1)
    assert [one.kind for one in left.records] == [Kind.OPERATOR_SIGNED_IN]
    assert browser.cookie is not None
    secrets = {*browser.secrets, browser.cookie}
    assert kept_secret([back, end], left, secrets) == []
    stored = ground.stored()
    assert [one for one in secrets if one.encode() in stored] == []
    assert CLIENT_SECRET.encode() not in stored
    assert JWT.search(stored.decode("latin-1")) is None
