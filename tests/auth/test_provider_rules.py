"""What our own settings of a provider lead to, in words with what to do."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from auth.expiry import credential_of
from auth.provider_check import (
    Finding,
    Level,
)
from auth.provider_contact import Case, check
from auth.provider_rules import judge_end, judge_groups, judge_proof, judge_sign_out, judge_step_up
from auth.providers import Provider
from core.permissions import Role
from core.times import DAY_US
from store.clock import now_us
from store.trust import TrustState
from tests.auth.people import NOW
from tests.auth.providing import PUBLIC, a_provider
from tests.connectors.mqtt.certificates import Authority
from tests.op.kinds import CLIENT_SECRET

STRONG = frozenset({Role.ADMIN, Role.SUPERVISOR})
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


# --- secret and certificate ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "level", "said"),
    [
        (200, FINE, "ends in 200 days"),
        (31, FINE, "ends in 31 days"),
        (30, NOTE, "ends in 30 days"),
        (1, NOTE, "ends tomorrow"),
        (0, NOTE, "ends today"),
        (-1, WRONG, "has ended"),
    ],
)
def test_a_secret_warns_30_days_before_its_last_day_and_is_wrong_after_it(
    tmp_path: Path, days: int, level: Level, said: str
) -> None:
    today = date(2027, 1, 15)
    sso = a_provider(tmp_path, secret_expires=(today + timedelta(days=days)))
    noon = (today.toordinal() - date(1970, 1, 1).toordinal()) * DAY_US + DAY_US // 2
    found = judge_end(sso, credential_of(sso), noon)

    assert (found.level, said in found.said) == (level, True), found


def test_where_nobody_wrote_the_day_down_it_is_said_how(sso: Provider) -> None:
    found = judge_end(sso, credential_of(sso), NOW)

    assert found.level is NOTE
    assert "secret_expires = 2027-01-31 under [providers.sso]" in found.remedy


@pytest.fixture
def keyed(tmp_path: Path) -> Callable[..., Provider]:
    def make(**more: Any) -> Provider:
        pair = Authority(tmp_path).sign("client", until=timedelta(days=20, hours=1))
        files = {"private_key_file": str(pair.key), "certificate_file": str(pair.certificate)}
        return a_provider(tmp_path, client_secret_file=None, **files | more)

    return make


def test_a_certificate_says_itself_when_it_ends(keyed: Callable[..., Provider]) -> None:
    found = judge_end(keyed(), credential_of(keyed()), now_us())

    assert (found.level, found.check) == (NOTE, "Certificate's end")
    assert found.said == "the certificate ends in 20 days."


def test_the_earlier_day_counts_where_one_is_written_down_too(keyed: Callable[..., Provider]) -> None:
    sooner = credential_of(keyed(secret_expires=date(2000, 1, 1)))

    assert sooner.ended(now_us())
    assert not credential_of(keyed(secret_expires=date(2999, 1, 1))).ended(now_us())


def test_a_certificate_that_can_not_be_read_is_wrong(keyed: Callable[..., Provider]) -> None:
    one = keyed()
    assert one.certificate_file is not None
    one.certificate_file.write_text("nonsense", encoding="utf-8")

    found = judge_end(one, credential_of(one), now_us())
    assert (found.level, "holds no certificate" in found.said) == (WRONG, True)


def settings(provider: Provider) -> Finding:
    return next(check(Case(provider=provider, public_url=PUBLIC, now=NOW)))


def test_settings_that_can_be_read_are_said_without_the_secret(sso: Provider) -> None:
    found = settings(sso)

    assert (found.level, found.check) == (FINE, "Settings")
    assert "client_id gatehouse" in found.said
    assert CLIENT_SECRET not in found.said


def test_a_secret_that_others_can_read_is_said_with_the_remedy(sso: Provider) -> None:
    assert sso.client_secret_file is not None
    sso.client_secret_file.chmod(0o644)

    found = settings(sso)
    assert (found.level, "chmod 600" in found.said) == (WRONG, True)


def test_a_ca_file_without_a_certificate_is_wrong_before_anybody_is_asked(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nonsense", encoding="utf-8")

    found = settings(a_provider(tmp_path, ca_file="ca.pem"))
    assert (found.level, "(ca_file) holds no certificate" in found.said) == (WRONG, True)


def test_a_key_and_a_certificate_that_do_not_belong_together_are_wrong(
    tmp_path: Path, keyed: Callable[..., Provider]
) -> None:
    assert settings(keyed()).level is FINE
    other = Authority(tmp_path).sign("other")

    found = settings(keyed(certificate_file=str(other.certificate)))
    assert (found.level, "is not the certificate of" in found.said) == (WRONG, True)


@pytest.mark.parametrize("passphrase", [b"", b"secret"])
def test_a_key_that_is_none_or_locked_is_wrong(
    tmp_path: Path, keyed: Callable[..., Provider], passphrase: bytes
) -> None:
    one = keyed()
    assert one.private_key_file is not None
    locked = Authority(tmp_path).sign("locked", passphrase=b"secret").key.read_bytes()
    one.private_key_file.write_bytes(locked if passphrase else b"nonsense")

    assert "holds no private key" in settings(one).said


# --- sign-out, groups, second factor ------------------------------------------------------------------


def test_the_addresses_to_register_for_signing_out_are_given(sso: Provider) -> None:
    offered = ABOUT | {"end_session_endpoint": "https://x/out", "backchannel_logout_supported": True}
    there, back = judge_sign_out(sso, offered, PUBLIC)

    assert (there.level, back.level) == (FINE, FINE)
    assert f"{PUBLIC}/sign-out" in there.said
    assert f"{PUBLIC}/auth/sso/backchannel-logout" in back.said
    there, back = judge_sign_out(sso, ABOUT, PUBLIC)
    assert (there.level, back.level) == (NOTE, NOTE)
    assert f"{PUBLIC}/auth/sso/backchannel-logout" in back.remedy


@pytest.mark.parametrize(
    ("state", "claims", "level", "said"),
    [
        (TrustState(good=NOW, lacking="groups"), ["groups"], WRONG, "brought none of: groups"),
        (TrustState(good=NOW), [], FINE, "the last sign-in brought them"),
        (TrustState(), ["groups"], FINE, "lists a claim that is expected"),
        (TrustState(), ["sub"], NOTE, "does not list groups"),
        (TrustState(), None, NOTE, "nobody knows whether tokens will hold groups"),
    ],
)
def test_groups_are_judged_by_the_last_sign_in_and_else_by_what_is_advertised(
    sso: Provider, state: TrustState, claims: list[str] | None, level: Level, said: str
) -> None:
    (found,) = judge_groups(sso, {} if claims is None else {"claims_supported": claims}, state)

    assert found.level is level
    assert said in found.said


def test_a_path_to_groups_is_advertised_by_its_first_name(tmp_path: Path) -> None:
    one = a_provider(tmp_path, preset="keycloak", groups=["realm_access.roles"])
    (found,) = judge_groups(one, {"claims_supported": ["realm_access"]}, TrustState())

    assert found.level is FINE


def test_entra_and_google_are_told_what_is_theirs_alone(tmp_path: Path) -> None:
    tenant = "11111111-2222-3333-4444-555555555555"
    entra = a_provider(tmp_path, preset="entra", tenant=tenant)
    google = a_provider(tmp_path, preset="google", domains=["example.org"])
    _, many = judge_groups(entra, {}, TrustState())
    (none,) = judge_groups(google, {}, TrustState())

    assert (many.level, "GroupMember.Read.All" in many.remedy) == (NOTE, True)
    assert (none.level, "has no role" in none.said) == (NOTE, True)


@pytest.mark.parametrize(
    ("mfa", "published", "level", "said"),
    [
        ({}, {}, NOTE, "Admins and Supervisors can't come in by this provider"),
        ({"amr": ["mfa"]}, {}, NOTE, "not asked for"),
        ({"ask_acr": "2", "acr": ["2"]}, {"acr_values_supported": ["1", "2"]}, FINE, "asked for (2)"),
        ({"ask_acr": "2", "acr": ["2"]}, {"acr_values_supported": ["0", "1"]}, NOTE, "knows 0, 1"),
        ({"ask_acr": "2", "acr": ["2"]}, {}, FINE, "asked for (2)"),
        (
            {"ask_acrs": "c1", "acrs": ["c1"], "attested": True},
            {"claims_parameter_supported": False},
            NOTE,
            "does not take",
        ),
    ],
)
def test_the_rule_for_a_second_factor_says_who_can_come_in_by_it(
    tmp_path: Path, mfa: dict[str, Any], published: dict[str, Any], level: Level, said: str
) -> None:
    found = judge_proof(a_provider(tmp_path, mfa=mfa), published, STRONG)

    assert found.level is level
    assert said in found.said


def test_where_no_role_needs_a_second_factor_none_is_asked_of_the_settings(sso: Provider) -> None:
    assert "no role needs one" in judge_proof(sso, {}, frozenset()).said


BY_ACR: dict[str, Any] = {"request": {"acr_values": "2"}, "rule": {"acr": ["2"]}}
BY_CONTEXT: dict[str, Any] = {"request": {"acrs": "c1"}, "rule": {"acrs": ["c1"]}, "attested": True}


@pytest.mark.parametrize(
    ("step_up", "published", "level", "said"),
    [
        ({}, {}, NOTE, "prove acts by passkeys"),
        (BY_ACR, {}, FINE, "shown by acr 2, after signing in anew"),
        (BY_ACR, {"acr_values_supported": ["1", "2"], "claims_supported": ["auth_time"]}, FINE, "acr 2"),
        (BY_ACR, {"acr_values_supported": ["1"]}, NOTE, "knows 1"),
        (BY_ACR, {"claims_supported": ["sub"]}, NOTE, "does not list auth_time"),
        (BY_CONTEXT, {"claims_parameter_supported": False}, NOTE, "does not take"),
    ],
)
def test_the_rule_for_acts_says_whether_the_provider_can_prove_them(
    tmp_path: Path, step_up: dict[str, Any], published: dict[str, Any], level: Level, said: str
) -> None:
    found = judge_step_up(a_provider(tmp_path, step_up=step_up), published)

    assert found.level is level
    assert said in found.said
