"""The settings of providers: what would let in the wrong people, or nobody, is not started with."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from auth.provider_presets import PRESETS
from auth.providers import Provider, read_providers
from core.errors import StartRefused
from tests.failing import failing

TENANT: Final = "11111111-2222-3333-4444-555555555555"
ISSUER: Final = "https://idp.example/realms/x"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("providers")
    for name in ("secret", "key.pem", "certificate.pem", "ca.pem"):
        (made / name).write_text("x", encoding="utf-8")
    return made


def table(**more: Any) -> dict[str, Any]:
    """Write a table that is good but for `more`; None leaves a line off."""
    written = {"issuer": ISSUER, "client_id": "gatehouse", "client_secret_file": "secret", **more}
    return {name: value for name, value in written.items() if value is not None}


def read(folder: Path, tables: object) -> Provider:
    (one,) = read_providers(tables, folder)
    return one


def refusal(folder: Path, tables: object) -> str:
    with pytest.raises(StartRefused) as raised:
        read_providers(tables, folder)
    return str(raised.value)


def test_no_table_is_no_provider(folder: Path) -> None:
    assert read_providers({}, folder) == ()


def test_a_few_lines_are_enough_and_the_rest_is_as_usual(folder: Path) -> None:
    one = read(folder, {"idp": table()})

    assert (one.name, one.issuer, one.client_id, one.shown) == ("idp", ISSUER, "gatehouse", "Idp")
    assert one.client_secret_file == folder / "secret"
    assert (one.subject, one.scopes, one.groups) == ("sub", ("openid", "profile", "email"), ("groups",))
    assert (one.response_mode, one.strict_logout_type) == ("form_post", True)
    assert read(folder, {"idp": table(title="Our Doors' People")}).shown == "Our Doors' People"


def test_a_line_of_ones_own_goes_before_the_presets(folder: Path) -> None:
    one = read(folder, {"idp": table(preset="okta", scopes=["openid"], algorithms=["ES256"])})

    assert (one.scopes, one.algorithms) == (("openid",), ("ES256",))
    assert one.mfa.ask_acr == "urn:okta:loa:2fa:any"


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_each_preset_can_be_started_with(folder: Path, preset: str) -> None:
    given = {"preset": preset, "tenant": TENANT, "domains": ["example.org"]}
    issuer = None if "issuer" in PRESETS[preset] else ISSUER
    one = read(folder, {"idp": table(**given, issuer=issuer)})

    assert one.issuer.startswith("https://")
    assert not {"none", "HS256"} & set(one.algorithms)


def test_entra_is_its_tenants_alone(folder: Path) -> None:
    one = read(folder, {"entra": table(preset="entra", issuer=None, tenant=TENANT)})

    assert one.issuer == f"https://login.microsoftonline.com/{TENANT}/v2.0"
    assert (one.subject, one.tenant) == ("oid", TENANT)


def test_an_issuer_with_a_path_is_told_from_one_without(folder: Path) -> None:
    paths = {ISSUER: True, "https://idp.example": False, "https://idp.example/": False, f"{ISSUER}/": True}
    for issuer, has_path in paths.items():
        assert read(folder, {"idp": table(issuer=issuer)}).has_path is has_path


BAD: Final[Mapping[str, tuple[dict[str, Any], str]]] = {
    "a misspelt line": (table(client_idd="x"), "client_idd"),
    "a line of another kind": (table(scopes="openid"), "scopes"),
    "no client id": (table(client_id=None), "client_id"),
    "an empty client id": (table(client_id=""), "needs a client_id"),
    "no issuer": (table(issuer=None), "issuer"),
    "plain http": (table(issuer="http://idp.example/x"), "issuer is 'http://idp.example/x'"),
    "no scheme": (table(issuer="idp.example/x"), "write the https address"),
    "no host": (table(issuer="https:///x"), "write the https address"),
    "a query": (table(issuer=f"{ISSUER}?a=b"), "write the https address"),
    "a fragment": (table(issuer=f"{ISSUER}#a"), "write the https address"),
    "a name and a password": (table(issuer="https://a:b@idp.example/x"), "write the https address"),
    "a letter that ends an issuer in a person's name": (table(issuer=f"{ISSUER}|y"), "write the https"),
    "a space": (table(issuer=f"{ISSUER} "), "write the https address"),
    "a line's end": (table(issuer=f"{ISSUER}\n"), "write the https address"),
    "a letter like another": (table(issuer="https://\u0456dp.example/x"), "write the https address"),
    "no proof of ourselves": (table(client_secret_file=None), "needs client_secret_file, or private_key"),
    "two proofs": (table(private_key_file="key.pem", certificate_file="certificate.pem"), "needs client_sec"),
    "a key without certificate": (
        table(client_secret_file=None, private_key_file="key.pem"),
        "certificate_file is missing",
    ),
    "a secret that is not there": (table(client_secret_file="nowhere"), "there is no file"),
    "a secret in the file itself": (table(client_secret="hunter2"), "client_secret"),
    "an authority that is not there": (table(ca_file="nowhere"), "ca_file: there is no file"),
    "no algorithm": (table(algorithms=[]), "at least one of algorithms"),
    "unsigned tokens": (table(algorithms=["none"]), "algorithms"),
    "tokens signed by a shared secret": (table(algorithms=["RS256", "HS256"]), "algorithms"),
    "an answer where scripts read it": (table(response_mode="fragment"), "response_mode"),
    "an address as a name": (table(subject="email"), "subject"),
    "oid without a tenant": (table(subject="oid"), 'tenant: subject = "oid" needs'),
    "oid with a tenant by name": (table(subject="oid", tenant="contoso.com"), 'tenant: subject = "oid"'),
    "entra by an issuer alone": (table(preset="entra"), 'tenant: subject = "oid" needs'),
    "entra for everybody": (table(preset="entra", issuer=None, tenant="common"), "tenant: write the dir"),
    "entra in capitals": (table(preset="entra", issuer=None, tenant=TENANT.replace("1", "A")), "small let"),
    "everybody of google": (table(preset="google"), "domains is missing"),
    "an unknown preset": (table(preset="adfs"), "write one of"),
    "a preset that is no text": (table(preset=["okta"]), "write one of"),
    "a name beside the table's": (table(name="other"), "the table's own name is the name"),
    "contexts nobody has looked at": (
        table(mfa={"acrs": ["c1"]}),
        "write attested = true once you have seen",
    ),
    "a rule misspelt": (table(mfa={"arc": ["1"]}), "arc"),
    "acts by a context nobody has looked at": (
        table(step_up={"request": {"acrs": "c1"}, "rule": {"acrs": ["c1"]}}),
        "step_up: Entra puts an authentication context",
    ),
    "acts by a wish without a rule": (
        table(step_up={"request": {"acr_values": "2"}}),
        "step_up.rule is missing",
    ),
    "acts by two claims requests": (
        table(step_up={"request": {"acrs": "c1", "claims": "{}"}, "rule": {"acr": ["2"]}}),
        "write acrs or claims, not both",
    ),
    "acts by a claims request that is none": (
        table(step_up={"request": {"claims": "[]"}, "rule": {"acr": ["2"]}}),
        "write a claims request as JSON",
    ),
    "acts by an older sign-in": (
        table(step_up={"request": {"max_age": 300}, "rule": {"acr": ["2"]}}),
        "max_age",
    ),
    "acts by google": (
        table(preset="google", domains=["example.org"], step_up={"rule": {"amr": ["mfa"]}}),
        "Google says nothing that proves an act",
    ),
    "a device rule by halves": (table(managed_device={"claim": "device"}), "values"),
}


def test_what_makes_no_sense_is_refused_by_its_name(folder: Path) -> None:
    def check(name: str) -> None:
        bad, words = BAD[name]
        told = refusal(folder, {"idp": bad})
        assert words in told
        assert told.startswith("providers.idp")

    assert failing(check, BAD) == []


def test_no_refusal_repeats_a_secret(folder: Path) -> None:
    told = refusal(folder, {"idp": table(client_secret="hunter2")})

    assert "hunter2" not in told


@pytest.mark.parametrize(
    "name", ["local", "login", "logout", "device", "", "A", "a b", "-a", "1a", "a/b", "a" * 33, "é", "a.b"]
)
def test_a_name_is_one_that_can_stand_in_an_address_and_is_not_taken(folder: Path, name: str) -> None:
    assert "a name is small letters" in refusal(folder, {name: table()})


@pytest.mark.parametrize("tables", [[], "idp", 5, {"idp": []}, {"issuer": ISSUER}, {"idp": "x"}, None])
def test_providers_are_tables(folder: Path, tables: object) -> None:
    assert refusal(folder, tables).startswith("providers: write each as a table of its own")


def test_several_providers_stay_in_the_order_they_were_written(folder: Path) -> None:
    found = read_providers({"b": table(), "a": table()}, folder)

    assert [one.name for one in found] == ["b", "a"]
