"""What a provider publishes: fetched rarely, believed in part, and never because a stranger asks."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any, Final

import msgspec
import pytest
from jwt.utils import base64url_decode, base64url_encode

from auth.discovery import FRESH_US, USABLE_US, reachable
from core.errors import ProviderMisconfigured, ProviderUnreachable, TokenRefused
from core.times import MINUTE_US, SECOND_US
from tests.auth.forging import ISSUER, PROVIDER, Published, ec_signer, rsa_signer
from tests.failing import failing

METADATA: Final = "openid-configuration"
AWAY: Final = ProviderUnreachable("idp.example did not answer in time")


class Clock:
    """A clock that a test moves; µs."""

    def __init__(self) -> None:
        self.now = 1_800_000_000 * SECOND_US

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ring(clock: Clock) -> Published:
    return Published(rsa_signer().jwk(), ec_signer().jwk(), now=clock)


def known(ring: Published, kid: str | None = "first", asked_by: str = "sign-in") -> bool:
    """Whether a key is found."""
    try:
        ring.key(kid, asked_by=asked_by)
    except TokenRefused:
        return False
    return True


# --- how often ----------------------------------------------------------------------------------------


def test_nothing_is_fetched_before_it_is_needed_and_then_once_an_hour(ring: Published, clock: Clock) -> None:
    assert ring.fetched == []
    assert ring.keys_at is None
    for _ in range(20):
        assert known(ring)
    assert ring.fetched == [METADATA, "jwks"]

    clock.now += FRESH_US - 1
    assert known(ring)
    assert len(ring.fetched) == 2
    clock.now += 1
    assert known(ring)
    assert sorted(ring.fetched[2:]) == ["jwks", METADATA]
    assert ring.keys_at == clock.now


def test_a_new_key_is_found_at_once_and_the_old_one_goes(ring: Published) -> None:
    assert known(ring)
    ring.keys = [ec_signer("next").jwk()]

    assert known(ring, "next")
    assert not known(ring, "first")
    assert ring.fetched.count("jwks") == 3


def test_a_flood_of_unknown_keys_costs_two_fetches(ring: Published, clock: Clock) -> None:
    assert known(ring)
    with ThreadPoolExecutor(8) as pool:
        for by in ("sign-out", "sign-in"):
            assert not any(pool.map(lambda n, by=by: known(ring, f"unknown-{n}", by), range(400)))
    assert ring.fetched == [METADATA, "jwks", "jwks", "jwks"]

    clock.now += 5 * MINUTE_US - 1
    assert not known(ring, "unknown", "sign-out")
    assert ring.fetched.count("jwks") == 3
    clock.now += 1
    assert not known(ring, "unknown", "sign-out")
    assert ring.fetched.count("jwks") == 4


def test_a_flood_that_anybody_can_send_holds_up_no_sign_in_after_a_rotation(ring: Published) -> None:
    for n in range(50):
        assert not known(ring, f"unknown-{n}", "sign-out")
    ring.keys = [ec_signer("next").jwk()]

    assert known(ring, "next", "sign-in")
    assert known(ring, "next", "sign-out")


def test_a_rotation_that_was_found_leaves_the_next_one_to_be_found(ring: Published) -> None:
    for kid in ("second", "third", "fourth"):
        ring.keys = [ec_signer(kid).jwk()]
        assert known(ring, kid)


def test_health_may_fetch_at_any_time_and_keeps_what_was_when_that_fails(ring: Published) -> None:
    ring.refresh()
    ring.trouble = AWAY
    with pytest.raises(ProviderUnreachable):
        ring.refresh()

    assert known(ring)
    assert reachable(ring) is None


# --- while the provider is away -----------------------------------------------------------------------


def test_a_provider_that_was_never_reached_is_not_believed(ring: Published) -> None:
    ring.trouble = AWAY

    assert reachable(ring) == str(AWAY)
    with pytest.raises(ProviderUnreachable):
        known(ring)


def test_a_provider_that_is_away_is_believed_for_a_day_by_what_is_held(ring: Published, clock: Clock) -> None:
    assert known(ring)
    ring.trouble = AWAY
    clock.now += USABLE_US
    assert known(ring)
    assert ring.metadata().issuer == ISSUER

    clock.now += 1
    with pytest.raises(ProviderUnreachable):
        known(ring)
    with pytest.raises(ProviderUnreachable):
        ring.metadata()


def test_an_answer_that_is_wrong_is_not_taken_for_none(ring: Published, clock: Clock) -> None:
    assert known(ring)
    clock.now += FRESH_US
    ring.trouble = ProviderMisconfigured("https://idp.example answers 404")

    with pytest.raises(ProviderMisconfigured):
        known(ring)


def test_who_is_away_is_asked_again_after_five_seconds_and_not_by_each(ring: Published, clock: Clock) -> None:
    ring.trouble = AWAY
    for _ in range(50):
        with pytest.raises(ProviderUnreachable, match="did not answer in time"):
            known(ring)
    assert ring.fetched == [METADATA]

    ring.trouble = None
    clock.now += 5 * SECOND_US - 1
    with pytest.raises(ProviderUnreachable):
        known(ring)
    clock.now += 1
    assert known(ring)


def test_nobody_waits_for_a_slow_provider_who_has_what_is_usable(ring: Published, clock: Clock) -> None:
    assert known(ring)
    clock.now += FRESH_US
    asked, answer = Event(), Event()

    def slow(_url: str) -> bytes:
        asked.set()
        assert answer.wait(10)
        raise AWAY

    ring.fetch = slow
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(known, ring)
        assert asked.wait(10)
        assert known(ring)
        assert ring.metadata().issuer == ISSUER
        answer.set()
        assert first.result()


def test_nobody_is_sent_to_a_provider_that_is_away(ring: Published, clock: Clock) -> None:
    ring.ask(within=5 * SECOND_US)
    ring.trouble = AWAY
    clock.now += 5 * SECOND_US - 1
    ring.ask(within=5 * SECOND_US)
    assert ring.fetched == [METADATA]

    clock.now += 1
    for _ in range(50):
        with pytest.raises(ProviderUnreachable, match="did not answer in time"):
            ring.ask(within=5 * SECOND_US)
    assert ring.fetched == [METADATA, METADATA]
    assert ring.metadata().issuer == ISSUER

    ring.trouble = None
    clock.now += 5 * SECOND_US
    ring.ask(within=5 * SECOND_US)


def test_one_asks_whether_a_provider_is_there_and_the_others_go_on(ring: Published, clock: Clock) -> None:
    ring.ask(within=SECOND_US)
    clock.now += SECOND_US
    asked, answer = Event(), Event()

    def slow(_url: str) -> bytes:
        asked.set()
        assert answer.wait(10)
        raise AWAY

    ring.fetch = slow
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(ring.ask, SECOND_US)
        assert asked.wait(10)
        ring.ask(SECOND_US)
        answer.set()
        with pytest.raises(ProviderUnreachable):
            first.result()


# --- metadata -----------------------------------------------------------------------------------------


def test_metadata_that_does_not_fit_is_refused(clock: Clock) -> None:
    changes: list[dict[str, Any]] = [
        {"issuer": f"{ISSUER}/"},
        {"issuer": ISSUER.upper()},
        {"issuer": ISSUER.replace("https", "http")},
        {"issuer": "https://idp.example"},
        {"issuer": None},
        {"issuer": 5},
        {"jwks_uri": None},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "http://idp.example/jwks"},
        {"token_endpoint": "http://idp.example/token"},
        {"token_endpoint": ["https://idp.example/token"]},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "//idp.example/auth"},
        {"end_session_endpoint": "http://idp.example/out"},
        {"revocation_endpoint": "ftp://idp.example/revoke"},
    ]

    def check(change: dict[str, Any]) -> None:
        ring = Published(rsa_signer().jwk(), now=clock)
        ring.metadata_changes = change
        with pytest.raises(ProviderMisconfigured):
            ring.published()

    assert failing(check, changes) == []


@pytest.mark.parametrize(
    "issuer",
    ["https://idp.example", "https://idp.example/", "https://idp.example/a/", "https://idp.example/a"],
)
def test_an_issuer_is_taken_to_its_last_slash(issuer: str, clock: Clock) -> None:
    provider = msgspec.structs.replace(PROVIDER, issuer=issuer)

    assert Published(now=clock, provider=provider).metadata().issuer == issuer


# --- keys ---------------------------------------------------------------------------------------------


def test_keys_that_sign_no_token_are_not_used(clock: Clock) -> None:
    good, weak = rsa_signer().jwk(), rsa_signer("weak", 1024).jwk()
    stretched = base64url_encode(bytes(128) + base64url_decode(weak["n"])).decode()
    bad: list[dict[str, Any]] = [
        weak,
        {**weak, "n": stretched},
        rsa_signer("almost", 2040).jwk(),
        {"kty": "oct", "k": good["n"], "kid": "bad", "alg": "HS256", "use": "sig"},
        {**good, "use": "enc"},
        {**good, "use": ["sig"]},
        {**good, "use": "sig", "key_ops": ["encrypt"]},
        {**good, "e": "AQ"},
        {**good, "n": "!"},
        {**good, "n": 5},
        {"kty": "RSA"},
        {"kty": ["RSA"]},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "brainpoolP256r1", "x": "AA", "y": "AA"},
        {"kty": "OKP", "crv": "Ed25519", "x": base64url_encode(bytes(32)).decode()},
        {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"},
        {},
    ]

    def check(one: dict[str, Any]) -> None:
        ring = Published({**one, "kid": "bad"}, good, now=clock)
        assert known(ring, "first")
        assert not known(ring, "bad")

    assert failing(check, bad, lambda one: str(one)[:80]) == []


def test_a_provider_whose_keys_are_all_unusable_is_not_believed(clock: Clock) -> None:
    for keys in ([], [rsa_signer("weak", 1024).jwk()], ["text"], [None], [5]):
        ring = Published(now=clock)
        ring.keys = keys  # type: ignore[assignment]
        with pytest.raises(ProviderMisconfigured):
            known(ring)


def test_a_private_half_that_a_provider_publishes_is_not_kept(clock: Clock) -> None:
    private = {**rsa_signer().jwk(), "d": "AQAB", "p": "AQAB", "q": "AQAB"}
    ring = Published(private, now=clock)

    assert not ring.key("first", asked_by="sign-in").is_private


def test_a_key_without_id_is_found_where_a_token_names_none(clock: Clock) -> None:
    bare = rsa_signer().jwk(kid=None)
    ring = Published(bare, now=clock)
    assert known(ring, None)
    assert not known(ring, "first")

    ring = Published(bare, ec_signer().jwk(), now=clock)
    assert not known(ring, None)
