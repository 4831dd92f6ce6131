"""The identity providers of `[providers.<name>]` in gatehouse.toml, checked before anything starts."""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import msgspec

from auth.provider_presets import PRESETS
from core.errors import StartRefused

# As they stand in /auth/<name>/…, beside what is there already.
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,31}")
_TAKEN: Final = frozenset({"local", "login", "logout", "device"})
# No letter that ends it in a person's name (`auth.claims.subject_of`), nor one that urlsplit drops.
_ISSUER: Final = re.compile(r"[!-z~]+")
_TENANT: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class ProofRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What shows that a second factor was used: of each kind given, one of its values must be there.

    `ask_acr` is sent as `acr_values`, `ask_acrs` in a claims request (Entra's authentication contexts, which
    count only where an administrator attests that a policy protects them).
    """

    ask_acr: str = ""
    ask_acrs: str = ""
    acr: tuple[str, ...] = ()
    amr: tuple[str, ...] = ()
    acrs: tuple[str, ...] = ()
    attested: bool = False

    @property
    def asks(self) -> bool:
        """Whether the provider can be asked for it."""
        return bool(self.ask_acr or self.ask_acrs)


class StepUpRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a provider is asked for when an act is to be proved, beside signing in anew (`prompt=login`).

    `acrs` asks for one of Entra's authentication contexts by a claims request, `claims` is one of one's own.
    """

    acr_values: str = ""
    acrs: str = ""
    claims: str = ""
    max_age: Literal[0, 1] = 0


class StepUpRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What its answer must then say: of each kind given, one of its values must be there."""

    acr: tuple[str, ...] = ()
    amr: tuple[str, ...] = ()
    acrs: tuple[str, ...] = ()


class StepUp(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an act is proved at a provider; without a rule not at all.

    `attested`: an administrator has seen that a policy protects the authentication context.
    """

    request: StepUpRequest = StepUpRequest()
    rule: StepUpRule = StepUpRule()
    attested: bool = False

    @property
    def offered(self) -> bool:
        """Whether acts can be proved so."""
        return bool(self.rule.acr or self.rule.amr or self.rule.acrs)


class DeviceRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The claim by which a provider says that somebody's device is managed."""

    claim: str
    values: tuple[str, ...]


class Provider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One identity provider; `issuer` is compared character by character, paths are absolute.

    `subject` is the claim that names a person for ever, `groups` are claims whose values are group ids,
    `tenant` and `domains` narrow down who may come, `graph` is where Entra's groups are asked for when they
    are too many for a token.
    """

    name: str
    issuer: str
    client_id: str
    preset: str = "generic"
    title: str = ""
    client_secret_file: Path | None = None
    private_key_file: Path | None = None
    certificate_file: Path | None = None
    secret_expires: date | None = None
    ca_file: Path | None = None
    subject: Literal["sub", "oid"] = "sub"
    scopes: tuple[str, ...] = ("openid",)
    groups: tuple[str, ...] = ()
    tenant: str = ""
    domains: tuple[str, ...] = ()
    graph: str = ""
    algorithms: tuple[
        Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384"], ...
    ] = ("RS256",)
    response_mode: Literal["form_post", "query"] = "form_post"
    sign_out: Literal["post", "get", "none"] = "post"
    strict_logout_type: bool = True
    mfa: ProofRule = ProofRule()
    step_up: StepUp = StepUp()
    managed_device: DeviceRule | None = None

    @property
    def has_path(self) -> bool:
        """Whether its issuer has a path, without which MSAL does not work."""
        return bool(urlsplit(self.issuer).path.strip("/"))

    @property
    def shown(self) -> str:
        """Its name for people."""
        return self.title or self.name.title()


def read_providers(tables: object, data: Path) -> tuple[Provider, ...]:
    """Read all providers; files start in the data folder; raises StartRefused naming what to write."""
    if not isinstance(tables, Mapping) or not all(isinstance(table, Mapping) for table in tables.values()):
        raise StartRefused("providers: write each as a table of its own, [providers.<name>]")
    return tuple(_provider(name, table, data) for name, table in tables.items())


def _provider(name: str, table: Mapping[str, object], data: Path) -> Provider:
    if not _NAME.fullmatch(name) or name in _TAKEN:
        taken = ", ".join(sorted(_TAKEN))
        raise StartRefused(f"providers.{name}: a name is small letters, digits and '-', and none of {taken}")

    def path(kind: type, value: object) -> Path:
        del kind
        return data / str(value)

    try:
        made = msgspec.convert(_filled(name, table), type=Provider, dec_hook=path)
    except msgspec.ValidationError as error:
        known = ", ".join(one for one in Provider.__struct_fields__ if one != "name")
        raise StartRefused(f"providers.{name}: {error}; the names are {known}") from error
    _check(made)
    return made


def _filled(name: str, table: Mapping[str, object]) -> dict[str, Any]:
    preset = table.get("preset", "generic")
    if not isinstance(preset, str) or preset not in PRESETS:
        raise StartRefused(f"providers.{name}.preset: write one of {', '.join(PRESETS)}, not {preset!r}")
    if "name" in table:
        raise StartRefused(f"providers.{name}.name: the table's own name is the name; write title for people")
    values = {**PRESETS[preset], **table, "name": name}
    issuer = str(values.get("issuer", ""))
    if "{tenant}" in issuer:
        tenant = str(values.get("tenant", ""))
        if not _TENANT.fullmatch(tenant):
            raise StartRefused(f"providers.{name}.tenant: write the directory's id, a GUID in small letters")
        values["issuer"] = issuer.replace("{tenant}", tenant)
    return values


def _check(one: Provider) -> None:
    """Refuse what would let in the wrong people, or nobody."""
    where = f"providers.{one.name}"
    for key in ("client_secret_file", "private_key_file", "certificate_file", "ca_file"):
        file = getattr(one, key)
        if file is not None and not file.is_file():
            raise StartRefused(f"{where}.{key}: there is no file {file}")
    if not one.client_id or not one.algorithms:
        raise StartRefused(f"{where} needs a client_id and at least one of algorithms")
    _check_issuer(where, one.issuer)
    if bool(one.client_secret_file) is bool(one.private_key_file):
        raise StartRefused(f"{where} needs client_secret_file, or private_key_file with certificate_file")
    if one.private_key_file and not one.certificate_file:
        raise StartRefused(f"{where}.certificate_file is missing; it belongs to private_key_file")
    _check_home(where, one)
    _check_step_up(where, one)
    if one.mfa.acrs and not one.mfa.attested:
        raise StartRefused(
            f"{where}.mfa: Entra puts an authentication context into tokens even where no policy protects "
            "it; write attested = true once you have seen that yours asks for a second factor"
        )


def _check_step_up(where: str, one: Provider) -> None:
    """Refuse a rule that would be met by who has proved nothing."""
    how = one.step_up
    if how.offered and one.preset == "google":
        raise StartRefused(
            f"{where}.step_up: Google says nothing that proves an act; let people use passkeys"
        )
    if how.rule.acrs and not how.attested:
        raise StartRefused(
            f"{where}.step_up: Entra puts an authentication context into tokens even where no policy "
            "protects it; write attested = true once you have seen that yours asks for a second factor"
        )
    if how.request.acrs and how.request.claims:
        raise StartRefused(f"{where}.step_up.request: write acrs or claims, not both")
    if how.request.claims:
        _check_claims(where, how.request.claims)
    if how.request != StepUpRequest() and not how.offered:
        raise StartRefused(f"{where}.step_up.rule is missing: what must an answer say that proves an act?")


def _check_claims(where: str, text: str) -> None:
    try:
        msgspec.json.decode(text, type=dict[str, dict[str, Any]])
    except (msgspec.MsgspecError, RecursionError) as error:
        raise StartRefused(f"{where}.step_up.request.claims: write a claims request as JSON") from error


def _check_home(where: str, one: Provider) -> None:
    if one.subject == "oid" and not _TENANT.fullmatch(one.tenant):
        # A person is named by both: or another provider could name somebody of this one.
        raise StartRefused(
            f'{where}.tenant: subject = "oid" needs the directory\'s id, a GUID in small letters'
        )
    if one.preset == "google" and not one.domains:
        raise StartRefused(f'{where}.domains is missing: anybody has an account there; write ["example.org"]')


def _check_issuer(where: str, issuer: str) -> None:
    parts = urlsplit(issuer)
    odd = parts.query or parts.fragment or "@" in parts.netloc or not _ISSUER.fullmatch(issuer)
    if parts.scheme != "https" or not parts.hostname or odd:
        raise StartRefused(
            f"{where}.issuer is '{issuer}'; write the https address that the provider publishes"
        )
