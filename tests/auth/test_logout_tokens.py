"""The verifier of logout tokens: each check of Back-Channel Logout 1.0, section 2.6, by forged ones."""

from typing import Any

from auth.tokens import LOGOUT_EVENT, OLDEST_S, Expected
from tests.auth.forging import (
    CLIENT,
    ISSUER,
    LOGOUT_CLAIMS,
    NONCE,
    NOW,
    Signer,
    of_claims,
    refusal,
    rsa_signer,
    token,
    told_apart,
)


def logout(reason: str, *changes: dict[str, Any], **how: Any) -> list[str]:
    """Check that a logout token with each of these changes is refused for this reason."""
    return told_apart(of_claims(reason, *(changes or ({},)), of=LOGOUT_CLAIMS, **how), LOGOUT_CLAIMS)


def test_a_logout_token_signs_nobody_in() -> None:
    samples = {
        "as it is": (token(of=LOGOUT_CLAIMS), "wrong_type"),
        "with a nonce": (token({"nonce": NONCE}, of=LOGOUT_CLAIMS), "wrong_type"),
        "said to be a JWT": (token(of=LOGOUT_CLAIMS, header={"typ": "JWT"}), "missing_claim"),
        "a media type": (token({"nonce": NONCE}, header={"typ": "application/logout+jwt"}), "wrong_type"),
        "an access token": (token(header={"typ": "at+jwt"}), "wrong_type"),
        "anything else": (token(header={"typ": "secevent+jwt"}), "wrong_type"),
    }

    assert told_apart(samples) == []


def test_an_id_token_ends_no_session() -> None:
    event = {"events": {LOGOUT_EVENT: {}}, "jti": "1"}
    samples = {
        "as it is": (token(), "wrong_type"),
        "said to be a logout token": (token(header={"typ": "logout+jwt"}), "missing_claim"),
        "with a number and the event": (token(event, header={"typ": "logout+jwt"}), "wrong_type"),
        "with no typ": (token(event, header={"typ": None}), "wrong_type"),
    }

    assert told_apart(samples, LOGOUT_CLAIMS) == []


def test_a_provider_that_says_jwt_is_taken_at_its_word_where_the_settings_say_so() -> None:
    lax = Expected(issuer=ISSUER, client_id=CLIENT, algorithms=("RS256",), strict_logout_type=False)

    def judged(*, of: Any = LOGOUT_CLAIMS, typ: str | None = "JWT") -> str:
        return refusal(token({"jti": "1"}, of=of, header={"typ": typ}), LOGOUT_CLAIMS, expected=lax)

    assert judged() == judged(typ=None) == ""
    assert judged(typ="at+jwt") == "wrong_type"
    assert judged(of={**LOGOUT_CLAIMS, "events": None}) == "no_logout_event"
    assert logout("wrong_type", header={"typ": "JWT"}) == logout("wrong_type", header={"typ": None}) == []


def test_a_logout_token_names_a_person_or_a_session_or_both() -> None:
    assert logout("", off=["sub"]) == logout("", off=["sid"]) == []
    assert logout("missing_claim", off=["sub", "sid"]) == []
    assert logout("missing_claim", *({"sid": one} for one in ("", None, 5, ["session-1"])), off=["sub"]) == []
    assert logout("missing_claim", *({"sub": one} for one in ("", None, 5, ["ada-1"])), off=["sid"]) == []


def test_a_logout_token_has_a_number_of_its_own() -> None:
    wrong: tuple[Any, ...] = ("", None, 5, True, [], ["1"], {})
    assert logout("missing_claim", *({"jti": one} for one in wrong)) == []
    assert logout("missing_claim", off=["jti"]) == []


def test_names_that_no_store_can_keep_are_refused() -> None:
    lone = ({name: "\ud800"} for name in ("jti", "sub", "sid"))
    assert logout("unreadable", *lone, {"jti": "1\x002"}, {"sid": "a\nb"}) == []


def test_a_logout_token_tells_of_the_sign_out_in_the_words_of_the_standard() -> None:
    events: tuple[object, ...] = (None, "", LOGOUT_EVENT, [], [LOGOUT_EVENT], {}, 5, True)
    others = (f"{LOGOUT_EVENT}/", LOGOUT_EVENT.upper(), "http://schemas.openid.net/event/other")
    events += tuple({name: {}} for name in others)
    values: tuple[object, ...] = (None, True, "x", [], 5)
    events += tuple({LOGOUT_EVENT: one} for one in values)
    assert logout("no_logout_event", *({"events": one} for one in events)) == []
    assert logout("no_logout_event", off=["events"]) == []
    assert logout("", {"events": {LOGOUT_EVENT: {"why": "late"}, "urn:other": {}}}) == []


def test_a_logout_token_with_a_nonce_is_none() -> None:
    assert logout("wrong_type", *({"nonce": one} for one in (NONCE, "", None, 5))) == []


def test_a_logout_token_is_held_to_all_that_an_id_token_is() -> None:
    assert logout("wrong_issuer", {"iss": f"{ISSUER}/"}, {"iss": [ISSUER]}) == []
    assert logout("wrong_audience", {"aud": "another"}, {"aud": [CLIENT, "another"]}, {"azp": "x"}) == []
    assert logout("missing_claim", *({name: None} for name in ("iss", "aud", "exp", "iat"))) == []
    assert logout("bad_signature", by=Signer(kid="first", alg="RS256", key=rsa_signer("s").key)) == []
    assert logout("bad_algorithm", header={"alg": "none"}) == []
    assert logout("bad_algorithm", header={"alg": "HS256"}) == []
    assert logout("unknown_key", header={"kid": "nobody"}) == []


def test_a_logout_token_is_held_to_its_times_to_the_second() -> None:
    assert logout("", {"exp": NOW - 59}, {"iat": NOW + 60}, {"nbf": NOW + 60}, {"iat": NOW - OLDEST_S}) == []
    assert logout("expired", {"exp": NOW - 60}, {"iat": NOW - OLDEST_S - 1}, {"iat": -(10**30)}) == []
    assert logout("not_yet_valid", {"iat": NOW + 61}, {"nbf": NOW + 61}, {"iat": float("nan")}) == []
    assert logout("missing_claim", {"exp": float("inf")}, {"exp": "1900000000"}, {"exp": True}) == []
