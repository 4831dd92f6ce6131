"""What claims say of a person: a name for ever, where they are from, groups, proof, and the device."""

from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth.claims import (
    check_home,
    claim_at,
    groups_of,
    managed,
    name_of,
    overage,
    proven,
    subject_of,
    username_of,
)
from auth.providers import DeviceRule, ProofRule, Provider
from core.errors import IdentityRefused
from tests.auth.forging import PROVIDER

TENANT = "11111111-2222-3333-4444-555555555555"
ENTRA = msgspec.structs.replace(PROVIDER, subject="oid", tenant=TENANT, groups=("groups", "roles"))
GOOGLE = msgspec.structs.replace(PROVIDER, domains=("example.org", "Sub.Example.org"))


def refused(act: Any, *args: Any) -> str:
    """Give the reason of a refusal; empty where there is none."""
    try:
        act(*args)
    except IdentityRefused as error:
        return error.reason
    return ""


# --- who ----------------------------------------------------------------------------------------------


def test_a_person_is_issuer_and_sub() -> None:
    claims = {"iss": PROVIDER.issuer, "sub": "ada-1", "email": "ada@example.org", "oid": "o", "tid": TENANT}

    assert subject_of(claims, PROVIDER) == f"oidc:{PROVIDER.issuer}|ada-1"


def test_a_person_of_entra_is_tenant_and_oid() -> None:
    claims = {"sub": "another-for-each-application", "oid": "o-1", "tid": TENANT}

    assert subject_of(claims, ENTRA) == f"entra:{TENANT}|o-1"


def test_an_address_or_name_is_never_whom_somebody_is() -> None:
    one = {"sub": "ada-1", "email": "ada@example.org", "preferred_username": "ada", "name": "Ada", "upn": "a"}
    same = {"sub": "ada-1", "email": "new@example.org", "preferred_username": "x", "name": "Y", "upn": "z"}
    other = {**one, "sub": "mallory-2"}

    assert subject_of(one, PROVIDER) == subject_of(same, PROVIDER) != subject_of(other, PROVIDER)
    assert refused(subject_of, {**one, "sub": None}, PROVIDER) == "missing_claim"


@pytest.mark.parametrize("value", [None, "", 5, ["ada-1"], {}, True, "a\nb", "a\x00", "\ud800", "a\u202eb"])
def test_a_subject_is_one_printable_text(value: object) -> None:
    assert refused(subject_of, {"sub": value, "oid": value, "tid": TENANT}, PROVIDER) == "missing_claim"
    assert refused(subject_of, {"sub": "s", "oid": value, "tid": TENANT}, ENTRA) == "missing_claim"


@given(st.text(min_size=1), st.text(min_size=1))
def test_no_two_subjects_of_providers_are_called_alike(one: str, other: str) -> None:
    providers = (PROVIDER, msgspec.structs.replace(PROVIDER, issuer=f"{PROVIDER.issuer}/x"), ENTRA)
    named = [
        subject_of({"sub": sub, "oid": sub, "tid": TENANT}, provider)
        for sub in {one, other}
        for provider in providers
        if sub.isprintable()
    ]

    assert len(named) == len(set(named))
    assert not any(name.startswith("local:") for name in named)


# --- where from ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tid", [None, "", "99999999-2222-3333-4444-555555555555", TENANT.upper() + " ", [TENANT], 5, True]
)
def test_who_is_of_another_tenant_stays_out(tid: object) -> None:
    assert refused(check_home, {"tid": tid, "oid": "o"}, ENTRA) == "wrong_tenant"
    assert refused(check_home, {"tid": TENANT, "oid": "o"}, ENTRA) == ""
    assert refused(check_home, {"oid": "o"}, ENTRA) == "wrong_tenant"


@pytest.mark.parametrize(
    "hd",
    [
        "gmail.com",
        "example.org.evil.net",
        "evil-example.org",
        "example.or",
        "",
        None,
        5,
        ["example.org"],
        {},
        " ",
    ],
)
def test_who_is_of_another_domain_stays_out(hd: object) -> None:
    claims = {"hd": hd, "email": "ada@example.org", "email_verified": True}

    assert refused(check_home, claims, GOOGLE) == "wrong_domain"
    del claims["hd"]
    assert refused(check_home, claims, GOOGLE) == "wrong_domain"


@pytest.mark.parametrize("hd", ["example.org", "EXAMPLE.org", "sub.example.org"])
def test_a_domain_is_one_of_the_list(hd: str) -> None:
    assert refused(check_home, {"hd": hd}, GOOGLE) == ""


def test_where_nothing_is_narrowed_everybody_of_the_provider_may_come() -> None:
    assert refused(check_home, {}, PROVIDER) == ""


# --- names to show ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "name", "username"),
    [
        ({"name": "Ada L", "preferred_username": "ada", "email": "a@b"}, "Ada L", "ada"),
        ({"name": " \n\t", "upn": "ada@corp", "email": "a@b"}, "a@b", "ada@corp"),
        ({"name": ["Ada"], "sub": "ada-1"}, "ada-1", ""),
        ({"name": "Ada\r\nSet-Cookie: x\x00\u202e"}, "Ada Set-Cookie: x", ""),
        ({"name": "A" * 500}, "A" * 128, ""),
        ({"name": "<script>"}, "<script>", ""),
        ({"name": 5, "email": None}, "Unnamed", ""),
        ({}, "Unnamed", ""),
    ],
)
def test_a_name_is_one_line_and_not_long(claims: dict[str, Any], name: str, username: str) -> None:
    assert (name_of(claims), username_of(claims)) == (name, username)


# --- groups -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Groups:
    """Claims, and which groups they tell."""

    paths: tuple[str, ...]
    claims: dict[str, Any]
    told: tuple[str, ...] | None


@pytest.mark.parametrize(
    "case",
    [
        Groups(("groups",), {}, None),
        Groups(("groups",), {"groups": None}, None),
        Groups(("groups",), {"groups": []}, ()),
        Groups(("groups",), {"groups": "one"}, ("one",)),
        Groups(("groups",), {"groups": ["b", "a", "b", 5, None, ["c"], {"d": 1}]}, ("b", "a")),
        Groups(("groups",), {"groups": {"a": 1}}, ()),
        Groups(("groups",), {"groups": 7}, ()),
        Groups(("groups",), {"groups": True}, ()),
        Groups(("groups", "roles"), {"roles": ["r"]}, ("r",)),
        Groups(("groups", "roles"), {"groups": ["g"], "roles": ["r", "g"]}, ("g", "r")),
        Groups(("realm_access.roles",), {"realm_access": {"roles": ["r"]}}, ("r",)),
        Groups(("realm_access.roles",), {"realm_access": ["roles"]}, None),
        Groups(("realm_access.roles",), {"realm_access.roles": ["flat"]}, ("flat",)),
        Groups(("https://x.example/roles",), {"https://x.example/roles": ["r"]}, ("r",)),
        Groups((), {"groups": ["g"]}, None),
    ],
)
def test_groups_are_what_the_named_claims_list(case: Groups) -> None:
    provider = msgspec.structs.replace(PROVIDER, groups=case.paths)

    assert groups_of(case.claims, provider) == case.told


def test_no_more_groups_are_read_than_anybody_has() -> None:
    claims = {"groups": [f"g-{n}" for n in range(20_000)]}

    assert len(groups_of(claims, ENTRA) or ()) == 5_000


def test_a_path_leads_through_objects_alone() -> None:
    assert claim_at({"a": {"b": {"c": 1}}}, "a.b.c") == 1
    assert claim_at({"a": {"b": "text"}}, "a.b.c") is None
    assert claim_at({"a": [{"b": 1}]}, "a.0.b") is None
    assert claim_at({"a": {"__class__": 1}}, "__class__") is None


@pytest.mark.parametrize(
    ("claims", "over"),
    [
        ({"_claim_names": {"groups": "src1"}}, True),
        ({"hasgroups": True}, True),
        ({"hasgroups": "true"}, True),
        ({"_claim_names": {"address": "src1"}}, False),
        ({"_claim_names": ["groups"]}, False),
        ({"hasgroups": False}, False),
        ({"hasgroups": "false"}, False),
        ({}, False),
    ],
)
def test_too_many_groups_are_noticed(claims: dict[str, Any], over: bool) -> None:
    assert overage(claims) is over


# --- proof and device ---------------------------------------------------------------------------------


def by(**rule: Any) -> Provider:
    return msgspec.structs.replace(PROVIDER, mfa=ProofRule(**rule))


@pytest.mark.parametrize(
    ("provider", "claims", "strong"),
    [
        (PROVIDER, {"acr": "phr", "amr": ["mfa", "hwk"]}, False),
        (by(amr=("mfa",)), {"amr": ["pwd", "mfa"]}, True),
        (by(amr=("mfa",)), {"amr": ["pwd"]}, False),
        (by(amr=("mfa",)), {"amr": "mfa"}, True),
        (by(amr=("mfa",)), {"amr": "amfa"}, False),
        (by(amr=("mfa",)), {"amr": {"mfa": True}}, False),
        (by(amr=("mfa",)), {"amr": [["mfa"]]}, False),
        (by(amr=("mfa",)), {"acr": "mfa"}, False),
        (by(amr=("mfa",)), {}, False),
        (by(acr=("2", "3")), {"acr": "3"}, True),
        (by(acr=("2", "3")), {"acr": 3}, False),
        (by(acr=("2", "3")), {"acr": "23"}, False),
        (by(acr=("2",), amr=("mfa",)), {"acr": "2"}, False),
        (by(acr=("2",), amr=("mfa",)), {"acr": "2", "amr": ["mfa"]}, True),
        (by(acrs=("c1",), amr=("mfa",), attested=True), {"acrs": ["c1"], "amr": ["pwd"]}, False),
        (by(acrs=("c1",), attested=True), {"acrs": ["c2", "c1"]}, True),
        (by(ask_acr="2"), {"acr": "2"}, False),
    ],
)
def test_a_second_factor_is_shown_by_the_rule_alone(
    provider: Provider, claims: dict[str, Any], strong: bool
) -> None:
    assert proven(claims, provider) is strong


@pytest.mark.parametrize(
    ("value", "is_managed"),
    [
        ("true", True),
        (True, True),
        (["x", "true"], True),
        (False, False),
        (1, False),
        (None, False),
        ({}, False),
    ],
)
def test_a_device_is_managed_where_the_provider_says_so(value: object, is_managed: bool) -> None:
    rule = DeviceRule(claim="device.managed", values=("true",))
    strict = msgspec.structs.replace(PROVIDER, managed_device=rule)

    assert managed({"device": {"managed": value}}, strict) is is_managed
    assert managed({}, strict) is False
    assert managed({"device": {"managed": value}}, PROVIDER) is True
