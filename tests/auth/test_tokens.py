"""The verifier: a token counts when every part of it is right; those here are forged by another library."""

import hmac
import json
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from jwt.utils import base64url_decode

from auth.tokens import OLDEST_S, SKEW_S, Expected
from core.errors import TokenRefused
from tests.auth.forging import (
    CLIENT,
    ID_CLAIMS,
    ISSUER,
    LOGOUT_CLAIMS,
    NONCE,
    NOW,
    Signer,
    assembled,
    ec_signer,
    of_claims,
    published,
    read_id,
    read_logout,
    refusal,
    rsa_signer,
    token,
    told_apart,
    usual,
)

NAN, INFINITE = float("nan"), float("inf")
# What a JSON number, or what stands where one should, may be besides a time.
NO_TIMES: Final[tuple[Any, ...]] = (True, False, "1800000000", None, [NOW], {}, NAN, INFINITE, -INFINITE)


# --- good ones ----------------------------------------------------------------------------------------


def test_a_good_token_gives_its_claims() -> None:
    assert read_id(token()) == ID_CLAIMS
    assert read_logout(token(of=LOGOUT_CLAIMS)) == LOGOUT_CLAIMS


def test_each_algorithm_that_is_allowed_is_taken() -> None:
    first = rsa_signer()
    assert read_id(token(by=ec_signer()))["sub"] == "ada-1"
    assert read_id(token(by=Signer(kid="first", alg="PS256", key=first.key)))["sub"] == "ada-1"


def test_what_may_differ_may_differ() -> None:
    samples = {
        "no typ": (token(header={"typ": None}), ""),
        "typ in small letters": (token(header={"typ": "jwt"}), ""),
        "for us alone, as a list": (token({"aud": [CLIENT]}), ""),
        "for several, asked for by us": (token({"aud": ["other", CLIENT], "azp": CLIENT}), ""),
        "not before now": (token({"nbf": NOW}), ""),
        "times with a fraction": (token({"iat": NOW - 0.5, "exp": NOW + 0.5}), ""),
        "a header as long as Entra's with a certificate": (token(header={"x5c": ["A" * 2_000]}), ""),
    }

    assert told_apart(samples) == []


# --- signature and algorithm --------------------------------------------------------------------------


def _hmac(key: bytes) -> str:
    header = json.dumps({"alg": "HS256", "typ": "JWT", "kid": "first"}).encode()
    claims = json.dumps(dict(ID_CLAIMS)).encode()
    return assembled(header, claims, lambda data: hmac.digest(key, data, "sha256"))


def _unsigned(alg: str) -> str:
    return assembled(
        json.dumps({"alg": alg, "kid": "first"}).encode(), json.dumps(dict(ID_CLAIMS)).encode(), lambda _: b""
    )


def test_no_algorithm_is_taken_but_those_that_are_allowed() -> None:
    public = rsa_signer().key.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    modulus = base64url_decode(rsa_signer().jwk()["n"])
    secrets = {"PEM": pem, "PEM, stripped": pem.strip(), "DER": der, "modulus": modulus, "nothing": b""}
    samples = {f"HS256 by {name}": (_hmac(key), "bad_algorithm") for name, key in secrets.items()}
    samples |= {one: (_unsigned(one), "bad_algorithm") for one in ("none", "None", "NONE", "nOnE", "")}
    other = {"RS384", "RS512", "PS384", "ES384", "ES512", "EdDSA", "HS512", "rs256", "RS256 "}
    samples |= {one: (token(header={"alg": one}), "bad_algorithm") for one in other}
    samples["a list"] = token(header={"alg": ["RS256"]}), "bad_algorithm"
    samples["a number"] = token(header={"alg": 256}), "bad_algorithm"
    samples["left off"] = token(header={"alg": None}), "unreadable"

    assert told_apart(samples) == []


def test_an_algorithm_that_this_provider_may_not_use_is_refused_though_another_may() -> None:
    expected = Expected(issuer=ISSUER, client_id=CLIENT, algorithms=("ES256",))

    assert refusal(token(), expected=expected) == "bad_algorithm"
    assert refusal(token(by=ec_signer()), expected=expected) == ""


def test_a_key_is_used_for_its_own_kind_of_signature_alone() -> None:
    first, curve, long = rsa_signer(), ec_signer(), ec_signer("long", "ES384")
    samples = {
        "curve's signature under the RSA key's id": token(by=Signer(kid="first", alg="ES256", key=curve.key)),
        "RSA signature under the curve's key id": token(by=Signer(kid="curve", alg="RS256", key=first.key)),
        "RSA signature said to be of a curve": token(header={"alg": "ES256"}),
        "PKCS1 said to be PSS": token(header={"alg": "PS256"}),
        "a curve of another size": token(by=long, header={"alg": "ES256", "kid": "curve"}),
    }

    assert told_apart({name: (one, "bad_signature") for name, one in samples.items()}) == []


def test_a_key_that_is_for_one_algorithm_signs_by_no_other() -> None:
    first = rsa_signer()
    ring = published(first.jwk(alg="RS256"))

    assert refusal(token(by=Signer(kid="first", alg="PS256", key=first.key)), ring=ring) == "bad_signature"
    assert refusal(token(), ring=ring) == ""


def test_a_strangers_signature_is_no_good_whatever_the_header_offers() -> None:
    stranger = rsa_signer("stranger")
    offers: list[dict[str, Any]] = [
        {},
        {"jwk": stranger.jwk()},
        {"jku": "https://evil.example/jwks"},
        {"x5u": "https://evil.example/certificate"},
        {"x5c": ["MIIB"]},
        {"jku": "https://evil.example/jwks", "jwk": stranger.jwk(), "x5u": "https://evil.example/c"},
    ]
    samples = {str(list(one)): token(header={"kid": "first", **one}, by=stranger) for one in offers}
    assert refusal(token()) == ""
    before = len(usual().fetched)

    assert told_apart({name: (one, "bad_signature") for name, one in samples.items()}) == []
    assert len(usual().fetched) == before


def test_what_a_header_offers_is_not_looked_at_in_a_good_token_either() -> None:
    ring = published(rsa_signer().jwk())
    for offer in ({"jwk": rsa_signer("stranger").jwk()}, {"jku": "https://evil.example/jwks"}):
        assert refusal(token(header=offer), ring=ring) == ""

    assert ring.fetched == ["openid-configuration", "jwks"]


def test_a_header_that_must_be_understood_is_refused() -> None:
    name = "urn:gatehouse:unheard-of"
    critical: tuple[object, ...] = (["exp"], ["b64"], [name], ["alg", name], "exp", [5], {})
    headers: list[dict[str, Any]] = [{"crit": one, name: 1} for one in critical]
    headers += [{"crit": ["b64"], "b64": False}]

    assert told_apart({f"{one}": (token(header=one), "bad_signature") for one in headers}) == []


def test_a_token_without_key_id_is_taken_where_there_is_one_key_alone() -> None:
    one = token(header={"kid": None})

    assert refusal(one, ring=published(rsa_signer().jwk())) == ""
    assert refusal(one) == "unknown_key"
    assert refusal(token(header={"kid": ""})) == "unknown_key"
    assert refusal(token(header={"kid": "second"}), ring=published(rsa_signer().jwk())) == "unknown_key"


# --- claims -------------------------------------------------------------------------------------------


def test_the_issuer_is_compared_to_the_letter() -> None:
    wrong: tuple[Any, ...] = (
        f"{ISSUER}/",
        ISSUER.upper(),
        ISSUER.replace("https", "http"),
        "https://idp.example",
        f"{ISSUER}#",
        f" {ISSUER}",
        f"{ISSUER}\n",
        ISSUER.replace("i", "\u0131"),
        "",
        [ISSUER],
        {"": ISSUER},
        5,
        True,
    )
    samples = of_claims("wrong_issuer", *({"iss": one} for one in wrong))
    samples["null"] = token({"iss": None}), "missing_claim"
    samples["left off"] = token(off=["iss"]), "missing_claim"

    assert told_apart(samples) == []


def test_the_audience_is_us_and_nobody_is_trusted_beside_us_unasked() -> None:
    wrong: tuple[Any, ...] = (
        "another",
        f"{CLIENT} ",
        CLIENT.upper(),
        CLIENT[:-1],
        "",
        [],
        ["another"],
        [[CLIENT]],
        5,
        True,
    )
    wrong += ({CLIENT: 1}, [CLIENT, 5], [CLIENT, None], [CLIENT, "another"], [CLIENT, CLIENT])
    samples = of_claims("wrong_audience", *({"aud": one} for one in wrong))
    samples["null"] = token({"aud": None}), "missing_claim"
    samples["left off"] = token(off=["aud"]), "missing_claim"

    assert told_apart(samples) == []


def test_who_asked_for_the_token_was_us() -> None:
    wrong: tuple[Any, ...] = ("another", "", [CLIENT], 5, True, {})
    for audience in (CLIENT, [CLIENT], [CLIENT, "another"]):
        changes = ({"aud": audience, "azp": one} for one in wrong)
        assert told_apart(of_claims("wrong_audience", *changes)) == []


def test_the_nonce_is_the_one_of_this_sign_in() -> None:
    wrong: tuple[Any, ...] = (
        "another",
        NONCE[:-1],
        f"{NONCE} ",
        NONCE.upper(),
        "",
        [NONCE],
        [NONCE, "x"],
        {NONCE: 1},
        5,
        True,
    )
    samples = of_claims("wrong_nonce", *({"nonce": one} for one in wrong))
    samples["null"] = token({"nonce": None}), "missing_claim"
    samples["left off"] = token(off=["nonce"]), "missing_claim"
    samples["called otherwise"] = token({"Nonce": NONCE}, off=["nonce"]), "missing_claim"

    assert told_apart(samples) == []


def test_a_person_has_a_subject_that_is_text() -> None:
    wrong: tuple[Any, ...] = (None, "", 5, ["ada-1"], {})
    samples = of_claims("missing_claim", *({"sub": one} for one in wrong))
    samples["left off"] = token(off=["sub"]), "missing_claim"

    assert told_apart(samples) == []


def test_clocks_may_differ_by_a_minute_to_the_second() -> None:
    assert SKEW_S == 60
    samples: dict[str, tuple[dict[str, Any], str]] = {
        "expired a minute ago": ({"exp": NOW - 60}, "expired"),
        "expired a second less than that ago": ({"exp": NOW - 59}, ""),
        "half a second over": ({"exp": NOW - 60.5}, "expired"),
        "half a second under": ({"exp": NOW - 59.5}, ""),
        "made in a minute": ({"iat": NOW + 60}, ""),
        "made in a second more than that": ({"iat": NOW + 61}, "not_yet_valid"),
        "made in half a second more": ({"iat": NOW + 60.5}, "not_yet_valid"),
        "good in a minute": ({"nbf": NOW + 60}, ""),
        "good in a second more than that": ({"nbf": NOW + 61}, "not_yet_valid"),
        "made a day ago": ({"iat": NOW - OLDEST_S}, ""),
        "made longer ago": ({"iat": NOW - OLDEST_S - 1}, "expired"),
        "made before all time": ({"iat": -(10**30)}, "expired"),
        "made before all numbers": ({"iat": -1e300}, "expired"),
        "far from over": ({"exp": 10**400}, ""),
    }

    assert told_apart({name: (token(times), why) for name, (times, why) in samples.items()}) == []


def test_a_time_is_a_number_that_is_one() -> None:
    for claim, reason in (("exp", "missing_claim"), ("iat", "not_yet_valid"), ("nbf", "not_yet_valid")):
        samples = of_claims(reason, *({claim: one} for one in NO_TIMES if one is not None))
        samples["null"] = token({claim: None}), reason if claim == "nbf" else "missing_claim"
        assert told_apart(samples) == []
    assert told_apart({name: (token(off=[name]), "missing_claim") for name in ("exp", "iat")}) == []


def test_of_a_claim_that_comes_twice_the_last_counts_for_checks_and_person_alike() -> None:
    body = json.dumps(dict(ID_CLAIMS)).encode()
    twice: dict[str, tuple[Any, str]] = {
        "iss": ("https://evil.example", "wrong_issuer"),
        "aud": ("another", "wrong_audience"),
        "nonce": ("another", "wrong_nonce"),
        "exp": (NOW - 100, "expired"),
        "iat": (NOW + 100, "not_yet_valid"),
    }
    last = {
        name: (token(payload=body[:-1] + _member(name, value)), why) for name, (value, why) in twice.items()
    }
    assert told_apart(last) == []

    assert read_id(token(payload=body[:-1] + _member("sub", "ben-2")))["sub"] == "ben-2"


def _member(name: str, value: object) -> bytes:
    return f', "{name}": {json.dumps(value)}}}'.encode()


# --- shape --------------------------------------------------------------------------------------------


def test_what_is_no_signed_token_is_refused() -> None:
    good = token()
    head, body, signature = good.split(".")
    broken = {
        "nothing": "",
        "dots": "..",
        "two parts": f"{head}.{body}",
        "four parts": f"{good}.",
        "five parts, as what is encrypted has": f"{good}.{body}.{signature}",
        "a letter from elsewhere": f"{good}\u00e9",
        "too long": f"{head}.{'A' * 65_536}.{signature}",
        "a header too long": token(header={"pad": "A" * 5_000}),
        "a header that is a list": assembled(b"[]", b"{}", rsa_signer().sign),
        "a header of lists in lists": assembled(b"[" * 30_000, b"{}", rsa_signer().sign),
        "a key id that is a number": token(header={"kid": 1}),
        "a key id that is a list": token(header={"kid": ["first"]}),
    }

    assert told_apart({name: (one, "unreadable") for name, one in broken.items()}) == []


def test_what_is_signed_and_no_object_of_claims_is_refused() -> None:
    body = json.dumps(dict(ID_CLAIMS)).encode()
    bodies = (
        b"",
        b"[]",
        b'"text"',
        b"null",
        b"5",
        b"{",
        b'{"a": "\xff"}',
        body[:-1],
        body + b"}",
        body + body,
    )
    samples = {f"{one[:9]!r}": (token(payload=one), "bad_signature") for one in bodies}
    for depth in (900, 20_000):
        nested = body[:-1] + b', "deep": ' + b"[" * depth + b"]" * depth + b"}"
        samples[f"{depth} lists"] = token(payload=nested), "" if depth < 1_000 else "bad_signature"

    assert told_apart(samples) == []


@given(st.data())
def test_no_token_with_one_letter_changed_is_taken(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from([ID_CLAIMS, LOGOUT_CLAIMS]))
    good = token(of=kind)
    place = data.draw(st.integers(0, len(good) - 1))
    letter = data.draw(st.characters(max_codepoint=0x17F).filter(lambda one: one != good[place]))
    for changed in (
        good[:place] + letter + good[place + 1 :],
        good[:place] + letter + good[place:],
        good[:place] + good[place + 1 :],
    ):
        assert changed == good or refusal(changed, kind)


def test_each_letter_of_a_good_token_matters() -> None:
    good = token()
    others = {place: "A" if letter != "A" else "B" for place, letter in enumerate(good)}

    assert [at for at, one in others.items() if not refusal(good[:at] + one + good[at + 1 :])] == []
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    assert [one for one in alphabet if not refusal(good[:-1] + one)] == [good[-1]]


def test_what_can_be_refused_without_a_key_causes_no_fetch() -> None:
    ring = published(rsa_signer().jwk())
    for one in (_unsigned("none"), _hmac(b"x"), "a.b.c", token(header={"kid": 7}), "A" * 70_000):
        with pytest.raises(TokenRefused):
            read_id(one, ring)

    assert ring.fetched == []


def test_other_claims_come_as_they_are() -> None:
    claims = read_id(token({"extra": {"deep": [1, 2, {"x": None}]}, "huge": 10**100}))

    assert (claims["extra"], claims["huge"]) == ({"deep": [1, 2, {"x": None}]}, 10**100)
