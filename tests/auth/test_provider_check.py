"""What a provider's answers say is wrong, in words with what to do."""

from pathlib import Path

import msgspec
import pytest

from auth.provider_check import (
    Answer,
    Level,
    Silence,
    judge_clock,
    judge_endpoints,
    judge_issuer,
    judge_keys,
    judge_pkce,
    judge_reached,
    judge_redirect,
    judge_secret,
    judge_way_back,
)
from auth.providers import Provider
from tests.auth.providing import PUBLIC, a_provider
from tests.op.kinds import CLIENT_SECRET

URL = "https://sso.example/realms/x/.well-known/openid-configuration"
BACK = f"{PUBLIC}/auth/sso/callback"
ABOUT = {
    "issuer": "https://sso.example/realms/x",
    "authorization_endpoint": "https://sso.example/auth",
    "token_endpoint": "https://sso.example/token",
    "jwks_uri": "https://sso.example/jwks",
}
FINE, NOTE, WRONG = Level.FINE, Level.NOTE, Level.WRONG


@pytest.fixture
def sso(tmp_path: Path) -> Provider:
    return a_provider(tmp_path)


def page(status: int = 200, body: str = "", **headers: str) -> Answer:
    return Answer(status=status, headers=headers, body=body.encode())


# --- reached ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "said", "remedy"),
    [
        (page(404), "answers 404", "realm, tenant or authorization server"),
        (page(302, location="https://b.example/"), "leads elsewhere: https://b.example/", "Write the issuer"),
        (page(503), "answers 503: it is in trouble", "Try again"),
        (page(429), "asked too often", "Try again"),
        (page(200, "<h1>Hello", **{"content-type": "text/html"}), "text/html that is no JSON", "proxy"),
        (page(200, "[1]"), "no JSON", "issuer"),
        (page(200, '{"issuer": "x"}'), "names no authorization_endpoint and no token_endpoint", "OpenID"),
        (Silence(why="name", host="sso.example"), "the name sso.example is not known", "slip in issuer"),
        (Silence(why="refused", host="sso.example:1"), "nobody listens at sso.example:1", "port"),
        (Silence(why="late", host="sso.example"), "did not answer in time", "no proxy"),
        (Silence(why="stranger", host="sso.example", detail="self-signed"), "not trusted", "ca_file"),
        (Silence(why="stale", host="sso.example", detail="expired"), "does not hold now", "clock"),
        (Silence(why="other_host", host="sso.example", detail="for b"), "for another name", "host"),
    ],
)
def test_why_a_provider_can_not_be_asked_is_said_with_what_helps(
    answer: Answer | Silence, said: str, remedy: str
) -> None:
    found, published = judge_reached(URL, answer)

    assert (found.level, published) == (WRONG, None)
    assert said in found.said
    assert remedy in found.remedy


# --- what it publishes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("theirs", "differ"),
    [
        ("https://sso.example/realms/x/", "in the '/' at the end"),
        ("https://SSO.example/realms/x", "in small and capital letters"),
        ("https://other.example/", "They differ."),
    ],
)
def test_an_issuer_that_differs_is_shown_beside_ours_with_how(
    sso: Provider, theirs: str, differ: str
) -> None:
    found = judge_issuer(sso, {"issuer": theirs})

    assert found.level is WRONG
    assert f"calls itself '{theirs}', the settings 'https://sso.example/realms/x'" in found.said
    assert differ in found.said
    assert f'issuer = "{theirs}"' in found.remedy


def test_the_same_issuer_and_endpoints_of_https_are_fine(sso: Provider) -> None:
    assert judge_issuer(sso, ABOUT).level is FINE
    assert judge_endpoints(ABOUT).level is FINE


def test_an_endpoint_in_the_clear_is_named() -> None:
    found = judge_endpoints(ABOUT | {"end_session_endpoint": "http://sso.example/out"})

    assert found.level is WRONG
    assert "end_session_endpoint http://sso.example/out" in found.said


RSA = {"kty": "RSA", "use": "sig", "n": "w" * 342, "e": "AQAB"}
EC = {"kty": "EC", "crv": "P-256", "x": "1", "y": "2"}


def keys(*listed: object) -> Answer:
    return Answer(status=200, body=msgspec.json.encode({"keys": listed}))


@pytest.mark.parametrize(
    ("answer", "level", "said"),
    [
        (keys(RSA), FINE, "1 for RS256, 1 for PS256"),
        (keys(RSA | {"alg": "RS256"}, EC), FINE, "1 for RS256, 1 for ES256"),
        (keys(RSA | {"use": "enc"}), WRONG, "none of the 1 keys that it publishes signs by RS256, PS256"),
        (keys(RSA | {"n": "w" * 171}), WRONG, "none of the 1 keys"),
        (keys(EC | {"crv": "P-521"}, {"kty": "oct"}, 7), WRONG, "none of the 3 keys"),
        (keys(), WRONG, "none of the 0 keys"),
        (page(503), WRONG, "answers 503 and gives no keys"),
        (page(200, "{}"), WRONG, "gives no keys"),
        (Silence(why="late", host="sso.example"), WRONG, "did not answer in time"),
    ],
)
def test_keys_are_counted_by_the_algorithms_that_are_allowed(
    sso: Provider, answer: Answer | Silence, level: Level, said: str
) -> None:
    found = judge_keys(sso, ABOUT, answer)

    assert found.level is level
    assert said in found.said


def test_tokens_that_will_be_signed_otherwise_are_wrong_whatever_keys_there_are(sso: Provider) -> None:
    found = judge_keys(sso, ABOUT | {"id_token_signing_alg_values_supported": ["HS256"]}, keys(RSA))

    assert found.level is WRONG
    assert "by HS256; allowed is RS256, PS256, ES256" in found.said


@pytest.mark.parametrize(
    ("samples", "level", "said"),
    [
        ((0.3, -0.3), FINE, "0.0 s"),
        ((4.9, 4.9), FINE, "4.9 s ahead of ours, to about half a second"),
        ((-5.4, -5.0), NOTE, "5.2 s behind ours, to about half a second: more than 5 s"),
        ((29.0,), NOTE, "by 1 answers"),
        ((45.1, 44.8), WRONG, "more than 30 s"),
        ((), NOTE, "no Date"),
    ],
)
def test_a_clock_is_judged_by_the_middle_of_its_answers(
    samples: tuple[float, ...], level: Level, said: str
) -> None:
    found = judge_clock(samples)

    assert found.level is level
    assert said in found.said


# --- the way back -------------------------------------------------------------------------------------

FORM = f'<form method="post" action="{BACK}"><input type="hidden" name="error" value="{{error}}"/></form>'


@pytest.mark.parametrize(
    ("answer", "level", "said"),
    [
        (page(303, location=f"{BACK}?error=login_required&state=s"), FINE, "is registered."),
        (page(302, location=f"{BACK}#error=interaction_required"), FINE, "is registered."),
        (page(200, FORM.format(error="login_required")), FINE, "is registered."),
        (page(200, FORM.format(error="invalid_scope")), WRONG, "answers invalid_scope"),
        (page(303, location=f"{BACK}?error=unauthorized_client"), WRONG, "answers unauthorized_client"),
        (page(303, location=f"{BACK}?error=invalid_request"), WRONG, "answers invalid_request"),
        (page(303, location=f"{BACK}?error=temporarily_unavailable"), NOTE, "is registered, but"),
        (page(400, "<p>Invalid parameter: redirect_uri</p>"), WRONG, "it names the redirect URI"),
        (page(200, "AADSTS50011: The redirect URI does not match"), WRONG, "(AADSTS50011)"),
        (page(200, "AADSTS700016: Application not found"), WRONG, "does not know the application"),
        (page(400, "<h1>Error 400: invalid_scope"), WRONG, "does not allow a scope"),
        (page(403, "<h1>Callback URL mismatch."), WRONG, "it names the redirect URI"),
        (page(400, '<a href="/x?redirect_uri=https%3A">Oh'), WRONG, "most often it is not registered"),
        (page(302, location="https://sso.example/signin/error?e=1"), WRONG, "a page of its own (302)"),
        (page(302, location="https://sso.example/login"), NOTE, "nobody knows"),
        (page(200, "<form action='/login'>"), NOTE, "nobody knows"),
        (page(303, location=f"{BACK}.evil.example/?error=login_required"), NOTE, "nobody knows"),
        (page(302, location="http://[/"), NOTE, "nobody knows"),
        (page(503), NOTE, "answers 503"),
        (Silence(why="late", host="sso.example"), NOTE, "did not answer in time"),
    ],
)
def test_whether_the_redirect_uri_is_registered_is_told_by_where_the_answer_leads(
    sso: Provider, answer: Answer | Silence, level: Level, said: str
) -> None:
    found = judge_redirect(sso, BACK, answer)

    assert found.level is level, found
    assert said in found.said


@pytest.mark.parametrize("answer", [page(400, "redirect_uri"), page(400), page(503), page(200, "hello")])
def test_where_it_is_not_known_to_be_registered_the_exact_uri_is_given(sso: Provider, answer: Answer) -> None:
    assert BACK in judge_redirect(sso, BACK, answer).remedy


def test_how_answers_are_sent_and_codes_bound_is_compared_with_what_is_advertised(sso: Provider) -> None:
    both = {"response_modes_supported": ["query", "form_post"], "code_challenge_methods_supported": ["S256"]}
    query = judge_way_back(sso, {"response_modes_supported": ["query"]})

    assert (judge_way_back(sso, both).level, judge_pkce(both).level) == (FINE, FINE)
    assert (query.level, 'response_mode = "query"' in query.remedy) == (WRONG, True)
    assert (judge_way_back(sso, {}).level, judge_pkce({}).level) == (NOTE, NOTE)
    assert judge_pkce({"code_challenge_methods_supported": ["plain"]}).level is NOTE


@pytest.mark.parametrize(
    ("error", "level"),
    [
        ("invalid_grant", FINE),
        ("invalid_client", WRONG),
        ("unauthorized_client", WRONG),
        ("invalid_request", NOTE),
        ("it answers 503", NOTE),
    ],
)
def test_what_is_said_of_a_made_up_code_proves_the_secret(sso: Provider, error: str, level: Level) -> None:
    found = judge_secret(sso, error)

    assert found.level is level
    assert CLIENT_SECRET not in f"{found.said}{found.remedy}"
